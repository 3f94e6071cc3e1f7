"""Recordings: of files, of commands that write audio, of samples in memory; and their samples."""

import io
import re
import subprocess
from pathlib import Path
from typing import Any, Callable

import numpy as np
import soundfile
from lhotse import AudioSource, MonoCut, Recording

from wfst_bias.core.errors import InputError
from wfst_bias.core.types import FloatArray, Seconds
from wfst_bias.data.media import install_media_backend, media_info

_LOUDEST = 10.0  # float samples a little beyond 1 are common, those far beyond were never scaled
_LARGEST_OGG_PAGE = 65307
_STREAM_LENGTH = 0x7FFFF000  # what a program that writes to a pipe puts for a length it does not know

install_media_backend()  # lhotse reads the samples of all recordings


def load_audio(cut: MonoCut, sampling_rate: int) -> FloatArray:
    """Samples of a cut in [-1, 1], resampled, float32 ``(num_samples,)``.

    Raises:
      InputError: the audio is shorter than its header has it, cannot be read or holds NaN.
    """
    source = cut.recording.sources[0]
    path = None if source.type == "memory" else source.source
    who = "" if cut.id == path else f"utterance {cut.id!r}: "
    try:
        resampled = cut if cut.sampling_rate == sampling_rate else cut.resample(sampling_rate)
        samples = resampled.load_audio()[0]
    except Exception as error:  # lhotse raises whatever its many readers raise, and wraps it
        reason = type(error.__cause__ or error).__name__
        raise InputError(
            f"{who}the audio ends or breaks before its header says ({reason}); copy it again", path
        ) from error
    if not np.isfinite(samples).all():
        raise InputError(f"{who}the audio holds NaN or infinite samples; make the file anew", path)
    if (peak := np.abs(samples).max(initial=0.0)) > _LOUDEST:
        raise InputError(f"{who}the samples go up to {peak:.3g}; -1 to 1 was expected, scale them", path)
    return np.ascontiguousarray(samples, np.float32)


def audio_reader(cut: MonoCut, sampling_rate: int) -> Callable[[Seconds, Seconds], FloatArray]:
    """A function that reads a cut from one time to another; see :func:`load_audio`.

    Only that part of a file is read. The output of a command is read once, as a whole.
    """
    if any(source.type == "command" for source in cut.recording.sources):
        samples = load_audio(cut, sampling_rate)
        return lambda start, end: samples[round(start * sampling_rate) : round(end * sampling_rate)]
    return lambda start, end: load_audio(
        cut.truncate(offset=start, duration=end - start, preserve_id=True), sampling_rate
    )


def piped_recording(key: str, command: str, scp: Path, number: int) -> Recording:
    """A recording that a command writes to its standard output; it is run here once to learn its length."""
    try:
        output = subprocess.run(command, shell=True, check=True, capture_output=True).stdout
        with soundfile.SoundFile(io.BytesIO(output)) as stream:
            channels, sampling_rate, num_samples = stream.channels, stream.samplerate, len(stream.read())
    except (subprocess.CalledProcessError, soundfile.LibsndfileError) as error:
        raise InputError(f"the command gives no audio ({error}); run it by hand: {command}", scp, number) from None
    if channels != 1 or not num_samples:
        raise InputError(
            f"the command gives {num_samples} samples of {channels} channels; some of one channel were expected: {command}",
            scp,
            number,
        )
    source = AudioSource(type="command", channels=[0], source=command)
    return Recording(key, [source], sampling_rate, num_samples, num_samples / sampling_rate)


def audio_recording(path: Path, key: str) -> Recording:
    """A recording of one audio file of one channel, checked by its header.

    Raises:
      InputError: it is missing, not audio, truncated, empty or has several channels.
    """
    if not path.is_file():
        what = "is a folder; an audio file was expected" if path.is_dir() else "no such audio file; check the path"
        raise InputError(what, path)
    try:
        info = soundfile.info(str(path), verbose=True)
    except soundfile.LibsndfileError:
        return _file_recording(path, key, media_info(path), "ffmpeg -i IN -ac 1 OUT")
    recording = _file_recording(path, key, info, "sox IN OUT remix 1")
    cut_short = re.search(r"data\s*:\s*(\d+) \(should be (\d+)\)", info.extra_info)
    if cut_short and int(cut_short[2]) < int(cut_short[1]) < _STREAM_LENGTH:
        raise InputError(
            f"is truncated: {cut_short[2]} bytes of samples found, {cut_short[1]} announced; copy it again", path
        )
    if info.format == "OGG" and not _ends_as_ogg(path):
        raise InputError("is truncated: its last page is not marked as the last; copy it again", path)
    return recording


def _file_recording(path: Path, key: str, info: Any, keep_one_channel: str) -> Recording:
    """A recording of a file with some channels, frames and sampling rate, which must be samples of one channel."""
    if info.channels != 1:
        raise InputError(f"has {info.channels} channels; one was expected, keep one with '{keep_one_channel}'", path)
    if info.frames == 0:
        raise InputError("holds no samples; record it again or take it out", path)
    source = AudioSource(type="file", channels=[0], source=str(path))
    return Recording(key, [source], info.samplerate, info.frames, info.frames / info.samplerate)


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
