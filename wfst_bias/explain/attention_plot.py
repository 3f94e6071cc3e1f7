"""The attention plot: phrases of a list against time, the words that were recognised below."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Sequence

import numpy as np

from wfst_bias.core.figures import check_picture_name, escape_formulas, render_figure
from wfst_bias.core.files import publish_file
from wfst_bias.core.types import FloatArray
from wfst_bias.decode.transcript import Word

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FORMATS = (".png", ".svg")
_INCHES_A_SECOND, _INCHES_A_PHRASE = 2.4, 0.26


def write_attention_plot(
    out: Path, attention: FloatArray, phrases: Sequence[str], frame_shift: float, words: Sequence[Word], top: int
) -> None:
    """Draw attention as PNG or SVG, whichever ``out`` ends in; the others are those of :func:`attention_picture`.

    Raises:
      InputError: ``out`` ends in something else.
    """
    out = Path(out)
    check_picture_name(out, _FORMATS)
    publish_file(out, attention_picture(attention, phrases, frame_shift, words, top, out.suffix))


def attention_picture(
    attention: FloatArray,
    phrases: Sequence[str],
    frame_shift: float,
    words: Sequence[Word],
    top: int,
    form: str,
    colors: Any = "magma_r",
    identifier: str = "attention",
) -> bytes:
    """Draw attention.

    Args:
      attention: to each phrase in each frame ``(T, E)``; what is missing to 1 went to ``<no-bias>``.
      phrases: of the list ``(E,)``.
      frame_shift: seconds.
      words: of the transcript.
      top: phrases to show, those attended to most.
      form: ``.png`` or ``.svg``.
      colors: a color map, by name or one of matplotlib's.
      identifier: from which the ids within an SVG are derived.
    """
    shown = np.argsort(-attention.sum(0), kind="stable")[:top]
    peak = np.argmax(attention[:, shown], axis=0)
    shown = shown[np.argsort(peak, kind="stable")]
    no_bias = np.clip(1.0 - attention.sum(1, keepdims=True), 0.0, 1.0)
    rows = np.concatenate([attention[:, shown], no_bias], axis=1).T  # (phrases + 1, T)
    labels = [*(escape_formulas(phrases[i]) for i in shown), "<no-bias>"]
    edges = np.arange(len(attention) + 1) * frame_shift
    return render_figure(lambda: _figure(rows, labels, edges, words, colors), form, identifier)


def _figure(rows: FloatArray, labels: Sequence[str], edges: FloatArray, words: Sequence[Word], colors: Any) -> "Figure":
    """Draw rows of attention ``(E, T)`` between the times of the frames' edges ``(T + 1,)``, seconds."""
    from matplotlib.figure import Figure

    seconds = float(edges[-1])
    figure = Figure(figsize=(max(5.0, 1.6 + _INCHES_A_SECOND * seconds), 1.4 + _INCHES_A_PHRASE * len(labels)))
    axes = figure.add_subplot()
    image = axes.pcolormesh(edges, np.arange(len(labels) + 1), rows, cmap=colors, vmin=0.0, vmax=1.0, rasterized=True)
    axes.set_yticks(np.arange(len(labels)) + 0.5, labels)
    axes.invert_yaxis()
    centers = [(word.start + word.end) / 2 for word in words]
    axes.set_xticks(centers, [escape_formulas(word.text) for word in words], rotation=40, ha="right")
    for word in words:
        axes.axvline(word.start, color="0.6", linewidth=0.5)
    axes.set_xlabel(f"words as they were recognised, over {seconds:.2f} s")
    figure.colorbar(image, ax=axes, label="attention", pad=0.01)
    figure.tight_layout()
    return figure
