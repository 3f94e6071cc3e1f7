"""Recordings: of files, of commands that write audio, of samples in memory; checked by their headers."""

import io
from pathlib import Path
from typing import Any, Optional

import numpy as np
import soundfile
from lhotse import AudioSource, Recording
from lhotse.audio.backend import LibsndfileCompatibleAudioInfo

from wfst_bias.core.errors import InputError
from wfst_bias.data.commands import output_of
from wfst_bias.data.libsndfile import Header, check_not_empty, checked_header, head_of, sample_blocks
from wfst_bias.data.media import media_info
from wfst_bias.data.sphere import sphere_fields
from wfst_bias.data.wav import check_audio_file, libsndfile_input, system_errors


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


def audio_recording(path: Path, key: str, header: Optional[Header] = None) -> Recording:
    """A recording of one audio file, of one channel or several, checked by its header; what is truncated is logged.

    Args:
      path: of the file.
      key: name of the recording.
      header: of the file, where it has been checked already.

    Raises:
      InputError: it is missing, unreadable, not audio or empty.
    """
    path = Path(path)
    check_audio_file(path)
    with system_errors(path):
        return _file_recording(path, key, header) if header else _checked_recording(path, key)


def _checked_recording(path: Path, key: str) -> Recording:
    try:
        return _file_recording(path, key, checked_header(path))
    except soundfile.LibsndfileError:
        return _file_recording(path, key, _media_info(path))


def _file_recording(path: Path, key: str, info: Any) -> Recording:
    """A recording of a file with some channels, frames and sampling rate."""
    check_not_empty(info.frames, path)
    source = AudioSource(type="file", channels=list(range(info.channels)), source=str(path))
    return Recording(key, [source], info.samplerate, info.frames, info.frames / info.samplerate)


def _media_info(path: Path) -> LibsndfileCompatibleAudioInfo:
    """Properties of a file that libsndfile does not read."""
    try:
        return media_info(path)
    except InputError as error:
        fields = sphere_fields(head_of(path))
        if not fields:
            raise
        coding = fields.get("sample_coding", "no coding")
        raise InputError(
            f"is SPHERE of a kind ({coding}) that libsndfile does not read; convert it, 'sph2pipe -f wav IN OUT'", path
        ) from error


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
