"""Noise: on speech, and alone, for what is found where nobody speaks."""

import json
from pathlib import Path
from typing import Callable, Dict

import numpy as np
import soundfile

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_folder

SAMPLING_RATE = 16000
_SECONDS = 10.0  # of an utterance
_LOUDNESS = (-60.0, -20.0)  # dB of full scale
_STEADY = 50.0  # Hz, hum of the mains


def coloured_noise(num_samples: int, slope: float, chance: np.random.Generator) -> np.ndarray:
    """Gaussian noise whose power falls as ``1 / frequency ** slope``, float32, of power 1: white 0, pink 1, brown 2."""
    spectrum = np.fft.rfft(chance.standard_normal(num_samples))
    frequency = np.maximum(np.arange(len(spectrum)), 1.0) / max(1, len(spectrum))
    noise = np.fft.irfft(spectrum * frequency ** (-slope / 2.0), num_samples)
    return (noise / max(float(np.sqrt(np.mean(noise**2))), 1e-12)).astype(np.float32)


def with_noise(samples: np.ndarray, snr: float, chance: np.random.Generator) -> np.ndarray:
    """Speech and noise of a colour by lot, ``snr`` dB below it over the whole of it; float32 ``(num_samples,)``."""
    noise = coloured_noise(len(samples), chance.uniform(0.0, 2.0), chance)
    level = np.sqrt(np.mean(samples**2)) * 10.0 ** (-snr / 20.0)
    return samples + np.float32(level) * noise


def _hum(num_samples: int, chance: np.random.Generator) -> np.ndarray:
    time = np.arange(num_samples) / SAMPLING_RATE
    tones = [
        chance.uniform(0.1, 1.0) / k * np.sin(2 * np.pi * (_STEADY * k * time + chance.random())) for k in range(1, 9)
    ]
    return np.sum(tones, axis=0)


def _knocks(num_samples: int, chance: np.random.Generator) -> np.ndarray:
    """Short bursts, one or two a second: a door, steps, a keyboard."""
    struck = np.where(chance.random(num_samples) < 1.5 / SAMPLING_RATE, chance.uniform(0.2, 1.0, num_samples), 0.0)
    decay = np.exp(-np.arange(SAMPLING_RATE // 10) / (0.015 * SAMPLING_RATE))
    ring = decay * coloured_noise(len(decay), 1.0, chance)
    return np.convolve(struck, ring)[:num_samples]


KINDS: Dict[str, Callable[[int, np.random.Generator], np.ndarray]] = {
    "silence": lambda num_samples, chance: np.zeros(num_samples),
    "white": lambda num_samples, chance: coloured_noise(num_samples, 0.0, chance),
    "pink": lambda num_samples, chance: coloured_noise(num_samples, 1.0, chance),
    "brown": lambda num_samples, chance: coloured_noise(num_samples, 2.0, chance),
    "hum": _hum,
    "knocks": _knocks,
}


def write_noise(folder: Path, minutes: float, seed: int = 0) -> int:
    """Silence and noises in turn, ten seconds each, as a Kaldi data folder in which nobody says anything.

    Args:
      folder: made anew; the noise's kind is its speaker.
      minutes: of audio, at least.
      seed: of levels and samples.

    Returns:
      how many utterances there are.
    """
    if not minutes > 0:
        raise InputError(f"{minutes:g} minutes of noise were asked for; give a number above 0")
    chance = np.random.default_rng(seed)
    rows: Dict[str, list] = {"wav.scp": [], "text": [], "utt2spk": []}
    with publish_folder(folder, "data") as building:
        (building / "wav").mkdir()
        for i in range(int(np.ceil(60.0 * minutes / _SECONDS))):
            key, kind = f"utt_{i:06d}", tuple(KINDS)[i % len(KINDS)]
            noise = KINDS[kind](int(_SECONDS * SAMPLING_RATE), chance)
            level = 10.0 ** (chance.uniform(*_LOUDNESS) / 20.0) / max(float(np.sqrt(np.mean(noise**2))), 1e-12)
            soundfile.write(str(building / "wav" / f"{key}.flac"), np.clip(noise * level, -1.0, 1.0), SAMPLING_RATE)
            for name, value in (("wav.scp", f"wav/{key}.flac"), ("text", ""), ("utt2spk", kind)):
                rows[name].append(f"{key} {value}".strip() + "\n")
        for name, lines in rows.items():
            (building / name).write_text("".join(lines), encoding="utf-8")
        meta = {"kind": "data", "synthetic": True, "noises": list(KINDS), "seed": seed}
        (building / "meta.json").write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")
    return len(rows["text"])
