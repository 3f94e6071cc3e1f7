"""Words in capitals and in mixed case: acronyms letter by letter or as words, and words run together."""

import re
from functools import lru_cache

from wfst_bias.core.text import lower, marks, without_accents
from wfst_bias.entities.verbalize.verbalizations import Form, Verbalizations, distinct, doubled

_LATIN = [chr(code) for code in (*range(0x250), *range(0x1E00, 0x1F00)) if chr(code).isalpha()]
UPPER = "".join(c for c in _LATIN if c.isupper())
LOWER = "".join(c for c in _LATIN if c.islower())

_SHORTEST_WORD = 4  # letters of an acronym that is rather spoken as a word
_LONGEST_SPELLED = 6  # letters of an acronym that may be spelled
_CONSONANTS = r"[^aeiouy\W\d_]"


def has_vowel(word: str) -> bool:
    return bool(re.search("[aeiouy]", _plain(word)))


def is_sayable(word: str) -> bool:
    """Whether an acronym may be spoken as a word: ``RAM``, ``NATO``, ``NVIDIA``; not ``IBM``, ``WFST``."""
    plain = _plain(word)
    if len(word) < _SHORTEST_WORD:
        return bool(re.fullmatch(f"{_CONSONANTS}[aeiou]{_CONSONANTS}", plain))
    return has_vowel(word) and (len(word) > _LONGEST_SPELLED or not re.search(_CONSONANTS + "{3}", plain))


def _plain(word: str) -> str:
    return without_accents(lower(word))


def spelled(letters: str, end: str = "") -> Verbalizations:
    """Letter by letter: in one breath, which is how most are spoken, and as words of their own.

    Args:
      end: spoken after the last of them, ``'s``.
    """
    apart: Form = (*map(lower, letters[:-1]), lower(letters[-1]) + end)
    return distinct([("-".join(apart),), apart, doubled(apart)])


def acronym(letters: str, end: str = "") -> Verbalizations:
    """Letter by letter, and as a word where it can be pronounced.

    Args:
      letters: in capitals.
      end: ``'s``, or the ``s`` of a plural.
    """
    word = ((lower(letters) + end,),)
    if len(letters) > _LONGEST_SPELLED and is_sayable(letters):
        return word
    letter_by_letter = spelled(letters, "'s" if end else "")
    if not is_sayable(letters):
        return letter_by_letter
    return word + letter_by_letter if len(letters) >= _SHORTEST_WORD else letter_by_letter + word


def mixed(word: str) -> Verbalizations:
    """``iPhone``, ``OpenAI``, ``McDonald``: one word, its parts in one breath, its parts as words of their own."""
    parts = _parts().findall(word)
    is_spelled = [part.isupper() and not (len(part) > _SHORTEST_WORD and is_sayable(part)) for part in parts]
    apart = tuple("-".join(lower(part)) if spell else lower(part) for part, spell in zip(parts, is_spelled))
    forms = [(lower(word),), ("-".join(apart),), apart]
    return distinct(reversed(forms) if any(is_spelled) or len(parts[0]) == 1 else forms)


@lru_cache(maxsize=None)
def _parts() -> "re.Pattern[str]":
    return re.compile(rf"[{UPPER}]+(?![{LOWER}{marks()}])|[{UPPER}]?[^{UPPER}]+|[{UPPER}]")
