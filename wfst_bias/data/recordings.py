"""Recordings: of files, of commands that write audio, of samples in memory; checked by their headers."""

import io
import logging
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

import numpy as np
import soundfile
from lhotse import AudioSource, Recording
from lhotse.audio.backend import LibsndfileCompatibleAudioInfo

from wfst_bias.core.errors import InputError
from wfst_bias.core.types import Seconds
from wfst_bias.data.backend import sample_blocks
from wfst_bias.data.commands import output_of
from wfst_bias.data.media import media_info
from wfst_bias.data.ogg import ogg_loss
from wfst_bias.data.sphere import HEAD_BYTES, sphere_fields, sphere_samples
from wfst_bias.data.wav import check_audio_file, libsndfile_input, lost_samples, placed_stream, system_errors

_logger = logging.getLogger(__name__)

_MOST_SAMPLES = 1 << 36
_NO_MATTER: Seconds = 0.1  # by which MP3 may be shorter than announced
_STREAM_LENGTH = 0x7FFFF000  # what a program that writes to a pipe puts for a length it does not know


def piped_recording(command: str, key: str, scp: Optional[Path] = None, number: Optional[int] = None) -> Recording:
    """A recording that a command writes to its standard output; it is run here once to learn its length.

    Args:
      scp, number: the file, and its line, where the command stands.

    Raises:
      InputError: it writes no audio.
    """
    try:
        with output_of(command) as output:
            with libsndfile_input(output) as source, soundfile.SoundFile(source) as stream:
                channels, sampling_rate = stream.channels, stream.samplerate
            num_samples = sum(block.shape[1] for block in sample_blocks(output))
    except InputError as error:
        raise InputError(error.message, scp, number) from None
    except (OSError, soundfile.LibsndfileError) as error:
        raise InputError(f"the command gives no audio ({error}); run it by hand: {command}", scp, number) from None
    if not num_samples:
        raise InputError(f"the command gives no samples; some were expected: {command}", scp, number)
    source = AudioSource(type="command", channels=list(range(channels)), source=command)
    return Recording(key, [source], sampling_rate, num_samples, num_samples / sampling_rate)


def audio_recording(path: Path, key: str) -> Recording:
    """A recording of one audio file, of one channel or several, checked by its header; what is truncated is logged.

    Raises:
      InputError: it is missing, unreadable, not audio or empty.
    """
    path = Path(path)
    check_audio_file(path)
    with system_errors(path):
        return _checked_recording(path, key)


@dataclass(frozen=True)
class _Header:
    """Properties of a file that libsndfile reads.

    Args:
      frames: samples of each channel that there are.
      announced: those of the header.
      report: of libsndfile on what it found.
    """

    channels: int
    samplerate: int
    format: str
    frames: int
    announced: int
    report: str

    @classmethod
    def read(cls, path: Path) -> "_Header":
        """The header of a file; samples are counted where the header may be wrong, or does not know."""
        with libsndfile_input(path) as stream:
            with soundfile.SoundFile(stream) as file:
                header = cls(file.channels, file.samplerate, file.format, file.frames, file.frames, file.extra_info)
                is_right = header.format != "MP3" and header.frames < _MOST_SAMPLES
                if is_right and (header.format != "FLAC" or _has_sample(file, header.frames - 1)):
                    return header
        frames = sum(block.shape[1] for block in sample_blocks(path))
        return replace(header, frames=frames, announced=header.frames if header.frames < _MOST_SAMPLES else frames)


def _has_sample(file: soundfile.SoundFile, number: int) -> bool:
    try:
        file.seek(max(0, number))
        return len(file.read(1)) == 1
    except soundfile.LibsndfileError:
        return False


def _checked_recording(path: Path, key: str) -> Recording:
    try:
        header = _Header.read(path)
    except soundfile.LibsndfileError:
        return _file_recording(path, key, _media_info(path))
    recording = _file_recording(path, key, header)
    if loss := lost_samples(path) or _cut_short(path, header):
        _logger.warning("%s: %s", path, loss)
    return recording


def _cut_short(path: Path, header: _Header) -> str:
    """The samples that a file of another kind has lost, in words; empty where there are none, or it is a WAV."""
    if header.format in ("WAV", "WAVEX", "RF64"):
        return ""
    duration, share = header.frames / header.samplerate, header.frames / header.announced
    announced = re.search(r"^\s*(?:SSND|BODY|Data Size|riff)\s*: (\d+) \(should be (\d+)\)", header.report, re.M)
    if announced and int(announced[2]) < int(announced[1]) < _STREAM_LENGTH:
        share = int(announced[2]) / int(announced[1])
    elif header.format == "NIST":
        share = header.frames / max(header.frames, sphere_samples(_head(path)))
    elif header.format == "OGG":
        with placed_stream(path) as (stream, _):
            return ogg_loss(stream, duration)
    if duration / share - duration < _NO_MATTER:
        return ""
    return (
        f"is truncated: {duration:.2f} s of the {duration / share:.2f} s that its header announces are there, and are used; "
        "copy it again for the rest"
    )


def _file_recording(path: Path, key: str, info: Any) -> Recording:
    """A recording of a file with some channels, frames and sampling rate."""
    if info.frames == 0:
        raise InputError("holds no samples; record it again or take it out", path)
    source = AudioSource(type="file", channels=list(range(info.channels)), source=str(path))
    return Recording(key, [source], info.samplerate, info.frames, info.frames / info.samplerate)


def _media_info(path: Path) -> LibsndfileCompatibleAudioInfo:
    """Properties of a file that libsndfile does not read."""
    try:
        return media_info(path)
    except InputError as error:
        fields = sphere_fields(_head(path))
        if not fields:
            raise
        coding = fields.get("sample_coding", "no coding")
        raise InputError(
            f"is SPHERE of a kind ({coding}) that libsndfile does not read; convert it, 'sph2pipe -f wav IN OUT'", path
        ) from error


def _head(path: Path) -> bytes:
    with placed_stream(path) as (stream, _):
        found: bytes = stream.read(HEAD_BYTES)
        return found


def samples_recording(samples: Any, sampling_rate: int, key: str) -> Recording:
    """A recording of samples in memory.

    Args:
      samples: floats in [-1, 1], ``(num_samples,)``; a numpy array, a torch tensor, or what numpy makes an array of.
      sampling_rate: samples a second.
      key: name of the recording.

    Raises:
      InputError: there are no samples, or they have another type or shape.
    """
    array = np.asarray(samples)
    if array.ndim != 1 or not array.size or not np.issubdtype(array.dtype, np.floating):
        raise InputError(
            f"{key}: found samples {array.shape} of {array.dtype}; floats in [-1, 1] of shape (num_samples,) were "
            "expected: one channel, integers divided by their largest value"
        )
    if sampling_rate < 1:
        raise InputError(
            f"{key}: the sampling rate is {sampling_rate}; samples a second were expected, 16000 for example"
        )
    stream = io.BytesIO()
    soundfile.write(stream, array.astype(np.float32), sampling_rate, subtype="FLOAT", format="WAV")
    source = AudioSource(type="memory", channels=[0], source=stream.getvalue())
    return Recording(key, [source], sampling_rate, array.size, array.size / sampling_rate)
