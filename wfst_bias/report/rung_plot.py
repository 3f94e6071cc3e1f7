"""The plot of all rungs with their intervals: a row for each rung, a column for each rate."""

from typing import TYPE_CHECKING, Dict, Sequence, Tuple

from wfst_bias.core.figures import escape_formulas
from wfst_bias.report.folders import Comparison, is_stage
from wfst_bias.report.plot import INK, LINE, SERIES, Plot
from wfst_bias.score.ladder import Rung

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_RATES = ("F1", "WER", "B-WER")
_INCHES_A_RUNG, _INCHES_AT_LEAST = 0.27, 1.9

_Row = Tuple[Comparison, Rung]


def rung_plot(comparisons: Sequence[Comparison]) -> Plot:
    """Plot each rung as a point with its interval."""
    rows = [(comparison, rung) for comparison in comparisons for rung in comparison.rungs]
    labels = [_row_label(*row) for row in rows]
    colors = {id(comparison): SERIES[i % len(SERIES)] for i, comparison in enumerate(comparisons)}

    def draw(figure: "Figure") -> None:
        axes = figure.subplots(1, len(_RATES), sharey=True)
        for ax, name in zip(axes, _RATES):
            _draw_rate(ax, name, rows, colors)
        axes[0].set_yticks(range(len(rows)), list(map(escape_formulas, labels)))
        axes[0].set_ylim(len(rows) - 0.5, -0.5)
        for label in axes[0].get_yticklabels():
            label.set_color(INK)
        if len(comparisons) > 1:
            _draw_comparisons(axes, comparisons, colors)

    texts = [{name: rung.score.rates[name].columns()[0] for name in _RATES} for _, rung in rows]
    summary = "; ".join(f"{label}: F1 {text['F1']}, WER {text['WER']}" for label, text in zip(labels, texts))
    height = 0.75 + max(_INCHES_A_RUNG * len(rows), min(_INCHES_AT_LEAST, 0.6 * len(rows)))
    return Plot("ladder", "Each row of the table, with 95 % intervals", summary, (7.0, height), draw)


def _draw_rate(ax: "Axes", name: str, rows: Sequence[_Row], colors: Dict[int, str]) -> None:
    for y, (comparison, rung) in enumerate(rows):
        rate, color = rung.score.rates[name], colors[id(comparison)]
        ax.plot([rate.low, rate.high], [y, y], color=color, linewidth=1.6, alpha=0.55, clip_on=False)
        ax.plot([rate.value], [y], "o", color=color, markersize=5, clip_on=False)
    ax.set_title(f"{name}, %", loc="left")
    ax.grid(axis="y", visible=False)
    ax.tick_params(length=0)
    ax.margins(x=0.08)
    ax.locator_params(axis="x", nbins=5)


def _draw_comparisons(axes: Sequence["Axes"], comparisons: Sequence[Comparison], colors: Dict[int, str]) -> None:
    """Write the size of its list next to each comparison, and draw lines between comparisons."""
    num_rungs = sum(len(comparison.rungs) for comparison in comparisons)
    row = 0
    for comparison in comparisons:
        axes[-1].annotate(
            f"{comparison.scored_by.num_phrases:,} phrases",
            (1.03, row),
            xycoords=("axes fraction", "data"),
            annotation_clip=False,
            size=8,
            color=colors[id(comparison)],
            va="center",
        )
        row += len(comparison.rungs)
        for ax in axes if row < num_rungs else ():
            ax.axhline(row - 0.5, color=LINE, linewidth=0.8)


def _row_label(comparison: Comparison, rung: Rung) -> str:
    return f"+ {rung.stage}" if is_stage(rung) else comparison.folder_of(rung).label
