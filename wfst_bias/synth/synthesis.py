"""Synthetic speech: sentences spoken by the voices of text-to-speech packages into a Kaldi data folder."""

import io
import json
import random
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Dict, Optional, Protocol, Sequence, Tuple

import numpy as np
import soundfile
from scipy.signal import resample_poly
from tqdm import tqdm

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of, publish_folder
from wfst_bias.core.text import without_accents, words_of
from wfst_bias.synth.noise import SAMPLING_RATE, with_noise

_WORDS_A_MINUTE = 175  # espeak-ng's default


class Voice(Protocol):
    """Somebody who reads aloud."""

    name: str

    def speak(self, text: str, speed: float, seed: int) -> Tuple[np.ndarray, int]:
        """Samples float32 ``(num_samples,)`` in [-1, 1] and their rate; ``speed`` 1 is the voice's own pace."""


class Hibari:
    """The neural voice inside the ``hibari-tts`` package (Apache-2.0)."""

    name = "hibari"

    @cached_property
    def _voice(self):
        from hibari import Hibari as Synthesiser

        return Synthesiser()

    def speak(self, text: str, speed: float, seed: int) -> Tuple[np.ndarray, int]:
        return self._voice(text, speed=speed, seed=seed), self._voice.sample_rate


class Piper:
    """A voice of the ``piper-tts`` package, a file ``VOICE.onnx`` with its ``VOICE.onnx.json``; its noise has no seed."""

    def __init__(self, model: str):
        path = Path(model)
        self.name = f"piper:{path.stem}"
        for file in (path, Path(f"{model}.json")):
            if not file.is_file():
                raise InputError(
                    "no such file of a voice of piper; 'python -m piper.download_voices' fetches both", file
                )
        try:
            from piper import PiperVoice, SynthesisConfig
        except ImportError:
            raise InputError(f"voice {self.name!r} needs piper; install it (pip install piper-tts)") from None
        self._voice, self._config = PiperVoice.load(path), SynthesisConfig

    def speak(self, text: str, speed: float, seed: int) -> Tuple[np.ndarray, int]:
        config = self._config(length_scale=self._voice.config.length_scale / speed)
        parts = [part.audio_float_array.reshape(-1) for part in self._voice.synthesize(text, config)]
        return np.concatenate([np.zeros(0, np.float32), *parts]), self._voice.config.sample_rate


class _Program:
    """A voice of a program that writes a WAV file to its output."""

    def __init__(self, program: str, voice: str):
        self._program, self._voice = program, voice
        self.name = f"{program}:{voice}"
        if shutil.which(program) is None:
            raise InputError(f"voice {self.name!r} needs the program {program!r}; install it (apt install {program})")
        if not len(self.speak("a", 1.0, 0)[0]):
            raise InputError(f"{program!r} has no voice {voice!r}; name one that it has")

    def arguments(self, speed: float) -> Sequence[str]:
        raise NotImplementedError

    def speak(self, text: str, speed: float, seed: int) -> Tuple[np.ndarray, int]:
        command = [self._program, *self.arguments(speed), f" {text}"]  # a dash would begin an option
        spoken = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if spoken.returncode or spoken.stdout[:4] != b"RIFF":
            return np.zeros(0, np.float32), SAMPLING_RATE
        return soundfile.read(io.BytesIO(spoken.stdout), dtype="float32")


class Flite(_Program):
    """A voice of flite (``slt``, ``rms``, ``awb``, ``kal16``)."""

    def __init__(self, voice: str):
        super().__init__("flite", voice)
        # it speaks with another voice where it does not have one
        known = subprocess.run(["flite", "-lv"], stdout=subprocess.PIPE, text=True).stdout.partition(":")[2].split()
        if voice not in known and not Path(voice).is_file():
            raise InputError(f"'flite' has no voice {voice!r}; it has {', '.join(sorted(known))}")

    def arguments(self, speed: float) -> Sequence[str]:
        stretch = f"duration_stretch={1 / speed:.3f}"
        return ("-voice", self._voice, "--setf", stretch, "-o", "/dev/stdout", "-t")

    def speak(self, text: str, speed: float, seed: int) -> Tuple[np.ndarray, int]:
        return super().speak(without_accents(text), speed, seed)  # it knows ASCII only


class Espeak(_Program):
    """A voice of espeak-ng (``en-us``, ``en-gb+f3``)."""

    def __init__(self, voice: str):
        super().__init__("espeak-ng", voice)

    def arguments(self, speed: float) -> Sequence[str]:
        return ("-v", self._voice, "-s", str(round(_WORDS_A_MINUTE * speed)), "--stdout")


_KINDS = {"flite": Flite, "espeak-ng": Espeak, "piper": Piper}
_SPECS = "hibari, flite:VOICE, espeak-ng:VOICE or piper:FILE.onnx"


def voice_of(spec: str) -> Voice:
    """The voice that ``hibari``, ``flite:VOICE``, ``espeak-ng:VOICE`` or ``piper:FILE.onnx`` names."""
    kind, _, voice = spec.partition(":")
    if spec == "hibari":
        return Hibari()
    if kind not in _KINDS or not voice:
        raise InputError(f"no voice {spec!r}; write {_SPECS}")
    return _KINDS[kind](voice)


def read_named_sentences(path: Path) -> Dict[str, str]:
    """Sentences by the names of their utterances, sorted as Kaldi's, from lines ``UTTERANCE SENTENCE``."""
    sentences: Dict[str, str] = {}
    for number, line in lines_of(path):
        name, _, sentence = line.strip().replace("\t", " ").partition(" ")
        if not sentence.strip() or name in sentences or "/" in name:
            raise InputError(f"found {line!r}; expected 'UTTERANCE SENTENCE', each utterance once", path, number)
        sentences[name] = sentence.strip()
    return dict(sorted(sentences.items(), key=lambda row: row[0].encode()))


def synthesise(
    sentences: Sequence[str],
    voices: Sequence[Voice],
    folder: Path,
    speeds: Tuple[float, float] = (1.0, 1.0),
    seed: int = 0,
    jobs: int = 1,
    progress: bool = False,
    snrs: Optional[Tuple[float, float]] = None,
    names: Optional[Sequence[str]] = None,
) -> int:
    """Speak sentences, each by one of the voices, into a Kaldi data folder at 16 kHz.

    Args:
      sentences: with their punctuation; ``text`` holds their words.
      voices: taken by lot, each sentence one; name a voice twice to hear it twice as often.
      folder: made anew.
      speeds: the slowest and the fastest pace, drawn for each sentence; 1 is a voice's own.
      seed: of the lots; the same seed gives the same folder.
      jobs: sentences spoken at once.
      snrs: noise is put in, this far below the speech, least and most, dB; none where not given.
      names: of the utterances, sorted as Kaldi's; else they are numbered.

    Returns:
      how many sentences gave no sound and are left out.
    """
    chance = random.Random(seed)
    keys = names or [f"utt_{i:06d}" for i in range(len(sentences))]
    tasks = [
        (key, i, text, chance.choice(voices), chance.uniform(*speeds))
        for i, (key, text) in enumerate(zip(keys, sentences))
    ]
    tasks = [task for task in tasks if words_of(task[2])]
    rows: Dict[str, list] = {"wav.scp": [], "text": [], "utt2spk": []}
    num_silent = len(sentences) - len(tasks)
    with publish_folder(folder, "data") as building, ThreadPoolExecutor(jobs) as pool:
        (building / "wav").mkdir()

        def speak(task) -> bool:
            key, number, text, voice, speed = task
            samples, rate = voice.speak(text, speed, seed=number)
            if not len(samples):
                return False
            samples = resample_poly(samples, SAMPLING_RATE, rate) if rate != SAMPLING_RATE else samples
            if snrs is not None:
                chance = np.random.default_rng((seed, number))
                samples = with_noise(samples, chance.uniform(*snrs), chance)
            peak = max(1.0, float(np.abs(samples).max()))
            soundfile.write(str(building / "wav" / f"{key}.flac"), samples / peak, SAMPLING_RATE)
            return True

        spoken = tqdm(pool.map(speak, tasks), total=len(tasks), unit="utt", disable=None if progress else True)
        for (key, _, text, voice, _), heard in zip(tasks, spoken):
            if not heard:
                num_silent += 1
                continue
            rows["wav.scp"].append(f"{key} wav/{key}.flac\n")
            rows["text"].append(f"{key} {' '.join(words_of(text))}\n")
            rows["utt2spk"].append(f"{key} {voice.name}\n")
        if not rows["text"]:
            raise InputError("none of the sentences could be spoken; expected words of English, one sentence a line")
        for name, lines in rows.items():
            (building / name).write_text("".join(lines), encoding="utf-8")
        meta = {"kind": "data", "synthetic": True, "voices": sorted({voice.name for voice in voices}), "seed": seed}
        (building / "meta.json").write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")
    return num_silent
