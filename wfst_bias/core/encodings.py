"""Encodings of text files: what a byte-order mark names is read, what is no UTF-8 is named in the error."""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from pathlib import Path

from wfst_bias.core.errors import InputError

_UTF16, _UTF32 = "utf-16", "utf-32"
_MARKS = {BOM_UTF32_LE: _UTF32, BOM_UTF32_BE: _UTF32, BOM_UTF16_LE: _UTF16, BOM_UTF16_BE: _UTF16}  # in this order
_BINARY = {
    b"PK\x03\x04": "a ZIP or Office file; export it as text",
    b"\xd0\xcf\x11\xe0": "an old Office file; export it as text",
    b"%PDF": "a PDF; export it as text",
    b"{\\rtf": "rich text (RTF); save it as plain text",
}
SIGNATURE_BYTES = 8  # at the start of a file, enough for all of these
_SHOWN = 40  # bytes about the first one that is no UTF-8


def marked_encoding(start: bytes) -> str:
    """The encoding, other than UTF-8, that the byte-order mark at the start of a file names; empty where there is none."""
    return next((name for mark, name in _MARKS.items() if start.startswith(mark)), "")


def without_mark(start: bytes) -> bytes:
    """The start of a UTF-8 file without its byte-order mark, which is no part of the text."""
    return start[len(BOM_UTF8) :] if start.startswith(BOM_UTF8) else start


def as_utf8(content: bytes, encoding: str, path: Path) -> bytes:
    """A file in an encoding that its byte-order mark names, as UTF-8.

    Raises:
      InputError: it is not in this encoding.
    """
    try:
        return content.decode(encoding).encode()
    except UnicodeError as error:  # half a pair of UTF-16 cannot be encoded
        problem = getattr(error, "reason", error)
        raise InputError(f"begins as {encoding.upper()}, but is not ({problem}); save it as UTF-8", path) from None


def check_is_text(start: bytes, path: Path) -> None:
    """Raise :class:`InputError` where the start of a file is that of one that is no plain text."""
    for signature, what in _BINARY.items():
        if start.startswith(signature):
            raise InputError(f"is {what}", path)


def check_no_nul(block: bytes, path: Path, line: int) -> None:
    """Raise :class:`InputError` where some lines hold NUL characters, as UTF-16 without a byte-order mark does.

    Args:
      line: number of the first one.
    """
    first = block.find(b"\0")
    if first < 0:
        return
    num_nul = block.count(b"\0")
    advice = "it is no text file, or a damaged one"
    if num_nul > len(block) / 4:
        advice = f"it is probably UTF-16; {_conversion('UTF-16LE' if first % 2 else 'UTF-16BE', path)}"
    raise InputError(f"has NUL characters: {advice}", path, line + block.count(b"\n", 0, first))


def not_utf8(block: bytes, at: int, path: Path, line: int) -> InputError:
    """The error of a byte that is no UTF-8, with the encoding that it is probably in.

    Args:
      block: that it stands in.
      at: its index.
      line: of the file.
    """
    start = block.rfind(b"\n", 0, at) + 1
    end = block.find(b"\n", at)
    text = block[max(start, at - _SHOWN) : min(end if end >= 0 else len(block), at + _SHOWN)]
    shown = text.decode("cp1252", "replace").strip()
    if "\ufffd" in shown:
        return InputError("is not UTF-8 text; save it as UTF-8 (iconv -f ENCODING -t UTF-8)", path, line)
    return InputError(
        f"is not UTF-8 text: as Windows-1252 (Latin-1) it would read {shown!r}; if that is right, "
        f"{_conversion('WINDOWS-1252', path)}",
        path,
        line,
    )


def _conversion(encoding: str, path: Path) -> str:
    return f"convert it: iconv -f {encoding} -t UTF-8 {path.name} > utf8_{path.name}"
