"""The outcome of a phrase of a list: its pronunciations, or why it cannot be used."""

import itertools
import json
from dataclasses import dataclass
from typing import Any, Dict, Tuple

from wfst_bias.entities.entity import Entity
from wfst_bias.lang.lexicon import Pronunciation

USED, COMBINED, DUPLICATE, UNUSABLE = "used", "combined", "duplicate", "unusable"


@dataclass(frozen=True)
class PartialPhrase:
    """Some words of a phrase, which may be spoken without the others: its first ones, or one that no model knows.

    Args:
      words: as they are written.
      units: one of their pronunciations, a part of one of the phrase.
      score: of this pronunciation, nats; below 0 for a variant.
    """

    words: Tuple[str, ...]
    units: Pronunciation
    score: float = 0.0

    @classmethod
    def from_fields(cls, fields: Dict[str, Any]) -> "PartialPhrase":
        """The part of a stored phrase."""
        words, units = (tuple(fields[name].split(" ")) for name in ("words", "units"))
        return cls(words, units, float(fields["score"]))


@dataclass(frozen=True)
class Outcome:
    """The outcome of one phrase of a list.

    Args:
      entity: the phrase.
      status: :data:`USED`, :data:`COMBINED` with an earlier phrase, :data:`DUPLICATE` of one, or :data:`UNUSABLE`.
      phrase: its number among the used phrases of its class; -1 where it is not used.
      unknown_words: those of its words that no lexicon has.
      pronunciations: of the phrase, the likeliest first.
      scores: of each pronunciation, nats; 0 where the list, the lexicon or the G2P has it, below 0 for a variant.
      homophones: for each pronunciation, other words of the language model that have exactly this one.
      note: why the phrase cannot be used, or what to know.
      dropped: the parts of it that could not be used, and why.
      partial: the parts of it that may be spoken alone, a row for each pronunciation.
      unreached: what its weight below 0 does not lower; empty where there is nothing.
    """

    entity: Entity
    status: str
    phrase: int = -1
    unknown_words: Tuple[str, ...] = ()
    pronunciations: Tuple[Pronunciation, ...] = ()
    scores: Tuple[float, ...] = ()
    homophones: Tuple[Tuple[str, ...], ...] = ()
    note: str = ""
    dropped: Tuple[str, ...] = ()
    partial: Tuple[PartialPhrase, ...] = ()
    unreached: str = ""

    HEADER = "line\tphrase\tstatus\tunknown_words\tpronunciations\thomophones\tnote\n"

    @property
    def distinct_homophones(self) -> Tuple[str, ...]:
        """The homophones of all its pronunciations, each once."""
        return tuple(dict.fromkeys(itertools.chain.from_iterable(self.homophones)))

    @property
    def notes(self) -> str:
        """All that there is to know."""
        return "; ".join(filter(None, (self.note, self.unreached)))

    @classmethod
    def from_json(cls, text: str) -> "Outcome":
        """Read a line of a stored list, see :mod:`wfst_bias.entities.outcome_rows`.

        Raises:
          KeyError, TypeError, ValueError: the line is another one.
        """
        row: Dict[str, Any] = json.loads(text)
        pronunciations = row.pop("pronunciations")
        homophones = tuple(tuple(p["homophones"]) for p in pronunciations)
        unknown_words, dropped = tuple(row.pop("unknown_words")), tuple(row.pop("dropped"))
        texts = (row.get(name, "") for name in ("status", "note", "unreached"))
        if not all(isinstance(text, str) for text in itertools.chain(texts, unknown_words, dropped, *homophones)):
            raise TypeError("a text is something else")
        return cls(
            entity=Entity.from_fields(row.pop("entity")),
            pronunciations=tuple(tuple(p["units"].split(" ")) for p in pronunciations),
            scores=tuple(float(p["score"]) for p in pronunciations),
            homophones=homophones,
            unknown_words=unknown_words,
            dropped=dropped,
            partial=tuple(map(PartialPhrase.from_fields, row.pop("partial", ()))),  # older graphs have none
            **row,
        )
