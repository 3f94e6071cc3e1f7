"""Figures of matplotlib as the bytes of a file: the same content gives the same bytes."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Mapping, Sequence

from wfst_bias.core.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 150
_TEXT_STYLE = {"svg.fonttype": "none", "font.family": "DejaVu Sans"}  # an SVG keeps its text: searchable, recolorable


def render_figure(draw: Callable[[], "Figure"], form: str, identifier: str, style: Mapping[str, Any] = {}) -> bytes:
    """Return the content of a picture file.

    Args:
      draw: makes the figure, under the style.
      form: ``.svg``, ``.png`` or ``.pdf``.
      identifier: from which the ids within an SVG are derived.
      style: further ``rcParams`` of matplotlib.
    """
    import matplotlib

    stream = io.BytesIO()
    with matplotlib.rc_context({**_TEXT_STYLE, "svg.hashsalt": identifier, **style}):
        metadata = {"Date": None} if form == ".svg" else None
        draw().savefig(stream, format=form[1:], dpi=_DPI, metadata=metadata)
    return stream.getvalue()


def check_picture_name(path: Path, forms: Sequence[str]) -> None:
    """Raise :class:`InputError` where a file name ends in none of ``forms``."""
    if path.suffix not in forms:
        raise InputError(f"ends in {path.suffix!r}; {', '.join(forms[:-1])} or {forms[-1]} was expected", path)


def escape_formulas(text: str) -> str:
    """Return a text for matplotlib, which takes what is between dollars for a formula."""
    return text.replace("$", r"\$")
