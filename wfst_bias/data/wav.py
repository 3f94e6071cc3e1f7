"""WAV that libsndfile reads with help only: in a Kaldi archive, or written by a program that never filled in its header."""

import contextlib
import io
import re
import struct
from pathlib import Path
from typing import Any, BinaryIO, Iterator, Optional, Tuple, Union

from wfst_bias.core.errors import InputError

_HEAD_BYTES = 1 << 16
_UNCLOSED = struct.pack("<I", 8)  # by this size libsndfile knows that a header was never filled in


def place_in_archive(path: Union[str, Path]) -> Optional[Tuple[Path, int]]:
    """The archive, and the byte where the audio begins, of ``FILE.ark:BYTE``; None of anything else."""
    found = re.fullmatch(r"(.+):(\d+)", str(path))
    return (Path(found[1]), int(found[2])) if found and not Path(path).exists() else None


def audio_exists(path: Union[str, Path]) -> bool:
    """Whether there is such a file, or the archive of it."""
    place = place_in_archive(path)
    return (place[0] if place else Path(path)).is_file()


@contextlib.contextmanager
def libsndfile_input(source: Union[str, Path, BinaryIO]) -> Iterator[Any]:
    """Yield what libsndfile has to open in order to read a file, a part of an archive, or a stream.

    Raises:
      InputError: an archive has no WAV at that byte.
    """
    if not isinstance(source, (str, Path)):
        yield _repaired(source, 0) or source
        return
    path, begin = place_in_archive(source) or (Path(source), 0)
    with open(path, "rb") as stream:
        if begin and _head(stream, begin)[:4] not in (b"RIFF", b"RIFX", b"RF64"):
            raise InputError(f"holds no WAV at byte {begin}; make the archive and its scp anew", path)
        yield _repaired(stream, begin) or (_Part(stream, begin, b"") if begin else str(path))


def _repaired(stream: BinaryIO, begin: int) -> Optional["_Part"]:
    """A stream with a header that libsndfile understands; None where it has one."""
    head = _head(stream, begin)
    return _Part(stream, begin, head[:4] + _UNCLOSED) if _is_unclosed(head) else None


def _head(stream: BinaryIO, begin: int) -> bytes:
    stream.seek(begin)
    head = stream.read(_HEAD_BYTES)
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

    def __init__(self, stream: BinaryIO, begin: int, head: bytes):
        self._stream, self._begin, self._new_head = stream, begin, head
        self.seek(0)

    def readinto(self, buffer: Any) -> int:
        position = self.tell()
        found = self._stream.read(len(buffer))
        head = self._new_head[position : position + len(found)]
        buffer[: len(found)] = head + found[len(head) :]
        return len(found)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._stream.seek(offset + self._begin if whence == io.SEEK_SET else offset, whence)
        return self._stream.tell() - self._begin

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True
