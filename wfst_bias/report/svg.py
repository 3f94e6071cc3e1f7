"""Pictures of matplotlib inside a page: one among many, in the page's colors."""

import re
from typing import Mapping

from wfst_bias.report.plot import INK, LINE, PAPER, QUIET, SERIES

_POINTS_A_PIXEL = 0.75
_GROUND = r'<g id="patch_1">.*?</g>'  # of the figure: the page has its own, and shades at the edges of what scrolls
# colors of plots, of lattices and of attention, and the variables of the page for them, in the light and in the dark
_COLORS: Mapping[str, str] = {
    INK: "--ink",
    QUIET: "--quiet",
    LINE: "--line",
    PAPER: "--paper",
    **{color: f"--series-{number}" for number, color in enumerate(SERIES)},
    "#000000": "--ink",
    "#1e293b": "--ink",
    "#334155": "--ink",
    "#64748b": "--quiet",
    "#94a3b8": "--faint",
    "#999999": "--quiet",
    "#e2e8f0": "--line",
}


def inline_svg(content: bytes, prefix: str, label: str) -> str:
    """An SVG element for HTML.

    Args:
      content: an SVG file of matplotlib.
      prefix: of its ids, which are to be unique in the page.
      label: its content in words, for screen readers.
    """
    text = content.decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(_GROUND, "", text, count=1, flags=re.DOTALL)
    text = re.sub(r'\b(id|xlink:href|clip-path)="(url\()?(#?)(?=[^"])', rf'\1="\2\3{prefix}-', text)
    text = text.replace(f'xlink:href="{prefix}-data:', 'xlink:href="data:')
    for color, variable in _COLORS.items():
        text = text.replace(color, f"var({variable})")
    head, body = text.split(">", 1)
    width, height = (float(_found(rf'{side}="([\d.]+)pt"', head)) for side in ("width", "height"))
    box = _found(r'viewBox="([^"]+)"', head)
    size = f'width="{width / _POINTS_A_PIXEL:.0f}" height="{height / _POINTS_A_PIXEL:.0f}"'
    return f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" {size} viewBox="{box}" role="img" aria-label="{_quoted(label)}">{body}'


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise ValueError(f"no {pattern} in an SVG of matplotlib: {text[:200]}")
    return match[1]


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
