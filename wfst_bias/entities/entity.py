"""An entity: a phrase to be recognized, as the user's list gives it."""

import json
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import chain
from typing import Any, Dict, Mapping, Optional, Tuple

from wfst_bias.core.symbols import CLASS
from wfst_bias.core.text import comparable, words_of
from wfst_bias.entities.verbalize.phrases import forms_of_all
from wfst_bias.entities.verbalize.verbalizations import Verbalizations

MAX_WEIGHT = 20.0  # nats; beyond, a phrase is found in everything


@dataclass(frozen=True)
class Entity:
    """One phrase of a list.

    Args:
      written: the phrase as it stands in the list.
      weight: added to the score of every path through the phrase, nats; 0 is neutral.
      line: its line in the list, from 1.
      entity_class: name of the class of the language model that it belongs to.
      display: as it is to be shown; ``written`` where empty.
      spoken: its spoken forms, in words; ``written`` where empty.
      pronunciations: of the whole phrase, ARPAbet phones, in addition to those of its words.
      gate: the least evidence that it may be found by, a probability a unit.
      all_caps: whether its list is written in capitals throughout, so that capitals do not mark acronyms.
    """

    written: str
    weight: float = 0.0
    line: int = 0
    entity_class: str = CLASS
    display: str = ""
    spoken: Tuple[str, ...] = ()
    pronunciations: Tuple[Tuple[str, ...], ...] = ()
    gate: Optional[float] = None
    all_caps: bool = False

    @cached_property
    def words(self) -> Tuple[str, ...]:
        """Its words as they stand in a transcript: lower case, no punctuation but apostrophes."""
        return words_of(self.written)

    @cached_property
    def forms(self) -> Verbalizations:
        """The words of each of its verbalizations, the likeliest first; a hyphen joins parts without a pause."""
        return forms_of_all(self.spoken or (self.written,), self.all_caps)

    @cached_property
    def keys(self) -> Tuple[str, ...]:
        """The keys of its words, see :func:`wfst_bias.core.text.comparable`."""
        return tuple(map(comparable, self.words))

    @cached_property
    def is_spoken_as_written(self) -> bool:
        """Whether its own words are one of its verbalizations: nobody says IT as *it*."""
        return any(tuple(map(comparable, form)) == self.keys for form in self.forms)

    @property
    def shown(self) -> str:
        """As it stands in a text that is read, not scored."""
        return self.display or self.written

    @classmethod
    def from_json(cls, text: str) -> "Entity":
        """Read what :meth:`to_json` wrote."""
        return cls.from_fields(json.loads(text))

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> "Entity":
        """The entity of a JSON object with its fields; those that are missing have their defaults.

        Graph folders of older versions have ``shouted`` for ``all_caps``.

        Raises:
          TypeError: there is another field, or a text is something else.
        """
        fields = {"all_caps" if name == "shouted" else name: value for name, value in fields.items()}
        spoken = tuple(fields.get("spoken", ()))
        pronunciations = tuple(map(tuple, fields.get("pronunciations", ())))
        texts = (fields.get(name, "") for name in ("written", "entity_class", "display"))
        if not all(isinstance(text, str) for text in (*texts, *spoken, *chain.from_iterable(pronunciations))):
            raise TypeError("a text is something else")
        return cls(**{**fields, "spoken": spoken, "pronunciations": pronunciations})

    def to_json(self) -> str:
        return _encode(fields_of(self))


_FIELDS = tuple(field.name for field in fields(Entity))
_encode = json.JSONEncoder(ensure_ascii=False).encode


def fields_of(entity: Entity) -> Dict[str, Any]:
    """The fields of an entity by their names."""
    return {name: getattr(entity, name) for name in _FIELDS}


Phrases = Tuple[Entity, ...]
