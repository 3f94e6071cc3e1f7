"""Inflected forms of phrases: the English possessive and plural, as they are written and as they sound.

A list names *Tesla*, and people say *Tesla's* and *Teslas*. Both sound alike; which one is meant shows in the words that
follow: those after a possessive are those after *his*, those after a plural are those after *people*.
"""

import re
from dataclasses import dataclass
from typing import Dict, Optional, Set, Tuple

from wfst_bias.entities.entity import Entity
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.units import PHONES, Units

POSSESSIVE, PLURAL = KINDS = ("possessive", "plural")

FOLLOWED_LIKE: Dict[str, Tuple[str, ...]] = {
    POSSESSIVE: ("his", "their", "her", "its"),
    PLURAL: ("people", "children", "things", "men"),
}
"""Words that the same words follow as a form of each kind; the first one that the language model knows counts."""

_ENDS_IN_LETTER = re.compile(r"[a-z0-9]$")
_ENDS_IN_SIBILANT = re.compile(r"(s|x|z|ch|sh)$")
_ENDS_IN_CONSONANT_Y = re.compile(r"[^aeiou\W\d]y$")

# Sounds that the ending of a form depends on, in ARPAbet and in IPA.
_SIBILANTS = frozenset("S Z SH ZH CH JH s z ʃ ʒ tʃ dʒ t͡ʃ d͡ʒ ʧ ʤ".split())
_VOICELESS = frozenset("P T K F TH p t k f θ".split())
# The ending after a sibilant, after another voiceless sound, and after all others.
_ENDINGS = (("IH Z", "S", "Z"), ("AH Z", "S", "Z"), ("ɪ z", "s", "z"), ("ə z", "s", "z"))


@dataclass(frozen=True)
class InflectedForm:
    """A possessive or a plural of a phrase.

    Args:
      phrase: number of the phrase.
      kind: one of :data:`KINDS`.
      words: as they are written in a transcript.
    """

    phrase: int
    kind: str
    words: Tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def to_line(self) -> str:
        """Its line in a graph folder."""
        return f"{self.phrase}\t{self.kind}\t{self.text}"

    @classmethod
    def from_line(cls, line: str) -> "InflectedForm":
        """Read what :meth:`to_line` gave."""
        phrase, kind, text = line.split("\t")
        return cls(int(phrase), kind, tuple(text.split()))

    def shown(self, entity: Entity) -> str:
        """Return the form as it stands in a text that is read.

        Args:
          entity: the phrase.
        """
        ending = _ending(entity.words[-1], self.kind, is_name(entity))
        shown = entity.shown
        if ending is None or ending.startswith("ies") and not shown.endswith("y"):
            return self.text
        return shown[:-1] + ending if ending == "ies" else shown + ending


def is_name(entity: Entity) -> bool:
    """Whether the last word of a phrase is written with a capital."""
    return not entity.written.split()[-1].islower()


def inflected(entity: Entity, kind: str) -> Optional[Tuple[str, ...]]:
    """Return the words of a phrase in an inflected form; None where it has none, as where it ends in an apostrophe.

    Args:
      kind: one of :data:`KINDS`.
    """
    if not entity.words:
        return None
    *first, last = entity.words
    form = _inflected_word(last, kind, is_name(entity))
    return (*first, form) if form else None


def inflected_words(words: Tuple[str, ...]) -> Set[Tuple[str, ...]]:
    """Return the English possessive and plural of a phrase, those of its last word.

    After *s*, the possessive may be the apostrophe alone; after a consonant, *y* becomes *ies* or, in names, stays.

    Args:
      words: of the phrase, in the form of transcripts.
    """
    if not words:
        return set()
    *first, last = words
    forms = {_inflected_word(last, kind, name) for kind in KINDS for name in (False, True)}
    if last.endswith("s") and any(forms):
        forms.add(f"{last}'")
    return {(*first, form) for form in forms if form}


def _inflected_word(word: str, kind: str, name: bool) -> Optional[str]:
    ending = _ending(word, kind, name)
    if ending is None:
        return None
    return word[:-1] + ending if ending == "ies" else word + ending


def _ending(word: str, kind: str, name: bool) -> Optional[str]:
    """The letters of a form behind those of a word; ``ies`` takes the place of its *y*.

    Args:
      name: names keep their *y*: *Kennedys*.
    """
    if not _ENDS_IN_LETTER.search(word) or word.endswith("'s"):
        return None
    if kind == POSSESSIVE:
        return "'s"
    if _ENDS_IN_SIBILANT.search(word):
        return "es"
    return "ies" if not name and _ENDS_IN_CONSONANT_Y.search(word) else "s"


class Endings:
    """How inflected forms sound, in the units of a model."""

    def __init__(self, units: Units):
        self._units = units
        known = units.tokens.ids
        rows = ([tuple(ending.split()) for ending in row] for row in _ENDINGS)
        self._by_sound = next((row for row in rows if all(unit in known for ending in row for unit in ending)), None)
        self._letters = {c: next((form for form in (c, c.upper()) if form in known), None) for c in "es'"}

    def of(self, entity: Entity, kind: str, units: Pronunciation) -> Optional[Pronunciation]:
        """Return a pronunciation of a phrase with the ending of a form; None where the units of the model have none.

        Args:
          entity: the phrase.
          units: a pronunciation of it.
        """
        if self._units.kind == PHONES:
            return None if self._by_sound is None else units + self._by_sound[_sound(units[-1])]
        ending = _ending(entity.words[-1], kind, is_name(entity))
        letters = [self._letters[c] for c in ending or ""] if ending != "ies" else []
        return units + tuple(c for c in letters if c) if letters and all(letters) else None


def _sound(unit: str) -> int:
    return 0 if unit in _SIBILANTS else 1 if unit in _VOICELESS else 2
