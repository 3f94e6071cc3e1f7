"""Text as transcripts have it."""

import re
import unicodedata
from typing import Tuple


def words_of(text: str) -> Tuple[str, ...]:
    """Words of a text as transcripts have them; hyphens and dashes separate words.

    Signs that are said (``&``, ``%``, digits) stay, so that what cannot be spelled is told, not dropped.
    """
    text = unicodedata.normalize("NFC", text).lower().replace("\u2019", "'")
    text = "".join(c for c in text if unicodedata.category(c) != "Cf")  # invisible: byte-order marks, joiners
    return tuple(re.sub(r"[^\w\u0300-\u036f'&@+%$\u20ac\u00a3#/\s]|_", " ", text).split())


_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "Ø": "O", "Ł": "L", "Æ": "Ae"})


def without_accents(text: str) -> str:
    """The text with its accents taken off, and letters of their own (``ø``) as the nearest ones of English."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(c for c in plain if not unicodedata.combining(c))


def latin(word: str) -> str:
    """The word in the letters a-z and apostrophes, accents taken off; empty where that cannot be."""
    plain = without_accents(word)
    return plain if plain and all("a" <= c <= "z" or c == "'" for c in plain) else ""
