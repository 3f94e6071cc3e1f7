"""The ladder: scores of decode folders, a rung for each stage of the second pass, and how much each of them adds."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import List, Mapping, Optional, Sequence, Tuple

import numpy as np
from tabulate import tabulate

from wfst_bias.core.files import read_json
from wfst_bias.entities.lists import AUTO
from wfst_bias.score.counting import RareWords
from wfst_bias.score.listed import ScoredPhrases
from wfst_bias.score.phrase_lists import phrase_lists, rare_words, required
from wfst_bias.score.report import Score, score_with
from wfst_bias.score.texts import read_names
from wfst_bias.second_pass.config import NONE, SEARCH, ChainConfig

_RATES = ("WER", "U-WER", "B-WER", "precision", "recall", "F1")
_ADDED = ("WER", "F1")


@dataclass(frozen=True)
class Rung:
    """A decode folder up to one of its stages.

    Args:
      name: of the folder, as it was given.
      stage: of its chain; empty where it has none.
      score: of what was found up to there.
    """

    name: str
    stage: str
    score: Score


def ladder(
    texts: Mapping[str, str],
    decode_dirs: Sequence[Path],
    entities: Optional[Path] = None,
    biasing: Optional[Path] = None,
    utterances: Optional[Path] = None,
    format_name: str = AUTO,
    librispeech: bool = False,
    has_inflections: bool = True,
) -> List[Rung]:
    """Return the rungs of decode folders, in their order; the arguments are those of :func:`wfst_bias.score.report.score_decoding`."""
    names = texts if utterances is None else read_names(utterances, texts)
    lists = phrase_lists(names, entities, biasing, format_name, has_inflections)
    rare = rare_words(texts, lists, required(biasing)) if librispeech else None
    return ladder_with(texts, decode_dirs, lists, rare)


def ladder_with(
    texts: Mapping[str, str],
    decode_dirs: Sequence[Path],
    lists: Mapping[str, ScoredPhrases],
    rare: Optional[RareWords] = None,
) -> List[Rung]:
    """Return the rungs of decode folders; the arguments are those of :func:`wfst_bias.score.report.score_with`."""
    return [
        Rung(str(folder), stage, score_with(texts, folder, lists, stage, rare))
        for folder in map(Path, decode_dirs)
        for stage in _stages(folder)
    ]


def _stages(folder: Path) -> List[str]:
    """Return the stages of a folder that have texts: its search and those of its second pass, in their order."""
    meta = read_json(folder / "meta.json") if (folder / "meta.json").is_file() else {}
    names = ChainConfig(**meta.get("stages", {"stages": NONE})).names
    return [SEARCH, *names] if names else [""]


def ladder_table(rungs: Sequence[Rung]) -> str:
    """Format a row for each rung; the last columns are what it adds to the one before."""
    rows: List[Tuple[str, ...]] = []
    for i, rung in enumerate(rungs):
        score = rung.score
        name = f"  + {rung.stage}" if rung.stage not in ("", SEARCH) else rung.name
        alarms = f"{score.false_alarms_per_hour:.1f}" if score.hours else "-"
        added = [_change(rungs[i - 1].score, score, rate) if i else "" for rate in _ADDED]
        rows.append((name, *(score.rates[rate].columns()[0] for rate in _RATES), alarms, *added))
    headers = ("", *_RATES, "false alarms/h", *(f"{rate} +/-" for rate in _ADDED))
    alignment = ("left", *["right"] * (len(headers) - 1))
    table = str(tabulate(rows, headers=headers, disable_numparse=True, colalign=alignment, preserve_whitespace=True))
    notes = {rung.name: f"{rung.name}: {rung.score.failed.describe()}" for rung in rungs if rung.score.failed}
    return "\n\n".join([table, *notes.values()])


def _change(before: Score, after: Score, rate: str) -> str:
    change = after.rates[rate].value - before.rates[rate].value
    return "-" if np.isnan(change) else f"{change:+.2f}"


def ladder_json(rungs: Sequence[Rung]) -> str:
    """Return the rungs with all that :meth:`Score.to_json` has."""
    rows = [{"decode_dir": rung.name, "stage": rung.stage, **json.loads(rung.score.to_json())} for rung in rungs]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"
