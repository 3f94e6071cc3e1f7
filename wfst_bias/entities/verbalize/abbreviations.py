"""Titles and other abbreviations: ``abbreviations.tsv``, each with the context that it is spoken so in.

``written`` with a dot counts with its dot only. ``where`` is ``before`` (something follows), ``after`` (something is in
front), ``number`` (a number follows), ``hour`` (a number is in front) or ``any``.
"""

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Dict, List, Tuple

from wfst_bias.core.text import lower
from wfst_bias.entities.verbalize.verbalizations import Verbalizations, distinct

_TABLE = Path(__file__).with_name("abbreviations.tsv")


@dataclass(frozen=True)
class Context:
    """Where a word stands in its phrase.

    Args:
      front, behind: what is written up to it, and from its end on.
    """

    front: str
    behind: str

    @property
    def is_first(self) -> bool:
        return not any(map(str.isalnum, self.front))

    @property
    def is_last(self) -> bool:
        return not any(map(str.isalnum, self.behind))

    @property
    def touches_digit(self) -> bool:
        return self.front[-1:].isdigit() or self.behind[:1].isdigit()

    def allows(self, where: str) -> bool:
        if where == "number":
            return self.behind.lstrip(". ")[:1].isdigit()
        if where == "hour":
            return self.front.rstrip()[-1:].isdigit()
        return {"any": True, "before": not self.is_last, "after": not self.is_first}[where]


@lru_cache(None)
def abbreviations() -> Dict[str, List[Tuple[str, str]]]:
    """The spoken forms of each abbreviation, and where it has them."""
    table: Dict[str, List[Tuple[str, str]]] = {}
    with open(_TABLE, encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            table.setdefault(row["written"], []).extend((form, row["where"]) for form in row["spoken"].split("|"))
    return table


def abbreviated(word: str, context: Context) -> Verbalizations:
    """The verbalizations of a word that is an abbreviation where it stands; none of one that is not."""
    rows = list(abbreviations().get(lower(word), ()))
    if re.match(r"\.(?![^\W\d_])", context.behind):
        rows += abbreviations().get(f"{lower(word)}.", ())
    return distinct(tuple(form.split()) for form, where in rows if context.allows(where))
