"""Recordings: of files, of commands that write audio, of samples in memory; checked by their headers."""

import io
import re
from pathlib import Path
from typing import Any, Optional

import numpy as np
import soundfile
from lhotse import AudioSource, Recording
from lhotse.audio.backend import LibsndfileCompatibleAudioInfo

from wfst_bias.core.errors import InputError
from wfst_bias.data.commands import output_of
from wfst_bias.data.media import media_info
from wfst_bias.data.wav import check_audio_file, libsndfile_input, system_errors

_LARGEST_OGG_PAGE = 65307
_BLOCK = 1 << 16  # samples that are read at once
_STREAM_LENGTH = 0x7FFFF000  # what a program that writes to a pipe puts for a length it does not know


def piped_recording(command: str, key: str, scp: Optional[Path] = None, number: Optional[int] = None) -> Recording:
    """A recording that a command writes to its standard output; it is run here once to learn its length.

    Args:
      scp, number: the file, and its line, where the command stands.

    Raises:
      InputError: it writes no audio.
    """
    try:
        with output_of(command) as output, libsndfile_input(output) as source, soundfile.SoundFile(source) as stream:
            channels, sampling_rate, num_samples = stream.channels, stream.samplerate, _count(stream)
    except InputError as error:
        raise InputError(error.message, scp, number) from None
    except (OSError, soundfile.LibsndfileError) as error:
        raise InputError(f"the command gives no audio ({error}); run it by hand: {command}", scp, number) from None
    if not num_samples:
        raise InputError(f"the command gives no samples; some were expected: {command}", scp, number)
    source = AudioSource(type="command", channels=list(range(channels)), source=command)
    return Recording(key, [source], sampling_rate, num_samples, num_samples / sampling_rate)


def _count(stream: soundfile.SoundFile) -> int:
    """Samples that there are, whatever the header says; read in blocks."""
    total, found = 0, -1
    while found:
        found = len(stream.read(_BLOCK, dtype="float32"))
        total += found
    return total


def audio_recording(path: Path, key: str) -> Recording:
    """A recording of one audio file, of one channel or several, checked by its header.

    Raises:
      InputError: it is missing, unreadable, not audio, truncated or empty.
    """
    path = Path(path)
    check_audio_file(path)
    with system_errors(path):
        return _checked_recording(path, key)


def _checked_recording(path: Path, key: str) -> Recording:
    try:
        with libsndfile_input(path) as stream:
            info = soundfile.info(stream, verbose=True)
    except soundfile.LibsndfileError:
        return _file_recording(path, key, _media_info(path))
    recording = _file_recording(path, key, info)
    cut_short = re.search(r"data\s*:\s*(\d+) \(should be (\d+)\)", info.extra_info)
    if cut_short and int(cut_short[2]) < int(cut_short[1]) < _STREAM_LENGTH:
        raise InputError(
            f"is truncated: {cut_short[2]} bytes of samples found, {cut_short[1]} announced; copy it again", path
        )
    if info.format == "OGG" and not _ends_as_ogg(path):
        raise InputError("is truncated: its last page is not marked as the last; copy it again", path)
    return recording


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
        with open(path, "rb") as stream:
            is_sphere = stream.read(7) == b"NIST_1A"
        if not is_sphere:
            raise
        raise InputError("is SPHERE of a kind that libsndfile does not read; 'sph2pipe -f wav IN OUT'", path) from error


def _ends_as_ogg(path: Path) -> bool:
    """Whether the last page has the end-of-stream bit (RFC 3533); libsndfile takes a cut file for a short one."""
    with open(path, "rb") as stream:
        stream.seek(max(0, path.stat().st_size - _LARGEST_OGG_PAGE))
        tail = stream.read()
    page = tail.rfind(b"OggS")
    return page >= 0 and len(tail) > page + 5 and bool(tail[page + 5] & 4)


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
