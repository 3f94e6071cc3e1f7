"""Scored pronunciations of many words as arrays."""

from dataclasses import dataclass
from typing import Dict, List, Tuple

import numpy as np

from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.lang.phones import PHONES
from wfst_bias.lang.pronunciation_table import PronunciationTable, ScoredPronunciation


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
        return self.table.take(np.array([word_index])).to_pairs(PHONES)[0]

    def to_dict(self) -> Dict[str, List[ScoredPronunciation]]:
        """Return the pronunciations of each word and their log-probabilities, the best first."""
        return dict(zip(self.words, self.table.to_pairs(PHONES)))
