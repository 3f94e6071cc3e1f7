"""Synthetic speech: sentences spoken by the voices of text-to-speech packages into a Kaldi data folder."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np
import soundfile
from scipy.signal import resample_poly
from tqdm import tqdm

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of, publish_folder
from wfst_bias.core.text import words_of
from wfst_bias.synth.data_folder import Row, write_data_folder
from wfst_bias.synth.noise import SAMPLING_RATE, with_noise
from wfst_bias.synth.voices import Voice


def read_named_sentences(path: Path) -> Dict[str, str]:
    """Read sentences by the names of their utterances, sorted as Kaldi's, from lines ``UTTERANCE SENTENCE``."""
    sentences: Dict[str, str] = {}
    for number, line in lines_of(path):
        name, _, sentence = line.strip().replace("\t", " ").partition(" ")
        if not sentence.strip() or name in sentences or "/" in name:
            raise InputError(f"found {line!r}; expected 'UTTERANCE SENTENCE', each utterance once", path, number)
        sentences[name] = sentence.strip()
    return dict(sorted(sentences.items(), key=lambda row: row[0].encode()))


def synthesize(
    sentences: Sequence[str],
    voices: Sequence[Voice],
    folder: Path,
    speeds: Tuple[float, float] = (1.0, 1.0),
    seed: int = 0,
    jobs: int = 1,
    progress: bool = False,
    snrs: Optional[Tuple[float, float]] = None,
    names: Optional[Sequence[str]] = None,
    sampling_rate: int = SAMPLING_RATE,
) -> int:
    """Speak sentences, each by one of the voices, into a Kaldi data folder.

    Args:
      sentences: with their punctuation; ``text`` holds their words.
      voices: a random one speaks each sentence; one that is given twice speaks twice as often.
      folder: made anew.
      speeds: the slowest and the fastest pace, drawn for each sentence; 1 is a voice's own.
      seed: of the random choices; the same seed gives the same folder.
      jobs: sentences spoken at once.
      snrs: the least and the largest distance of added noise below the speech, dB; no noise where not given.
      names: of the utterances, sorted as Kaldi's; else they are numbered.
      sampling_rate: of the audio, Hz.

    Returns:
      how many sentences gave no sound and are left out.
    """
    tasks = [task for task in _tasks(sentences, voices, speeds, seed, names) if words_of(task.sentence)]
    recording = _Recording(sampling_rate, snrs, seed)
    with publish_folder(folder, "data") as building, ThreadPoolExecutor(jobs) as pool:
        (building / "wav").mkdir()
        audible = pool.map(lambda task: recording.write(task, building), tasks)
        shown = tqdm(audible, total=len(tasks), unit="utt", disable=None if progress else True)
        rows = [task.row for task, is_audible in zip(tasks, shown) if is_audible]
        if not rows:
            raise InputError("none of the sentences could be spoken; expected words of English, one sentence a line")
        write_data_folder(building, rows, synthetic=True, voices=sorted({v.name for v in voices}), seed=seed)
    return len(sentences) - len(rows)


@dataclass(frozen=True)
class _Task:
    """A sentence to speak.

    Args:
      name: of the utterance.
      number: of the sentence, the seed of its voice and of its noise.
      sentence: with its punctuation.
      voice: that speaks it.
      speed: of the voice.
    """

    name: str
    number: int
    sentence: str
    voice: Voice
    speed: float

    @property
    def audio(self) -> str:
        return f"wav/{self.name}.flac"

    @property
    def row(self) -> Row:
        return Row(self.name, self.audio, " ".join(words_of(self.sentence)), self.voice.name)


def _tasks(
    sentences: Sequence[str],
    voices: Sequence[Voice],
    speeds: Tuple[float, float],
    seed: int,
    names: Optional[Sequence[str]],
) -> List[_Task]:
    rng = random.Random(seed)
    names = names or [f"utt_{i:06d}" for i in range(len(sentences))]
    return [
        _Task(name, i, sentence, rng.choice(voices), rng.uniform(*speeds))
        for i, (name, sentence) in enumerate(zip(names, sentences))
    ]


@dataclass(frozen=True)
class _Recording:
    """How speech is recorded; see :func:`synthesize`."""

    sampling_rate: int
    snrs: Optional[Tuple[float, float]]
    seed: int

    def write(self, task: _Task, folder: Path) -> bool:
        """Write the audio of a task; return whether the voice gave any sound."""
        samples, rate = task.voice.speak(task.sentence, task.speed, seed=task.number)
        if not len(samples):
            return False
        samples = resample_poly(samples, self.sampling_rate, rate) if rate != self.sampling_rate else samples
        if self.snrs is not None:
            rng = np.random.default_rng((self.seed, task.number))
            samples = with_noise(samples, rng.uniform(*self.snrs), rng)
        peak = max(1.0, float(np.abs(samples).max()))
        soundfile.write(str(folder / task.audio), samples / peak, self.sampling_rate)
        return True
