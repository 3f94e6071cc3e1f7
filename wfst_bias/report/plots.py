"""Plots of ladders: every rung with its intervals, F1 against the size of the list, precision against recall."""

import math
from typing import TYPE_CHECKING, Any, Callable, Collection, Dict, List, Mapping, Sequence, Tuple

import numpy as np

from wfst_bias.core.figures import escape_formulas
from wfst_bias.core.types import FloatArray
from wfst_bias.report.folders import Comparison
from wfst_bias.report.plot import LINE, QUIET, Plot
from wfst_bias.report.rung_plot import rung_plot
from wfst_bias.report.systems import Point, line_styles, points_by_system
from wfst_bias.score.ladder import Rung
from wfst_bias.score.report import Rate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEAST_SPAN = 10.0  # percent, of an axis
_ROOM = 0.04  # of an axis, beyond 0 and 100 % for the markers there
_SHORT_NAME = 28  # letters of a name that leaves room for another one beside it in a legend
_DODGE = 0.012  # of the width, between systems at the same position


def plots(comparisons: Sequence[Comparison]) -> List[Plot]:
    """Return all plots that can be drawn: F1 against the size of the list only where there are lists of several sizes."""
    systems = points_by_system(comparisons)
    drawn = [rung_plot(comparisons)]
    if len({comparison.scored_by.num_phrases for comparison in comparisons}) > 1:
        drawn.append(_against_size(systems))
    finite = {name: [p for p in points if np.isfinite(_xy(p.rung)).all()] for name, points in systems.items()}
    if finite := {name: points for name, points in finite.items() if points}:
        drawn.append(_precision_recall(finite))
    return drawn


def _against_size(systems: Mapping[str, Sequence[Point]]) -> Plot:
    def draw(figure: "Figure") -> None:
        ax = figure.subplots()
        sizes = sorted({point.num_phrases for points in systems.values() for point in points})
        for i, (style, (name, points)) in enumerate(zip(line_styles(systems), systems.items())):
            rates = [point.rung.score.rates["F1"] for point in points]
            dodge = 1 + _DODGE * (i - (len(systems) - 1) / 2)
            x = [point.num_phrases * dodge for point in points]
            _errorbar(ax, style, escape_formulas(name), x, rates)
        if sizes[0] > 0:
            ax.set_xscale("log")
        ax.minorticks_off()
        ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
        ax.set_xlabel("phrases of the list")
        ax.set_ylabel("entity F1, %")
        _legend(figure, ax)

    summary = "; ".join(
        f"{name}: " + ", ".join(f"{p.rung.score.rates['F1'].columns()[0]} at {p.num_phrases:,}" for p in points)
        for name, points in systems.items()
    )
    return Plot("f1_against_n", "F1 against the size of the list", summary, _inches(systems), draw)


def _errorbar(ax: "Axes", style: Mapping[str, Any], name: str, x: Sequence[float], rates: Sequence[Rate]) -> None:
    y = np.array([rate.value for rate in rates])
    spread = np.abs(np.array([[rate.low for rate in rates], [rate.high for rate in rates]]) - y)
    ax.errorbar(
        x,
        y,
        spread,
        **style,
        markersize=5,
        linewidth=1.6,
        elinewidth=0.9,
        label=name,
        clip_on=False,
    )


def _precision_recall(systems: Mapping[str, Sequence[Point]]) -> Plot:
    def draw(figure: "Figure") -> None:
        ax = figure.subplots()
        for i, (style, (name, points)) in enumerate(zip(line_styles(systems), systems.items())):
            x, y = np.array([_xy(point.rung) for point in points]).T
            # hollow, because several may stand at the same position
            hollow: Dict[str, Any] = {"markerfacecolor": "none", "markeredgewidth": 1.6, "clip_on": False}
            size = 6 + 5 * i / len(systems)
            ax.plot(x, y, **style, markersize=size, linewidth=1.0, label=escape_formulas(name), **hollow)
            marks: Dict[Tuple[float, float], List[str]] = {}
            for point, px, py in zip(points, x, y) if len(points) > 1 else ():
                marks.setdefault((round(px, 1), round(py, 1)), []).append(point.mark)
            for place, here in marks.items():
                ax.annotate(" · ".join(here), place, (6, 5), textcoords="offset points", size=7, color=QUIET)
        places = np.array([_xy(point.rung) for points in systems.values() for point in points])
        (left, right), (low, high) = map(_limits, places.T)
        ax.set(xlabel="recall, %", ylabel="precision, %")
        ax.grid(visible=False)
        _equal_f1(ax, left, right, low, high)
        _set_limits(ax.set_xlim, ax.set_xticks, left, right)
        _set_limits(ax.set_ylim, ax.set_yticks, low, high)
        _legend(figure, ax)

    summary = "; ".join(
        f"{name}: " + ", ".join("precision {1:.1f} at recall {0:.1f}".format(*_xy(p.rung)) for p in points)
        for name, points in systems.items()
    )
    title = "Precision against recall, with curves of equal F1"
    return Plot("precision_recall", title, summary, _inches(systems), draw)


def _limits(values: FloatArray) -> Tuple[float, float]:
    """Return the percents that an axis shows, with room around values and at least a tenth of all."""
    low, high = values.min(), values.max()
    room = max(1.0, 0.15 * (high - low), (_LEAST_SPAN - (high - low)) / 2)
    return float(max(low - room, 0)), float(min(high + room, 100))


def _set_limits(set_limits: Callable[..., Any], set_ticks: Callable[..., Any], low: float, high: float) -> None:
    """Give an axis its limits, with room for whole markers at 0 and 100 %, but no ticks beyond these."""
    from matplotlib.ticker import MaxNLocator

    room = _ROOM * (high - low)
    ticks = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(low, high)
    set_ticks([tick for tick in ticks if low <= tick <= high])
    set_limits(low - room * (low == 0), high + room * (high == 100))


def _equal_f1(ax: "Axes", left: float, right: float, low: float, high: float) -> None:
    """Draw curves on which F1 is the same, their values at the upper or right end."""
    from matplotlib.ticker import MaxNLocator

    recall = np.linspace(max(left, 0.5), right, 200)
    lowest, highest = (2 * a * b / (a + b) for a, b in ((max(left, 0.5), max(low, 0.5)), (right, high)))
    for f1 in MaxNLocator(8).tick_values(lowest, highest):
        with np.errstate(divide="ignore", invalid="ignore"):
            precision = f1 * recall / (2 * recall - f1)
        inside = np.flatnonzero((2 * recall > f1) & (precision >= low) & (precision <= high))
        if len(inside) < 5:
            continue
        ax.plot(recall[inside], precision[inside], color=LINE, linewidth=0.8, zorder=0)
        end = recall[inside[-1]], precision[inside[-1]]
        if end[0] > left + 0.1 * (right - left):  # elsewhere the axis is in its way
            ax.annotate(f"F1 {f1:g}", end, (-2, 3), textcoords="offset points", size=7, color=QUIET, ha="right")


def _xy(rung: Rung) -> Tuple[float, float]:
    return rung.score.rates["recall"].value, rung.score.rates["precision"].value


def _legend(figure: "Figure", ax: "Axes") -> None:
    handles, names = ax.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower left", fontsize=8, ncols=_legend_columns(names))


def _legend_columns(names: Collection[str]) -> int:
    return 2 if len(names) > 1 and max(map(len, names)) <= _SHORT_NAME else 1


def _inches(systems: Collection[str]) -> Tuple[float, float]:
    """Return the size of a plot with a legend below it."""
    return 5.0, 3.0 + 0.18 * math.ceil(len(systems) / _legend_columns(systems))
