"""Where the samples of a WAV are, whatever its header says, and headers that libsndfile understands."""

import re
import struct
from dataclasses import dataclass
from typing import Any, Iterator, Optional, Tuple

from wfst_bias.core.errors import InputError
from wfst_bias.core.types import Seconds

_NO_LENGTH = 0x7FFF0000  # from here on what programs write that do not know the length yet: sox, ffmpeg, arecord, ...
_NO_LENGTH_64 = (0, 0xFFFFFFFFFFFFFFFF)
_IN_DS64 = 0xFFFFFFFF  # the size in a chunk of RF64 that stands in its ds64 chunk
_LARGEST = 0xFFFFFFFF - 4096  # bytes of samples in a file without ds64
_MOST_CHUNKS = 10000
_TAIL_BYTES = 1 << 16
_FILES = (b"RIFF", b"RIFX", b"RF64", b"BW64")  # how a WAV begins
_CHUNK_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9_]{2}[A-Za-z0-9_ ]")
_TAIL_NAMES = re.compile(rb"LIST|INFO|ID3 |id3 |bext|cue |fact|PEAK|iXML|axml|_PMX|smpl|inst|JUNK|junk|PAD |afsp|SAUR")
_NO_MATTER: Seconds = 0.01  # differences of less are of rounding


@dataclass(frozen=True)
class WavSamples:
    """The samples of a WAV.

    Args:
      order: ``<`` or ``>``, as of :mod:`struct`.
      coding: content of the chunk that describes them.
      begin, end: where they are, bytes of the file.
      announced: bytes of samples by the header; None where the program that wrote it did not know.
      unread: bytes after them that belong to nothing.
      is_sound: whether libsndfile reads all of them by the header of the file.
    """

    order: str
    coding: bytes
    begin: int
    end: int
    announced: Optional[int]
    unread: int
    is_sound: bool

    @property
    def bytes_per_second(self) -> int:
        """By the header; at least 1."""
        channels, sampling_rate, rate, _, bits = struct.unpack_from(self.order + "HIIHH", self.coding, 2)
        return int(rate) or max(1, channels * sampling_rate * bits // 8)

    @property
    def loss(self) -> str:
        """The samples that are not there or not read, in words; empty where there are none."""
        rate = self.bytes_per_second
        found = (self.end - self.begin) / rate
        if self.announced is not None and self.announced / rate > found + _NO_MATTER:
            return (
                f"is truncated: {found:.2f} s of the {self.announced / rate:.2f} s that its header announces are there, and "
                "are used; copy it again for the rest"
            )
        if self.unread / rate > _NO_MATTER:
            return (
                f"its header announces {found:.2f} s of samples; {self.unread} bytes ({self.unread / rate:.2f} s) that follow "
                "are not read, convert it if they are audio"
            )
        return ""

    def header(self) -> bytes:
        """A header for the samples alone."""
        size, padded = self.end - self.begin, self.coding + b"\0" * (len(self.coding) % 2)
        coding = b"fmt " + struct.pack(self.order + "I", len(self.coding)) + padded
        if size <= _LARGEST:
            riff = b"RIFF" if self.order == "<" else b"RIFX"
            sizes = struct.pack(self.order + "I", size + len(coding) + 12), struct.pack(self.order + "I", size)
            return riff + sizes[0] + b"WAVE" + coding + b"data" + sizes[1]
        sizes_64 = b"ds64" + struct.pack("<IQQQI", 28, size + len(coding) + 48, size, 0, 0)
        unknown = struct.pack("<I", _IN_DS64)
        return b"RF64" + unknown + b"WAVE" + sizes_64 + coding + b"data" + unknown


def wav_samples(stream: Any, is_alone: bool = True) -> Optional[WavSamples]:
    """The samples of a WAV in a stream; None where it is no WAV, or a broken one.

    Args:
      is_alone: nothing but the WAV is in the stream; else other files follow it.

    Raises:
      InputError: it has samples in two places; or nobody can tell where they end.
    """
    head = _bytes(stream, 0, 12)
    if head[:4] not in _FILES or head[8:12] != b"WAVE":
        return None
    order = ">" if head[:4] == b"RIFX" else "<"
    length: int = stream.seek(0, 2)
    coding, size_64, is_sound = b"", 0, True
    for name, begin, size, is_padded in _chunks(stream, 12, length, order):
        is_sound = is_sound and is_padded
        if name == b"fmt ":
            coding = _bytes(stream, begin, min(size, 4096))
        elif name == b"ds64":
            size_64 = struct.unpack("<Q", _bytes(stream, begin + 8, 8).ljust(8, b"\0"))[0]
        elif name == b"data":
            if len(coding) < 16:
                return None
            has_64 = head[:4] in (b"RF64", b"BW64")
            is_64 = has_64 and size == _IN_DS64
            announced = _announced(stream, begin, size_64 if is_64 else size, is_64, length, order)
            if announced is None and not is_alone:
                raise InputError("its WAV has no length in its header, and other files follow it; make the archive anew")
            is_sound = is_sound and (announced == size_64 if has_64 else True)  # libsndfile goes by ds64, whatever stands here
            return _placed(stream, order, coding, begin, announced, is_sound, is_alone)
    return None


def _announced(stream: Any, begin: int, size: int, is_64: bool, length: int, order: str) -> Optional[int]:
    """Bytes of samples by the header; None where that is a placeholder."""
    if is_64:
        return None if size in _NO_LENGTH_64 else size
    if size == 0:  # an empty file, or one whose header was never filled in
        return 0 if _are_chunks(stream, begin, length, order) else None
    return None if size == _IN_DS64 or (size >= _NO_LENGTH and size > length - begin) else size


def _placed(
    stream: Any, order: str, coding: bytes, begin: int, announced: Optional[int], is_sound: bool, is_alone: bool
) -> WavSamples:
    length: int = stream.seek(0, 2)
    if announced is None:
        return WavSamples(order, coding, begin, _end_before_chunks(stream, begin, length, order), None, 0, False)
    end = begin + announced
    if end >= length or not is_alone:
        return WavSamples(order, coding, begin, min(end, length), announced, 0, is_sound)
    after = end + announced % 2
    is_followed = _bytes(stream, after, 4) in _FILES  # by another WAV, which libsndfile does not suffer
    if is_followed or not _are_chunks(stream, after, length, order):
        unread = length - after if _has_content(stream, after) else 0
        return WavSamples(order, coding, begin, end, announced, unread, is_sound and not is_followed)
    if any(name == b"data" and size for name, _, size, _ in _chunks(stream, after, length, order)):
        raise InputError("has two chunks of samples; one was expected, convert it with the program that wrote it")
    return WavSamples(order, coding, begin, end, announced, 0, is_sound)


def _has_content(stream: Any, position: int) -> bool:
    """Whether any byte from a position on is not zero."""
    stream.seek(position)
    return any(block.strip(b"\0") for block in iter(lambda: stream.read(_TAIL_BYTES), b""))


def _bytes(stream: Any, position: int, count: int) -> bytes:
    stream.seek(position)
    found: bytes = stream.read(count)
    return found


def _chunks(stream: Any, position: int, length: int, order: str) -> Iterator[Tuple[bytes, int, int, bool]]:
    """Name, begin, size of each chunk, and whether it is followed by the byte that makes its size even, where it is not."""
    for _ in range(_MOST_CHUNKS):
        head = _bytes(stream, position, 8)
        if len(head) < 8:
            return
        name, size = head[:4], struct.unpack(order + "I", head[4:])[0]
        begin, end = position + 8, position + 8 + size
        is_padded = size % 2 == 0 or bool(_CHUNK_NAME.fullmatch(_bytes(stream, end + 1, 4)))
        is_padded = is_padded or not _CHUNK_NAME.fullmatch(_bytes(stream, end, 4))
        yield name, begin, size, is_padded
        position = end + (size % 2 if is_padded else 0)


def _are_chunks(stream: Any, position: int, length: int, order: str) -> bool:
    """Whether whole chunks, or none, are all that is left of the file."""
    for name, begin, size, _ in _chunks(stream, position, length, order):
        if not _CHUNK_NAME.fullmatch(name) or begin + size > length:
            return False
        position = begin + size + size % 2
    return position >= length


def _end_before_chunks(stream: Any, begin: int, length: int, order: str) -> int:
    """The end of samples that go to the end of the file, but for chunks that may stand there."""
    first = max(begin, length - _TAIL_BYTES)
    tail = _bytes(stream, first, length - first)
    starts = (first + found.start() for found in _TAIL_NAMES.finditer(tail))
    return next((start for start in starts if _are_chunks(stream, start, length, order)), length)
