"""Text files in the encodings and with the line ends that editors of all systems write."""

import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of

TEXT = "Müller\nŁódź, 東京\n\nlast"
LINES = [(1, "Müller"), (2, "Łódź, 東京"), (3, ""), (4, "last")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_what_a_byte_order_mark_names_is_read_with_any_line_ends(tmp_path, encoding, end):
    path = tmp_path / "list.txt"
    path.write_bytes(TEXT.replace("\n", end).encode(encoding))
    assert list(lines_of(path)) == LINES
    path.write_bytes((TEXT + "\n").replace("\n", end).encode(encoding))
    assert list(lines_of(path)) == LINES


def test_big_endian_utf16(tmp_path):
    path = tmp_path / "list.txt"
    path.write_bytes("\ufeff".encode("utf-16-be") + TEXT.encode("utf-16-be"))
    assert list(lines_of(path)) == LINES


@pytest.mark.parametrize(
    "content, message",
    [
        (
            "one\nMüller".encode("latin-1"),
            r":2: is not UTF-8 text: as Windows-1252 .* 'Müller'; .* -f WINDOWS-1252 -t UTF-8",
        ),
        ("one\nMüller\n“two”".encode("cp1252"), r":2: .*'Müller'"),
        (
            "one\ntwo\n".encode("utf-16-le"),
            ":1: has NUL characters: it is probably UTF-16; .* -f UTF-16LE -t UTF-8 list.txt",
        ),
        ("one\ntwo\n".encode("utf-16-be"), ":1: has NUL characters: .* -f UTF-16BE"),
        (b"one\ntwo\0\n" + b"x" * 99, ":2: has NUL characters: it is no text file"),
        (b"one\n\x81\x8d\n", ":2: is not UTF-8 text; save it as UTF-8"),
        (b"\xff\xfeo\0n", "begins as UTF-16, but is not"),
        (b"PK\x03\x04\x14\0\6\0", "is a ZIP or Office file; export it as text"),
        (b"%PDF-1.4\n", "is a PDF; export it as text"),
        (b"{\\rtf1\\ansi one\n}", "is rich text"),
    ],
)
def test_what_is_no_utf8_is_an_error_that_says_what_it_may_be(tmp_path, content, message):
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        list(lines_of(path))
