"""The report: one page that needs nothing but itself."""

from dataclasses import dataclass, field
from importlib import resources
from itertools import chain
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np
import torch
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import wfst_bias
from wfst_bias.corpus.data import read_texts
from wfst_bias.entities.lists import AUTO
from wfst_bias.errors import InputError
from wfst_bias.files import publish_file
from wfst_bias.report.alarms import FalseAlarm, false_alarms
from wfst_bias.report.aligned import Column, columns
from wfst_bias.report.folders import Comparison, DecodeFolder, comparisons, data_of, read_folders
from wfst_bias.report.pictures import (
    attention_pictures,
    cuts_of,
    lattice_pictures,
    most_telling,
    sound,
    with_adapter,
    with_lattices,
)
from wfst_bias.report.plots import Plot, plots
from wfst_bias.report.steps import Step, steps, texts_of_rungs
from wfst_bias.report.svg import inline_svg
from wfst_bias.score.ladder import Rung, ladder_json
from wfst_bias.score.report import Rate, read_names
from wfst_bias.text import words_of

RATES = ("WER", "U-WER", "B-WER", "precision", "recall", "F1")
_ENDINGS = (".html", ".htm")
_ADDED = ("WER", "F1")
_LESS_IS_BETTER = ("WER", "U-WER", "B-WER")
# what is told of a folder's setup: its keys in meta.json
_SETUP = ("model", "graph", "num_phrases", "adapter", "calibration", "biasing", "beside")


@dataclass(frozen=True)
class ReportConfig:
    """How much a page shows.

    Args:
      changes: utterances of each step; those that say most are taken.
      alarms: false alarms of each folder.
      details: utterances that are looked at closely, beside those that are named.
      audio, lattices, attention: how many of these have their audio, a lattice, a picture of attention.
      utterances: named to be looked at closely, first.
    """

    changes: int = 40
    alarms: int = 30
    details: int = 6
    audio: int = 0
    lattices: int = 3
    attention: int = 0
    utterances: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Detail:
    """An utterance that is looked at closely.

    Args:
      utterance: its name.
      labels: of the rungs.
      columns: the reference and what each rung wrote, word under word.
      sound: a data URL; empty where it has none.
      lattice, attention: SVG elements; empty where there are none.
    """

    utterance: str
    labels: Tuple[str, ...]
    columns: Tuple[Column, ...]
    sound: str = ""
    lattice: str = ""
    attention: str = ""


@dataclass(frozen=True)
class Section:
    """Folders that are scored by the same list, and what is told of them.

    Args:
      comparison: the folders.
      steps: between neighbouring rungs.
      alarms: of each folder, at the end of its chain.
    """

    comparison: Comparison
    steps: Tuple[Step, ...]
    alarms: Tuple[Tuple[DecodeFolder, Tuple[FalseAlarm, ...]], ...]


@dataclass(frozen=True)
class Report:
    """What stands in a page.

    Args:
      data: that was decoded.
      sections: one for each list.
      plots: of all.
      details: some utterances.
      lattices_of, attention_of: labels of the folders that these are of; empty where there are none.
      config: how much is shown.
    """

    data: Path
    sections: Tuple[Section, ...]
    plots: Tuple[Plot, ...]
    details: Tuple[Detail, ...]
    lattices_of: str = ""
    attention_of: str = ""
    config: ReportConfig = field(default_factory=ReportConfig)

    @property
    def folders(self) -> List[DecodeFolder]:
        """Each once."""
        every = (folder for section in self.sections for folder in section.comparison.folders)
        return list({folder.path: folder for folder in every}.values())

    @property
    def rungs(self) -> List[Rung]:
        return [rung for section in self.sections for rung in section.comparison.rungs]

    @property
    def num_changes(self) -> int:
        return sum(len(step.changes) for section in self.sections for step in section.steps)

    @property
    def num_alarms(self) -> int:
        return sum(len(alarms) for section in self.sections for _, alarms in section.alarms)

    def html(self) -> str:
        """The page."""
        environment = Environment(
            loader=PackageLoader("wfst_bias.report"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        environment.filters.update(number=_number, signed=_signed, sense=_sense)
        file = lambda name: Markup(resources.files("wfst_bias.report").joinpath("templates", name).read_text("utf-8"))
        return environment.get_template("page.html").render(
            report=self,
            rates=RATES,
            added=_ADDED,
            details={detail.utterance: f"detail-{number}" for number, detail in enumerate(self.details)},
            figures=[(plot, Markup(inline_svg(plot.picture("svg"), plot.name, plot.summary))) for plot in self.plots],
            setups=[(folder, _setup_of(folder)) for folder in self.folders],
            ladder=Markup(ladder_json(self.rungs).replace("</", "<\\/")),
            style=file("style.css"),
            script=file("script.js"),
            version=wfst_bias.__version__,
        )


def make_report(
    decode_dirs: Sequence[Path],
    data: Optional[Path] = None,
    entities: Optional[Path] = None,
    biasing: Optional[Path] = None,
    utterances: Optional[Path] = None,
    format_name: str = AUTO,
    config: ReportConfig = ReportConfig(),
    device: torch.device = torch.device("cpu"),
) -> Report:
    """Compare decode folders.

    Args:
      decode_dirs: a ladder, in this order.
      data: that was decoded; as the folders tell where it is not given.
      entities, biasing, format_name: what to score by; the lists that were decoded with where they are not given.
      utterances: file with the names of those to score, one a line.
      config: how much is shown.
      device: where attention is made.

    Raises:
      InputError: something is missing, is of other data, or there is no list.
    """
    folders = read_folders(decode_dirs)
    data = data or data_of(folders)
    texts = read_texts(data)
    names = list(texts) if utterances is None else read_names(utterances, texts)
    compared = comparisons(texts, folders, names, entities, biasing, format_name)
    sections = tuple(_section(texts, comparison) for comparison in compared)
    unknown = next((name for name in config.utterances if name not in names), None)
    if unknown is not None:
        raise InputError(f"has no utterance {unknown!r} that is scored; name another with --utterance", data)
    shown = most_telling(config.utterances, _weights(sections), config.details)
    details, lattices_of, attention_of = _details(texts, sections[-1].comparison, data, shown, config, device)
    return Report(data, sections, tuple(plots(compared)), details, lattices_of, attention_of, config)


def check_page(out: Path) -> None:
    """Raises :class:`InputError` where a file is not named as a page, as a decode folder is not."""
    if out.suffix not in _ENDINGS or out.is_dir():
        raise InputError(f"is not to be a page; name the file of the page last, such as report{_ENDINGS[0]}", out)


def write_report(report: Report, out: Path, plots_dir: Optional[Path] = None) -> None:
    """The page and, where a folder is named, the plots as PNG and SVG."""
    for plot in report.plots if plots_dir else ():
        plot.write(plots_dir)
    publish_file(out, report.html())


def _section(texts: Mapping[str, str], comparison: Comparison) -> Section:
    phrases = comparison.scored_by.phrases
    alarms = [(folder, tuple(false_alarms(texts, folder.path, phrases))) for folder in comparison.folders]
    return Section(comparison, tuple(steps(texts, comparison)), tuple(alarms))


def _weights(sections: Sequence[Section]) -> Dict[str, int]:
    """How much is to be told of each utterance: entities that changed, and false alarms."""
    weights: Dict[str, int] = {}
    for section in sections:
        for change in chain.from_iterable(step.changes for step in section.steps):
            weights[change.utterance] = weights.get(change.utterance, 0) + change.num_entities
        for alarm in chain.from_iterable(alarms for _, alarms in section.alarms):
            weights[alarm.utterance] = weights.get(alarm.utterance, 0) + 1
    return weights


def _details(
    texts: Mapping[str, str],
    comparison: Comparison,
    data: Path,
    shown: Sequence[str],
    config: ReportConfig,
    device: torch.device,
) -> Tuple[Tuple[Detail, ...], str, str]:
    """Of some utterances; which folders lattices and attention are of."""
    folders, phrases = comparison.folders, comparison.scored_by.phrases
    if config.attention and with_adapter(folders) is None:
        raise InputError("no folder was decoded with an adapter; leave --attention out")
    cuts = cuts_of(data, shown[: max(config.audio, config.attention)])
    drawn, attended = with_lattices(folders), with_adapter(folders)
    lattices = lattice_pictures(drawn, shown[: config.lattices]) if drawn else {}
    listened = [cuts[name] for name in shown[: config.attention]]
    attention = attention_pictures(attended, listened, device) if attended else {}
    heard = texts_of_rungs(texts, comparison)
    labels = tuple(map(comparison.label, comparison.rungs))
    svg = lambda pictures, name, kind: Markup(
        inline_svg(pictures[name], f"{kind}-{number}", f"{kind} of {name}") if name in pictures else ""
    )
    details = []
    for number, name in enumerate(shown):
        details.append(
            Detail(
                utterance=name,
                labels=labels,
                columns=tuple(columns(words_of(texts[name]), [rung[name] for rung in heard], phrases[name])),
                sound=sound(cuts[name]) if number < config.audio else "",
                lattice=svg(lattices, name, "lattice"),
                attention=svg(attention, name, "attention"),
            )
        )
    return tuple(details), drawn.label if lattices else "", attended.label if attention else ""


def _setup_of(folder: DecodeFolder) -> List[Tuple[str, str]]:
    """What it was decoded with: parts and weights, as its ``meta.json`` tells."""
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
