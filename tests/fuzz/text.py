"""Strategies of text as people write it: words of all scripts, spaces, line ends, byte-order marks."""

import random
import unicodedata

from hypothesis import strategies as st

# words of many scripts, with marks, apostrophes, capitals that change when they are folded, digits and signs
_WORDS = (
    "anna Bob o'Neil O\u2019Brien ma\u00f1ana man\u0303ana Zelenskyy na\u00efve Stra\u00dfe STRASSE \u0130stanbul "
    "\u0141\u00f3d\u017a \u0111\u1eb7ng \u00f8re \u00fe\u00f3r \u00e6on \u0395\u03bb\u03bb\u03ac\u03b4\u03b1 "
    "\u039f\u03b4\u03cc\u03c2 \u041c\u043e\u0441\u043a\u0432\u0430 \u0939\u093f\u0928\u094d\u0926\u0940 "
    "\u0ba4\u0bae\u0bbf\u0bb4\u0bcd \u0e01\u0e33\u0e41\u0e1e\u0e07 \u4e2d\u56fd \u6771\u4eac \uc11c\uc6b8 "
    "\u1109\u1165 \u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd \u10d7\u10d1\u10d8\u10da\u10d8\u10e1\u10d8 "
    "\u0531\u0580\u0574\u0565\u0576 \U0001d54f x2 AT&T co-op C3PO 747 e.g. A.B.C. Dr. rock'n'roll \ufb01sh caf\u00e9 "
    "cafe\u0301 \u1e9ee \u01c5ep \u1f88x"
).split(" ")


def _random_words(count):
    """Words of random letters, some of them with marks."""
    rng = random.Random(5)
    letters = [chr(i) for i in range(0xC0, 0x1E000) if unicodedata.category(chr(i)) in ("Ll", "Lu", "Lo", "Lt")]
    marks = [chr(i) for i in range(0x300, 0x1E000) if unicodedata.category(chr(i)) in ("Mn", "Mc")]
    for _ in range(count):
        word = "".join(rng.choices(letters, k=rng.randint(1, 4)))
        yield word + (rng.choice(marks) if rng.random() < 0.2 else "")


def _names(count):
    rng = random.Random(6)
    for _ in range(count):
        yield "".join(rng.choices("abcXYZ019_.-", k=rng.randint(0, 7))).strip("-") + rng.choice("abz09")


ASCII_WORDS = ("a", "ab", "cab", "dog", "hello", "i", "o", "zoo", "xylophone", "it's", "o'neil", "re", "won't", "q")
words = st.sampled_from([*_WORDS, *ASCII_WORDS, *_random_words(800)])
ascii_words = st.sampled_from(ASCII_WORDS)
names = st.sampled_from(sorted(set(_names(300))))
line_ends = st.sampled_from(["\n", "\n", "\n", "\r\n"])
marks = st.sampled_from([b"", b"", b"\xef\xbb\xbf"])


@st.composite
def texts(draw, lines, extra=(), separators=line_ends):
    """The bytes of a file with some lines, and perhaps others that mean nothing, written as programs do.

    Args:
      lines: its lines, in their order.
      extra: lines that may stand anywhere: blank ones, comments.
    """
    rows = list(lines)
    if extra:
        for at, more in draw(st.lists(st.tuples(st.integers(0, len(rows)), st.sampled_from(extra)), max_size=3)):
            rows.insert(at, more)
    end = draw(separators)
    last = draw(st.sampled_from([end, end, ""]))
    return draw(marks) + (end.join(rows) + (last if rows else "")).encode()
