"""Bootstrap intervals over utterances, the same every time."""

from typing import Iterator, Tuple

import numpy as np

from wfst_bias.core.types import FloatArray, IntArray

_REPLICATIONS = 1000
_SEED = 0


def resampled(num_utterances: int) -> Iterator[IntArray]:
    """Yield how often each utterance was drawn in one replication after the other ``(U,)``."""
    share, rng = np.full(num_utterances, 1 / num_utterances), np.random.default_rng(_SEED)
    for _ in range(_REPLICATIONS):
        yield rng.multinomial(num_utterances, share)


def interval(replicas: FloatArray) -> Tuple[float, float]:
    """Return the interval of 95 % of the values of a rate in all replications, without NaN; NaN where there are no others."""
    replicas = replicas[~np.isnan(replicas)]
    low, high = np.percentile(replicas, [2.5, 97.5]) if len(replicas) else (np.nan, np.nan)
    return float(low), float(high)
