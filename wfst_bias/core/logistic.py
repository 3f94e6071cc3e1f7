"""The logistic function and its inverse, without the second that importing scipy.special takes on a slow disk."""

from typing import Union

import numpy as np

from wfst_bias.core.types import FloatArray

_NEAR_HALF = 0.3, 0.65  # probabilities between which log(p / (1 - p)) would lose digits


def expit(log_odds: Union[float, FloatArray]) -> FloatArray:
    """Return the probabilities of log odds (nats), float64 of the same shape."""
    with np.errstate(over="ignore"):  # exp of a large number is infinity, and the probability 0
        probabilities: FloatArray = 1.0 / (1.0 + np.exp(-np.asarray(log_odds, np.float64)))
    return probabilities


def logit(probabilities: Union[float, FloatArray]) -> FloatArray:
    """Return the log odds of probabilities, nats, float64 of the same shape; infinite for 0 and 1."""
    probs = np.asarray(probabilities, np.float64)
    twice = 2.0 * (probs - 0.5)
    least, most = _NEAR_HALF
    with np.errstate(divide="ignore", invalid="ignore"):
        near: FloatArray = np.log1p(twice) - np.log1p(-twice)
        return np.where((probs < least) | (probs > most), np.log(probs / (1.0 - probs)), near)
