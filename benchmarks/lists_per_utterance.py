"""A list for each utterance against one graph with one list of the same size, in the same run, on one core.

The emissions are made once and the lists are spelled before; then both decode all batches in turn, a few rounds
each. Last, each utterance is decoded alone with its own list: words, entities and scores are to be equal.

python benchmarks/lists_per_utterance.py BASE_DIR DATA BIASING_TSV [--utterances N] [--rounds N] [--batch-size N]
"""

import argparse
import statistics
import time
from itertools import islice
from pathlib import Path

import torch

from wfst_bias.acoustic.contract import compute_emissions
from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.acoustic.hama import HamaModel
from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data
from wfst_bias.decode.paths import best_paths
from wfst_bias.decode.search import Decoder
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.compile_list import compile_list
from wfst_bias.graph.store import read_base
from wfst_bias.recognize.biasing import Biasing, ListPerUtterance, OneGraph
from wfst_bias.recognize.utterance_lists import lists_of_utterances


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("base_dir", "data", "biasing"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--utterances", type=int, default=160)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=8)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    model, batches, audio_seconds = HamaModel(), [], 0.0
    cuts = iter(islice(read_data(arguments.data), arguments.utterances))
    while batch := list(islice(cuts, arguments.batch_size)):
        audio = [load_audio(cut, model.sampling_rate) for cut in batch]
        audio_seconds += sum(map(len, audio)) / model.sampling_rate
        batches.append((batch, compute_emissions(model, [cut.id for cut in batch], audio)))
    base = read_base(arguments.base_dir)
    _, list_of = lists_of_utterances(arguments.biasing)
    lists = [list_of(cut) for batch, _ in batches for cut in batch]
    speller = speller_of(base)
    own = ListPerUtterance(base, lists, list_of, speller)
    one = compile_list(base, speller.spell(lists[0]))
    shared = OneGraph(Decoder(base.with_entities(one)))
    print(f"lists of {len(one.entities)} phrases")

    def seconds(biasing: Biasing):
        """Of the swaps and of the searches."""
        swap = search = 0.0
        for cuts, emissions in batches:
            begin = time.perf_counter()
            decoder, gates = biasing.decoder_of(cuts)
            middle = time.perf_counter()
            best_paths(decoder.lattices(emissions, gates), decoder)
            swap, search = swap + middle - begin, search + time.perf_counter() - middle
            del decoder
        return swap, search

    for biasing in (own, shared):  # the lists are compiled in the first round
        seconds(biasing)
    rounds = [(seconds(own), seconds(shared)) for _ in range(arguments.rounds)]
    for name, column in zip(("own list", "shared"), zip(*rounds)):
        swap, search = (statistics.median(part) / audio_seconds for part in zip(*column))
        print(f"{name:<9} search {search:.5f} of real time, swaps {swap:.5f}")
    ratio = statistics.median(mine[1] / one[1] for mine, one in rounds)
    print(f"ratio of the searches {ratio:.3f} (median of {arguments.rounds} rounds)")

    different = 0
    for cuts, emissions in batches:
        decoder, gates = own.decoder_of(cuts)
        together = best_paths(decoder.lattices(emissions, gates), decoder)
        del decoder
        for i, cut in enumerate(cuts):
            decoder, gates = own.decoder_of([cut])
            (alone,) = best_paths(decoder.lattices(_only(emissions, i), gates), decoder)
            del decoder
            same = (alone.words, alone.entities) == (together[i].words, together[i].entities)
            different += not same or abs(alone.score - together[i].score) > 1e-2
    print(f"{sum(len(cuts) for cuts, _ in batches)} utterances, {different} differ from those decoded alone")


def _only(emissions: Emissions, i: int) -> Emissions:
    length = int(emissions.lengths[i])
    log_probs = emissions.log_probs[i : i + 1, :length]
    names = [emissions.names[i]]
    return Emissions(log_probs, emissions.lengths[i : i + 1], emissions.frame_shift, emissions.tokens, names)


if __name__ == "__main__":
    main()
