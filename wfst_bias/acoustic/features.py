"""Log-mel filterbanks of lhotse: what our own networks read."""

from functools import lru_cache

import numpy as np
from lhotse import Fbank, FbankConfig

from wfst_bias.core.errors import InputError
from wfst_bias.core.types import FloatArray

SAMPLING_RATE = 16000
FEATURE_SHIFT = 0.01  # seconds
_SHORTEST = 400  # samples, one window


@lru_cache(maxsize=4)
def _extractor(num_mels: int) -> Fbank:
    return Fbank(FbankConfig(sampling_rate=SAMPLING_RATE, num_mel_bins=num_mels))


def log_mel(name: str, samples: FloatArray, num_mels: int = 80) -> FloatArray:
    """Logarithms of mel energies, a frame each 10 ms, float32 ``(T, num_mels)``.

    Args:
      name: of the utterance, for the error message.
      samples: in [-1, 1] at 16 kHz, float32 ``(num_samples,)``.

    Raises:
      InputError: it is shorter than one window of 25 ms.
    """
    if len(samples) < _SHORTEST:
        raise InputError(f"utterance {name!r} has {len(samples)} samples, less than 25 ms; take it out of the data")
    return np.asarray(_extractor(num_mels).extract(samples, SAMPLING_RATE), np.float32)
