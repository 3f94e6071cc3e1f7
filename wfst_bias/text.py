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


def latin(word: str) -> str:
    """The word in the letters a-z and apostrophes, accents taken off; empty where that cannot be."""
    plain = unicodedata.normalize(
        "NFKD", word.replace("ß", "ss").replace("ø", "o").replace("ł", "l").replace("æ", "ae")
    )
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return plain if plain and all("a" <= c <= "z" or c == "'" for c in plain) else ""
