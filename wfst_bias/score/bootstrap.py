"""Bootstrap intervals over utterances, the same every time."""

from typing import Tuple

import numpy as np

from wfst_bias.core.types import FloatArray, IntArray

_REPLICATIONS = 1000
_SEED = 0


def resampled(num_utterances: int) -> IntArray:
    """Return how often each utterance was drawn in each replication, ``(R, U)``."""
    share = np.full(num_utterances, 1 / num_utterances)
    return np.random.default_rng(_SEED).multinomial(num_utterances, share, _REPLICATIONS)


def interval(replicas: FloatArray) -> Tuple[float, float]:
    """Return the interval of 95 % of the values of a rate in all replications, without NaN; NaN where there are no others."""
    replicas = replicas[~np.isnan(replicas)]
    low, high = np.percentile(replicas, [2.5, 97.5]) if len(replicas) else (np.nan, np.nan)
    return float(low), float(high)
