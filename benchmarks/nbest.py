"""Milliseconds an utterance for word lattices, n-best lists, confidences and competitors, and for the search in the same run.

The emissions are made once; a few rounds search all of them on one core, make their word lattices, take the n-best of
each, the confidences of all words and the competitors of the entities. "lattices as decoded" is what a decoding with
--nbest 10 computes: all of these but the shorter and longer n-best lists.
Times are processor time, of each part in its fastest round: other work on the machine can only slow it down.

python benchmarks/nbest.py GRAPH_DIR DATA [--model SPEC] [--batch-size N] [--output-beam NATS] [--utterances N] [--rounds N]
"""

import argparse
import time
from collections import Counter
from itertools import islice
from pathlib import Path

import torch
from tabulate import tabulate

from wfst_bias.acoustic.contract import compute_emissions
from wfst_bias.acoustic.models import load_model
from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data
from wfst_bias.decode.config import SearchConfig
from wfst_bias.decode.gates import gated_paths
from wfst_bias.decode.search import Decoder
from wfst_bias.graph.store import read_decoding
from wfst_bias.lattice.nbest import nbests_of
from wfst_bias.lattice.word_lattice import word_lattices
from wfst_bias.recognize.emissions import DEFAULT_BATCH_SIZE
from wfst_bias.second_pass.chain import Batch, found_of

_SEARCH, _LATTICES = "search and best path", "word lattices"
_CONFIDENCES, _COMPETITORS = "confidences", "competitors"
_SIZES = (1, 10, 100)
_AS_DECODED = (_LATTICES, "n-best of 10", _CONFIDENCES, _COMPETITORS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graph_dir", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="hama")
    parser.add_argument("--batch-size", type=int, default=DEFAULT_BATCH_SIZE)
    parser.add_argument("--output-beam", type=float, default=SearchConfig.output_beam)
    parser.add_argument("--utterances", type=int, default=None)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    model, batches = load_model(arguments.model), []
    cuts = iter(islice(read_data(arguments.data), arguments.utterances))
    while batch := list(islice(cuts, arguments.batch_size)):
        audio = [load_audio(cut, model.sampling_rate) for cut in batch]
        batches.append(compute_emissions(model, [cut.id for cut in batch], audio))
    num_utterances = sum(len(emissions.names) for emissions in batches)
    audio_seconds = sum(sum(emissions.durations) for emissions in batches)
    decoder = Decoder(read_decoding(arguments.graph_dir), SearchConfig(output_beam=arguments.output_beam))

    def one_round() -> Counter:
        seconds, begin = Counter(), time.process_time()

        def lap(part: str) -> None:
            nonlocal begin
            end = time.process_time()
            seconds[part] += end - begin
            begin = end

        for emissions in batches:
            transcripts, lattices = gated_paths(decoder.lattices(emissions), decoder)
            lap(_SEARCH)
            made = word_lattices(lattices, decoder)
            lap(_LATTICES)
            for size in _SIZES:
                nbests_of(made, size, decoder.graph.words)
                lap(f"n-best of {size}")
            found = found_of(transcripts, Batch(decoder, lattices, [()] * len(made), emissions))
            begin = time.process_time()
            sizes.update(words=sum(len(one.confidences) for one in found))
            lap(_CONFIDENCES)
            sizes.update(entities=sum(len(one.competitors) for one in found))
            lap(_COMPETITORS)
            sizes.update(
                utterances=len(made), arcs=sum(one.num_arcs for one in made), frames=int(lattices.lengths.sum())
            )
            begin = time.process_time()
        return seconds

    sizes: Counter = Counter()
    one_round()  # the first search of a process reads the graph from disk
    sizes.clear()
    rounds = [one_round() for _ in range(arguments.rounds)]
    fastest = {part: min(seconds[part] for seconds in rounds) for part in rounds[0]}
    fastest["lattices as decoded"] = sum(fastest[part] for part in _AS_DECODED)
    rows = [
        (
            part,
            f"{1000 * seconds / num_utterances:.2f}",
            f"{seconds / audio_seconds:.5f}",
            f"{seconds / fastest[_SEARCH]:.2f}",
        )
        for part, seconds in fastest.items()
    ]
    print(tabulate(rows, headers=("", "ms an utterance", "of real time", "of the search"), disable_numparse=True, tablefmt="github"))
    print(f"{sizes['arcs'] / sizes['utterances']:.0f} arcs an utterance, {sizes['arcs'] / sizes['frames']:.2f} a frame")


if __name__ == "__main__":
    main()
