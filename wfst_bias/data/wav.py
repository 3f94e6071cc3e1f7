"""Audio that libsndfile reads with help only: in an archive, or WAV of a program that never filled in the header."""

import contextlib
import io
import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Iterator, Optional, Union

from wfst_bias.core.errors import InputError

_HEAD_BYTES = 1 << 16
_UNCLOSED = struct.pack("<I", 8)  # by this size libsndfile knows that a header was never filled in


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
        found = re.fullmatch(r"(.+):(\d+)(?:\+(\d+))?", str(text))
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
      InputError: an archive has no WAV at that byte.
    """
    if not isinstance(source, (str, Path)):
        yield _repaired(source) or source
        return
    place = ArchivePlace.parse(source)
    with open(place.path if place else source, "rb") as stream:
        if place is None:
            yield _repaired(stream) or str(source)
        else:
            if place.size is None and _head(stream, place.begin)[:4] not in (b"RIFF", b"RIFX", b"RF64"):
                raise InputError(f"holds no WAV at byte {place.begin}; make the archive and its scp anew", place.path)
            part = _Part(stream, place.begin, place.size)
            yield _repaired(part) or part


def _repaired(stream: Any) -> Optional["_Part"]:
    """A stream with a header that libsndfile understands; None where it has one."""
    head = _head(stream, 0)
    return _Part(stream, head=head[:4] + _UNCLOSED) if _is_unclosed(head) else None


def _head(stream: Any, begin: int) -> bytes:
    stream.seek(begin)
    head: bytes = stream.read(_HEAD_BYTES)
    stream.seek(begin)
    return head


def _is_unclosed(head: bytes) -> bool:
    """Whether the header of a WAV has 0 for the size of its samples, and no other chunk follows."""
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return False
    position = 12
    while position + 8 <= len(head):
        name, size = struct.unpack_from("<4sI", head, position)
        position += 8
        if name == b"data":
            following = head[position : position + 4]
            return size == 0 and bool(following) and not re.fullmatch(rb"[A-Za-z][A-Za-z0-9 ]{3}", following)
        position += size + size % 2
    return False


class _Part(io.RawIOBase):
    """A stream from one byte on, with other bytes at its begin."""

    def __init__(self, stream: Any, begin: int = 0, size: Optional[int] = None, head: bytes = b""):
        length: int = stream.seek(0, io.SEEK_END)
        self._stream, self._begin, self._new_head = stream, begin, head
        self._end = length if size is None else min(begin + size, length)
        self.seek(0)

    def readinto(self, buffer: Any) -> int:
        position = self._stream.tell()
        found = self._stream.read(max(0, min(len(buffer), self._end - position)))
        head = self._new_head[position - self._begin :][: len(found)]
        buffer[: len(found)] = head + found[len(head) :]
        return len(found)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: self._begin, io.SEEK_CUR: self._stream.tell(), io.SEEK_END: self._end}[whence]
        position: int = self._stream.seek(origin + offset)
        return position - self._begin

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True
