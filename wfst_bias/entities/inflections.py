"""Inflected forms of phrases: the English possessive and plural, as they are written and as they sound.

A list names *Tesla*, and people say *Tesla's* and *Teslas*. Both sound alike; which one is meant shows in the words that
follow: those after a possessive are those after *his*, those after a plural are those after *people*.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Dict, List, Optional, Set, Tuple

import numpy as np

from wfst_bias.core.types import IntArray
from wfst_bias.entities.entity import Entity
from wfst_bias.lang.phones import s_ending
from wfst_bias.lang.pronunciation_table import PronunciationTable, in_pieces
from wfst_bias.lang.units import PHONES, Units

POSSESSIVE, PLURAL = KINDS = ("possessive", "plural")

FOLLOWED_LIKE: Dict[str, Tuple[str, ...]] = {
    POSSESSIVE: ("his", "their", "her", "its"),
    PLURAL: ("people", "children", "things", "men"),
}
"""Words that the same words follow as a form of each kind; the first one that the language model knows counts."""

_PLURAL_OF_NAME = 2.0  # nats

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_SIBILANT_LETTERS = ("s", "x", "z", "ch", "sh")
_CONSONANTS = frozenset("bcdfghjklmnpqrstvwxz")

# The ending after a sibilant, after another voiceless sound and after all others, in ARPAbet and in IPA.
_SPELLED_ENDINGS = ("'s", "s", "es")
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
        if ending is None or ending == "ies" and not entity.shown.endswith("y"):
            return self.text
        return _with_ending(entity.shown, ending)


def is_name(entity: Entity) -> bool:
    """Whether the last word of a phrase is written with a capital."""
    return not entity.written.split()[-1].islower()


def extra_cost(entity: Entity, kind: str) -> float:
    """Return the cost of a form beside that of all forms, nats: names are rarely counted."""
    return _PLURAL_OF_NAME if kind == PLURAL and is_name(entity) else 0.0


def inflected_forms(entity: Entity) -> List[Tuple[str, Tuple[str, ...]]]:
    """Return the kinds of inflected forms that a phrase has, and its words in each; none where it ends in an apostrophe."""
    if not entity.words:
        return []
    *first, last = entity.words
    name = is_name(entity)
    forms = ((kind, _inflected_word(last, kind, name)) for kind in KINDS)
    return [(kind, (*first, form)) for kind, form in forms if form]


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
    return None if ending is None else _with_ending(word, ending)


def _with_ending(text: str, ending: str) -> str:
    return text[:-1] + ending if ending == "ies" else text + ending


def _ending(word: str, kind: str, name: bool) -> Optional[str]:
    """The letters of a form behind those of a word; ``ies`` takes the place of its *y*.

    Args:
      name: names keep their *y*: *Kennedys*.
    """
    if word[-1] not in _LETTERS or word.endswith("'s"):
        return None
    if kind == POSSESSIVE:
        return "'s"
    if word.endswith(_SIBILANT_LETTERS):
        return "es"
    return "ies" if not name and word[-1] == "y" and word[-2:-1] in _CONSONANTS else "s"


class Endings:
    """How inflected forms sound, in the units of a model: endings by number."""

    def __init__(self, units: Units):
        known = units.tokens.ids
        self.symbols = units.tokens.symbols
        """Of the units, by their ids."""
        self._has_phones = units.kind == PHONES
        rows = ([tuple(ending.split()) for ending in row] for row in _ENDINGS)
        by_sound = next((row for row in rows if all(unit in known for ending in row for unit in ending)), None)
        letters = {c: next((form for form in (c, c.upper()) if form in known), "") for c in "es'"}
        spelled = [tuple(letters[c] for c in ending) for ending in _SPELLED_ENDINGS]
        if self._has_phones:
            self._endings = by_sound or []
        else:
            self._endings = [ending if all(ending) else () for ending in spelled]

    def number(self, entity: Entity, kind: str) -> int:
        """Return the number of the ending of a form, -1 where the units of the model have none.

        Args:
          entity: the phrase.
        """
        if self._has_phones:
            return 0 if self._endings else -1  # the sound before it decides
        ending = _ending(entity.words[-1], kind, is_name(entity))
        number = _SPELLED_ENDINGS.index(ending) if ending in _SPELLED_ENDINGS else -1
        return number if number >= 0 and self._endings[number] else -1

    def behind(self, table: PronunciationTable, pronunciation: IntArray, ending: IntArray) -> PronunciationTable:
        """Return pronunciations with endings behind them, as those of one item.

        Args:
          table, pronunciation: which ones ``(S,)``.
          ending: numbers, see :meth:`number` ``(S,)``.
        """
        if self._has_phones and self._endings:
            ending = self._by_last_unit[table.units[table.unit_splits[pronunciation + 1] - 1]]
        ids = {symbol: i for i, symbol in enumerate(self.symbols)}
        endings = PronunciationTable.of_pairs([[(units, 0.0) for units in self._endings]], ids)
        both = PronunciationTable.joined([table, endings])
        pieces = np.stack([pronunciation, table.num_pronunciations + ending], axis=1)
        unit_splits, units = in_pieces(both.unit_splits, both.units, pieces)
        return PronunciationTable(np.array([0, len(pieces)]), unit_splits, units, np.zeros(len(pieces)))

    @cached_property
    def _by_last_unit(self) -> IntArray:
        """The number of the ending behind each unit, int64 ``(V,)``."""
        return np.array([s_ending(unit, 0, 1, 2) for unit in self.symbols], np.int64)
