"""Variants: the other ways in which a word may be said or spelled, each with its score.

What a lexicon or a reader says of a name is one guess; who says it may know better, or not. More guesses come from
the n-grams of graphones, which know English spelling from CMUdict, from tables of graphemes, which any language can
have (:mod:`wfst_bias.g2p.graphemes`), and, for models whose units are letters, from other spellings of the same sound.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Dict, List, Protocol, Sequence, Tuple, Union

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import GRAPHS
from wfst_bias.core.text import latin
from wfst_bias.g2p.config import GRAPHONES, G2GConfig
from wfst_bias.g2p.graphemes import GraphemeTable, read_table
from wfst_bias.g2p.joint import JointModel
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.pronounce import G2P

ScoredPronunciation = Tuple[Pronunciation, float]
Model = Union[JointModel, GraphemeTable]

_SPARE = 2  # more than asked for: some will be what the lexicon says, too
_MANY_WORDS = 4000  # from here on they are shared out to processes


def models_of(config: G2GConfig) -> List[Model]:
    """The sources of variants.

    Raises:
      InputError: one of them is neither a name nor a file.
    """
    return [_model(name) for name in map(str.strip, config.sources.split(",")) if name]


@lru_cache(maxsize=None)
def _model(name: str) -> Model:
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
    """Anything that knows more ways to say words in the units of a model."""

    def of(self, words: Sequence[str]) -> Dict[str, List[ScoredPronunciation]]:
        """The likeliest ways to say each word, the best first, with their scores, nats."""


class PhoneVariants:
    """Other pronunciations.

    Args:
      config: how many, and what they cost.
    """

    def __init__(self, config: G2GConfig):
        self._config = config
        self._models = models_of(config)

    def of(self, words: Sequence[str]) -> Dict[str, List[ScoredPronunciation]]:
        """See :class:`Variants`; thousands of words are shared out to a process a core."""
        words = list(words)
        num_processes = os.cpu_count() or 1
        if len(words) < _MANY_WORDS or num_processes == 1:
            return {word: self.of_word(word) for word in words}
        with ThreadPoolExecutor(num_processes) as threads:
            parts = threads.map(self._in_a_process, (words[i::num_processes] for i in range(num_processes)))
            return {word: ways for part in parts for word, ways in part.items()}

    def of_word(self, word: str) -> List[ScoredPronunciation]:
        """See :class:`Variants`."""
        best: Dict[Pronunciation, float] = {}
        num = self._config.variants + _SPARE
        for model in self._models:
            ways = model.read(word, num) or model.read(latin(word), num)
            for pronunciation, score in ways:
                score = self._config.scale * (score - ways[0][1]) - self._config.cost
                best[pronunciation] = max(best.get(pronunciation, score), score)
        return sorted(best.items(), key=lambda way: -way[1])[:num]

    def _in_a_process(self, words: Sequence[str]) -> Dict[str, List[ScoredPronunciation]]:
        """Not a child of this process: k2 and its threads do not survive a fork."""
        work = json.dumps({"config": asdict(self._config), "words": words})
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-m", __name__]
        done = subprocess.run(command, input=work, stdout=subprocess.PIPE, text=True, check=True, env=environment)
        ways = json.loads(done.stdout)
        return {word: [(tuple(phones.split()), score) for phones, score in some] for word, some in ways.items()}


class SpellingVariants:
    """Other spellings in the letters or pieces of a model, and other pieces for the same spelling.

    Args:
      config: how many, and what they cost.
      reader: spells in the units of the model; what it says of a word behind the first way are variants.
    """

    def __init__(self, config: G2GConfig, reader: G2P):
        self._config = config
        self._reader = reader
        self._models = models_of(config)

    def of(self, words: Sequence[str]) -> Dict[str, List[ScoredPronunciation]]:
        """See :class:`Variants`."""
        respelled = {word: self._respelled(word) for word in words}
        units = self._reader.pronounce({*words, *(letters for others in respelled.values() for letters in others)})
        return {word: self._ways(word, others, units) for word, others in respelled.items()}

    def _ways(self, word: str, others: Dict[str, float], units: Dict[str, Tuple[Pronunciation, ...]]) -> List[ScoredPronunciation]:
        cut = [(way, -self._config.cost) for way in units[word][1:]]
        written = [(units[letters][0], score) for letters, score in others.items() if units[letters]]
        return sorted([*cut, *written], key=lambda way: -way[1])[: self._config.variants]

    def _respelled(self, word: str) -> Dict[str, float]:
        """Other ways to write a word, the best first, and their scores."""
        best: Dict[str, float] = {}
        num = self._config.variants
        for model in self._models:
            for letters, score in model.respell(word, num) or model.respell(latin(word), num):
                score = self._config.scale * score - self._config.cost
                best[letters] = max(best.get(letters, score), score)
        return dict(sorted(best.items(), key=lambda way: -way[1])[:num])


if __name__ == "__main__":
    work = json.load(sys.stdin)
    variants = PhoneVariants(G2GConfig(**work["config"]))
    ways = {word: [(" ".join(p), score) for p, score in variants.of_word(word)] for word in work["words"]}
    json.dump(ways, sys.stdout)
