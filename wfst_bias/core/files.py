"""Reading of text, JSON and TOML with errors that name the line; atomic writing of files and folders."""

import contextlib
import gzip
import io
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, Dict, Iterator, List, Optional, Set, TextIO, Tuple, Union

from wfst_bias.core.encodings import (
    SIGNATURE_BYTES,
    as_utf8,
    check_is_text,
    check_no_nul,
    marked_encoding,
    not_utf8,
    without_mark,
)
from wfst_bias.core.errors import InputError
from wfst_bias.core.packed import UNPACKING_ERRORS, ByteStream, damaged, unpacked

GRAPHS = Path(__file__).parents[1] / "graphs"  # the sources of graphs that come with the project: domains, tables

_BLOCK_BYTES = 1 << 16
_unfinished: Set[Path] = set()  # temporary files and folders that are being written


def lines_of(path: Path) -> Iterator[Tuple[int, str]]:
    """Yield the lines of a text file, plain or packed by gzip, bzip2 or xz, with their numbers from 1.

    It is UTF-8, or what its byte-order mark names. Lines end in LF or CR LF; in CR, where the file has nothing else.

    Raises:
      InputError: the file is missing, cut short (gzip), no text or in another encoding.
    """
    for first, lines in line_blocks(path):
        yield from enumerate(lines, first)


def line_blocks(path: Path) -> Iterator[Tuple[int, List[str]]]:
    """Lines of a text file as :func:`lines_of`, many at once: the number of the first one, and the lines."""
    path = Path(path)
    number = 0
    try:
        with unpacked(path) as stream:
            for block in _byte_blocks(stream, path):
                if not number and b"\n" not in block:  # CR alone ends the lines, or there is only one
                    block = block.replace(b"\r", b"\n")
                check_no_nul(block, path, number + 1)
                try:
                    text, error = block.decode(), None
                except UnicodeDecodeError as caught:
                    text, error = block[: block.rfind(b"\n", 0, caught.start) + 1].decode(), caught
                lines = text.split("\n")
                if not lines[-1]:
                    lines.pop()
                if lines:
                    yield number + 1, [line.rstrip("\r") for line in lines] if "\r" in text else lines
                number += len(lines)
                if error:
                    raise not_utf8(block, error.start, path, number + 1)
    except UNPACKING_ERRORS as error:
        raise damaged(path, error, number) from None
    except IsADirectoryError:
        raise InputError("is a folder; a file was expected", path) from None
    except FileNotFoundError:
        raise InputError("no such file; check the path", path) from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", path) from None


def _byte_blocks(stream: ByteStream, path: Path) -> Iterator[bytes]:
    """The bytes of a stream as UTF-8, without a byte-order mark, in blocks that end where a line ends, but perhaps the last."""
    rest: List[bytes] = []
    chunk = stream.read(SIGNATURE_BYTES) + stream.read1(_BLOCK_BYTES)
    check_is_text(chunk, path)
    if encoding := marked_encoding(chunk):
        yield as_utf8(chunk + stream.read(), encoding, path)
        return
    chunk = without_mark(chunk)
    while chunk:
        head, newline, tail = chunk.rpartition(b"\n")
        if newline:
            yield b"".join([*rest, head, newline])
            rest = []
        rest.append(tail)
        chunk = stream.read1(_BLOCK_BYTES)
    if last := b"".join(rest):
        yield last


def file_stamps(path: Path) -> List[Tuple[str, int, int]]:
    """Path, size in bytes and time of change in nanoseconds of a file, or of all files of a folder.

    A file that is missing has -1 for both.
    """
    path = Path(path)
    stamps = []
    for file in sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]:
        try:
            stat = os.stat(file)
            stamps.append((str(file), stat.st_size, stat.st_mtime_ns))
        except OSError:
            stamps.append((str(file), -1, -1))
    return stamps


def check_not_input(out: Path, *inputs: Path) -> None:
    """Raise :class:`InputError` where an output would overwrite an input."""
    for path in inputs:
        if Path(out).exists() and Path(path).exists() and Path(out).samefile(path):
            raise InputError("is the input, too, and would be lost; name another file for the output", out)


def read_json(path: Path) -> Any:
    """Read one JSON value; a missing or broken file is an :class:`InputError`."""
    text = "\n".join(line for _, line in lines_of(path))
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # the latter for brackets in brackets, without end
        reason, line = getattr(error, "msg", error), getattr(error, "lineno", None)
        raise InputError(f"is not JSON ({reason}); make the folder anew", path, line) from None


def read_toml(path: Path) -> Dict[str, Any]:
    """Read the table of a TOML file; a missing or broken file is an :class:`InputError`."""
    try:
        import tomllib
    except ImportError:  # Python below 3.11
        import tomli as tomllib  # type: ignore[no-redef]
    text = "\n".join(line for _, line in lines_of(path))
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # the latter for brackets in brackets, without end
        raise InputError(f"is not TOML ({error})", path) from None


def publish_file(path: Path, content: Union[str, bytes]) -> None:
    """Write a file under a temporary name, then rename it into place."""
    with publish_stream(path) as stream:
        # names of files that are no UTF-8 are escaped, as JSON and Python do it
        stream.write(content.encode(errors="backslashreplace") if isinstance(content, str) else content)


@contextlib.contextmanager
def publish_stream(path: Path) -> Iterator[BinaryIO]:
    """Yield a new file, which is renamed to ``path`` at the end of the block if that raises nothing."""
    path = Path(path)
    with _named_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with _removed_after_errors(Path(temporary)):
        with os.fdopen(handle, "wb") as stream:
            yield stream
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)


@contextlib.contextmanager
def publish_lines(path: Path) -> Iterator[TextIO]:
    """Yield a text file as :func:`publish_stream`; gzipped, without a time, where the path ends in ``.gz``."""
    with publish_stream(path) as stream, contextlib.ExitStack() as files:
        packed = Path(path).suffix == ".gz"
        content = files.enter_context(gzip.GzipFile("", "wb", fileobj=stream, mtime=0)) if packed else stream
        text = io.TextIOWrapper(content, encoding="utf-8", errors="backslashreplace", newline="\n")
        yield text
        text.flush()
        text.detach()


@contextlib.contextmanager
def publish_folder(
    path: Path, kind: str, marker: str = "meta.json", replaces: bool = True, within: Optional[Path] = None
) -> Iterator[Path]:
    """Yield a new folder, which is renamed to ``path`` at the end of the block if that raises nothing.

    A folder of the same kind at ``path`` is replaced, or kept.

    Args:
      path: of the published folder.
      kind: its kind; the block writes it into the marker, as ``"kind"``.
      marker: JSON file that identifies a folder.
      replaces: whether the new folder replaces one that is there; else that one stays.
      within: where it stands before it is whole; next to ``path`` where not given.

    Raises:
      InputError: there is something else at ``path``.
    """
    path = Path(path)
    check_folder(path, kind, marker)
    with _named_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(dir=within or path.parent, prefix=f".{path.name}."))
    with _removed_after_errors(building):
        os.chmod(building, 0o777 & ~_umask())
        yield building
        if path.exists() and replaces:
            old = Path(tempfile.mkdtemp(dir=within or path.parent, prefix=f".{path.name}.old."))
            os.replace(path, old / path.name)
            os.replace(building, path)
            shutil.rmtree(old)
        else:
            try:
                os.replace(building, path)
            except OSError:
                if not _is_of_kind(path, kind, marker):
                    raise
                shutil.rmtree(building)  # another process has just made the same


def sync_files(folder: Path) -> None:
    """Let the files of a folder survive a power failure that follows."""
    for path in Path(folder).iterdir():
        with open(path, "rb") as stream:
            os.fsync(stream.fileno())


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield a new folder in that of temporary files, which is removed at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="wfst_bias.") as name, _removed_after_errors(Path(name)):
        yield Path(name)


@contextlib.contextmanager
def _removed_after_errors(temporary: Path) -> Iterator[None]:
    """Remove a temporary file or folder where the block raises, or :func:`remove_unfinished` is called before its end."""
    _unfinished.add(temporary)
    try:
        yield
    except BaseException:
        _remove(temporary)
        raise
    finally:
        _unfinished.discard(temporary)


def remove_unfinished() -> None:
    """Remove all temporary files and folders: for a process that is about to end without unwinding."""
    for temporary in list(_unfinished):
        _remove(temporary)


def _remove(temporary: Path) -> None:
    if temporary.is_dir():
        shutil.rmtree(temporary, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            temporary.unlink()


def check_folder(path: Path, kind: str, marker: str = "meta.json") -> None:
    """Raise the error of :func:`publish_folder` before long work."""
    if Path(path).exists() and not _is_of_kind(Path(path), kind, marker):
        raise InputError(f"exists and is no {kind} folder of ours to replace; name another folder", path)


def _is_of_kind(path: Path, kind: str, marker: str) -> bool:
    """Whether a folder is empty or ours, by its marker."""
    if not path.is_dir():
        return False
    if not (path / marker).is_file():
        return not any(path.iterdir())
    content = read_json(path / marker)
    return isinstance(content, dict) and content.get("kind") == kind


@contextlib.contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    """Raise errors of the file system with the path of the output, not that of a temporary file."""
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror}); name another path", path) from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
