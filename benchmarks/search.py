"""Search time with a list against search time without, in the same run, on one core.

The emissions are made once; then both graphs decode all of them in turn, a few rounds each.

python benchmarks/search.py BASE_DIR GRAPH_DIR DATA [--utterances N] [--rounds N]
"""

import argparse
import statistics
import time
from itertools import islice
from pathlib import Path

import torch

from wfst_bias.acoustic.contract import compute_emissions
from wfst_bias.acoustic.hama import HamaModel
from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data
from wfst_bias.decode.paths import best_paths
from wfst_bias.decode.search import Decoder
from wfst_bias.graph.store import read_decoding

_BATCH = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base_dir", type=Path)
    parser.add_argument("graph_dir", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--utterances", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    model, batches, audio_seconds = HamaModel(), [], 0.0
    cuts = iter(islice(read_data(arguments.data), arguments.utterances))
    while batch := list(islice(cuts, _BATCH)):
        audio = [load_audio(cut, model.sampling_rate) for cut in batch]
        audio_seconds += sum(map(len, audio)) / model.sampling_rate
        batches.append(compute_emissions(model, [cut.id for cut in batch], audio))
    decoders = [Decoder(read_decoding(folder)) for folder in (arguments.base_dir, arguments.graph_dir)]

    def seconds(decoder: Decoder) -> float:
        begin = time.perf_counter()
        for emissions in batches:
            best_paths(decoder.lattices(emissions), decoder)
        return time.perf_counter() - begin

    for decoder in decoders:  # the first search of a process reads the graph from disk
        seconds(decoder)
    rounds = [tuple(map(seconds, decoders)) for _ in range(arguments.rounds)]
    for name, column in zip(("no list", "list"), zip(*rounds)):
        print(f"{name:<8} {statistics.median(column) / audio_seconds:.5f} of real time")
    print(f"ratio    {statistics.median(b / a for a, b in rounds):.3f} (median of {arguments.rounds} rounds)")


if __name__ == "__main__":
    main()
