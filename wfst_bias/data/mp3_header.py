"""MP3 without a right length in its first frame, whose length libsndfile guesses from the first bit rates and cuts it there."""

import struct
from dataclasses import dataclass
from typing import Any, Iterator, Optional, Tuple

_SEARCHED_BYTES = 1 << 16
_FRAMES_THAT_FOLLOW = 2  # each other, so that this is MP3
_BIT_RATES = {  # kbit/s of layer III
    True: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MANY_FRAMES = 0x0FFFFFFF
_TAG_BYTES = 128  # of ID3 at the end
_SLACK_BYTES = 4096


@dataclass(frozen=True)
class Mp3Frame:
    """A frame of layer III.

    Args:
      head: its first four bytes.
    """

    head: bytes

    @classmethod
    def of(cls, data: bytes) -> Optional["Mp3Frame"]:
        """The frame at the begin of some bytes; None where there is none."""
        if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE6 != 0xE2 or data[1] & 0x18 == 0x08:
            return None
        return cls(data[:4]) if 0 < data[2] >> 4 < 15 and data[2] & 0x0C != 0x0C else None

    @property
    def is_of_mpeg_1(self) -> bool:
        """Whether it has 1152 samples; those of MPEG 2 and 2.5 have 576."""
        return self.head[1] & 0x18 == 0x18

    @property
    def size(self) -> int:
        """Its bytes."""
        rate = (44100, 48000, 32000)[self.head[2] >> 2 & 3] >> {0x18: 0, 0x10: 1, 0x00: 2}[self.head[1] & 0x18]
        bit_rate = 1000 * _BIT_RATES[self.is_of_mpeg_1][(self.head[2] >> 4) - 1]
        return (144 if self.is_of_mpeg_1 else 72) * bit_rate // rate + (self.head[2] >> 1 & 1)

    @property
    def tag_begin(self) -> int:
        """The byte where encoders write the length into a first frame without samples."""
        is_mono = self.head[3] >> 6 == 3
        return 4 + ((17 if is_mono else 32) if self.is_of_mpeg_1 else (9 if is_mono else 17))

    def of_unknown_length(self) -> bytes:
        """A first frame without samples that announces more frames than any file has."""
        index = 9 if self.is_of_mpeg_1 else 8  # of a bit rate with room enough
        head = bytes([0xFF, self.head[1] | 1, index << 4 | self.head[2] & 0x0C, self.head[3]])
        content = head.ljust(self.tag_begin, b"\0") + b"Xing" + struct.pack(">II", 1, _MANY_FRAMES)
        return content.ljust(Mp3Frame(head).size, b"\0")


def mp3_repair(stream: Any) -> Optional[Tuple[bytes, int]]:
    """A new first frame for an MP3 whose length is not written in it, and the byte from which on the file follows it.

    Returns:
      None where this is no MP3, or one with the length of all that is there.
    """
    head = stream.read(10)
    if head[:3] != b"ID3" and Mp3Frame.of(head) is None and any(head):
        return None
    length: int = stream.seek(0, 2)
    begin = _after_tags(stream)
    stream.seek(begin)
    data = stream.read(_SEARCHED_BYTES)
    found = next(_frames(data), None)
    if found is None:
        return None
    place, frame = found
    tag = data[place + frame.tag_begin :][:16]
    if data[place + 36 :][:4] == b"VBRI":
        return None
    if tag[:4] not in (b"Xing", b"Info"):
        return frame.of_unknown_length(), begin + place
    flags, num_frames, num_bytes = struct.unpack(">III", tag[4:].ljust(12, b"\0"))
    stream.seek(max(0, length - _TAG_BYTES))
    rest = length - begin - place - (_TAG_BYTES if stream.read(3) == b"TAG" else 0)
    has_length = flags & 1 and num_frames and not (flags & 2 and rest > 1.02 * num_bytes + _SLACK_BYTES)
    return None if has_length else (frame.of_unknown_length(), begin + place + frame.size)


def _after_tags(stream: Any) -> int:
    """The byte after the ID3 tags at the begin of a file."""
    position = 0
    while True:
        stream.seek(position)
        head = stream.read(10)
        if len(head) < 10 or head[:3] != b"ID3":
            return position
        size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0)))
        position += 10 + size + (10 if head[5] & 0x10 else 0)


def _frames(data: bytes) -> Iterator[Tuple[int, Mp3Frame]]:
    """Frames that are followed by others, and where they are."""
    place = data.find(b"\xff")
    while place >= 0:
        frame = Mp3Frame.of(data[place : place + 4])
        position, following = place, frame
        for _ in range(_FRAMES_THAT_FOLLOW):
            position += following.size if following else 0
            following = Mp3Frame.of(data[position : position + 4]) if following and position < len(data) else None
        if frame and (following or position == len(data)):
            yield place, frame
        place = data.find(b"\xff", place + 1)
