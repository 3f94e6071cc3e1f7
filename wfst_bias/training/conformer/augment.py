"""Augmentation of log-mel features: speed, noise, babble, masks; cheap enough to compute anew in every epoch.

Speed is changed on the features: time is stretched and the mel axis is moved as the frequencies would be (Ko et al.
2015, *Audio augmentation for speech recognition*, does so on the samples; the frequencies' part alone is the
warping of Jaitly & Hinton 2013). Noise is added to the energies, as lhotse mixes features. The masks are those of
Park et al. 2019 (*SpecAugment*). Log-mel energies are float32 ``(S, M)``, ``S`` frames of ``M`` bins.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Callable

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.core.types import BoolArray, FloatArray

_SURELY_BLANK = -0.05  # nats
_MOST_LEFT_OUT = 0.4  # share of the frames that are surely blank
_LOW, _HIGH = 20.0, 7600.0  # Hz, ends of lhotse's mel filters at 16 kHz


@dataclass(frozen=True)
class AugmentConfig:
    """How features are changed.

    Args:
      speed: the speed is between 1 - speed and 1 + speed.
      noise_share: of the utterances that get noise, colored noise or babble of other utterances.
      low_snr: of the noise, dB.
      high_snr: of the noise, dB.
      num_time_masks: of SpecAugment, each over at most ``time_mask`` frames.
      time_mask: feature frames of 10 ms.
      time_mask_share: of an utterance that its time masks may cover together.
      num_frequency_masks: of SpecAugment.
      frequency_mask: bins at most.
    """

    speed: float = 0.1
    noise_share: float = 0.3
    low_snr: float = 10.0
    high_snr: float = 25.0
    num_time_masks: int = 2
    time_mask: int = 40
    time_mask_share: float = 0.1
    num_frequency_masks: int = 2
    frequency_mask: int = 10

    def __post_init__(self) -> None:
        if not 0.0 <= self.speed < 0.5:
            raise InputError(f"speed is {self.speed}; at least 0 and below 0.5 was expected")
        for name in ("noise_share", "time_mask_share"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise InputError(f"{name} is {getattr(self, name)}; 0 to 1 was expected")
        if self.low_snr > self.high_snr:
            raise InputError(f"low_snr {self.low_snr} is above high_snr {self.high_snr}; exchange them")
        for name in ("num_time_masks", "time_mask", "num_frequency_masks", "frequency_mask"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} is {getattr(self, name)}; 0 or more was expected")


def augmented(
    features: FloatArray, config: AugmentConfig, rng: np.random.Generator, babble: Callable[[int], FloatArray]
) -> FloatArray:
    """Change speed, add noise and mask log-mel energies.

    Args:
      features: of an utterance ``(S, M)``.
      rng: the source of all randomness.
      babble: log-mel energies of other speech, of a number of frames.

    Returns:
      of ``round(S / speed)`` frames.
    """
    features = at_speed(features, rng.uniform(1.0 - config.speed, 1.0 + config.speed))
    if rng.random() < config.noise_share:
        noise = babble(len(features)) if rng.random() < 0.5 else colored_noise(len(features), features.shape[1], rng)
        features = with_noise(features, noise, rng.uniform(config.low_snr, config.high_snr))
    return masked(features, config, rng)


def at_speed(features: FloatArray, speed: float) -> FloatArray:
    """Change features as if the samples were played ``speed`` times as fast: shorter and higher."""
    S, M = features.shape
    frames = np.arange(max(1, round(S / speed))) * speed
    return _between(_between(features, frames).T, _bins_before(speed, M)).T


def _bins_before(speed: float, num_mels: int) -> FloatArray:
    """Return which bin, in fractions, each bin's frequency was in before the change."""
    lowest, highest = _mel(np.array(_LOW)), _mel(np.array(_HIGH))
    width = (highest - lowest) / (num_mels + 1)
    centers = 700.0 * np.expm1((lowest + width * np.arange(1, num_mels + 1)) / 1127.0)
    bins: FloatArray = (_mel(centers / speed) - lowest) / width - 1.0
    return bins


def _mel(hertz: FloatArray) -> FloatArray:
    mels: FloatArray = 1127.0 * np.log1p(hertz / 700.0)
    return mels


def _between(rows: FloatArray, positions: FloatArray) -> FloatArray:
    """Return rows at fractional positions, interpolated; beyond the ends the first and the last."""
    positions = np.clip(positions, 0, len(rows) - 1)
    below = np.floor(positions).astype(np.int64)
    share = (positions - below).astype(np.float32)[:, None]
    between: FloatArray = rows[below] * (1 - share) + rows[np.minimum(below + 1, len(rows) - 1)] * share
    return between


def colored_noise(num_frames: int, num_mels: int, rng: np.random.Generator) -> FloatArray:
    """Return log-mel energies of a steady noise, blue to brown, with a few bumps in its spectrum."""
    slope = rng.uniform(-0.5, 2.0) * -np.log(_frequencies(num_mels))
    bumps = np.interp(np.arange(num_mels), np.linspace(0, num_mels - 1, 6), rng.normal(0.0, 1.0, 6))
    flutter = rng.standard_normal((num_frames, num_mels), np.float32) * 0.5
    noise: FloatArray = (slope + bumps).astype(np.float32) + flutter
    return noise


@lru_cache(maxsize=4)
def _frequencies(num_mels: int) -> FloatArray:
    return np.geomspace(100.0, _HIGH, num_mels)


def with_noise(features: FloatArray, noise: FloatArray, snr: float) -> FloatArray:
    """Add energies, the noise ``snr`` dB below the speech over the whole of it."""
    speech, other = np.exp(features), np.exp(noise)
    gain = speech.mean() / max(float(other.mean()), 1e-20) * 10.0 ** (-snr / 10.0)
    mixed: FloatArray = np.log(speech + np.float32(gain) * other)
    return mixed


def masked(features: FloatArray, config: AugmentConfig, rng: np.random.Generator) -> FloatArray:
    """Set bands of time and of frequency to the mean of their bin, which the network subtracts."""
    S, M = features.shape
    hidden_frames = _bands(S, config.num_time_masks, min(config.time_mask, _widest(S, config)), rng)
    hidden_bins = _bands(M, config.num_frequency_masks, min(config.frequency_mask, M), rng)
    return np.where(hidden_frames[:, None] | hidden_bins, features.mean(axis=0), features)


def _widest(num_frames: int, config: AugmentConfig) -> int:
    return int(config.time_mask_share * num_frames / max(1, config.num_time_masks))


def _bands(length: int, num_bands: int, widest: int, rng: np.random.Generator) -> BoolArray:
    """Return which of ``length`` positions are in one of the bands, bool."""
    widths = rng.integers(0, widest + 1, num_bands)
    starts = rng.integers(0, length - widths + 1)
    positions = np.arange(length)[:, None]
    inside: BoolArray = ((positions >= starts) & (positions < starts + widths)).any(axis=1)
    return inside


def with_other_pace(log_probs: FloatArray, fewest: int, rng: np.random.Generator) -> FloatArray:
    """Leave out some of the frames of phone emissions that are surely blank, as if the speaker was faster.

    Args:
      log_probs: of phones ``(S, P)``.
      fewest: frames that must be left.
      rng: the source of all randomness.
    """
    surely_blank = log_probs[:, BLANK_ID] > _SURELY_BLANK
    left_out = surely_blank & (rng.random(len(log_probs)) < rng.uniform(0.0, _MOST_LEFT_OUT))
    return log_probs if (~left_out).sum() < fewest else log_probs[~left_out]
