"""Noise: added to speech, and alone, for false alarms without speech."""

from pathlib import Path
from typing import Callable, Dict

import numpy as np
import soundfile

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_folder
from wfst_bias.core.types import FloatArray
from wfst_bias.synth.data_folder import Row, write_data_folder

SAMPLING_RATE = 16000
_SECONDS = 10.0  # of an utterance
_LOUDNESS = (-60.0, -20.0)  # dB of full scale
_STEADY = 50.0  # Hz, hum of the mains


def colored_noise(num_samples: int, slope: float, rng: np.random.Generator) -> FloatArray:
    """Return Gaussian noise whose power falls as ``1 / frequency ** slope``, float32, of power 1: white 0, pink 1, brown 2."""
    spectrum = np.fft.rfft(rng.standard_normal(num_samples))
    frequency = np.maximum(np.arange(len(spectrum)), 1.0) / max(1, len(spectrum))
    noise = np.fft.irfft(spectrum * frequency ** (-slope / 2.0), num_samples)
    return (noise / max(float(np.sqrt(np.mean(noise**2))), 1e-12)).astype(np.float32)


def with_noise(samples: FloatArray, snr: float, rng: np.random.Generator) -> FloatArray:
    """Add noise of a random color to speech, ``snr`` dB below the speech over its whole length; float32 ``(num_samples,)``."""
    noise = colored_noise(len(samples), rng.uniform(0.0, 2.0), rng)
    level = np.sqrt(np.mean(samples**2)) * 10.0 ** (-snr / 20.0)
    noisy: FloatArray = samples + np.float32(level) * noise
    return noisy


def _hum(num_samples: int, rng: np.random.Generator) -> FloatArray:
    time = np.arange(num_samples) / SAMPLING_RATE
    tones = [rng.uniform(0.1, 1.0) / k * np.sin(2 * np.pi * (_STEADY * k * time + rng.random())) for k in range(1, 9)]
    hum: FloatArray = np.sum(tones, axis=0)
    return hum


def _knocks(num_samples: int, rng: np.random.Generator) -> FloatArray:
    """Short bursts, one or two a second: a door, steps, a keyboard."""
    struck = np.where(rng.random(num_samples) < 1.5 / SAMPLING_RATE, rng.uniform(0.2, 1.0, num_samples), 0.0)
    decay = np.exp(-np.arange(SAMPLING_RATE // 10) / (0.015 * SAMPLING_RATE))
    ring = decay * colored_noise(len(decay), 1.0, rng)
    knocks: FloatArray = np.convolve(struck, ring)[:num_samples]
    return knocks


KINDS: Dict[str, Callable[[int, np.random.Generator], FloatArray]] = {
    "silence": lambda num_samples, rng: np.zeros(num_samples),
    "white": lambda num_samples, rng: colored_noise(num_samples, 0.0, rng),
    "pink": lambda num_samples, rng: colored_noise(num_samples, 1.0, rng),
    "brown": lambda num_samples, rng: colored_noise(num_samples, 2.0, rng),
    "hum": _hum,
    "knocks": _knocks,
}


def write_noise(folder: Path, minutes: float, seed: int = 0) -> int:
    """Write silence and noises in turn, ten seconds each, as a Kaldi data folder without any speech.

    Args:
      folder: made anew; the noise's kind is its speaker.
      minutes: of audio, at least.
      seed: of levels and samples.

    Returns:
      how many utterances there are.
    """
    if not minutes > 0:
        raise InputError(f"{minutes:g} minutes of noise were asked for; give a number above 0")
    rng = np.random.default_rng(seed)
    rows = []
    with publish_folder(folder, "data") as building:
        (building / "wav").mkdir()
        for i in range(int(np.ceil(60.0 * minutes / _SECONDS))):
            key, kind = f"utt_{i:06d}", tuple(KINDS)[i % len(KINDS)]
            noise = KINDS[kind](int(_SECONDS * SAMPLING_RATE), rng)
            level = 10.0 ** (rng.uniform(*_LOUDNESS) / 20.0) / max(float(np.sqrt(np.mean(noise**2))), 1e-12)
            soundfile.write(str(building / "wav" / f"{key}.flac"), np.clip(noise * level, -1.0, 1.0), SAMPLING_RATE)
            rows.append(Row(key, f"wav/{key}.flac", "", kind))
        write_data_folder(building, rows, synthetic=True, noises=list(KINDS), seed=seed)
    return len(rows)
