"""The attention plot: phrases of a list against time, the words that were recognised below."""

from pathlib import Path
from typing import Any, Sequence

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_file
from wfst_bias.decode.paths import Word

_FORMATS = (".png", ".svg")
_INCHES_A_SECOND, _INCHES_A_PHRASE = 2.4, 0.26


def write_attention_plot(
    out: Path, attention: np.ndarray, phrases: Sequence[str], frame_shift: float, words: Sequence[Word], top: int
) -> None:
    """Draw attention as PNG or SVG, whichever ``out`` ends in; the others are those of :func:`attention_picture`.

    Raises:
      InputError: ``out`` ends in something else.
    """
    out = Path(out)
    if out.suffix not in _FORMATS:
        raise InputError(f"ends in {out.suffix!r}; {' or '.join(_FORMATS)} was expected", out)
    publish_file(out, attention_picture(attention, phrases, frame_shift, words, top, out.suffix))


def attention_picture(
    attention: np.ndarray,
    phrases: Sequence[str],
    frame_shift: float,
    words: Sequence[Word],
    top: int,
    form: str,
    colours: Any = "magma_r",
) -> bytes:
    """A picture of attention.

    Args:
      attention: to each phrase in each frame ``(T, E)``; what is missing to 1 went to ``<no-bias>``.
      phrases: of the list ``(E,)``.
      frame_shift: seconds.
      words: of the transcript.
      top: phrases to show, those attended to most.
      form: ``.png`` or ``.svg``.
      colours: a colour map, by name or one of matplotlib's.
    """
    import io

    from matplotlib.figure import Figure

    shown = np.argsort(-attention.sum(0), kind="stable")[:top]
    peak = np.argmax(attention[:, shown], axis=0)
    shown = shown[np.argsort(peak, kind="stable")]
    no_bias = np.clip(1.0 - attention.sum(1, keepdims=True), 0.0, 1.0)
    rows = np.concatenate([attention[:, shown], no_bias], axis=1).T  # (phrases + 1, T)
    plain = lambda text: text.replace("$", r"\$")  # which else begins a formula
    labels = [*(plain(phrases[i]) for i in shown), "<no-bias>"]
    seconds = len(attention) * frame_shift
    figure = Figure(figsize=(max(5.0, 1.6 + _INCHES_A_SECOND * seconds), 1.4 + _INCHES_A_PHRASE * len(labels)))
    axes = figure.add_subplot()
    edges = np.arange(len(attention) + 1) * frame_shift
    image = axes.pcolormesh(edges, np.arange(len(labels) + 1), rows, cmap=colours, vmin=0.0, vmax=1.0, rasterized=True)
    axes.set_yticks(np.arange(len(labels)) + 0.5, labels)
    axes.invert_yaxis()
    axes.set_xticks(
        [(word.start + word.end) / 2 for word in words], [plain(word.text) for word in words], rotation=40, ha="right"
    )
    for word in words:
        axes.axvline(word.start, color="0.6", linewidth=0.5)
    axes.set_xlabel(f"words as they were recognised, over {seconds:.2f} s")
    figure.colorbar(image, ax=axes, label="attention", pad=0.01)
    figure.tight_layout()
    stream = io.BytesIO()
    figure.savefig(stream, format=form[1:], dpi=150, metadata={"Date": None} if form == ".svg" else None)
    return stream.getvalue()
