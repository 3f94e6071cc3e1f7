"""The ladders of a report as a table of Markdown."""

from typing import Iterable, Tuple

import numpy as np

from wfst_bias.report.folders import Comparison, is_stage
from wfst_bias.score.ladder import Rung
from wfst_bias.score.report import Rate, Score

_WITH_INTERVALS = ("WER", "U-WER", "B-WER")
_HEADERS = ("phrases", "", *_WITH_INTERVALS, "precision", "recall", "F1", "F1 error removed", "false alarms an hour")


def markdown_of(comparisons: Iterable[Comparison]) -> str:
    """A row for each rung, the ladders below one another; percent, with 95 % intervals.

    What is removed of the F1 error is that of the first rung: ``100 (F1 - F1_0) / (100 - F1_0)``.
    """
    rows = [_row(comparison, rung) for comparison in comparisons for rung in comparison.rungs]
    return "".join(f"| {' | '.join(row)} |\n" for row in (_HEADERS, ["---"] * len(_HEADERS), *rows))


def _row(comparison: Comparison, rung: Rung) -> Tuple[str, ...]:
    rates = rung.score.rates
    return (
        f"{comparison.scored_by.num_phrases:,}",
        f"+ {rung.stage}" if is_stage(rung) else comparison.folder_of(rung).label,
        *(_with_interval(rates[name]) for name in _WITH_INTERVALS),
        _number(rates["precision"].value),
        _number(rates["recall"].value),
        _with_interval(rates["F1"]),
        _number(_removed(comparison.rungs[0].score, rung.score)),
        _number(rung.score.false_alarms_per_hour),
    )


def _removed(first: Score, score: Score) -> float:
    """Percent of the first one's F1 error that is gone."""
    before, after = first.rates["F1"].value, score.rates["F1"].value
    return 100 * (after - before) / (100 - before) if before < 100 else float("nan")


def _with_interval(rate: Rate) -> str:
    return "-" if np.isnan(rate.value) else f"{rate.value:.2f} [{rate.low:.2f}, {rate.high:.2f}]"


def _number(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.1f}"
