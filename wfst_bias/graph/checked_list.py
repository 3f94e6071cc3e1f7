"""A list held against a base: what became of its phrases, and what there is to know about them."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from tabulate import tabulate

from wfst_bias.core.types import FloatArray
from wfst_bias.entities.check import check
from wfst_bias.entities.false_alarm_rates import SPREAD
from wfst_bias.entities.findings import ERROR, KINDS, SEVERITIES, WARNING, Finding
from wfst_bias.entities.lists import AUTO, EntityList, list_path, read_list_with_notices
from wfst_bias.entities.outcome import Outcome
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.false_alarms import false_alarms_of_lists, ordinary_speech
from wfst_bias.graph.store import read_base, read_token_graph
from wfst_bias.graph.unigrams import word_log_probs

_SHOWN = 10  # findings of a kind and severity


@dataclass(frozen=True)
class CheckedList:
    """A list and what was found in it.

    Args:
      path: of the list; ``list`` for one that was given in Python.
      base_dir: that it was held against.
      spelled: the list.
      findings: what there is to know about them.
      false_alarms: that each phrase is predicted to give in an hour in which nobody says it, before verification,
        float64 ``(E,)``; none where it cannot be predicted.
    """

    path: Path
    base_dir: Path
    spelled: SpelledList
    findings: Sequence[Finding]
    false_alarms: Optional[FloatArray] = None

    def fails(self, strict: bool = False) -> bool:
        """Whether there is an error or, if ``strict``, a warning."""
        severities = {finding.severity for finding in self.findings}
        return ERROR in severities or (strict and WARNING in severities)

    def text(self) -> str:
        """A line for each kind of finding, and the first findings of each as ``PATH:LINE: ...``."""
        summary = ", ".join(f"{count:,} {status}" for status, count in self.spelled.counts.items())
        blocks = [f"{self.path}: {len(self.spelled):,} phrases: {summary}"]
        of_kind: Dict[Tuple[str, str], List[Finding]] = {
            (severity, kind): [] for severity in SEVERITIES for kind in KINDS
        }
        for finding in self.findings:
            of_kind[finding.severity, finding.kind].append(finding)
        shown = [found for found in of_kind.values() if found]
        if shown:
            rows = [(found[0].severity, found[0].kind, f"{len(found):,}") for found in shown]
            blocks.append(tabulate(rows, tablefmt="plain", colalign=("left", "left", "right"), disable_numparse=True))
        return "\n\n".join(blocks + [self._first_of(found) for found in shown] + self._prediction())

    def _prediction(self) -> List[str]:
        """The false alarms that are predicted for the list, and its worst phrases."""
        if self.false_alarms is None or not len(self.false_alarms):
            return []
        total = float(self.false_alarms.sum())
        worst = [i for i in np.argsort(-self.false_alarms, kind="stable")[:_SHOWN].tolist() if self.false_alarms[i] > 0]
        rows = [
            f"{self.path}:{self.spelled[i].entity.line}: {self.spelled[i].entity.written!r}: {_rounded(self.false_alarms[i])}"
            for i in worst
        ]
        heading = (
            f"predicted false alarms an hour where nobody says any of it, before verification: {_rounded(total)} "
            f"({_rounded(total / SPREAD)} in clear to {_rounded(total * SPREAD)} in accented speech); most of them by"
        )
        return ["\n".join([heading, *rows])] if worst else []

    def _first_of(self, findings: Sequence[Finding]) -> str:
        lines = [f"{self.path}:{f.entity.line}: {f.severity}: {f.message} [{f.kind}]" for f in findings[:_SHOWN]]
        more = len(findings) - _SHOWN
        return "\n".join(lines + [f"... and {more:,} more; --json has them all"] * (more > 0))

    def to_json(self) -> str:
        content: Dict[str, Any] = {
            "list": str(self.path),
            "base": str(self.base_dir),
            "statuses": self.spelled.counts,
            "notices": [notice.to_fields() for notice in self.spelled.notices],
            "severities": {s: sum(f.severity == s for f in self.findings) for s in SEVERITIES},
            "findings": [
                {
                    "severity": finding.severity,
                    "kind": finding.kind,
                    "line": finding.entity.line,
                    "phrase": finding.entity.written,
                    "message": finding.message,
                }
                for finding in self.findings
            ],
            "phrases": [_row(outcome) for outcome in self.spelled],
        }
        if self.false_alarms is not None:
            content["false_alarms_per_hour"] = round(float(self.false_alarms.sum()), 4)
            for row, rate in zip(content["phrases"], self.false_alarms.tolist()):
                row["false_alarms_per_hour"] = round(rate, 6)
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _rounded(rate: float) -> str:
    """A rate in figures that mean something."""
    return f"{rate:,.0f}" if rate >= 10.0 else f"{rate:.2g}" if rate >= 0.01 else f"{rate:.1g}"


def _row(outcome: Outcome) -> Dict[str, Any]:
    entity = outcome.entity
    return {
        "line": entity.line,
        "phrase": entity.written,
        "class": entity.entity_class,
        "weight": entity.weight,
        "status": outcome.status,
        "spoken": [" ".join(form) for form in entity.forms],
        "pronunciations": [
            {"units": " ".join(units), "score": round(score, 3), "homophones": list(homophones)}
            for units, score, homophones in zip(outcome.pronunciations, outcome.scores, outcome.homophones)
        ],
        "unknown_words": list(outcome.unknown_words),
        "note": outcome.notes,
    }


def check_list(
    source: EntityList, base_dir: Path, format_name: str = AUTO, g2g: G2GConfig = G2GConfig()
) -> CheckedList:
    """Check a list as it would be compiled into a base.

    Args:
      source, format_name: see :func:`wfst_bias.entities.lists.read_entities`.
      g2g: variants of the phrases.

    Raises:
      InputError: the list cannot be read, or names a class that the base does not have.
    """
    base = read_base(base_dir)
    read = read_list_with_notices(source, base.class_names, format_name)
    spelled = replace(speller_of(base, g2g=g2g).spell(read.entities, lexicon=read.lexicon), notices=read.notices)
    log_probs = word_log_probs(read_token_graph(base_dir), base.words)
    speech = ordinary_speech(base, log_probs)
    return CheckedList(
        list_path(source) or Path("list"),
        Path(base_dir),
        spelled,
        check(spelled, base.lang, log_probs),
        None if speech is None else false_alarms_of_lists(base, spelled, speech),
    )
