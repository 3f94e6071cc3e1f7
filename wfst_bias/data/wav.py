"""Audio that libsndfile reads with help only: in an archive, or WAV and MP3 without a length in the header."""

import contextlib
import io
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Iterator, Optional, Tuple, Union

from wfst_bias.core.errors import InputError
from wfst_bias.data.mp3_header import mp3_repair
from wfst_bias.data.sphere import HEAD_BYTES, sphere_size
from wfst_bias.data.wav_header import wav_samples

_WITH_AN_END = (b"RIFF", b"RIFX", b"RF64", b"BW64", b"fLaC")  # their headers say where they end


@dataclass(frozen=True)
class ArchivePlace:
    """A part of a file that holds a file of audio; as text ``FILE:BEGIN``, as in Kaldi's scp, or ``FILE:BEGIN+SIZE``.

    Args:
      path: of the file around it.
      begin, size: bytes; without a size, a WAV ends where its header says.
    """

    path: Path
    begin: int
    size: Optional[int] = None

    @classmethod
    def parse(cls, text: Union[str, Path]) -> Optional["ArchivePlace"]:
        """The place that a text names; None where it is a path."""
        found = re.fullmatch(r"(.+):(\d{1,18})(?:\+(\d{1,18}))?", str(text))
        if not found or os.path.exists(text):
            return None
        return cls(Path(found[1]), int(found[2]), int(found[3]) if found[3] else None)

    def __str__(self) -> str:
        return f"{self.path}:{self.begin}" + ("" if self.size is None else f"+{self.size}")

    def read(self) -> bytes:
        """The bytes of the part, to the end of the file where it has no size."""
        with open(self.path, "rb") as stream:
            stream.seek(self.begin)
            return stream.read(-1 if self.size is None else self.size)


@contextlib.contextmanager
def system_errors(path: Union[str, Path]) -> Iterator[None]:
    """Raise :class:`InputError` where the operating system does not give a file: no permission, a bad disk or path."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"cannot be read: {reason}; check the path, the permissions and the disk", path) from error


def audio_exists(path: Union[str, Path]) -> bool:
    """Whether there is such a file, or the archive of it.

    Raises:
      InputError: it cannot be told, because a folder cannot be read or the name is too long.
    """
    place = ArchivePlace.parse(path)
    with system_errors(path):
        return (place.path if place else Path(path)).is_file()


def check_audio_file(path: Union[str, Path]) -> None:
    """Raise :class:`InputError` where there is no such file, or archive of it, that can be opened."""
    if not audio_exists(path):
        is_folder = Path(path).is_dir()
        raise InputError("is a folder; an audio file was expected" if is_folder else "no such audio file; check the path", path)
    place = ArchivePlace.parse(path)
    with system_errors(path), open(place.path if place else path, "rb"):
        pass


@contextlib.contextmanager
def libsndfile_input(source: Union[str, Path, BinaryIO]) -> Iterator[Any]:
    """Yield what libsndfile has to open in order to read a file, a part of an archive, or a stream.

    Raises:
      InputError: an archive has no audio at that byte; a WAV has no end, or two.
    """
    with placed_stream(source) as (stream, is_alone):
        repaired = _repaired(stream, is_alone)
        yield repaired or (_name(source) if isinstance(source, (str, Path)) and not isinstance(stream, _Part) else stream)


def _name(path: Union[str, Path]) -> Union[str, bytes]:
    """A path as soundfile takes it: in bytes, because it cannot encode a name that is not UTF-8."""
    return os.fsencode(path) if os.name == "posix" else str(path)


def lost_samples(source: Union[str, Path, BinaryIO]) -> str:
    """The samples of a WAV that are not there or not read, in words; empty where there are none, or this is no WAV."""
    with placed_stream(source) as (stream, is_alone):
        samples = wav_samples(stream, is_alone)
        stream.seek(0)
    return samples.loss if samples else ""


@contextlib.contextmanager
def placed_stream(source: Union[str, Path, BinaryIO]) -> Iterator[Tuple[Any, bool]]:
    """The stream of a file, or of a part of an archive, and whether nothing else is in it."""
    if not isinstance(source, (str, Path)):
        yield source, True
        return
    place = ArchivePlace.parse(source)
    with open(place.path if place else source, "rb") as stream, _named_errors(source):
        if place is None:
            yield stream, True
            return
        head = _Part(stream, place.begin, place.size).read(HEAD_BYTES)
        size = place.size or sphere_size(head) or None
        if size is None and not head.startswith(_WITH_AN_END):
            raise InputError(f"holds no WAV at byte {place.begin}; make the archive and its scp anew", place.path)
        yield _Part(stream, place.begin, size), size is not None


@contextlib.contextmanager
def _named_errors(source: Union[str, Path]) -> Iterator[None]:
    """Raise errors about a stream with the name of its file."""
    try:
        yield
    except InputError as error:
        raise error if error.path else InputError(error.message, source) from error


def _repaired(stream: Any, is_alone: bool = True) -> Optional["_Part"]:
    """A stream with a header that libsndfile understands; None where it has one."""
    samples = wav_samples(stream, is_alone)
    stream.seek(0)
    if samples is not None:
        size = samples.end - samples.begin
        return None if samples.is_sound else _Part(stream, samples.begin, size, samples.header())
    frame = mp3_repair(stream)
    stream.seek(0)
    return _Part(stream, frame[1], head=frame[0]) if frame else None


class _Part(io.RawIOBase):
    """A part of a stream, with other bytes before it."""

    def __init__(self, stream: Any, begin: int = 0, size: Optional[int] = None, head: bytes = b""):
        length: int = stream.seek(0, io.SEEK_END)
        self._stream, self._begin, self._head = stream, begin, head
        end = length if size is None else min(begin + size, length)
        self._length = len(head) + max(0, end - begin)
        self._position = 0

    def readinto(self, buffer: Any) -> int:
        found = self._head[self._position : self._position + len(buffer)]
        rest = min(len(buffer), max(0, self._length - self._position)) - len(found)
        if rest > 0:
            self._stream.seek(self._begin + self._position + len(found) - len(self._head))
            found += self._stream.read(rest)
        buffer[: len(found)] = found
        self._position += len(found)
        return len(found)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._length}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True
