"""Time of an adapter against that of its acoustic model, in the same run, on one core.

Lists are of words of the lang's lexicon. Reading a list is counted apart: it is done once.

python benchmarks/adapter.py ADAPTER DATA [--model SPEC] [--sizes N...] [--utterances N] [--rounds N]
"""

import argparse
import statistics
import time
from functools import partial
from itertools import islice
from pathlib import Path

import torch

from wfst_bias.acoustic.contract import compute_emissions
from wfst_bias.acoustic.models import load_model
from wfst_bias.adapter.store import read_adapter
from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data
from wfst_bias.entities.entity import Entity

_BATCH = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("adapter", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="hama")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 2000, 20000])
    parser.add_argument("--utterances", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    model = load_model(arguments.model)
    adapter = read_adapter(arguments.adapter, model)
    cuts = iter(islice(read_data(arguments.data), arguments.utterances))
    audio = []
    while batch := list(islice(cuts, _BATCH)):
        audio.append(([cut.id for cut in batch], [load_audio(cut, model.sampling_rate) for cut in batch]))
    seconds = sum(len(samples) for _, batch in audio for samples in batch) / model.sampling_rate

    def timed(work) -> float:
        begin = time.perf_counter()
        work()
        return time.perf_counter() - begin

    def listen():
        return [compute_emissions(model, *batch) for batch in audio]

    emissions = listen()

    def spell(phrases) -> None:
        assert adapter.catalogue(phrases).trie is not None

    def adapt(phrases) -> None:
        for batch in emissions:
            adapter.adapted(batch, [phrases] * len(batch.names))

    words = sorted((adapter.sounding or adapter.lang).lexicon.entries)
    print(
        f"{len(audio) * _BATCH} utterances, {seconds:.0f} s; seconds of one core, median of {arguments.rounds} rounds"
    )
    print("phrases  spelling the list  acoustic model  adapter  ratio")
    for size in arguments.sizes:
        phrases = tuple(Entity(word) for word in words[:: max(1, len(words) // size)][:size])
        spelling = timed(partial(spell, phrases))
        rounds = [(timed(listen), timed(partial(adapt, phrases))) for _ in range(arguments.rounds)]
        acoustic, adapting = (statistics.median(column) for column in zip(*rounds))
        ratio = statistics.median(b / a for a, b in rounds)
        print(f"{size:>7}  {spelling:>16.2f}  {acoustic:>14.2f}  {adapting:>7.2f}  {ratio:>5.3f}")


if __name__ == "__main__":
    main()
