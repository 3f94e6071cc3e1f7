"""Text in the form of transcripts."""

import re
import unicodedata
from typing import Tuple


def words_of(text: str) -> Tuple[str, ...]:
    """Return the words of a text in the form of transcripts; hyphens and dashes separate words.

    Signs that are spoken (``&``, ``%``, digits) stay, so that what cannot be spelled is reported, not dropped.
    """
    text = unicodedata.normalize("NFC", text).lower().replace("\u2019", "'")
    text = "".join(c for c in text if unicodedata.category(c) != "Cf")  # invisible: byte-order marks, joiners
    return tuple(re.sub(r"[^\w\u0300-\u036f'&@+%$\u20ac\u00a3#/\s]|_", " ", text).split())


_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "Ø": "O", "Ł": "L", "Æ": "Ae"})


def without_accents(text: str) -> str:
    """Return the text without accents, and with letters such as ``ø`` replaced by the nearest ones of English."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(c for c in plain if not unicodedata.combining(c))


def latin(word: str) -> str:
    """Return the word in the letters a-z and apostrophes, without accents; empty where that is impossible."""
    plain = without_accents(word)
    return plain if plain and all("a" <= c <= "z" or c == "'" for c in plain) else ""
