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
