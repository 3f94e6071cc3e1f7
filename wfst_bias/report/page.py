"""The page of a report, which needs nothing but itself."""

from importlib import resources
from pathlib import Path
from typing import Any, List, Optional, Tuple

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import wfst_bias
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_file
from wfst_bias.report.folders import DecodeFolder, is_stage
from wfst_bias.report.report import Report
from wfst_bias.report.svg import inline_svg
from wfst_bias.report.tables import markdown_of
from wfst_bias.score.ladder import ladder_json
from wfst_bias.score.report import Rate

_RATES = ("WER", "U-WER", "B-WER", "precision", "recall", "F1")
_ADDED = ("WER", "F1")
_LESS_IS_BETTER = ("WER", "U-WER", "B-WER")
_ENDINGS = (".html", ".htm")
# of a folder's setup, keys of its meta.json
_SETUP = ("model", "graph", "num_phrases", "adapter", "calibration", "biasing", "beside")


def page_of(report: Report) -> str:
    """Render the page, HTML."""
    environment = Environment(
        loader=PackageLoader("wfst_bias.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters.update(number=_number, signed=_signed, sense=_sense, inline=_inline)
    environment.tests.update(stage=is_stage)
    return environment.get_template("page.html").render(
        report=report,
        rates=_RATES,
        added=_ADDED,
        details={detail.utterance: f"detail-{number}" for number, detail in enumerate(report.look.details)},
        setups=[(folder, _setup_of(folder)) for folder in report.folders],
        ladder=Markup(ladder_json(report.rungs).replace("</", "<\\/")),
        style=_template("style.css"),
        script=_template("script.js"),
        version=wfst_bias.__version__,
    )


def _template(name: str) -> Markup:
    return Markup(resources.files("wfst_bias.report").joinpath("templates", name).read_text("utf-8"))


def check_page(out: Path) -> None:
    """Raise :class:`InputError` where a file is not named as a page, as a decode folder is not."""
    if out.suffix not in _ENDINGS or out.is_dir():
        raise InputError(f"is not to be a page; name the file of the page last, such as report{_ENDINGS[0]}", out)


def write_report(report: Report, out: Path, plots_dir: Optional[Path] = None, tables: Optional[Path] = None) -> None:
    """Write the page and, where they are named, the plots as PNG and SVG, and the ladders as Markdown."""
    if plots_dir:
        for plot in report.plots:
            plot.write(plots_dir)
    if tables:
        publish_file(tables, markdown_of(section.comparison for section in report.sections))
    publish_file(out, page_of(report))


def _setup_of(folder: DecodeFolder) -> List[Tuple[str, str]]:
    """Return the parts and weights that a folder was decoded with, from its ``meta.json``."""
    meta = folder.meta
    rows = [(key, str(meta[key])) for key in _SETUP if meta.get(key) not in (None, "", "none")]
    for key, value in meta.items():
        if isinstance(value, dict) and value:
            rows.append((key, ", ".join(f"{name} {_setting(part)}" for name, part in value.items())))
    return rows


def _setting(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _number(value: Optional[float], digits: int = 2) -> str:
    """A dash where there is none."""
    return "–" if value is None or np.isnan(value) else f"{value:.{digits}f}"


def _signed(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:+.2f}".replace("-", "−")


def _sense(added: Rate, name: str) -> str:
    """Whether what is added to a rate is better or worse for certain: zero is outside of its interval."""
    if added.low <= 0.0 <= added.high or np.isnan(added.value):
        return ""
    return "better" if (added.value < 0) == (name in _LESS_IS_BETTER) else "worse"


def _inline(picture: bytes, prefix: str, label: str) -> Markup:
    """An SVG file as an element."""
    return Markup(inline_svg(picture, prefix, label))
