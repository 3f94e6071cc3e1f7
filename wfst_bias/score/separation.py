"""Separation of hits and false alarms among entities by a measure."""

import math
from dataclasses import dataclass

import numpy as np

from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.score.alignment import align
from wfst_bias.score.bootstrap import interval, resampled
from wfst_bias.score.counts import matched
from wfst_bias.score.listed import ScoredPhrases, Words


@dataclass(frozen=True)
class Separation:
    """How well a measure separates hits from false alarms.

    Args:
      area: under the ROC curve: how often a hit has a larger value than a false alarm, equal values count half; NaN
        where there are no hits or no false alarms.
      low, high: 95 % bootstrap interval over utterances.
      hits, false_alarms: medians of the measure; NaN where there are none.
    """

    area: float
    low: float
    high: float
    hits: float
    false_alarms: float


def separation(values: FloatArray, hits: BoolArray, utterance: IntArray, num_utterances: int) -> Separation:
    """Compute how well a measure separates entities.

    Args:
      values: of the measure ``(E,)``; may be infinite.
      hits: which entities are hits, bool ``(E,)``.
      utterance: number of each entity's utterance ``(E,)``.
      num_utterances: of all.
    """
    _, level = np.unique(values, return_inverse=True)
    replicas = [_area(level, hits, weights[utterance].astype(float)) for weights in resampled(num_utterances)]
    area = _area(level, hits, np.ones(len(hits)))
    return Separation(area, *interval(np.array(replicas)), _median(values[hits]), _median(values[~hits]))


def area_under_roc(values: FloatArray, hits: BoolArray) -> float:
    """Return how often a hit has a larger value than a false alarm; see :class:`Separation`."""
    _, level = np.unique(values, return_inverse=True)
    return _area(level, hits, np.ones(len(hits)))


class SpokenWords:
    """Words and phrases of a hypothesis that were spoken.

    Args:
      reference, hypothesis: the texts.
      phrases: of the list, whose written forms equal the spoken ones, and whose inflected forms are spoken with them.
    """

    def __init__(self, reference: Words, hypothesis: Words, phrases: ScoredPhrases = ScoredPhrases(())):
        self._alignment = align(reference, hypothesis, phrases)
        self._hits = frozenset(matched(self._alignment, reference, hypothesis, phrases).hits.values())

    @property
    def is_right(self) -> BoolArray:
        """Which words of the hypothesis are aligned with the same word ``(W,)``."""
        return self._alignment.is_right_word

    def is_hit(self, first: int, num_words: int) -> bool:
        """Whether words are aligned with consecutive ones of the reference, or are a form of the phrase that stands there."""
        if not num_words:
            return False
        span = first, first + num_words
        columns = self._alignment.hypothesis_columns(span)
        return span in self._hits or bool(self._alignment.is_right[slice(*columns)].all())


def _area(level: IntArray, hits: BoolArray, weights: FloatArray) -> float:
    """Return the area under the ROC curve of levels from 0 on, each entity weighted."""
    hit, false = (np.bincount(level, weights * some) for some in (hits, ~hits))
    pairs = hit.sum() * false.sum()
    return float(hit @ (np.cumsum(false) - false / 2) / pairs) if pairs else math.nan


def _median(values: FloatArray) -> float:
    return float(np.median(values)) if len(values) else math.nan
