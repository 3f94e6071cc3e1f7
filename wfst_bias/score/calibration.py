"""Calibration of word confidences: how near they are to the probability that a word is right."""

import math
from dataclasses import dataclass
from typing import Tuple

import numpy as np

from wfst_bias.core.types import BoolArray, FloatArray

NUM_BINS = 10
_MOST = 1 - 5e-5  # of a confidence in the cross entropy: files have four digits


@dataclass(frozen=True)
class Bin:
    """Words with confidences from ``low`` on, below ``high``.

    Args:
      confidence: their mean.
      right: share of words that are right.
      num_words: in the bin.
    """

    low: float
    high: float
    confidence: float
    right: float
    num_words: int


@dataclass(frozen=True)
class Calibration:
    """How far confidences of words are probabilities that the words are right.

    Args:
      bins: those with words.
      nce: normalized cross entropy, NIST's: 1 is certainty, 0 is as good as the share of right words alone,
        below 0 worse than that; NaN where all words are right or none.
      ece: expected calibration error, the mean distance of confidence and share of right words in the bins.
      num_words, num_right: words of the hypotheses.
    """

    bins: Tuple[Bin, ...]
    nce: float
    ece: float
    num_words: int
    num_right: int


def calibration(confidences: FloatArray, right: BoolArray) -> Calibration:
    """Compute the calibration of words.

    Args:
      confidences: 0 to 1 ``(W,)``.
      right: which words are right, bool ``(W,)``.
    """
    number = np.minimum((confidences * NUM_BINS).astype(int), NUM_BINS - 1)
    counts = np.bincount(number, minlength=NUM_BINS)
    total, num_right = np.bincount(number, confidences, NUM_BINS), np.bincount(number, right, NUM_BINS)
    bins = tuple(
        Bin(
            low=i / NUM_BINS,
            high=(i + 1) / NUM_BINS,
            confidence=float(total[i] / counts[i]),
            right=float(num_right[i] / counts[i]),
            num_words=int(counts[i]),
        )
        for i in np.flatnonzero(counts)
    )
    error = sum(b.num_words * abs(b.confidence - b.right) for b in bins) / max(len(right), 1)
    return Calibration(bins, _cross_entropy(confidences, right), error, len(right), int(right.sum()))


def _cross_entropy(confidences: FloatArray, right: BoolArray) -> float:
    """Return the normalized cross entropy (Siu, Gish and Richardson 1997), as NIST's sclite computes it."""
    if right.all() or not right.any():
        return math.nan
    prior = -_log_likelihood(np.full(len(right), right.mean()), right)
    return (prior + _log_likelihood(np.clip(confidences, 1.0 - _MOST, _MOST), right)) / prior


def _log_likelihood(probability: FloatArray, right: BoolArray) -> float:
    """Return the log-likelihood of which words are right, bits."""
    return float(np.log2(np.where(right, probability, 1.0 - probability)).sum())
