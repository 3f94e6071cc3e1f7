"""Variants: further pronunciations or spellings of a word, each with its score.

The pronunciation of a name by a lexicon or a G2P is one guess; speakers may pronounce it otherwise. Variants come from
the n-grams of graphones, trained on CMUdict, from tables of graphemes, which any language can have
(:mod:`wfst_bias.g2p.graphemes`), and, for models whose units are letters, from other spellings of the same phones.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Dict, Iterable, List, Protocol, Sequence, Tuple, Union

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import GRAPHS
from wfst_bias.core.text import latin
from wfst_bias.g2p.config import GRAPHONES, G2GConfig
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.pronounce import G2P

if TYPE_CHECKING:
    from wfst_bias.g2p.graphemes import GraphemeTable
    from wfst_bias.g2p.joint import JointModel

ScoredPronunciation = Tuple[Pronunciation, float]
Model = Union["JointModel", "GraphemeTable"]

_SPARE = 2  # more than asked for: some will be pronunciations of the lexicon
_MANY_WORDS = 4000  # from this number on, words are distributed to processes


def models_of(config: G2GConfig) -> List[Model]:
    """Return the sources of variants.

    Raises:
      InputError: one of them is neither a name nor a file.
    """
    return [_model(name) for name in map(str.strip, config.sources.split(",")) if name]


@lru_cache(maxsize=None)
def _model(name: str) -> Model:
    from wfst_bias.g2p.graphemes import read_table
    from wfst_bias.g2p.joint import JointModel

    if name == GRAPHONES:
        return JointModel()
    folder = GRAPHS / "g2g"
    known = folder / f"{name}.tsv"
    if not known.is_file() and not Path(name).is_file():
        names = ", ".join([GRAPHONES, *sorted(path.stem for path in folder.glob("*.tsv"))])
        raise InputError(f"--g2g-sources has {name!r}; {names} are known, or name a file")
    if Path(name).suffix == ".npz":
        return JointModel(Path(name))
    return read_table(known if known.is_file() else Path(name))


class Variants(Protocol):
    """A source of further pronunciations in the units of a model."""

    def of(self, words: Sequence[str]) -> Dict[str, List[ScoredPronunciation]]:
        """Return the likeliest pronunciations of each word, the best first, with their scores, nats."""


class PhoneVariants:
    """Other pronunciations.

    Args:
      config: number and cost of variants.
    """

    def __init__(self, config: G2GConfig):
        self._config = config
        self._models = models_of(config)

    def of(self, words: Sequence[str]) -> Dict[str, List[ScoredPronunciation]]:
        """See :class:`Variants`; thousands of words are distributed to a process per core."""
        words = list(words)
        num_processes = os.cpu_count() or 1
        if len(words) < _MANY_WORDS or num_processes == 1:
            return {word: self.of_word(word) for word in words}
        with ThreadPoolExecutor(num_processes) as threads:
            parts = threads.map(self._in_a_process, (words[i::num_processes] for i in range(num_processes)))
            return {word: found for part in parts for word, found in part.items()}

    def of_word(self, word: str) -> List[ScoredPronunciation]:
        """See :class:`Variants`."""
        best: Dict[Pronunciation, float] = {}
        num = self._config.variants + _SPARE
        for model in self._models:
            found = next(filter(None, (model.pronounce(form, num) for form in _forms(word))), [])
            for pronunciation, score in found:
                score = self._config.scale * (score - found[0][1]) - self._config.cost
                best[pronunciation] = max(best.get(pronunciation, score), score)
        return sorted(best.items(), key=lambda variant: -variant[1])[:num]

    def _in_a_process(self, words: Sequence[str]) -> Dict[str, List[ScoredPronunciation]]:
        """Return the variants by a new interpreter: k2 and its threads do not survive a fork."""
        work = json.dumps({"config": asdict(self._config), "words": words})
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-m", __name__]
        done = subprocess.run(command, input=work, stdout=subprocess.PIPE, text=True, check=True, env=environment)
        found = json.loads(done.stdout)
        return {word: [(tuple(phones.split()), score) for phones, score in some] for word, some in found.items()}


class SpellingVariants:
    """Other spellings in the letters or pieces of a model, and other pieces for the same spelling.

    Args:
      config: number and cost of variants.
      speller: spells in the units of the model; its spellings of a word after the first one are variants.
    """

    def __init__(self, config: G2GConfig, speller: G2P):
        self._config = config
        self._speller = speller
        self._models = models_of(config)

    def of(self, words: Sequence[str]) -> Dict[str, List[ScoredPronunciation]]:
        """See :class:`Variants`."""
        respelled = {word: self._respelled(word) for word in words}
        units = self._speller.pronounce({*words, *(letters for others in respelled.values() for letters in others)})
        return {word: self._variants(word, others, units) for word, others in respelled.items()}

    def _variants(
        self, word: str, others: Dict[str, float], units: Dict[str, Tuple[Pronunciation, ...]]
    ) -> List[ScoredPronunciation]:
        cut = [(spelled, -self._config.cost) for spelled in units[word][1:]]
        written = [(units[letters][0], score) for letters, score in others.items() if units[letters]]
        return sorted([*cut, *written], key=lambda variant: -variant[1])[: self._config.variants]

    def _respelled(self, word: str) -> Dict[str, float]:
        """Return other spellings of a word, the best first, and their scores, nats."""
        best: Dict[str, float] = {}
        num = self._config.variants
        for model in self._models:
            for letters, score in next(filter(None, (model.respell(form, num) for form in _forms(word))), []):
                score = self._config.scale * score - self._config.cost
                best[letters] = max(best.get(letters, score), score)
        return dict(sorted(best.items(), key=lambda spelling: -spelling[1])[:num])


def _forms(word: str) -> Iterable[str]:
    """The forms in which a word is looked up: as it is, in the letters of English, without apostrophes at its edges."""
    plain = latin(word)
    return dict.fromkeys([word, plain, plain.strip("'")])


if __name__ == "__main__":
    work = json.load(sys.stdin)
    variants = PhoneVariants(G2GConfig(**work["config"]))
    found = {word: [(" ".join(p), score) for p, score in variants.of_word(word)] for word in work["words"]}
    json.dump(found, sys.stdout)
