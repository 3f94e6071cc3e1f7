"""Pictures of matplotlib inside a page: one among many, in the page's colours."""

import re
from typing import Mapping

from wfst_bias.report.plot import INK, LINE, PAPER, QUIET, SERIES

_POINTS_A_PIXEL = 0.75
# colours of plots, of lattices and of attention, and what the page has for them, in the light and in the dark
_COLOURS: Mapping[str, str] = {
    INK: "--ink",
    QUIET: "--quiet",
    LINE: "--line",
    PAPER: "--paper",
    **{colour: f"--series-{number}" for number, colour in enumerate(SERIES)},
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
      label: what it shows, for those who do not see it.
    """
    text = content.decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r'\b(id|xlink:href|clip-path)="(url\()?(#?)(?=[^"])', rf'\1="\2\3{prefix}-', text)
    text = text.replace(f'xlink:href="{prefix}-data:', 'xlink:href="data:')
    for colour, variable in _COLOURS.items():
        text = text.replace(colour, f"var({variable})")
    head, body = text.split(">", 1)
    width, height = (float(re.search(rf'{side}="([\d.]+)pt"', head)[1]) for side in ("width", "height"))
    box = re.search(r'viewBox="([^"]+)"', head)[1]
    size = f'width="{width / _POINTS_A_PIXEL:.0f}" height="{height / _POINTS_A_PIXEL:.0f}"'
    return f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" {size} viewBox="{box}" role="img" aria-label="{_quoted(label)}">{body}'


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
