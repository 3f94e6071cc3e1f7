"""The user's cache folder: what takes long to make and can be made again."""

import contextlib
import os
import shutil
import zlib
from pathlib import Path
from typing import Callable, Iterable

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_folder
from wfst_bias.core.types import Array

_CHECKSUM = "checksum.txt"


def cache_folder() -> Path:
    """``$WFST_BIAS_CACHE``, else ``wfst_bias`` in the user's cache folder; a path that cannot be made where the user has no home."""
    own = os.environ.get("WFST_BIAS_CACHE")
    if own:
        return Path(own)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wfst_bias"
    except RuntimeError:
        return Path(os.devnull) / "wfst_bias"


def write_checksum(folder: Path, arrays: Iterable[Array]) -> None:
    """Write the checksum of the arrays of a folder of the cache."""
    (folder / _CHECKSUM).write_text(_checksum(arrays), encoding="ascii")


def has_checksum(folder: Path, arrays: Iterable[Array]) -> bool:
    """Whether the arrays of a folder are those that were written: a disk may have lost some of them."""
    try:
        return (folder / _CHECKSUM).read_text(encoding="ascii") == _checksum(arrays)
    except (OSError, ValueError):
        return False


def _checksum(arrays: Iterable[Array]) -> str:
    value = 0
    for array in arrays:
        value = zlib.crc32(f"{array.dtype} {array.shape}".encode(), value)
        value = zlib.crc32(np.ascontiguousarray(array).view(np.uint8).data if array.size else b"", value)
    return f"{value:08x}"


def keep_folder(kind: str, key: str, write: Callable[[Path], None], most: int) -> None:
    """Write a folder into the cache, where that is possible; those of its kind that were made first are removed.

    Args:
      kind: its name is ``KIND-KEY``.
      key: of its content.
      write: writes the files of a folder.
      most: folders of the kind that are kept.
    """
    path = cache_folder() / f"{kind}-{key}"
    with contextlib.suppress(OSError, InputError), publish_folder(path, kind) as folder:
        write(folder)
        (folder / "meta.json").write_text(f'{{"kind": "{kind}"}}\n', encoding="utf-8")
    with contextlib.suppress(OSError):
        for old in sorted(path.parent.glob(f"{kind}-*"), key=lambda folder: -folder.stat().st_mtime)[most:]:
            shutil.rmtree(old, ignore_errors=True)
