"""Swapping lists of growing size into a loaded base graph, against the full rebuild, in the same run, on one core.

The words and their pronunciations are CMUdict's; a swap is timed from the pronunciations, as Python strings, to
the graph that k2 searches. For every size the search finds the same in the swapped graph and in the rebuilt one.

python benchmarks/swap.py [BASE_DIR] [--sizes N,N] [--rounds N]      (default: the default base graph)
"""

import argparse
import random
import resource
import statistics
import time
from pathlib import Path

import k2
import torch

from wfst_bias.entities.entity import Entity
from wfst_bias.entities.spelling import Spelling, Spellings
from wfst_bias.fst.ctc import ctc_product
from wfst_bias.fst.wfst import trim
from wfst_bias.graph.base import BaseGraph, CompiledList
from wfst_bias.graph.biasing_trie import ClassExpansion, compile_trie, splice
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.decoding import DecodingGraph, decoding_graph
from wfst_bias.graph.listed import ListInGraph
from wfst_bias.graph.store import read_base, read_token_graph
from wfst_bias.recognize.transcribe import default_base

_FRAMES, _UTTERANCES = 200, 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base_dir", type=Path, nargs="?")
    parser.add_argument("--sizes", default="100,1000,10000,50000")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    base_dir = arguments.base_dir or default_base(progress=True)
    base, token_graph = read_base(base_dir), read_token_graph(base_dir)
    print(f"base: {token_graph.fst.num_arcs:,} token arcs, {base.table.num_arcs:,} arcs with the CTC topology")
    pairs = base.lang.lexicon.pairs
    random.Random(0).shuffle(pairs)

    for size in map(int, arguments.sizes.split(",")):
        spellings = [Spelling(i, units, 4.0) for i, (_, units) in enumerate(pairs[:size])]
        entities = tuple(Entity(word) for word, _ in pairs[:size])

        def compiled(size=size, spellings=spellings, entities=entities) -> CompiledList:
            units = base.lang.units
            trie = compile_trie(Spellings.of(spellings), units.tokens, units.boundaries)
            return CompiledList(entities, trie, 0, ClassConfig().entry_score(size))

        graph = base.with_entities(compiled())
        seconds = []
        for _ in range(arguments.rounds):
            del graph  # as a service does: its arena is free again
            begin = time.perf_counter()
            part = compiled()
            middle = time.perf_counter()
            graph = base.with_entities(part)
            _ = graph.fsa
            seconds.append((middle - begin, time.perf_counter() - middle))
        trie_seconds, swap_seconds = map(statistics.median, zip(*seconds))
        total = statistics.median(map(sum, seconds))
        begin = time.perf_counter()
        rebuilt = _rebuilt(base, token_graph, compiled())
        rebuild = time.perf_counter() - begin
        more = 16 * (graph.num_arcs - base.table.num_arcs) / 1e6
        print(
            f"{size:>6} words: trie {1000 * trie_seconds:6.1f} ms + swap {1000 * swap_seconds:5.1f} ms = "
            f"{1000 * total:6.1f} ms (median of {arguments.rounds}); rebuild {rebuild:5.2f} s, ratio {rebuild / total:6.0f}; "
            f"{more:5.1f} MB of arcs more; results {'equal' if _found(graph) == _found(rebuilt) else 'DIFFER'}"
        )
        del rebuilt
    del graph
    for swaps in (100, 1000):
        for _ in range(swaps):
            base.with_entities(part)
        print(f"memory after {swaps} more swaps: {_resident() / 1e9:.4f} GB")


def _resident() -> int:
    """Bytes that the process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _rebuilt(base: BaseGraph, token_graph, part: CompiledList) -> DecodingGraph:
    """The same graph, by splicing the list into the token graph and composing all of it with the CTC topology."""
    expansion = ClassExpansion(part.trie, part.entity_class, part.entry_score, len(base.words))
    spliced = trim(splice(token_graph.fst, token_graph.class_arcs, [expansion]))
    table = ctc_product(spliced, len(base.lang.tokens), base.topology)
    return decoding_graph(table, base.lang.units, base.words, len(base.words), [ListInGraph(part.entities)])


def _found(graph: DecodingGraph):
    """Words and phrases of the best paths on emissions from a fixed seed, and their scores, rounded."""
    generator = torch.Generator().manual_seed(0)
    emissions = (3 * torch.randn(_UTTERANCES, _FRAMES, graph.num_columns, generator=generator)).log_softmax(-1)
    segments = torch.tensor([[i, 0, _FRAMES] for i in range(_UTTERANCES)], dtype=torch.int32)
    lattices = k2.intersect_dense_pruned(graph.fsa, k2.DenseFsaVec(emissions, segments), 18.0, 4.0, 30, 5000)
    best = k2.shortest_path(lattices, use_double_scores=True)
    labels = graph.olabels[best.graph_arc.numpy()]
    return labels[labels > 0].tolist(), [
        round(float(path.scores.sum()), 2) for path in (best[i] for i in range(_UTTERANCES))
    ]


if __name__ == "__main__":
    main()
