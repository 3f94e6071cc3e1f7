"""Plots of ladders: every rung with its intervals, F1 against the size of the list, precision against recall."""

from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Sequence, Tuple

import numpy as np

from wfst_bias.core.figures import escape_formulas
from wfst_bias.report.folders import Comparison
from wfst_bias.report.plot import LINE, QUIET, Plot
from wfst_bias.report.rung_plot import rung_plot
from wfst_bias.report.systems import Point, line_styles, points_by_system
from wfst_bias.score.ladder import Rung
from wfst_bias.score.report import Rate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WHOLE = 100.4  # percent, and a little room for its points
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
    return Plot("f1_against_n", "F1 against the size of the list", summary, (7.2, 3.8), draw)


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
    )


def _precision_recall(systems: Mapping[str, Sequence[Point]]) -> Plot:
    def draw(figure: "Figure") -> None:
        ax = figure.subplots()
        for i, (style, (name, points)) in enumerate(zip(line_styles(systems), systems.items())):
            x, y = np.array([_xy(point.rung) for point in points]).T
            hollow: Dict[str, Any] = {
                "markerfacecolor": "none",
                "markeredgewidth": 1.6,
            }  # several may stand at the same position
            ax.plot(
                x, y, **style, markersize=5 + 5 * i / len(systems), linewidth=1.0, label=escape_formulas(name), **hollow
            )
            marks: Dict[Tuple[float, float], List[str]] = {}
            for point, px, py in zip(points, x, y) if len(points) > 1 else ():
                marks.setdefault((round(px, 1), round(py, 1)), []).append(point.mark)
            for place, here in marks.items():
                ax.annotate(" · ".join(here), place, (6, 5), textcoords="offset points", size=6.5, color=QUIET)
        ax.margins(0.12)
        (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
        left, right, low, high = max(left - 1, 0), min(right + 1, _WHOLE), max(low - 1, 0), min(high + 1, _WHOLE)
        ax.set(xlim=(left, right), ylim=(low, high), xlabel="recall, %", ylabel="precision, %")
        ax.grid(visible=False)
        _equal_f1(ax, left, right, low, high)
        _legend(figure, ax)

    summary = "; ".join(
        f"{name}: " + ", ".join("precision {1:.1f} at recall {0:.1f}".format(*_xy(p.rung)) for p in points)
        for name, points in systems.items()
    )
    title = "Precision against recall, with curves of equal F1"
    return Plot("precision_recall", title, summary, (7.2, 4.2), draw)


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
        ax.annotate(f"F1 {f1:g}", end, (-2, 3), textcoords="offset points", size=6.5, color=QUIET, ha="right")


def _xy(rung: Rung) -> Tuple[float, float]:
    return rung.score.rates["recall"].value, rung.score.rates["precision"].value


def _legend(figure: "Figure", ax: "Axes") -> None:
    figure.legend(*ax.get_legend_handles_labels(), loc="outside right upper", fontsize=8)
