"""Voices of text-to-speech packages and programs."""

import io
import shutil
import subprocess
from functools import cached_property
from pathlib import Path
from typing import Any, Callable, Dict, Protocol, Sequence, Tuple

import numpy as np
import soundfile

from wfst_bias.core.errors import InputError
from wfst_bias.core.text import without_accents
from wfst_bias.core.types import FloatArray
from wfst_bias.synth.noise import SAMPLING_RATE

_WORDS_A_MINUTE = 175  # espeak-ng's default


class Voice(Protocol):
    """A speaker of English text."""

    @property
    def name(self) -> str: ...

    def speak(self, text: str, speed: float, seed: int) -> Tuple[FloatArray, int]:
        """Return samples, float32 ``(num_samples,)`` in [-1, 1], and their rate; ``speed`` 1 is the voice's own pace."""
        ...


class Hibari:
    """The neural voice inside the ``hibari-tts`` package (Apache-2.0)."""

    name = "hibari"

    @cached_property
    def _voice(self) -> Any:
        from hibari import Hibari as Synthesizer

        return Synthesizer()

    def speak(self, text: str, speed: float, seed: int) -> Tuple[FloatArray, int]:
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

    def speak(self, text: str, speed: float, seed: int) -> Tuple[FloatArray, int]:
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

    def speak(self, text: str, speed: float, seed: int) -> Tuple[FloatArray, int]:
        command = [self._program, *self.arguments(speed), f" {text}"]  # a dash would begin an option
        spoken = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if spoken.returncode or spoken.stdout[:4] != b"RIFF":
            return np.zeros(0, np.float32), SAMPLING_RATE
        samples, rate = soundfile.read(io.BytesIO(spoken.stdout), dtype="float32")
        return samples, rate


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

    def speak(self, text: str, speed: float, seed: int) -> Tuple[FloatArray, int]:
        return super().speak(without_accents(text), speed, seed)  # it knows ASCII only


class Espeak(_Program):
    """A voice of espeak-ng (``en-us``, ``en-gb+f3``)."""

    def __init__(self, voice: str):
        super().__init__("espeak-ng", voice)

    def arguments(self, speed: float) -> Sequence[str]:
        return ("-v", self._voice, "-s", str(round(_WORDS_A_MINUTE * speed)), "--stdout")


_KINDS: Dict[str, Callable[[str], Voice]] = {"flite": Flite, "espeak-ng": Espeak, "piper": Piper}
_SPECS = "hibari, flite:VOICE, espeak-ng:VOICE or piper:FILE.onnx"


def voice_of(spec: str) -> Voice:
    """Return the voice that ``hibari``, ``flite:VOICE``, ``espeak-ng:VOICE`` or ``piper:FILE.onnx`` names."""
    kind, _, voice = spec.partition(":")
    if spec == "hibari":
        return Hibari()
    if kind not in _KINDS or not voice:
        raise InputError(f"no voice {spec!r}; write {_SPECS}")
    return _KINDS[kind](voice)
