"""Front ends of exported networks: NeMo's mels, Kaldi's filter banks or plain samples, as in their training."""

import math
import warnings
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np
import torch
from lhotse.features.kaldi.layers import Wav2LogFilterBank

from wfst_bias.core.types import FloatArray, Seconds

PER_FEATURE, ALL_FEATURES, NOTHING = "per_feature", "all_features", ""
_WINDOW, _SHIFT = 0.025, 0.01  # seconds
_PREEMPHASIS = 0.97


class Frontend(Protocol):
    """Features that a network reads, one step each ``shift`` seconds."""

    @property
    def sampling_rate(self) -> int: ...

    @property
    def shift(self) -> Seconds: ...

    def __call__(self, samples: FloatArray) -> FloatArray:
        """Compute features.

        Args:
          samples: in [-1, 1], float32 ``(num_samples,)``.

        Returns:
          float32 ``(num_steps, num_features)``, of plain samples ``(num_steps,)``.
        """
        ...


@dataclass(frozen=True)
class NemoMel:
    """NeMo's ``AudioToMelSpectrogramPreprocessor`` at inference: no dither, no padding.

    Args:
      num_mels: 80 with windows of 25 ms; 64 as QuartzNet has them, with windows of 20 ms.
      sampling_rate: Hz.
      normalize: mean 0 and deviation 1 :data:`PER_FEATURE` or of :data:`ALL_FEATURES`, over the utterance, or
        :data:`NOTHING`.
    """

    num_mels: int = 80
    sampling_rate: int = 16000
    normalize: str = PER_FEATURE
    shift: Seconds = _SHIFT

    def __call__(self, samples: FloatArray) -> FloatArray:
        """See :class:`Frontend`."""
        emphasized = torch.from_numpy(np.append(samples[:1], samples[1:] - np.float32(_PREEMPHASIS) * samples[:-1]))
        window = round((0.02 if self.num_mels == 64 else _WINDOW) * self.sampling_rate)
        hop = round(self.shift * self.sampling_rate)
        num_fft = 2 ** math.ceil(math.log2(window))
        spectrum = torch.stft(
            emphasized,
            num_fft,
            hop,
            window,
            torch.hann_window(window, periodic=False),
            pad_mode="constant",
            return_complex=True,
        )
        power = spectrum[:, : len(samples) // hop].abs() ** 2  # NeMo masks the frame that is centred on the end
        mels = torch.log(slaney_filters(self.num_mels, num_fft, self.sampling_rate) @ power + 2.0**-24).T
        result: FloatArray = self._normalized(mels).numpy()
        return result

    def _normalized(self, mels: torch.Tensor) -> torch.Tensor:
        if self.normalize == NOTHING:
            return mels
        axes = (0,) if self.normalize == PER_FEATURE else (0, 1)
        deviation = mels.std(dim=axes, keepdim=True).nan_to_num(0.0)  # of a single frame there is none
        result: torch.Tensor = (mels - mels.mean(dim=axes, keepdim=True)) / (deviation + 1e-5)
        return result


@dataclass(frozen=True)
class KaldiFbank:
    """Logarithms of Kaldi's mel energies, povey window, no dither; the defaults are those of lhotse and icefall.

    Args:
      high_freq: upper end of the filters, Hz; 0 or less counts from half the sampling rate.
      snip_edges: only windows that are wholly inside the audio.
      scale: of the samples: 32768 where a network was trained on 16-bit integers.
    """

    num_mels: int = 80
    sampling_rate: int = 16000
    high_freq: float = -400.0
    snip_edges: bool = False
    scale: float = 1.0
    shift: Seconds = _SHIFT

    @cached_property
    def _filters(self) -> torch.nn.Module:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of snip_edges, for manifests that we do not write
            result: torch.nn.Module = Wav2LogFilterBank(
                sampling_rate=self.sampling_rate,
                num_filters=self.num_mels,
                high_freq=self.high_freq,
                snip_edges=self.snip_edges,
                dither=0.0,
            )
            return result

    def __call__(self, samples: FloatArray) -> FloatArray:
        """See :class:`Frontend`."""
        with torch.no_grad():
            result: FloatArray = self._filters(torch.from_numpy(samples * np.float32(self.scale))[None])[0].numpy()
            return result


@dataclass(frozen=True)
class Samples:
    """The samples themselves.

    Args:
      normalize: to mean 0 and deviation 1 over the utterance, as transformers' ``do_normalize``.
    """

    sampling_rate: int = 16000
    normalize: bool = False

    @property
    def shift(self) -> Seconds:
        return 1 / self.sampling_rate

    def __call__(self, samples: FloatArray) -> FloatArray:
        """See :class:`Frontend`."""
        if not self.normalize:
            return samples
        result: FloatArray = (samples - samples.mean()) / np.sqrt(samples.var() + np.float32(1e-7))
        return result


@lru_cache(maxsize=4)
def slaney_filters(num_mels: int, num_fft: int, sampling_rate: int) -> torch.Tensor:
    """Return triangles of equal area over Slaney's mel scale, as ``librosa.filters.mel``, ``(num_mels, num_fft // 2 + 1)``.

    The scale is linear below 1 kHz, 3 mels in 200 Hz, and logarithmic above, 27 mels in a factor of 6.4.
    """
    per_nat = 27 / math.log(6.4)
    half = sampling_rate / 2
    mels = np.linspace(0.0, 15 + per_nat * math.log(half / 1000) if half > 1000 else half * 3 / 200, num_mels + 2)
    corners = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp((mels - 15) / per_nat))[:, None]  # Hz
    bins = np.linspace(0.0, half, num_fft // 2 + 1)
    rising = (bins - corners[:-2]) / (corners[1:-1] - corners[:-2])
    falling = (corners[2:] - bins) / (corners[2:] - corners[1:-1])
    area = (corners[2:] - corners[:-2]) / 2
    return torch.from_numpy((np.maximum(0.0, np.minimum(rising, falling)) / area).astype(np.float32))
