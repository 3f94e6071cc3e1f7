"""Files packed by gzip, bzip2 or xz, told by their first bytes."""

import bz2
import contextlib
import gzip
import lzma
import zlib
from io import BufferedReader
from pathlib import Path
from typing import Iterator, Union

from wfst_bias.core.errors import InputError

ByteStream = Union[BufferedReader, gzip.GzipFile, bz2.BZ2File, lzma.LZMAFile]
UNPACKING_ERRORS = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)

_PACKED = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\x00", lzma.open))
_PACKERS = {".bz2": "bzip2", ".xz": "xz"}


@contextlib.contextmanager
def unpacked(path: Path) -> Iterator[ByteStream]:
    """Open a file for reading its bytes, unpacked where it is packed, whatever its name."""
    with open(path, "rb") as file:
        head = file.peek(8)
        unpack = next((unpack for magic, unpack in _PACKED if head.startswith(magic)), None)
        if unpack is None:
            yield file
        else:
            with unpack(file) as stream:
                yield stream


def damaged(path: Path, error: Exception, line: int) -> InputError:
    """The error of a packed file that cannot be unpacked behind a line."""
    packer = _PACKERS.get(Path(path).suffix, "gzip")
    return InputError(f"the {packer} file is damaged ({error}); fetch it again", path, line or None)
