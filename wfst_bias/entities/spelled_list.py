"""A spelled list: resolved, verbalized and pronounced once for the units of a model, with the outcome of each phrase."""

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Dict, Iterator, List, Sequence, Tuple

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.core.types import FloatArray
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.notices import Notice
from wfst_bias.entities.outcome import COMBINED, DUPLICATE, UNUSABLE, USED, Outcome
from wfst_bias.entities.outcome_rows import json_lines, report_rows
from wfst_bias.entities.outcome_table import OutcomeTable

_FORMAT = "spelled-list-1"


@dataclass(frozen=True, eq=False)
class SpelledList:
    """An entity list with the outcome of each phrase, made by :meth:`wfst_bias.entities.speller.Speller.spell`.

    The biasing trie of a graph, the second pass, the catalogue of an adapter, ``entities check``, ``explain`` and
    ``report`` take it. It is stored as JSON lines, and this class alone reads and writes them.

    Args:
      table: the outcomes of its phrases in columns; those of a class follow each other.
      key: checksum of lexicon, units, language model words and variants that it was spelled with; empty where the
        caller gave a G2P of its own.
      notices: how its file was read, see :class:`wfst_bias.entities.lists.ReadList`; they are not stored with it.
    """

    table: OutcomeTable = OutcomeTable.of(())
    key: str = ""
    notices: Tuple[Notice, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], key: str = "") -> "SpelledList":
        """The list with some outcomes."""
        return cls(OutcomeTable.of(outcomes), key)

    @cached_property
    def outcomes(self) -> Tuple[Outcome, ...]:
        """The outcomes of its phrases, one by one."""
        return self.table.outcomes()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SpelledList) and (self.key, self.outcomes) == (other.key, other.outcomes)

    def __iter__(self) -> Iterator[Outcome]:
        return iter(self.outcomes)

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int) -> Outcome:
        return self.outcomes[index]

    def _of_status(self, status: str) -> Tuple[Outcome, ...]:
        return self.table.take(np.flatnonzero(self.table.status == status)).outcomes()

    @cached_property
    def used(self) -> Tuple[Outcome, ...]:
        """The outcomes with pronunciations."""
        return self._of_status(USED)

    @property
    def unusable(self) -> Tuple[Outcome, ...]:
        """The outcomes of phrases that no pronunciation was found for."""
        return self._of_status(UNUSABLE)

    @property
    def unreached(self) -> Tuple[Outcome, ...]:
        """The outcomes of phrases whose weight below 0 does not lower what the language model writes."""
        return self.table.take(np.flatnonzero(self.table.unreached != "")).outcomes()

    @property
    def reweighted(self) -> Tuple[Outcome, ...]:
        """The outcomes of rows that repeat a phrase with another weight, which does not count."""
        repeats = (*self._of_status(COMBINED), *self._of_status(DUPLICATE))
        if not repeats:
            return ()
        weights = {entity.keys: entity.weight for entity in self.entities}
        changed = (o for o in repeats if weights.get(o.entity.keys, o.entity.weight) != o.entity.weight)
        return tuple(sorted(changed, key=lambda outcome: outcome.entity.line))

    @property
    def entities(self) -> Tuple[Entity, ...]:
        """The used phrases, by their numbers where the list is of one class."""
        return tuple(self.table.entities[self.table.is_used])

    @property
    def counts(self) -> Dict[str, int]:
        """Number of phrases of each status."""
        return Counter(self.table.status)

    @property
    def report(self) -> str:
        """The table of ``report.tsv``, for users to read."""
        return Outcome.HEADER + "".join(report_rows(self.table))

    def report_with(self, false_alarms: FloatArray) -> str:
        """The same table with the false alarms an hour that each phrase is predicted to give ``(E,)``."""
        header = f"{Outcome.HEADER.rstrip()}\tfalse_alarms_per_hour\n"
        return header + "".join(report_rows(self.table, [f"{rate:.4f}" for rate in false_alarms.tolist()]))

    def used_by_class(self) -> Dict[str, "SpelledList"]:
        """The used phrases of each class, the classes in the order of the list."""
        used = np.flatnonzero(self.table.is_used)
        parts: Dict[str, List[int]] = {}
        for i, entity in zip(used.tolist(), self.table.entities[used]):
            parts.setdefault(entity.entity_class, []).append(i)
        return {name: replace(self, table=self.table.take(np.array(part))) for name, part in parts.items()}

    @classmethod
    def joined(cls, lists: Sequence["SpelledList"]) -> "SpelledList":
        """Lists that were spelled with the same, one after the other."""
        keys = {one.key for one in lists}
        return cls(OutcomeTable.joined([one.table for one in lists]), keys.pop() if len(keys) == 1 else "")

    def write(self, path: Path) -> None:
        """Write the list: a line of format and key, then a line for each phrase."""
        header = json.dumps({"format": _FORMAT, "key": self.key})
        Path(path).write_text(f"{header}\n" + "".join(json_lines(self.table)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "SpelledList":
        """Read what :meth:`write` wrote.

        Raises:
          InputError: the file is missing, or a line is not as it was written.
        """
        key, outcomes = "", []
        number = 0
        try:
            for number, line in lines_of(path):
                if number == 1:
                    header = json.loads(line)
                    if header["format"] != _FORMAT:
                        raise ValueError(f"format {header['format']!r}, {_FORMAT!r} was expected")
                    key = header["key"]
                else:
                    outcomes.append(Outcome.from_json(line))
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
            raise InputError(f"is no line of a spelled list ({error}); compile the graph again", path, number) from None
        if not number:
            raise InputError("is empty; compile the graph again", path)
        return cls.of(outcomes, key)
