"""Utterances in detail: the transcripts of every rung, and their audio, lattices and attention."""

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Mapping, Sequence, Tuple

import torch

from wfst_bias.core.errors import InputError
from wfst_bias.core.text import words_of
from wfst_bias.report.aligned import Column, columns
from wfst_bias.report.config import ReportConfig
from wfst_bias.report.folders import Comparison, DecodeFolder
from wfst_bias.report.pictures import (
    attention_pictures,
    cuts_of,
    lattice_pictures,
    sound,
    with_adapter,
    with_lattices,
)
from wfst_bias.report.steps import texts_of_rungs


@dataclass(frozen=True)
class Detail:
    """An utterance in detail.

    Args:
      utterance: its name.
      labels: of the rungs.
      columns: the reference and the transcripts of each rung, aligned.
      sound: a data URL; empty where it has none.
      lattice, attention: SVG files; empty where there are none.
    """

    utterance: str
    labels: Tuple[str, ...]
    columns: Tuple[Column, ...]
    sound: str = ""
    lattice: bytes = b""
    attention: bytes = b""


@dataclass(frozen=True)
class CloserLook:
    """Utterances in detail.

    Args:
      scored_by: name of the list of the rungs.
      details: of the utterances.
      lattices_of, attention_of: labels of the folders that these are of; empty where there are none.
    """

    scored_by: str
    details: Tuple[Detail, ...]
    lattices_of: str
    attention_of: str


def closer_look(
    texts: Mapping[str, str],
    comparison: Comparison,
    folders: Sequence[DecodeFolder],
    data: Path,
    utterances: Sequence[str],
    config: ReportConfig,
    device: torch.device,
) -> CloserLook:
    """Collect the details of utterances.

    Args:
      texts: reference of each utterance.
      comparison: whose rungs are shown.
      folders: of which the last one with lattices shows them, and the last one with an adapter its attention.
      data: where the audio is.
      device: where attention is made.

    Raises:
      InputError: audio, or a file that attention needs, is missing.
    """
    drawn, attended = with_lattices(folders), with_adapter(folders)
    if config.attention and attended is None:
        raise InputError("no folder was decoded with an adapter; leave --attention out")
    cuts = cuts_of(data, utterances[: max(config.audio, config.attention)])
    lattices = lattice_pictures(drawn, utterances[: config.lattices]) if drawn else {}
    listened = [cuts[name] for name in utterances[: config.attention]]
    attention = attention_pictures(attended, listened, device) if attended else {}
    transcripts, phrases = texts_of_rungs(texts, comparison), comparison.scored_by.phrases
    details = [
        Detail(
            utterance=name,
            labels=tuple(map(comparison.label, comparison.rungs)),
            columns=tuple(columns(words_of(texts[name]), [rung[name] for rung in transcripts], phrases[name])),
            sound=sound(cuts[name]) if number < config.audio else "",
            lattice=lattices.get(name, b""),
            attention=attention.get(name, b""),
        )
        for number, name in enumerate(utterances)
    ]
    scored_by = comparison.scored_by.name
    lattices_of = drawn.label if drawn and lattices else ""
    attention_of = attended.label if attended and attention else ""
    return CloserLook(scored_by, tuple(details), lattices_of, attention_of)


def most_telling(names: Sequence[str], weights: Dict[str, int], number: int) -> List[str]:
    """Return utterances that are named and, up to a number, those with the largest weights."""
    ranked = sorted((name for name in weights if name not in names), key=lambda name: -weights[name])
    named = list(dict.fromkeys(names))
    return [*named, *ranked[: max(0, number - len(named))]]
