"""Scores of a decode folder: rates with bootstrap intervals, as a table and as JSON."""

import json
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np
from tabulate import tabulate

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import read_json
from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.data.failures import FAILED
from wfst_bias.entities.lists import AUTO
from wfst_bias.score.bootstrap import interval, resampled
from wfst_bias.score.counting import RareWords, count_decoding, count_utterance
from wfst_bias.score.counts import COUNT_NAMES, Counts
from wfst_bias.score.listed import ScoredPhrases
from wfst_bias.score.phrase_lists import phrase_lists, rare_words, required
from wfst_bias.score.predicted import predicted_false_alarms
from wfst_bias.score.texts import named, read_names, text_path
from wfst_bias.second_pass.config import VERIFY


@dataclass(frozen=True)
class Rate:
    """A rate in percent (or an hour) with its 95 % bootstrap interval over utterances; NaN where there was nothing to count."""

    value: float
    low: float
    high: float

    def columns(self) -> Tuple[str, str]:
        """Return value and interval as text, a dash where there was nothing to count."""
        if np.isnan(self.value):
            return "-", "-"
        return f"{self.value:.2f}", f"{self.low:.2f} - {self.high:.2f}"

    def content(self) -> Dict[str, Optional[float]]:
        """Return the numbers of a JSON file."""
        return {name: _json_number(getattr(self, name)) for name in ("value", "low", "high")}


def _json_number(value: float) -> Optional[float]:
    """Return None for NaN, which is no JSON."""
    return None if np.isnan(value) else round(float(value), 4)


def _percent(part: FloatArray, whole: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, 100.0 * part / whole, np.nan)


def _f1(c: Mapping[str, FloatArray]) -> FloatArray:
    return _percent(2 * c["hits"], 2 * c["hits"] + c["misses"] + c["false_alarms"])


_RATES: Dict[str, Callable[[Mapping[str, FloatArray]], FloatArray]] = {
    "WER": lambda c: _percent(c["biased_errors"] + c["unbiased_errors"], c["biased_words"] + c["unbiased_words"]),
    "U-WER": lambda c: _percent(c["unbiased_errors"], c["unbiased_words"]),
    "B-WER": lambda c: _percent(c["biased_errors"], c["biased_words"]),
    "precision": lambda c: _percent(c["hits"], c["hits"] + c["false_alarms"]),
    "recall": lambda c: _percent(c["hits"], c["hits"] + c["misses"]),
    "F1": _f1,
}


@dataclass(frozen=True)
class FailedScore:
    """Utterances that could not be read or decoded, and the error rate with their words as deletions.

    Args:
      utterances: their names.
      wer: of all utterances, these among them.
      num_words: of all references.
    """

    utterances: Tuple[str, ...]
    wer: Rate
    num_words: int

    def describe(self) -> str:
        many = "1 utterance" if len(self.utterances) == 1 else f"{len(self.utterances):,} utterances"
        return f"{many} in {FAILED} left out above: {named(self.utterances)}"


@dataclass(frozen=True)
class Score:
    """Scores of one decode folder.

    Args:
      rates: WER, U-WER, B-WER and the entities' precision, recall and F1, percent.
      counts: what they were made of.
      num_utterances: that were scored.
      hours: of audio; 0 where the decode folder does not have them, or only a part was scored.
      failed: utterances of the references that are in no other number, where there are any.
      predicted: false alarms that verification expects among the phrases that it kept; None where it was not run.
    """

    rates: Dict[str, Rate]
    counts: Counts
    num_utterances: int
    hours: float
    failed: Optional[FailedScore] = None
    predicted: Optional[float] = None

    @property
    def false_alarms_per_hour(self) -> float:
        return self.counts.false_alarms / self.hours if self.hours else float("nan")

    @property
    def predicted_per_hour(self) -> float:
        """False alarms an hour that verification expects; NaN where it was not run."""
        return self.predicted / self.hours if self.hours and self.predicted is not None else float("nan")

    def table(self) -> str:
        """Format a row for each rate."""
        c = self.counts
        total = {
            "WER": c.biased_words + c.unbiased_words,
            "U-WER": c.unbiased_words,
            "B-WER": c.biased_words,
            "precision": c.hits + c.false_alarms,
            "recall": c.hits + c.misses,
        }
        rows = [(name, *rate.columns(), str(total.get(name, ""))) for name, rate in self.rates.items()]
        an_hour = f"{self.false_alarms_per_hour:.2f}" if self.hours else "-"
        if c.inflected:
            rows.append(("inflected hits", "", "", str(c.inflected)))
        rows.append(("false alarms an hour", an_hour, "", str(c.false_alarms)))
        if self.hours and self.predicted is not None:
            rows.append(("  predicted", f"{self.predicted_per_hour:.2f}", "", f"{self.predicted:.1f}"))
        if self.failed:
            rows.append(("WER, failed as deletions", *self.failed.wer.columns(), str(self.failed.num_words)))
        headers = ("", "%", "95 % interval", "of")
        table = str(tabulate(rows, headers=headers, stralign="right", disable_numparse=True))
        return f"{table}\n\n{self.failed.describe()}" if self.failed else table

    def to_json(self, **more: Any) -> str:
        """Return the scores and further content."""
        content: Dict[str, Any] = {name: rate.content() for name, rate in self.rates.items()}
        content["false_alarms_per_hour"] = _json_number(self.false_alarms_per_hour)
        content["predicted_false_alarms_per_hour"] = _json_number(self.predicted_per_hour)
        content["counts"] = dict(zip(COUNT_NAMES, astuple(self.counts)))
        content["num_utterances"] = self.num_utterances
        content["hours"] = round(self.hours, 4)
        if self.failed:
            wer = self.failed.wer.content()
            content["failed"] = {"utterances": list(self.failed.utterances), "WER_as_deletions": wer}
        return json.dumps({**content, **more}, indent=2) + "\n"


def score_counts(per_utterance: Union[Sequence[Counts], IntArray], hours: float = 0.0) -> Score:
    """Return rates over all utterances, with intervals from resampling the utterances.

    Args:
      per_utterance: counts of each utterance, or an array of them ``(U, 8)``.
    """
    table = _table(per_utterance)
    values = _resampled_rates(table)
    rates = {name: Rate(float(rate[0]), *interval(rate[1:])) for name, rate in values.items()}
    return Score(rates, Counts(*table.sum(0).astype(int).tolist()), len(table), hours)


def _table(per_utterance: Union[Sequence[Counts], IntArray]) -> FloatArray:
    """Return counts of utterances as an array ``(U, 8)``."""
    rows = per_utterance if isinstance(per_utterance, np.ndarray) else [astuple(counts) for counts in per_utterance]
    return np.array(rows, float).reshape(-1, len(COUNT_NAMES))


def score_change(before: Sequence[Counts], after: Sequence[Counts]) -> Dict[str, Rate]:
    """Return the change of each rate, with intervals from resampling the same utterances on both sides."""
    assert len(before) == len(after)
    old, new = _resampled_rates(_table(before)), _resampled_rates(_table(after))
    added = {name: new[name] - old[name] for name in _RATES}
    return {name: Rate(float(rate[0]), *interval(rate[1:])) for name, rate in added.items()}


def _resampled_rates(table: FloatArray) -> Dict[str, FloatArray]:
    """Return each rate over all utterances ``(U, 8)``, then in each replication ``(1 + R,)``."""
    sums = np.stack([table.sum(0), *(drawn @ table for drawn in resampled(len(table)))])
    columns = dict(zip(COUNT_NAMES, sums.T))
    return {name: rate(columns) for name, rate in _RATES.items()}


def score_decoding(
    texts: Mapping[str, str],
    decode_dir: Path,
    entities: Optional[Path] = None,
    biasing: Optional[Path] = None,
    utterances: Optional[Path] = None,
    format_name: str = AUTO,
    stage: str = "",
    librispeech: bool = False,
    has_inflections: bool = True,
) -> Score:
    """Score a decode folder against reference texts.

    Args:
      texts: reference of each utterance.
      decode_dir: with ``text`` and, for the hours, ``meta.json``.
      entities: one list for all utterances.
      biasing: a list for each utterance, in the TSV form of the public LibriSpeech lists.
      utterances: score only these, one name a line; a held-out part, for example.
      format_name: of ``entities``, see :func:`wfst_bias.entities.lists.read_entities`.
      stage: score the texts up to this stage of the second pass; of the last one where it is empty.
      librispeech: count words as the public ``score.py`` of these lists does, see :mod:`wfst_bias.score.librispeech`;
        needs ``biasing``.
      has_inflections: whether the possessive or plural of a phrase is a find of the phrase.

    Raises:
      InputError: utterances are missing on one side, or (``librispeech``) have another text in ``biasing``.
    """
    names = texts if utterances is None else read_names(utterances, texts)
    lists = phrase_lists(names, entities, biasing, format_name, has_inflections)
    rare = rare_words(texts, lists, required(biasing)) if librispeech else None
    return score_with(texts, decode_dir, lists, stage, rare)


def score_with(
    texts: Mapping[str, str],
    decode_dir: Path,
    lists: Mapping[str, ScoredPhrases],
    stage: str = "",
    rare: Optional[RareWords] = None,
) -> Score:
    """Score the utterances of a decode folder that have a list, be it an empty one.

    Args:
      rare: the words of each that are biased by the public definitions, where it is these that count.

    Utterances in ``failed.jsonl`` are left out, and named in the score.

    Raises:
      InputError: utterances are missing on one side, or there are none.
    """
    decode_dir = Path(decode_dir)
    table = count_decoding(texts, decode_dir, lists, stage, rare)
    counts = table.counts[~table.is_failed]
    if not len(counts):
        raise InputError("holds no utterance", text_path(decode_dir, stage))
    meta = read_json(decode_dir / "meta.json") if (decode_dir / "meta.json").is_file() else {}
    # the decode folder knows the audio of all its utterances only
    seconds = meta.get("audio_seconds", 0.0) if len(lists) == len(texts) else 0.0
    score = score_counts(counts, seconds / 3600)
    if stage in ("", VERIFY):
        score = replace(score, predicted=predicted_false_alarms(decode_dir, lists))
    if not table.failed:
        return score
    whole = score_counts(table.counts)
    num_words = whole.counts.biased_words + whole.counts.unbiased_words
    return replace(score, failed=FailedScore(table.failed, whole.rates["WER"], num_words))


def counts_of(
    texts: Mapping[str, str],
    hypotheses: Mapping[str, Tuple[str, ...]],
    lists: Mapping[str, ScoredPhrases],
    rare: Optional[RareWords] = None,
) -> List[Counts]:
    """Count each utterance that has a list; see :func:`score_with`."""
    return [count_utterance(texts[name], hypotheses[name], name, lists, rare) for name in lists]
