"""Augmentation of log-mel features: speed, noise, babble, masks; cheap enough to do anew in every epoch.

Speed is changed on the features: time is stretched and the mel axis is moved as the frequencies would be (Ko et al.
2015, *Audio augmentation for speech recognition*, does so on the samples; the frequencies' part alone is the
warping of Jaitly & Hinton 2013). Noise is added to the energies, as lhotse mixes features. The masks are those of
Park et al. 2019 (*SpecAugment*). Log-mel energies are float32 ``(S, M)``, ``S`` frames of ``M`` bins.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Callable, Tuple

import numpy as np

from wfst_bias.core.errors import InputError

_LOW, _HIGH = 20.0, 7600.0  # Hz, ends of lhotse's mel filters at 16 kHz


@dataclass(frozen=True)
class AugmentConfig:
    """How features are changed.

    Args:
      speed: the speed is between 1 - speed and 1 + speed.
      noise_share: of the utterances that get noise, coloured noise or babble of other utterances.
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

    def __post_init__(self):
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
    features: np.ndarray, config: AugmentConfig, chance: np.random.Generator, babble: Callable[[int], np.ndarray]
) -> np.ndarray:
    """Log-mel energies at another speed, noisy and masked.

    Args:
      features: of an utterance ``(S, M)``.
      chance: all that is drawn comes from it.
      babble: log-mel energies of other speech, as many frames as it is asked for.

    Returns:
      of ``round(S / speed)`` frames.
    """
    features = at_speed(features, chance.uniform(1.0 - config.speed, 1.0 + config.speed))
    if chance.random() < config.noise_share:
        noise = babble(len(features)) if chance.random() < 0.5 else coloured_noise(features.shape, chance)
        features = with_noise(features, noise, chance.uniform(config.low_snr, config.high_snr))
    return masked(features, config, chance)


def at_speed(features: np.ndarray, speed: float) -> np.ndarray:
    """As if the samples were played ``speed`` times as fast: shorter and higher."""
    S, M = features.shape
    frames = np.arange(max(1, round(S / speed))) * speed
    return _between(_between(features, frames).T, _bins_before(speed, M)).T


def _bins_before(speed: float, num_mels: int) -> np.ndarray:
    """Which bin, in fractions, each bin's frequency was in before the change."""
    mel = lambda hertz: 1127.0 * np.log1p(hertz / 700.0)
    width = (mel(_HIGH) - mel(_LOW)) / (num_mels + 1)
    centres = 700.0 * np.expm1((mel(_LOW) + width * np.arange(1, num_mels + 1)) / 1127.0)
    return (mel(centres / speed) - mel(_LOW)) / width - 1.0


def _between(rows: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Rows at fractional positions, interpolated; beyond the ends the first and the last."""
    positions = np.clip(positions, 0, len(rows) - 1)
    below = np.floor(positions).astype(np.int64)
    share = (positions - below).astype(np.float32)[:, None]
    return rows[below] * (1 - share) + rows[np.minimum(below + 1, len(rows) - 1)] * share


def coloured_noise(shape: Tuple[int, int], chance: np.random.Generator) -> np.ndarray:
    """Log-mel energies of a steady noise, blue to brown, with a few bumps in its spectrum."""
    S, M = shape
    slope = chance.uniform(-0.5, 2.0) * -np.log(_frequencies(M))
    bumps = np.interp(np.arange(M), np.linspace(0, M - 1, 6), chance.normal(0.0, 1.0, 6))
    flutter = chance.standard_normal((S, M), np.float32) * 0.5
    return (slope + bumps).astype(np.float32) + flutter


@lru_cache(maxsize=4)
def _frequencies(num_mels: int) -> np.ndarray:
    return np.geomspace(100.0, _HIGH, num_mels)


def with_noise(features: np.ndarray, noise: np.ndarray, snr: float) -> np.ndarray:
    """The energies of both added, the noise ``snr`` dB below the speech over the whole of it."""
    speech, other = np.exp(features), np.exp(noise)
    gain = speech.mean() / max(float(other.mean()), 1e-20) * 10.0 ** (-snr / 10.0)
    return np.log(speech + np.float32(gain) * other)


def masked(features: np.ndarray, config: AugmentConfig, chance: np.random.Generator) -> np.ndarray:
    """Bands of time and of frequency set to the mean of their bin, which the network takes off."""
    S, M = features.shape
    hidden_frames = _bands(S, config.num_time_masks, min(config.time_mask, _widest(S, config)), chance)
    hidden_bins = _bands(M, config.num_frequency_masks, min(config.frequency_mask, M), chance)
    return np.where(hidden_frames[:, None] | hidden_bins, features.mean(axis=0), features)


def _widest(num_frames: int, config: AugmentConfig) -> int:
    return int(config.time_mask_share * num_frames / max(1, config.num_time_masks))


def _bands(length: int, num_bands: int, widest: int, chance: np.random.Generator) -> np.ndarray:
    """Which of ``length`` places are in one of the bands, bool."""
    widths = chance.integers(0, widest + 1, num_bands)
    starts = chance.integers(0, length - widths + 1)
    places = np.arange(length)[:, None]
    return ((places >= starts) & (places < starts + widths)).any(axis=1)
