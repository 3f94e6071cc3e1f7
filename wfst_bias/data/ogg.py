"""Pages of Ogg files (RFC 3533): whether a file ends where it should, and what follows its first stream."""

import io
from typing import Any

from wfst_bias.core.types import Seconds

_MARK, _HEAD_BYTES = b"OggS", 27
_BEGIN, _END = 2, 4  # of a stream
_LARGEST_PAGE = 65307


def ogg_loss(stream: Any, duration: Seconds) -> str:
    """The part of an Ogg file that libsndfile does not read, in words; empty where there is none.

    It takes a cut file for a short one, and reads the first of several streams.

    Args:
      duration: of the first stream.
    """
    if _num_streams(stream) > 1:
        return (
            f"holds several streams, one after the other, as recorded radio does; the first, {duration:.2f} s, is used; "
            "for the rest convert it, 'ffmpeg -i IN OUT.flac'"
        )
    if not _ends(stream):
        return f"is truncated: its last page is not marked as the last; {duration:.2f} s are used, copy it again for the rest"
    return ""


def _num_streams(stream: Any) -> int:
    """How many streams begin where another one has ended, or at the begin of the file."""
    position, count, is_between = 0, 0, True
    while True:
        stream.seek(position)
        head = stream.read(_HEAD_BYTES)
        if len(head) < _HEAD_BYTES or head[:4] != _MARK:
            return count
        count += is_between and bool(head[5] & _BEGIN)
        is_between = bool(head[5] & _END)
        position += _HEAD_BYTES + head[26] + sum(stream.read(head[26]))


def _ends(stream: Any) -> bool:
    """Whether the last page has the bit of the end of a stream."""
    stream.seek(max(0, stream.seek(0, io.SEEK_END) - _LARGEST_PAGE))
    tail: bytes = stream.read()
    page = tail.rfind(_MARK)
    return page >= 0 and len(tail) > page + 5 and bool(tail[page + 5] & _END)
