"""Separation of hits and false alarms among entities by a measure."""

import math
from dataclasses import dataclass
from typing import List, Sequence, Tuple

import numpy as np

from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.score.bootstrap import interval, resampled
from wfst_bias.score.counts import Words, align_words

Span = Tuple[int, int]


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


def partners(reference: Words, hypothesis: Words) -> List[int]:
    """Return for each word of a hypothesis the position of the same word in the reference, -1 where there is none."""
    pairs = align_words(reference, hypothesis)
    return [i if i is not None and reference[i] == hypothesis[j] else -1 for i, j in pairs if j is not None]


def is_hit(span: Span, partner: Sequence[int]) -> bool:
    """Whether the words of a phrase are aligned with consecutive ones of the reference.

    Args:
      span: its first word and number of words.
      partner: what :func:`partners` returns.
    """
    first, length = span
    found = partner[first : first + length]
    return len(found) > 0 and found[0] >= 0 and list(found) == list(range(found[0], found[0] + length))


def _area(level: IntArray, hits: BoolArray, weights: FloatArray) -> float:
    """Return the area under the ROC curve of levels from 0 on, each entity weighted."""
    hit, false = (np.bincount(level, weights * some) for some in (hits, ~hits))
    pairs = hit.sum() * false.sum()
    return float(hit @ (np.cumsum(false) - false / 2) / pairs) if pairs else math.nan


def _median(values: FloatArray) -> float:
    return float(np.median(values)) if len(values) else math.nan
