"""Files that appear whole or not at all, and lines that know their number."""

import contextlib
import gzip
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, Iterator, Tuple, Union

from wfst_bias.errors import InputError


def lines_of(path: Path) -> Iterator[Tuple[int, str]]:
    """Lines of a UTF-8 text file, gzipped or not, with their numbers from 1.

    Raises:
      InputError: the file is missing, cut short (gzip) or not UTF-8.
    """
    path = Path(path)
    number = 0
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as stream:
            for number, line in enumerate(stream, 1):
                yield number, line.rstrip("\r\n")
    except FileNotFoundError:
        raise InputError("no such file; check the path", path) from None
    except IsADirectoryError:
        raise InputError("is a folder; a file was expected", path) from None
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8 text ({error.reason}); save it as UTF-8", path, number + 1) from None
    except (EOFError, gzip.BadGzipFile) as error:
        raise InputError(f"the gzip file is damaged ({error}); fetch it again", path, number) from None


def read_json(path: Path) -> Any:
    """One JSON value; a missing or broken file is an :class:`InputError`."""
    text = "\n".join(line for _, line in lines_of(path))
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"is not JSON ({error.msg}); make the folder anew", path, error.lineno) from None


def publish_file(path: Path, content: Union[str, bytes]) -> None:
    """Write a file under a temporary name, then rename it into place."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


@contextlib.contextmanager
def publish_folder(path: Path, marker: str = "meta.json") -> Iterator[Path]:
    """A fresh folder to fill, renamed to ``path`` when the block ends well.

    A folder of ours that stands at ``path`` is replaced; it is known by its ``marker`` file.

    Raises:
      InputError: something else stands at ``path``.
    """
    path = Path(path)
    if path.exists() and not (path / marker).exists():
        if not path.is_dir() or any(path.iterdir()):
            raise InputError(f"exists and has no {marker}: not ours to replace; name another folder", path)
    path.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        os.chmod(building, 0o777 & ~_umask())
        yield building
        if path.exists():
            old = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.old."))
            os.replace(path, old / path.name)
            os.replace(building, path)
            shutil.rmtree(old)
        else:
            os.replace(building, path)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
