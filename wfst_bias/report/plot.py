"""A plot of a report: its summary, its colors, its files."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Tuple

from wfst_bias.core.figures import render_figure
from wfst_bias.core.files import publish_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, QUIET, LINE, PAPER = "#1b1f24", "#59636e", "#d0d7de", "#ffffff"
SERIES = ("#0b6bcb", "#c2410c", "#0f766e", "#7c3aed", "#a16207", "#be185d", "#475569", "#4d7c0f")
_FORMS = (".svg", ".png")
_STYLE = {
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
    "axes.facecolor": "none",
}


@dataclass(frozen=True)
class Plot:
    """A plot.

    Args:
      name: of its files.
      title: one line.
      summary: its content in words, for screen readers.
      inches: width and height.
      draw: puts it into an empty figure.
    """

    name: str
    title: str
    summary: str
    inches: Tuple[float, float]
    draw: Callable[["Figure"], None]

    def picture(self, form: str) -> bytes:
        """Return the content of a file, ``.svg`` or ``.png``."""
        return render_figure(self._figure, form, self.name, _STYLE)

    def write(self, folder: Path) -> None:
        """Write the plot in both forms."""
        for form in _FORMS:
            publish_file(folder / f"{self.name}{form}", self.picture(form))

    def _figure(self) -> "Figure":
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine

        figure = Figure(figsize=self.inches, layout=ConstrainedLayoutEngine(wspace=0.06))
        self.draw(figure)
        return figure
