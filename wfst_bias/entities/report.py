"""``report.tsv`` read back: what became of the phrases of a list."""

import re
from dataclasses import dataclass
from typing import Iterable, List, Tuple

from wfst_bias.entities.spelling import Outcome
from wfst_bias.lang.lexicon import Pronunciation

_SCORE = re.compile(r" \(-?[\d.]+\)$")  # behind a pronunciation that has one


@dataclass(frozen=True)
class ReportRow:
    """A row; see :class:`wfst_bias.entities.spelling.Outcome`.

    Args:
      homophones: of all its pronunciations.
    """

    line: int
    phrase: str
    status: str
    pronunciations: Tuple[Pronunciation, ...]
    homophones: Tuple[str, ...]
    note: str

    @staticmethod
    def parse(text: str) -> "ReportRow":
        row = dict(zip(Outcome.HEADER.rstrip("\n").split("\t"), text.split("\t")))
        ways = filter(None, row["pronunciations"].split(" | "))
        return ReportRow(
            line=int(row["line"]),
            phrase=row["phrase"],
            status=row["status"],
            pronunciations=tuple(tuple(_SCORE.sub("", way).split()) for way in ways),
            homophones=tuple(row["homophones"].split()),
            note=row["note"],
        )


def report_rows(lines: Iterable[str]) -> List[ReportRow]:
    """The rows of a report, of its lines."""
    header, *rows = lines
    assert f"{header}\n" == Outcome.HEADER, "a report of this version, as its graph folder is"
    return list(map(ReportRow.parse, rows))
