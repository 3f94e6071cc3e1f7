"""The content of a report: ladders, plots, changes, false alarms, utterances in detail."""

from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

import torch

from wfst_bias.core.errors import InputError
from wfst_bias.data.cuts import read_texts
from wfst_bias.entities.lists import AUTO
from wfst_bias.report.alarms import FalseAlarm, false_alarms
from wfst_bias.report.config import ReportConfig
from wfst_bias.report.details import CloserLook, closer_look, most_telling
from wfst_bias.report.folders import Comparison, DecodeFolder, comparisons, data_of, read_folders
from wfst_bias.report.headline import counted, false_alarms_of, headline
from wfst_bias.report.plot import Plot
from wfst_bias.report.plots import plots
from wfst_bias.report.steps import Step, steps
from wfst_bias.score.ladder import Rung
from wfst_bias.score.texts import read_names


@dataclass(frozen=True)
class Section:
    """Folders that are scored by the same list, with changes and false alarms.

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
    """The content of a page.

    Args:
      headline: the result in a sentence.
      false_alarms: their number, in words.
      data: that was decoded.
      sections: one for each list.
      plots: of all.
      look: at some utterances.
      config: how much is shown.
    """

    headline: str
    false_alarms: str
    data: Path
    sections: Tuple[Section, ...]
    plots: Tuple[Plot, ...]
    look: CloserLook
    config: ReportConfig

    @property
    def folders(self) -> List[DecodeFolder]:
        """The decode folders, each once."""
        every = (folder for section in self.sections for folder in section.comparison.folders)
        return list({folder.path: folder for folder in every}.values())

    @property
    def rungs(self) -> List[Rung]:
        return [rung for section in self.sections for rung in section.comparison.rungs]

    @property
    def size_in_words(self) -> str:
        counts = (len(self.rungs), "row"), (self.num_changes, "changed utterance"), (self.num_alarms, "false alarm")
        return ", ".join(counted(*pair) for pair in counts)

    @property
    def num_changes(self) -> int:
        return sum(len(step.changes) for section in self.sections for step in section.steps)

    @property
    def num_alarms(self) -> int:
        return sum(len(alarms) for section in self.sections for _, alarms in section.alarms)


def make_report(
    decode_dirs: Sequence[Path],
    data: Optional[Path] = None,
    entities: Optional[Path] = None,
    biasing: Optional[Path] = None,
    utterances: Optional[Path] = None,
    format_name: str = AUTO,
    librispeech: bool = False,
    config: ReportConfig = ReportConfig(),
    device: torch.device = torch.device("cpu"),
) -> Report:
    """Compare decode folders.

    Args:
      decode_dirs: a ladder, in this order.
      data: that was decoded; from the folders where it is not given.
      entities, biasing, format_name: what to score by; the lists that were decoded with where they are not given.
      utterances: file with the names of those to score, one a line.
      librispeech: count words as the public ``score.py`` does; each utterance must have its own list.
      config: how much is shown.
      device: where attention is made.

    Raises:
      InputError: something is missing, is of other data, or there is no list.
    """
    folders = read_folders(decode_dirs)
    data = data or data_of(folders)
    texts = read_texts(data)
    names = list(texts) if utterances is None else read_names(utterances, texts)
    compared = comparisons(texts, folders, names, entities, biasing, format_name, librispeech)
    sections = tuple(_section(texts, comparison) for comparison in compared)
    unknown = next((name for name in config.utterances if name not in names), None)
    if unknown is not None:
        raise InputError(f"has no utterance {unknown!r} that is scored; name another with --utterance", data)
    shown = most_telling(config.utterances, _weights(names, sections), config.details)
    look = closer_look(texts, compared[-1], folders, data, shown, config, device)
    sentences = headline(compared), false_alarms_of(compared)
    return Report(*sentences, data, sections, tuple(plots(compared)), look, config)


def _section(texts: Mapping[str, str], comparison: Comparison) -> Section:
    phrases = comparison.scored_by.phrases
    alarms = [(folder, tuple(false_alarms(texts, folder.path, phrases))) for folder in comparison.folders]
    return Section(comparison, tuple(steps(texts, comparison)), tuple(alarms))


def _weights(names: Sequence[str], sections: Sequence[Section]) -> Dict[str, int]:
    """Weigh each utterance by its entities that changed, and its false alarms."""
    weights = dict.fromkeys(names, 0)
    for section in sections:
        for change in chain.from_iterable(step.changes for step in section.steps):
            weights[change.utterance] += change.num_entities
        for alarm in chain.from_iterable(alarms for _, alarms in section.alarms):
            weights[alarm.utterance] += 1
    return weights
