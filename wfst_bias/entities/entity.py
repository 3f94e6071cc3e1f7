"""An entity: a phrase to be recognised, as the user's list gives it."""

import json
import math
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import List, Tuple

from wfst_bias.errors import InputError
from wfst_bias.files import lines_of
from wfst_bias.symbols import CLASS
from wfst_bias.text import words_of

MAX_WEIGHT = 20.0  # nats; beyond, a phrase is found in everything


@dataclass(frozen=True)
class Entity:
    """One phrase of a list.

    Args:
      written: the phrase as it stands in the list.
      weight: added to the score of every path through the phrase, nats; 0 is neutral.
      line: its line in the list, from 1.
      entity_class: name of the class of the language model that it belongs to.
    """

    written: str
    weight: float = 0.0
    line: int = 0
    entity_class: str = CLASS

    @cached_property
    def words(self) -> Tuple[str, ...]:
        """Its words as they stand in a transcript: lower case, no punctuation but apostrophes."""
        return words_of(self.written)

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


Phrases = Tuple[Entity, ...]


def read_entities(path: Path) -> List[Entity]:
    """Read a list: one phrase a line, optionally a tab and a weight in nats; blank lines are skipped.

    Raises:
      InputError: there is no phrase in it, or a weight is no number.
    """
    entities = []
    for number, line in lines_of(path):
        if not line.strip():
            continue
        phrase, *rest = line.split("\t")
        if len(rest) > 1:
            raise InputError(f"{len(rest) + 1} columns found; write 'PHRASE' or 'PHRASE<TAB>WEIGHT'", path, number)
        entities.append(Entity(phrase.strip(), _weight(rest[0], path, number) if rest else 0.0, number))
    if not entities:
        raise InputError("holds no phrase; write one phrase a line", path)
    return entities


def _weight(text: str, path: Path, number: int) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if math.isfinite(weight) and abs(weight) > MAX_WEIGHT:
        raise InputError(
            f"weight {text!r} is beyond {MAX_WEIGHT:g} nats: it would drown all that is heard; write 1 to 5 or -5 to -1",
            path,
            number,
        )
    if not math.isfinite(weight):
        raise InputError(f"weight {text!r} is not a number; write 'PHRASE<TAB>2.0'", path, number)
    return weight
