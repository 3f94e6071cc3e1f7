"""Plots of ladders: every rung with its intervals, F1 against the size of the list, precision against recall."""

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Mapping, Sequence, Tuple

import numpy as np

from wfst_bias.core.files import publish_file
from wfst_bias.report.folders import Comparison, is_stage
from wfst_bias.score.ladder import Rung
from wfst_bias.score.report import Rate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, QUIET, LINE, PAPER = "#1b1f24", "#59636e", "#d0d7de", "#ffffff"
SERIES = ("#0b6bcb", "#c2410c", "#0f766e", "#7c3aed", "#a16207", "#be185d", "#475569", "#4d7c0f")
_MARKERS = "osD^vPX*"
_DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 2, 1, 2)))  # of a search, and of the stages behind it
_STAGE = " + "
_NUMBER = r"\d+(?:\.\d+)?"
_FORMS = ("svg", "png")
_DPI = 150
_WHOLE = 100.4  # percent, and a little room for its points
_DODGE = 0.012  # of the width, between systems at the same place
_INCHES_A_RUNG = 0.27
LETTERS = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
}  # stay letters, for searching and for the page's colours
_STYLE = {
    **LETTERS,
    "font.size": 9,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.minor.visible": False,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
}


@dataclass(frozen=True)
class Plot:
    """A plot.

    Args:
      name: of its files.
      title: one line.
      summary: what it shows, for those who do not see it.
      inches: width and height.
      draw: puts it into an empty figure.
    """

    name: str
    title: str
    summary: str
    inches: Tuple[float, float]
    draw: Callable[["Figure"], None]

    def picture(self, form: str) -> bytes:
        """The content of a file, ``svg`` or ``png``."""
        import matplotlib
        from matplotlib.figure import Figure

        stream = io.BytesIO()
        with matplotlib.rc_context({**_STYLE, "svg.hashsalt": self.name}):
            figure = Figure(figsize=self.inches, layout="constrained")
            figure.get_layout_engine().set(wspace=0.06)
            self.draw(figure)
            figure.savefig(stream, format=form, dpi=_DPI, metadata={"Date": None} if form == "svg" else None)
        return stream.getvalue()

    def write(self, folder: Path) -> None:
        """Both files."""
        for form in _FORMS:
            publish_file(folder / f"{self.name}.{form}", self.picture(form))


@dataclass(frozen=True)
class _Point:
    """A rung in a plot.

    Args:
      num_phrases: of the list.
      rung: with its scores.
      label: of the rung.
      mark: what tells it from others of its system: the numbers in the folder's name or, without any, ``num_phrases``.
    """

    num_phrases: int
    rung: Rung
    label: str
    mark: str


def system_of(comparison: Comparison, rung: Rung) -> str:
    """A rung without the numbers in its folder's name, which lists of several sizes or several weights have there."""
    name = re.sub(_NUMBER, "N", comparison.folder_of(rung).label)
    return f"{name}{_STAGE}{rung.stage}" if is_stage(rung) else name


def _point(comparison: Comparison, rung: Rung) -> _Point:
    num_phrases = comparison.scored_by.num_phrases
    mark = " ".join(re.findall(_NUMBER, comparison.folder_of(rung).label)) or f"{num_phrases:,}"
    return _Point(num_phrases, rung, comparison.label(rung), mark)


def plots(comparisons: Sequence[Comparison]) -> List[Plot]:
    """All that can be drawn: against the size of the list only where there are lists of several sizes."""
    systems: Dict[str, List[_Point]] = {}
    for comparison in comparisons:
        for rung in comparison.rungs:
            systems.setdefault(system_of(comparison, rung), []).append(_point(comparison, rung))
    names = {name: points[0].label if len(points) == 1 else name for name, points in systems.items()}
    systems = {names[name]: points for name, points in systems.items()}
    drawn = [_rungs(comparisons)]
    if len({comparison.scored_by.num_phrases for comparison in comparisons}) > 1:
        drawn.append(_against_size(systems))
    is_told = lambda point: np.isfinite(_xy(point.rung)).all()
    told = {name: found for name, points in systems.items() if (found := list(filter(is_told, points)))}
    if told:
        drawn.append(_precision_recall(told))
    return drawn


def _rungs(comparisons: Sequence[Comparison]) -> Plot:
    """Points with intervals, a row each rung, a column each measure."""
    rows = [(comparison, rung) for comparison in comparisons for rung in comparison.rungs]
    labels = [_row_label(comparison, rung) for comparison, rung in rows]
    colours = {id(comparison): SERIES[i % len(SERIES)] for i, comparison in enumerate(comparisons)}

    def draw(figure: "Figure") -> None:
        axes = figure.subplots(1, 3, sharey=True)
        for ax, name in zip(axes, ("F1", "WER", "B-WER")):
            for y, (comparison, rung) in enumerate(rows):
                rate, colour = rung.score.rates[name], colours[id(comparison)]
                ax.plot([rate.low, rate.high], [y, y], color=colour, linewidth=1.6, alpha=0.55)
                ax.plot([rate.value], [y], "o", color=colour, markersize=4.5)
            ax.set_title(f"{name}, %", loc="left")
            ax.grid(axis="y", visible=False)
            ax.tick_params(length=0)
            ax.margins(x=0.08)
            ax.locator_params(axis="x", nbins=5)
        axes[0].set_yticks(range(len(rows)), list(map(_plain, labels)))
        axes[0].set_ylim(len(rows) - 0.5, -0.5)
        for label in axes[0].get_yticklabels():
            label.set_color(INK)
        below = 0
        for comparison in comparisons if len(comparisons) > 1 else ():
            style = {"size": 8, "color": colours[id(comparison)], "va": "center"}
            name = f"{comparison.scored_by.num_phrases:,} phrases"
            axes[-1].annotate(name, (1.03, below), xycoords=("axes fraction", "data"), annotation_clip=False, **style)
            below += len(comparison.rungs)
            for ax in axes if below < len(rows) else ():
                ax.axhline(below - 0.5, color=LINE, linewidth=0.8)

    summary = "; ".join(
        f"{label}: F1 {_told(rung.score.rates['F1'])}, WER {_told(rung.score.rates['WER'])}"
        for label, (_, rung) in zip(labels, rows)
    )
    height = 0.75 + _INCHES_A_RUNG * len(rows)
    return Plot("ladder", "Each rung, with 95 % intervals", summary, (8.6, height), draw)


def _row_label(comparison: Comparison, rung: Rung) -> str:
    label = comparison.folder_of(rung).label
    return f"+ {rung.stage}" if is_stage(rung) else label


def _against_size(systems: Mapping[str, Sequence[_Point]]) -> Plot:
    def draw(figure: "Figure") -> None:
        ax = figure.subplots()
        sizes = sorted({point.num_phrases for points in systems.values() for point in points})
        for i, (look, (name, points)) in enumerate(zip(_looks(systems), systems.items())):
            rates = [point.rung.score.rates["F1"] for point in points]
            dodge = 1 + _DODGE * (i - (len(systems) - 1) / 2)
            x = [point.num_phrases * dodge for point in points]
            _errorbar(ax, look, _plain(name), x, rates)
        if sizes[0] > 0:
            ax.set_xscale("log")
        ax.minorticks_off()
        ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
        ax.set_xlabel("phrases of the list")
        ax.set_ylabel("entity F1, %")
        _legend(figure, ax)

    summary = "; ".join(
        f"{name}: " + ", ".join(f"{_told(p.rung.score.rates['F1'])} at {p.num_phrases:,}" for p in points)
        for name, points in systems.items()
    )
    return Plot("f1_against_n", "F1 against the size of the list", summary, (7.2, 3.8), draw)


def _looks(systems: Iterable[str]) -> List[Dict[str, Any]]:
    """Of each system's line: a colour and a marker for each search, other dashes for the stages behind it."""
    stages: Dict[str, int] = {}
    looks = []
    for name in systems:
        search = name.partition(_STAGE)[0]
        stages[search] = stages.get(search, -1) + 1
        series = list(stages).index(search)
        look = {"color": SERIES[series % len(SERIES)], "marker": _MARKERS[series % len(_MARKERS)]}
        looks.append({**look, "linestyle": _DASHES[stages[search] % len(_DASHES)]})
    return looks


def _errorbar(ax: "Axes", look: Mapping[str, Any], name: str, x: Sequence[float], rates: Sequence[Rate]) -> None:
    y = np.array([rate.value for rate in rates])
    spread = np.abs(np.array([[rate.low for rate in rates], [rate.high for rate in rates]]) - y)
    ax.errorbar(
        x,
        y,
        spread,
        **look,
        markersize=5,
        linewidth=1.6,
        elinewidth=0.9,
        label=name,
    )


def _precision_recall(systems: Mapping[str, Sequence[_Point]]) -> Plot:
    def draw(figure: "Figure") -> None:
        ax = figure.subplots()
        for i, (look, (name, points)) in enumerate(zip(_looks(systems), systems.items())):
            x, y = np.array([_xy(point.rung) for point in points]).T
            hollow = {"markerfacecolor": "none", "markeredgewidth": 1.6}  # several may stand at the same place
            ax.plot(x, y, **look, markersize=5 + 5 * i / len(systems), linewidth=1.0, label=_plain(name), **hollow)
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
    title = "Precision against recall, the curves of equal F1 behind"
    return Plot("precision_recall", title, summary, (7.2, 4.2), draw)


def _equal_f1(ax: "Axes", left: float, right: float, low: float, high: float) -> None:
    """Curves on which F1 is the same, their values at the upper or right end."""
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
        style = {"size": 6.5, "color": QUIET, "ha": "right"}
        ax.annotate(f"F1 {f1:g}", end, (-2, 3), textcoords="offset points", **style)


def _xy(rung: Rung) -> Tuple[float, float]:
    return rung.score.rates["recall"].value, rung.score.rates["precision"].value


def _legend(figure: "Figure", ax: "Axes") -> None:
    figure.legend(*ax.get_legend_handles_labels(), loc="outside right upper", fontsize=8)


def _told(rate: Rate) -> str:
    return rate.columns()[0]


def _plain(text: str) -> str:
    """Without formulas, which a dollar begins."""
    return text.replace("$", r"\$")
