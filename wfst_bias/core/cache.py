"""The user's cache folder: what takes long to make and can be made again."""

import contextlib
import os
import shutil
from pathlib import Path
from typing import Callable

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_folder


def cache_folder() -> Path:
    """``$WFST_BIAS_CACHE``, else ``wfst_bias`` in the user's cache folder."""
    own = os.environ.get("WFST_BIAS_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wfst_bias"


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
