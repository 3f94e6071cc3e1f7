"""The best graphones of a word, from its letters or from its phones."""

from functools import cached_property
from pathlib import Path
from typing import Dict, List, Optional, Tuple, Union

import numpy as np
import pynini

from wfst_bias.core.types import IntArray
from wfst_bias.fst.wfst import NO_SCORE, from_arcs, to_openfst
from wfst_bias.g2p.graphones import MODEL_FILE, phones_and_letters, read_graphones
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lm.arpa import BOS, EOS
from wfst_bias.lm.ngrams import Ngrams

Symbols = Union[str, Pronunciation]
"""Letters, or phones."""
Graphone = Tuple[Pronunciation, str]

_PATHS_PER_OUTPUT = 3  # paths with the same output differ in their graphones and backoff arcs


class JointModel:
    """The n-grams of graphones as an acceptor with which words are composed; under a millisecond a word.

    Args:
      model_file: see :mod:`wfst_bias.g2p.graphones`; it is read at the first word.
    """

    def __init__(self, model_file: Path = MODEL_FILE):
        self._model_file = model_file

    def pronounce(self, word: str, num: int) -> List[Tuple[Pronunciation, float]]:
        """Return the likeliest pronunciations of a word and their scores, nats."""
        pronunciations: Dict[Pronunciation, float] = {}
        for graphones, score in self.of_letters(word, num):
            pronunciations.setdefault(sum((phones for phones, _ in graphones), ()), score)
        return list(pronunciations.items())[:num]

    def respell(self, word: str, num: int) -> List[Tuple[str, float]]:
        """Return other spellings of the likeliest pronunciation, and their scores below that of the best, nats."""
        spellings: Dict[str, float] = {}
        for phones, _ in self.pronounce(word, 1):
            for graphones, score in (found := self.of_phones(phones, num)):
                spellings.setdefault("".join(letters for _, letters in graphones), score - found[0][1])
        return [(letters, score) for letters, score in spellings.items() if letters != word][:num]

    def of_letters(self, letters: str, num: int = 1) -> List[Tuple[Tuple[Graphone, ...], float]]:
        """Return the best graphone sequences of a written word, and their scores, nats."""
        return self._best(letters, self._by_letters, num)

    def of_phones(self, phones: Pronunciation, num: int = 1) -> List[Tuple[Tuple[Graphone, ...], float]]:
        """Return the best graphone sequences of a pronunciation, and their scores, nats."""
        return self._best(tuple(phones), self._by_phones, num)

    @cached_property
    def _ngrams(self) -> Ngrams:
        return read_graphones(self._model_file)

    @cached_property
    def _graphones(self) -> Dict[int, Graphone]:
        """Phones and letters of each label of the grammar."""
        names = enumerate(self._ngrams.words, 1)
        return {label: phones_and_letters(name) for label, name in names if name not in (BOS, EOS)}

    @cached_property
    def _grammar(self) -> pynini.Fst:
        grammar: pynini.Fst = to_openfst(self._ngrams.acceptor()).arcsort("ilabel")
        return grammar

    @cached_property
    def _by_letters(self) -> Dict[Symbols, IntArray]:
        return self._labels_by(1)

    @cached_property
    def _by_phones(self) -> Dict[Symbols, IntArray]:
        return self._labels_by(0)

    def _labels_by(self, part: int) -> Dict[Symbols, IntArray]:
        """Return the labels of the graphones that have the same phones (part 0), or letters (part 1)."""
        labels: Dict[Symbols, List[int]] = {}
        for label, graphone in self._graphones.items():
            labels.setdefault(graphone[part], []).append(label)
        return {key: np.array(some, np.int32) for key, some in labels.items()}

    def _best(
        self, word: Symbols, labels: Dict[Symbols, IntArray], num: int
    ) -> List[Tuple[Tuple[Graphone, ...], float]]:
        cuts = _cuts(word, labels)
        if cuts is None:
            return []
        num_paths = num * _PATHS_PER_OUTPUT if num > 1 else 1
        best = pynini.shortestpath(pynini.compose(cuts, self._grammar), nshortest=num_paths)
        found, paths = [], best.paths()
        while not paths.done():
            graphones = tuple(self._graphones[label] for label in paths.olabels() if label)
            found.append((graphones, -float(paths.weight())))
            paths.next()
        return sorted(found, key=lambda path: -path[1])


def _cuts(word: Symbols, labels: Dict[Symbols, IntArray]) -> Optional[pynini.Fst]:
    """Return all cuts of a word into graphones: state i stands before its symbol i. None where there is none."""
    longest = max(map(len, labels))
    pieces = [
        (first, end, labels[word[first:end]])
        for first in range(len(word))
        for end in range(first + 1, min(first + longest, len(word)) + 1)
        if word[first:end] in labels
    ]
    if not pieces:
        return None
    first, end, some = zip(*pieces)
    sizes = list(map(len, some))
    label = np.concatenate(some)
    final = np.where(np.arange(len(word) + 1) == len(word), np.float32(0.0), NO_SCORE)
    return to_openfst(
        from_arcs(0, np.repeat(first, sizes), np.repeat(end, sizes), label, label, np.zeros(len(label)), final)
    )
