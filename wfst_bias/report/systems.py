"""Systems of a plot: rungs that differ only in the size or the weights that their folders' names count."""

import re
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Sequence

from wfst_bias.report.folders import Comparison, is_stage
from wfst_bias.report.plot import SERIES
from wfst_bias.score.ladder import Rung

_MARKERS = "osD^vPX*"
_DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 2, 1, 2)))  # of a search, and of the stages of its second pass
_STAGE = " + "
_NUMBER = r"\d+(?:\.\d+)?"


@dataclass(frozen=True)
class Point:
    """A rung in a plot.

    Args:
      num_phrases: of the list.
      rung: with its scores.
      label: of the rung.
      mark: distinguishes it in its system: the numbers in the folder's name or, without any, ``num_phrases``.
    """

    num_phrases: int
    rung: Rung
    label: str
    mark: str


def points_by_system(comparisons: Sequence[Comparison]) -> Dict[str, List[Point]]:
    """Return the points of each system by its name; a system of one point is named as its rung."""
    systems: Dict[str, List[Point]] = {}
    for comparison in comparisons:
        for rung in comparison.rungs:
            systems.setdefault(system_of(comparison, rung), []).append(_point(comparison, rung))
    return {points[0].label if len(points) == 1 else name: points for name, points in systems.items()}


def system_of(comparison: Comparison, rung: Rung) -> str:
    """Name a rung without the numbers in its folder's name, such as the size of its list or a weight."""
    name = re.sub(_NUMBER, "N", comparison.folder_of(rung).label)
    return f"{name}{_STAGE}{rung.stage}" if is_stage(rung) else name


def line_styles(systems: Iterable[str]) -> List[Dict[str, Any]]:
    """Return for each system a color and a marker of its search, and other dashes for the stages of a second pass."""
    stages: Dict[str, int] = {}
    styles: List[Dict[str, Any]] = []
    for name in systems:
        search = name.partition(_STAGE)[0]
        stages[search] = stages.get(search, -1) + 1
        series = list(stages).index(search)
        style = {"color": SERIES[series % len(SERIES)], "marker": _MARKERS[series % len(_MARKERS)]}
        styles.append({**style, "linestyle": _DASHES[stages[search] % len(_DASHES)]})
    return styles


def _point(comparison: Comparison, rung: Rung) -> Point:
    num_phrases = comparison.scored_by.num_phrases
    mark = " ".join(re.findall(_NUMBER, comparison.folder_of(rung).label)) or f"{num_phrases:,}"
    return Point(num_phrases, rung, comparison.label(rung), mark)
