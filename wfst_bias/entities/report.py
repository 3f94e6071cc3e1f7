"""The outcomes of a list as ``explain`` and ``report`` show them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Tuple

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.entities.outcome import Outcome
from wfst_bias.lang.lexicon import Pronunciation

_SCORE = re.compile(r" \(-?[\d.]+\)$")  # behind the units of a variant


@dataclass(frozen=True)
class ReportRow:
    """The outcome of a phrase; see :class:`wfst_bias.entities.outcome.Outcome`.

    Args:
      homophones: of all its pronunciations, each once.
    """

    line: int
    phrase: str
    status: str
    pronunciations: Tuple[Pronunciation, ...]
    homophones: Tuple[str, ...]
    note: str

    @classmethod
    def of(cls, outcome: Outcome) -> "ReportRow":
        """Summarize an outcome."""
        return cls(
            line=outcome.entity.line,
            phrase=outcome.entity.written,
            status=outcome.status,
            pronunciations=outcome.pronunciations,
            homophones=outcome.distinct_homophones,
            note=outcome.notes,
        )


def read_old_report(path: Path) -> List[ReportRow]:
    """Read the ``report.tsv`` of a graph folder that was compiled before graph folders kept their spelled list.

    Raises:
      InputError: the file is missing, or is no report.
    """
    lines = [line for _, line in lines_of(path)]
    if not lines or f"{lines[0]}\n" != Outcome.HEADER:
        raise InputError("is not the report of a graph folder; compile the graph again", path, 1)
    names = lines[0].split("\t")
    return [_row(dict(zip(names, line.split("\t")))) for line in lines[1:]]


def _row(fields: Dict[str, str]) -> ReportRow:
    return ReportRow(
        line=int(fields["line"]),
        phrase=fields["phrase"],
        status=fields["status"],
        pronunciations=tuple(
            tuple(_SCORE.sub("", units).split()) for units in fields["pronunciations"].split(" | ") if units
        ),
        homophones=tuple(fields["homophones"].split()),
        note=fields["note"],
    )
