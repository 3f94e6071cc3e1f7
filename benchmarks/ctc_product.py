"""The CTC product written into arrays against k2.compose with the sorts it needs, in the same run, on one core.

python benchmarks/ctc_product.py [BASE_DIR]      (default: the default base graph, from the cache)
"""

import argparse
import statistics
import time
from dataclasses import fields, replace
from pathlib import Path

import k2
import numpy as np
import torch

from wfst_bias.fst.ctc import ctc_product
from wfst_bias.fst.wfst import Wfst, k2_arcs
from wfst_bias.graph.decoding import decoding_graph
from wfst_bias.graph.store import read_decoding, read_token_graph
from wfst_bias.recognize.transcribe import default_base

_ROUNDS = 3
_FRAMES = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base_dir", type=Path, nargs="?")
    base_dir = parser.parse_args().base_dir or default_base(progress=True)
    torch.set_num_threads(1)
    graph = _in_memory(read_token_graph(base_dir).fst)
    plain = read_decoding(base_dir)
    units, words, num_tokens = plain.units, plain.words, len(plain.tokens)

    def ours() -> k2.Fsa:
        table = ctc_product(graph, num_tokens)
        return decoding_graph(table, units, words, len(words)).fsa

    def theirs() -> k2.Fsa:
        tokens = k2.arc_sort(k2.Fsa(torch.from_numpy(k2_arcs(graph))))
        return k2.connect(k2.compose(k2.arc_sort(k2.ctc_topo(num_tokens - 1)), tokens))

    rounds = [(_timed(ours), _timed(theirs)) for _ in range(_ROUNDS)]
    product, composed = rounds[-1][0][1], rounds[-1][1][1]
    seconds = [(a, b) for (a, _), (b, _) in rounds]
    print(f"token graph   {graph.num_arcs:,} arcs, {graph.num_states:,} states")
    print(f"ours          {statistics.median(a for a, _ in seconds):.2f} s, {product.num_arcs:,} arcs")
    print(f"k2.compose    {statistics.median(b for _, b in seconds):.2f} s, {composed.num_arcs:,} arcs")
    print(f"ratio         {statistics.median(b / a for a, b in seconds):.2f} (median of {_ROUNDS} rounds)")
    print(
        f"difference of the best scores on random emissions: {abs(_best(product, num_tokens) - _best(composed, num_tokens)):.6f}"
    )


def _in_memory(graph: Wfst) -> Wfst:
    return replace(graph, **{field.name: np.array(getattr(graph, field.name)) for field in fields(graph)[1:]})


def _timed(build):
    begin = time.perf_counter()
    made = build()
    return time.perf_counter() - begin, made


def _best(fsa: k2.Fsa, num_columns: int) -> float:
    """Score of the best path on emissions from a fixed seed, with a wide beam."""
    emissions = 3 * torch.randn(1, _FRAMES, num_columns, generator=torch.Generator().manual_seed(0))
    dense = k2.DenseFsaVec(emissions.log_softmax(-1), torch.tensor([[0, 0, _FRAMES]], dtype=torch.int32))
    lattice = k2.intersect_dense_pruned(fsa, dense, 40.0, 1.0, 30, 20000)
    return float(k2.shortest_path(lattice, use_double_scores=True).scores.sum())


if __name__ == "__main__":
    main()
