"""Mutations of the bytes of a file."""

import gzip
import random
import re
from typing import Callable, Dict, Sequence, Tuple

_LONGEST = 1 << 16  # bytes of a mutated file

_SIGNS = (
    "\r \r\n \n \n\n \t \x00 \x0b \x0c \x1c \x85 \u00a0 \u2028 \u3000 \u200b \u200d \u202e \u2066 \ufeff \u00ad "
    "' \u2019 \u02bc \u2018 ` # ;;; // | _ $ $$ ${X} { } [ ] ( ) < > \" \\ \\u \\ud800 : :: ; , = ? & % %zz %00 + - -- @ ~ ^ * . .. / "
    "null true false {} [] [[ }} NaN nan inf -inf -Infinity 1e400 -1e400 1e-400 0 -0 -1 1.5 1e308 00 0x10 1_0 "
    "\u0663 \u00b2 \u2160 \u00bd \u0969 2147483648 -2147483649 4294967295 18446744073709551616 "
    "<eps> <s> </s> <unk> <blk> #0 #1 \u2581 \u0130 \u0131 \u00df \u1e9e \u01c5 \u0149 \ufb01 \u0301 e\u0301 \U0001f600 \u0915\u093f "
    "\u0621 \u05d0 \u4e2d \u0e01\u0e33 \u1100\u1161"
).split(" ")
TEXT_TOKENS: Tuple[bytes, ...] = (
    *(sign.encode() for sign in _SIGNS),
    *(
        b" ",
        b"  ",
        b"\t\t",
        b"\xed\xa0\x80",
        b"\xff",
        b"\xc3",
        b"\xf4\x90\x80\x80",
        b"\xfe\xff",
        b"9" * 5000,
        b"[" * 3000,
    ),
    *(b'{"a":' * 1500, b"1" + b"0" * 400, b"a" * 3000),
)
BINARY_TOKENS: Tuple[bytes, ...] = (
    *(bytes([value]) * size for value in (0, 1, 127, 128, 255) for size in (1, 2, 4, 8)),
    *(int(value).to_bytes(size, "little") for value in (2, 3, 16, 100, 65535) for size in (4, 8)),
    *(
        b"\xff\xff\xff\x7f",
        b"\x00\x00\x00\x80",
        b"RIFF",
        b"WAVE",
        b"data",
        b"fmt ",
        b"fLaC",
        b"ID3",
        b"NIST_1A",
        b"OggS",
    ),
    *(b"PK\x03\x04", b"\x93NUMPY", b"\x1f\x8b", b"\0B", b"FM ", b"(1000000000, 4)", b"'|O'", b"'descr'"),
)
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_NUMBERS = b"0 -0 1 -1 -1.0 2 7 1e9 1e400 -1e400 nan -nan inf -inf 4294967296 99999999999999999999 1.5.5 0x1 1e 0.0000001".split()

Mutation = Callable[[bytes, Sequence[bytes], random.Random, Sequence[bytes]], bytes]


def _span(data: bytes, rng: random.Random) -> Tuple[int, int]:
    """Begin and end of a part, mostly a short one."""
    begin = rng.randrange(len(data) + 1)
    return begin, min(
        len(data), begin + 1 + int(rng.expovariate(1 / 6) if rng.random() < 0.8 else rng.random() * len(data))
    )


def _flip(data, others, rng, tokens):
    if not data:
        return data
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def _byte(data, others, rng, tokens):
    at = rng.randrange(len(data) + 1)
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]


def _cut(data, others, rng, tokens):
    begin, end = _span(data, rng)
    return data[:begin] + data[end:]


def _end(data, others, rng, tokens):
    return data[: rng.randrange(len(data) + 1)]


def _double(data, others, rng, tokens):
    begin, end = _span(data, rng)
    return data[:end] + data[begin:end] * (1 if rng.random() < 0.9 else rng.randrange(2, 300)) + data[end:]


def _move(data, others, rng, tokens):
    begin, end = _span(data, rng)
    rest = data[:begin] + data[end:]
    at = rng.randrange(len(rest) + 1)
    return rest[:at] + data[begin:end] + rest[at:]


def _insert(data, others, rng, tokens):
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(tokens) + data[at:]


def _replace(data, others, rng, tokens):
    begin, end = _span(data, rng)
    return data[:begin] + rng.choice(tokens) + data[end:]


def _splice(data, others, rng, tokens):
    other = rng.choice(others)
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


def _number(data, others, rng, tokens):
    found = list(_NUMBER.finditer(data))
    if not found:
        return _replace(data, others, rng, tokens)
    one = rng.choice(found)
    return data[: one.start()] + rng.choice(_NUMBERS) + data[one.end() :]


def _lines(data, others, rng, tokens):
    """Take a line out, double it, move it, or empty it."""
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    line = lines.pop(at)
    what = rng.randrange(4)
    if what == 1:
        lines[at:at] = [line, line]
    elif what == 2:
        lines.insert(rng.randrange(len(lines) + 1), line)
    elif what == 3:
        lines.insert(at, rng.choice((b"", b" ", b"\t", b"#", b"# a comment", line.split(b" ")[0])))
    return b"\n".join(lines)


def _fields(data, others, rng, tokens):
    """Exchange two fields, or take one out."""
    parts = re.split(rb"([\s,:=|]+)", data)
    if len(parts) < 5:
        return _cut(data, others, rng, tokens)
    one, other = (rng.randrange(0, len(parts), 2) for _ in range(2))
    if rng.random() < 0.5:
        parts[one], parts[other] = parts[other], parts[one]
    else:
        parts[one] = b""
    return b"".join(parts)


def _as_text(data, others, rng, tokens):
    """Write the text as another program may."""
    text = data.decode("utf-8", "replace")
    how = rng.randrange(8)
    if how < 2:
        return text.encode(("utf-16", "latin-1")[how], "replace")
    return (
        data.replace(b"\n", b"\r\n"),
        data.replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + data,
        data.replace(b" ", "\u00a0".encode()),
        data.replace(b" ", b"\t"),
        text.upper().encode(),
    )[how - 2]


_OFTEN: Dict[Mutation, int] = {
    **{_flip: 3, _byte: 2, _cut: 4, _end: 2, _double: 3, _move: 2, _insert: 6, _replace: 4},
    **{_splice: 2, _number: 4, _lines: 4, _fields: 3, _as_text: 2},
}
_MUTATIONS, _WEIGHTS = list(_OFTEN), list(_OFTEN.values())


def mutated(data: bytes, others: Sequence[bytes], rng: random.Random, tokens: Sequence[bytes]) -> bytes:
    """Mutate a file one to several times; within the packed content where it is gzipped, mostly.

    Args:
      others: files of the same kind, to take parts of.
      tokens: that mean something to the reader.
    """
    if data[:2] == b"\x1f\x8b" and rng.random() < 0.8:
        inner = [gzip.decompress(other) for other in others if other[:2] == b"\x1f\x8b"]
        return gzip.compress(mutated(gzip.decompress(data), inner, rng, tokens), 1)
    num = 1 + min(int(rng.expovariate(0.7)), 12)
    for mutation in rng.choices(_MUTATIONS, _WEIGHTS, k=num):
        data = mutation(data, others, rng, tokens)[:_LONGEST]
    return data
