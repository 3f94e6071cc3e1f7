"""The best graphones of a word, from its letters or from its sound."""

from functools import cached_property
from pathlib import Path
from typing import Dict, List, Tuple, Union

import numpy as np
import pynini

from wfst_bias.fst.wfst import NO_SCORE, from_arcs, to_openfst
from wfst_bias.g2p.graphones import MODEL_FILE, read_graphones, sound_and_letters
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lm.arpa import BOS, EOS
from wfst_bias.lm.ngrams import Ngrams

Side = Union[str, Pronunciation]
Graphone = Tuple[Pronunciation, str]

_PATHS_A_CUT = 3  # paths differ in where they back off and cut, too, and not only in what is read


class JointModel:
    """The n-grams of graphones as a machine that words are composed with; under a millisecond a word.

    Args:
      model_file: see :mod:`wfst_bias.g2p.graphones`; it is read when the first word is asked for.
    """

    def __init__(self, model_file: Path = MODEL_FILE):
        self._model_file = model_file

    def read(self, word: str, num: int) -> List[Tuple[Pronunciation, float]]:
        """The likeliest ways to say a word and their scores, nats."""
        ways: Dict[Pronunciation, float] = {}
        for graphones, score in self.of_letters(word, num):
            ways.setdefault(sum((sound for sound, _ in graphones), ()), score)
        return list(ways.items())[:num]

    def respell(self, word: str, num: int) -> List[Tuple[str, float]]:
        """How who hears a word may write it, and the scores of that below the best's, nats: a round trip by its sound."""
        ways: Dict[str, float] = {}
        for sound, _ in self.read(word, 1):
            for graphones, score in (heard := self.of_sound(sound, num)):
                ways.setdefault("".join(letters for _, letters in graphones), score - heard[0][1])
        return [(letters, score) for letters, score in ways.items() if letters != word][:num]

    def of_letters(self, letters: str, num: int = 1) -> List[Tuple[Tuple[Graphone, ...], float]]:
        """The best graphones of a written word, and the score of each way, nats."""
        return self._best(letters, self._by_letters, num)

    def of_sound(self, phones: Pronunciation, num: int = 1) -> List[Tuple[Tuple[Graphone, ...], float]]:
        """The best graphones of a heard word, and the score of each way, nats."""
        return self._best(tuple(phones), self._by_sound, num)

    @cached_property
    def _ngrams(self) -> Ngrams:
        return read_graphones(self._model_file)

    @cached_property
    def _graphones(self) -> Dict[int, Graphone]:
        """Sound and letters of each label of the grammar."""
        names = enumerate(self._ngrams.words, 1)
        return {label: sound_and_letters(name) for label, name in names if name not in (BOS, EOS)}

    @cached_property
    def _grammar(self) -> pynini.Fst:
        return to_openfst(self._ngrams.acceptor()).arcsort("ilabel")

    @cached_property
    def _by_letters(self) -> Dict[Side, np.ndarray]:
        return self._labels_by(1)

    @cached_property
    def _by_sound(self) -> Dict[Side, np.ndarray]:
        return self._labels_by(0)

    def _labels_by(self, side: int) -> Dict[Side, np.ndarray]:
        """The labels of the graphones that have the same letters, or sound."""
        labels: Dict[Side, List[int]] = {}
        for label, graphone in self._graphones.items():
            labels.setdefault(graphone[side], []).append(label)
        return {key: np.array(some, np.int32) for key, some in labels.items()}

    def _best(self, word: Side, labels: Dict[Side, np.ndarray], num: int) -> List[Tuple[Tuple[Graphone, ...], float]]:
        cuts = _cuts(word, labels)
        if cuts is None:
            return []
        paths = pynini.shortestpath(pynini.compose(cuts, self._grammar), nshortest=num * _PATHS_A_CUT if num > 1 else 1)
        found, path = [], paths.paths()
        while not path.done():
            found.append((tuple(self._graphones[label] for label in path.olabels() if label), -float(path.weight())))
            path.next()
        return sorted(found, key=lambda way: -way[1])


def _cuts(word: Side, labels: Dict[Side, np.ndarray]):
    """All ways to cut a word into graphones: state i stands before its symbol i. None where there is none."""
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
