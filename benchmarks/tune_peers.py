"""Weights of the systems that ``compare_peers.py`` compares, chosen on training speech.

The settings of each grid (``peers/systems.py``) are tried one after the other, the others as chosen before, on a list of the
rare words of the speech and 1,000 others; the highest F1 minus WER is chosen.

python benchmarks/tune_peers.py DATA WORDS --base DIR --arpa FILE [--model SPEC] [--systems NAME ...] [--utterances N]
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Mapping, Tuple

import numpy as np
import torch
from compare_peers import Lists, Speech
from peers.interface import Resources, WordList
from peers.results import counts_of, rates_of
from peers.systems import SYSTEMS, System

from wfst_bias.acoustic.models import load_model
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.entities.entity import Entity
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.store import read_base


class Tuning:
    """Training speech, and a list for it.

    Args:
      resources: of the peers, without settings.
      speech: with references.
      listed: its list.
    """

    def __init__(self, resources: Resources, speech: Speech, listed: WordList):
        self._resources, self._speech, self._listed = resources, speech, listed
        arrays = np.load(speech.arrays)
        self._arrays = [arrays[name] for name in speech.references]

    def tune(self, system: System) -> Mapping[str, Any]:
        """Print what each value gives, and return the best settings."""
        best, score = dict(system.settings), None
        for name, values in system.grid.items():
            tried: Dict[Any, Tuple[float, ...]] = {}
            for value in values:
                if score is not None and best.get(name) == value:
                    continue
                tried[value] = self._tried(system, {**best, name: value})
            value = max(tried, key=lambda one: tried[one][0])
            if score is None or tried[value][0] > score:
                best, score = {**best, name: value}, tried[value][0]
        return best

    def _tried(self, system: System, settings: Mapping[str, Any]) -> Tuple[float, ...]:
        """F1 minus WER, and what they are made of."""
        if system.tune_as is not None:
            peer, more = system.tune_as
            system, settings = replace(system, peer=peer), {**settings, **more}
        with tempfile.TemporaryDirectory() as folder:
            made = system.make(replace(self._resources, settings=settings, folder=Path(folder)))
            made.build(self._listed)
            texts = dict(zip(self._speech.references, made.texts(self._arrays)))
        wer, u_wer, b_wer, f1 = rates_of(counts_of(texts, self._speech.references, self._listed.words))
        print(
            f"{system.name} {dict(settings)}: F1 {f1:.1f}, WER {wer:.2f}, U-WER {u_wer:.2f}, B-WER {b_wer:.2f}",
            flush=True,
        )
        return f1 - wer, wer, f1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("words", type=Path, help="rare words, one a line")
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--arpa", type=Path, required=True)
    parser.add_argument("--model", default="hama")
    parser.add_argument("--systems", nargs="*", metavar="NAME", help="default: all")
    parser.add_argument("--utterances", type=int, default=100)
    parser.add_argument("--size", type=int, default=1000, help="words of the list that nobody says")
    settings = parser.parse_args()
    torch.set_num_threads(1)
    model, base = load_model(settings.model), read_base(settings.base)
    with tempfile.TemporaryDirectory() as folder:
        speech = Speech.read([settings.data], [settings.utterances], model, Path(folder) / "arrays.npz")
        words = Lists([line.strip() for _, line in lines_of(settings.words)], speech).words(settings.size)
        spelled = speller_of(base).spell([Entity(word, line=line) for line, word in enumerate(words, 1)])
        name = getattr(model, "made_by", "") or settings.model
        resources = Resources(settings.base, settings.arpa, name, model.frame_shift, Path(folder))
        kind = base.lang.units.kind
        tuning = Tuning(resources, speech, WordList(tuple(words), spelled))
        for system in SYSTEMS:
            is_chosen = not settings.systems or system.name in settings.systems
            if system.grid and is_chosen and system.decodes(kind, settings.size):
                try:
                    print(f"{system.name}: best {tuning.tune(system)}", flush=True)
                except InputError as error:
                    print(f"{system.name} is left out: {error}", flush=True)


if __name__ == "__main__":
    main()
