"""Distances between the phones of English, from their phonetic classes."""

from functools import lru_cache
from typing import Dict, Tuple

# height, from close to open; backness, from front to back; rounded lips; end of the glide
_VOWELS = """
IY 0 0 - -
IH 1 0 - -
EH 2 0 - -
AE 3 0 - -
AH 2 1 - -
ER 2 1 - R
AA 3 2 - -
AO 2 2 o -
UH 1 2 o -
UW 0 2 o -
EY 2 0 - Y
AY 3 1 - Y
OY 2 2 o Y
AW 3 1 - W
OW 2 2 o W
"""
# voice; place, from the lips backwards; manner
_CONSONANTS = """
P  - 0 stop
B  v 0 stop
T  - 2 stop
D  v 2 stop
K  - 5 stop
G  v 5 stop
CH - 3 affricate
JH v 3 affricate
F  - 0 fricative
V  v 0 fricative
TH - 1 fricative
DH v 1 fricative
S  - 2 fricative
Z  v 2 fricative
SH - 3 fricative
ZH v 3 fricative
HH - 6 fricative
M  v 0 nasal
N  v 2 nasal
NG v 5 nasal
L  v 2 approximant
R  v 3 approximant
W  v 0 approximant
Y  v 4 approximant
"""
_HEIGHT, _BACKNESS, _ROUNDING, _GLIDE = 0.4, 0.3, 0.1, 0.2
_VOICE, _PLACE, _MANNER = 0.25, 0.35, 0.4
_NEAR_MANNERS = {frozenset(pair.split()) for pair in ("stop affricate", "affricate fricative")}
_SEMIVOWELS = {frozenset(pair.split()) for pair in ("Y IY", "Y IH", "W UW", "W UH", "R ER", "L AO", "L OW", "V UW")}

ANOTHER = 1.0
"""Distance of phones that have no class in common, and of those whose classes are unknown."""
ANOTHER_KIND = 1.5
"""Distance of a vowel and a consonant; half of it for a semivowel and its vowel."""


@lru_cache(maxsize=None)
def phone_distance(a: str, b: str) -> float:
    """Return the symmetric distance of two phones, 0 for the same one.

    Vowels differ by height, backness, rounding and glide, consonants by voice, place and manner.
    """
    if a == b:
        return 0.0
    if a in _vowels and b in _vowels:
        return _between_vowels(_vowels[a], _vowels[b])
    if a in _consonants and b in _consonants:
        return _between_consonants(_consonants[a], _consonants[b])
    if not {a, b} <= _vowels.keys() | _consonants.keys():
        return ANOTHER
    return ANOTHER_KIND / 2 if frozenset((a, b)) in _SEMIVOWELS else ANOTHER_KIND


def _rows(table: str) -> Dict[str, Tuple[str, ...]]:
    lines = (line.split() for line in table.strip().splitlines())
    return {phone: tuple(classes) for phone, *classes in lines}


_vowels, _consonants = _rows(_VOWELS), _rows(_CONSONANTS)


def _between_vowels(a: Tuple[str, ...], b: Tuple[str, ...]) -> float:
    height, place = (abs(int(x) - int(y)) for x, y in zip(a[:2], b[:2]))
    return _HEIGHT * height / 3 + _BACKNESS * place / 2 + _ROUNDING * (a[2] != b[2]) + _GLIDE * (a[3] != b[3])


def _between_consonants(a: Tuple[str, ...], b: Tuple[str, ...]) -> float:
    manner = 0.0 if a[2] == b[2] else 0.5 if frozenset((a[2], b[2])) in _NEAR_MANNERS else 1.0
    return _VOICE * (a[0] != b[0]) + _PLACE * abs(int(a[1]) - int(b[1])) / 6 + _MANNER * manner
