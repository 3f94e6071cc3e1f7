"""Speech with the first or the middle words of listed phrases only: what is written, with ways out of phrases and without.

Lists are made of the rare words of each reference and of words that no reference has: phrases of which the first word is
spoken, the middle word, both words, a common word as the first one, or none. The costs of an exit may be compared on one half of the utterances (--half 0),
the result told on the other (--half 1).

python benchmarks/first_words.py BASE_DIR EMISSIONS.npz BIASING.tsv [--partial-costs 2,5,8] [--half 0]
"""

import argparse
import random
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Dict, List, Sequence, Tuple

import kaldialign
import torch

from wfst_bias.acoustic.archive import ArchiveModel
from wfst_bias.core.symbols import CLASS
from wfst_bias.decode.paths import best_paths
from wfst_bias.decode.search import Decoder
from wfst_bias.entities.biasing import BiasingRow, read_biasing
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.compile_list import compile_list
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.graph.store import read_base

_BATCH = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base_dir", type=Path)
    parser.add_argument("emissions", type=Path)
    parser.add_argument("biasing", type=Path)
    parser.add_argument("--partial-costs", default="5", metavar="X,X")
    parser.add_argument("--half", type=int, choices=(0, 1))
    parser.add_argument("--lists", default="first,middle,both,common,none", metavar="NAME,NAME")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = list(read_biasing(arguments.biasing).values())
    phrases = _phrases(rows)
    rows = rows if arguments.half is None else rows[arguments.half :: 2]
    base = read_base(arguments.base_dir)
    speller = speller_of(base)
    model = ArchiveModel(arguments.emissions)
    print(
        f"{len(rows)} utterances; arcs of the list; of these words: WER, rare words right; phrases found; seconds of search"
    )
    for name in arguments.lists.split(","):
        spelled = speller.spell([Entity(phrase) for phrase in phrases[name]])
        without = SpelledList.of(tuple(replace(outcome, partial=()) for outcome in spelled))
        for cost in (None, *map(float, arguments.partial_costs.split(","))):
            config = ClassConfig() if cost is None else ClassConfig(partial_cost=cost)
            begin = time.perf_counter()
            compiled = compile_list(base, without if cost is None else spelled, config, CLASS)
            graph = base.with_entities(compiled)
            seconds = time.perf_counter() - begin
            arcs = graph.num_arcs - base.table.num_arcs
            exits = "no exits  " if cost is None else f"cost {cost:4.1f} "
            print(
                f"{name:>6} {len(phrases[name]):5} phrases  {exits}  {arcs:8,} arcs in {1000 * seconds:5.0f} ms  ",
                end="",
            )
            print(_measured(graph, rows, model), flush=True)
            del graph


def _phrases(rows: Sequence[BiasingRow]) -> Dict[str, List[str]]:
    """The phrases of each list."""
    chance = random.Random(0)
    spoken = {word for row in rows for word in row.text.split()}
    others = sorted({word for row in rows for word in row.phrases if word not in spoken})
    rare = sorted({word for row in rows for word in row.rare})
    common = Counter(word for row in rows for word in row.text.split())
    pick = lambda: chance.choice(others)
    pairs = {pair for row in rows for pair in zip(row.text.split(), row.text.split()[1:]) if pair[1] in row.rare}
    return {
        "first": [f"{word} {pick()} {pick()}" for word in rare],
        "middle": [f"{pick()} {word} {pick()}" for word in rare],
        "both": sorted(map(" ".join, pairs)),
        "common": [f"{word} {pick()}" for word, _ in common.most_common(20)],
        "none": [" ".join(pick() for _ in range(2 + i % 2)) for i in range(1000)],
    }


def _measured(graph: DecodingGraph, rows: Sequence[BiasingRow], model: ArchiveModel) -> str:
    decoder = Decoder(graph)
    transcripts, seconds = [], 0.0
    for begin in range(0, len(rows), _BATCH):
        batch = model.emissions([row.utterance for row in rows[begin : begin + _BATCH]], [])
        start = time.perf_counter()
        lattices = decoder.lattices(batch)
        seconds += time.perf_counter() - start
        transcripts += best_paths(lattices, decoder)
    errors = sum(
        kaldialign.edit_distance(row.text.split(), one.text.split())["total"] for row, one in zip(rows, transcripts)
    )
    num_words = sum(len(row.text.split()) for row in rows)
    rare, right = _rare(rows, [one.text for one in transcripts])
    found = sum(len(one.entities) for one in transcripts)
    return f"WER {100 * errors / num_words:5.2f}  rare {right} of {rare}  found {found:4}  {seconds:5.2f} s"


def _rare(rows: Sequence[BiasingRow], texts: Sequence[str]) -> Tuple[int, int]:
    """Number of rare words, and how many of them are in the transcript."""
    spoken = [(word, text.split()) for row, text in zip(rows, texts) for word in row.rare]
    return len(spoken), sum(word in text for word, text in spoken)


if __name__ == "__main__":
    main()
