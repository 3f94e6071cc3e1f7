"""Audio files that libsndfile reads: their headers, checked, and their samples."""

import logging
import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Iterator, Union

import soundfile

from wfst_bias.core.errors import InputError
from wfst_bias.core.types import FloatArray, Seconds
from wfst_bias.data.ogg import ogg_loss
from wfst_bias.data.sphere import HEAD_BYTES, sphere_samples
from wfst_bias.data.wav import libsndfile_input, lost_samples, placed_stream

_logger = logging.getLogger(__name__)

_BLOCK = 1 << 17  # samples that are read at once
_MOST_SAMPLES = 1 << 36
_NO_MATTER: Seconds = 0.1  # by which MP3 may be shorter than announced
_STREAM_LENGTH = 0x7FFFF000  # what a program that writes to a pipe puts for a length it does not know

Source = Union[str, Path, BinaryIO]


class _Sequential(soundfile.SoundFile):  # type: ignore[misc]  # it has no annotations
    """A file whose samples are read one after the other, without the seek that is done after each read elsewhere.

    After a seek, MP3 lacks bits of earlier frames, and FLAC of unknown length may fail.
    """

    def seekable(self) -> bool:
        return False


def sample_blocks(source: Source, first: int = 0, count: int = sys.maxsize) -> Iterator[FloatArray]:
    """Samples from a number on, as many as there are, whatever the header says, in blocks ``(channels, num_samples)``.

    Where a file breaks, libsndfile gives nothing of the block that was wanted; smaller ones come closer to the end.

    Raises:
      soundfile.LibsndfileError: libsndfile does not read the file at all.
    """
    size = _BLOCK
    while size and count > 0:
        with libsndfile_input(source) as stream, _Sequential(stream) as file:
            try:
                if first:
                    file.seek(first)
                while count > 0 and len(block := file.read(min(count, size), dtype="float32", always_2d=True)):
                    yield block.T
                    first, count = first + len(block), count - len(block)
                return
            except soundfile.LibsndfileError:
                size //= 2


@dataclass(frozen=True)
class Header:
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
    def read(cls, path: Path) -> "Header":
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


def checked_header(path: Path) -> Header:
    """The header of a file; samples that are not there although it announces them are logged.

    Raises:
      soundfile.LibsndfileError: libsndfile does not read the file.
    """
    header = Header.read(path)
    if header.frames and (loss := lost_samples(path) or _cut_short(path, header)):
        _logger.warning("%s: %s", path, loss)
    return header


def check_not_empty(frames: int, path: Path) -> None:
    """Raise :class:`InputError` where a file has no samples."""
    if frames == 0:
        raise InputError("holds no samples; record it again or take it out", path)


def _cut_short(path: Path, header: Header) -> str:
    """The samples that a file of another kind has lost, in words; empty where there are none, or it is a WAV."""
    if header.format in ("WAV", "WAVEX", "RF64"):
        return ""
    duration, share = header.frames / header.samplerate, header.frames / header.announced
    announced = re.search(r"^\s*(?:SSND|BODY|Data Size|riff)\s*: (\d+) \(should be (\d+)\)", header.report, re.M)
    if announced and int(announced[2]) < int(announced[1]) < _STREAM_LENGTH:
        share = int(announced[2]) / int(announced[1])
    elif header.format == "NIST":
        share = header.frames / max(header.frames, sphere_samples(head_of(path)))
    elif header.format == "OGG":
        with placed_stream(path) as (stream, _):
            return ogg_loss(stream, duration)
    if duration / share - duration < _NO_MATTER:
        return ""
    return (
        f"is truncated: {duration:.2f} s of the {duration / share:.2f} s that its header announces are there, and are used; "
        "copy it again for the rest"
    )


def head_of(path: Path) -> bytes:
    """The first bytes of a file of audio."""
    with placed_stream(path) as (stream, _):
        found: bytes = stream.read(HEAD_BYTES)
        return found
