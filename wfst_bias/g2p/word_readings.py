"""Scored pronunciations of many words as arrays."""

from dataclasses import dataclass
from typing import Dict, List, Tuple

import numpy as np

from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.phones import PHONES
from wfst_bias.lang.pronunciation_table import PronunciationTable

ScoredPronunciation = Tuple[Pronunciation, float]


@dataclass(frozen=True)
class Readings:
    """The scored pronunciations of W words: P in all, of U units.

    Args:
      words: as they were given.
      row_splits: of the words into pronunciations, int64 ``(W + 1,)``; a word that cannot be read has none.
      unit_splits: of the pronunciations into units, int64 ``(P + 1,)``.
      units: indices into :data:`wfst_bias.lang.phones.PHONES`, uint8 ``(U,)``.
      scores: log-probabilities, the best first within a word, float32 ``(P,)``.
    """

    words: Tuple[str, ...]
    row_splits: IntArray
    unit_splits: IntArray
    units: IntArray
    scores: FloatArray

    @property
    def table(self) -> PronunciationTable:
        """The same pronunciations as a table."""
        units, scores = self.units.astype(np.int32), self.scores.astype(float)
        return PronunciationTable(self.row_splits, self.unit_splits, units, scores)

    def pairs(self, word_index: int) -> List[ScoredPronunciation]:
        """Return the pronunciations of a word and their log-probabilities, the best first."""
        rows = range(self.row_splits[word_index], self.row_splits[word_index + 1])
        return [(self._pronunciation(row), float(self.scores[row])) for row in rows]

    def to_dict(self) -> Dict[str, List[ScoredPronunciation]]:
        """Return the pronunciations of each word and their log-probabilities, the best first."""
        phones = [PHONES[unit] for unit in self.units.tolist()]
        splits = self.unit_splits.tolist()
        known = [tuple(phones[first:end]) for first, end in zip(splits, splits[1:])]
        scored = list(zip(known, self.scores.tolist()))
        rows = self.row_splits.tolist()
        return {word: scored[first:end] for word, first, end in zip(self.words, rows, rows[1:])}

    def _pronunciation(self, row: int) -> Pronunciation:
        units = self.units[self.unit_splits[row] : self.unit_splits[row + 1]]
        return tuple(PHONES[unit] for unit in units.tolist())


def ranges(firsts: IntArray, sizes: IntArray) -> IntArray:
    """Return the numbers ``first, first + 1, ...`` of each range in a row, int64."""
    starts = np.cumsum(sizes) - sizes
    numbers: IntArray = np.repeat(firsts - starts, sizes) + np.arange(int(sizes.sum()))
    return numbers
