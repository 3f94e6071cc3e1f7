"""Scores of a decode folder: rates with bootstrap intervals, as a table and as JSON."""

import json
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import AbstractSet, Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

import numpy as np
from tabulate import tabulate

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import read_json
from wfst_bias.core.text import words_of
from wfst_bias.core.types import FloatArray
from wfst_bias.entities.biasing import read_biasing
from wfst_bias.entities.lists import AUTO, read_entities
from wfst_bias.entities.phrases import PhraseList
from wfst_bias.score.bootstrap import interval, resampled
from wfst_bias.score.counts import COUNT_NAMES, Counts, count_errors
from wfst_bias.score.librispeech import count_rare_errors
from wfst_bias.score.texts import hypotheses_of, read_names, text_path

RareWords = Mapping[str, AbstractSet[str]]


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
class Score:
    """Scores of one decode folder.

    Args:
      rates: WER, U-WER, B-WER and the entities' precision, recall and F1, percent.
      counts: what they were made of.
      num_utterances: that were scored.
      hours: of audio; 0 where the decode folder does not have them, or only a part was scored.
    """

    rates: Dict[str, Rate]
    counts: Counts
    num_utterances: int
    hours: float

    @property
    def false_alarms_per_hour(self) -> float:
        return self.counts.false_alarms / self.hours if self.hours else float("nan")

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
        rows.append(("false alarms an hour", an_hour, "", str(c.false_alarms)))
        headers = ("", "%", "95 % interval", "of")
        return str(tabulate(rows, headers=headers, stralign="right", disable_numparse=True))

    def to_json(self, **more: Any) -> str:
        """Return the scores and further content."""
        content: Dict[str, Any] = {
            name: {"value": _json_number(r.value), "low": _json_number(r.low), "high": _json_number(r.high)}
            for name, r in self.rates.items()
        }
        content["false_alarms_per_hour"] = _json_number(self.false_alarms_per_hour)
        content["counts"] = dict(zip(COUNT_NAMES, astuple(self.counts)))
        content["num_utterances"] = self.num_utterances
        content["hours"] = round(self.hours, 4)
        return json.dumps({**content, **more}, indent=2) + "\n"


def score_counts(per_utterance: Sequence[Counts], hours: float = 0.0) -> Score:
    """Return rates over all utterances, with intervals from resampling the utterances."""
    values = _resampled_rates(per_utterance)
    rates = {name: Rate(float(rate[0]), *interval(rate[1:])) for name, rate in values.items()}
    return Score(rates, sum(per_utterance, Counts()), len(per_utterance), hours)


def score_change(before: Sequence[Counts], after: Sequence[Counts]) -> Dict[str, Rate]:
    """Return the change of each rate, with intervals from resampling the same utterances on both sides."""
    assert len(before) == len(after)
    old, new = _resampled_rates(before), _resampled_rates(after)
    added = {name: new[name] - old[name] for name in _RATES}
    return {name: Rate(float(rate[0]), *interval(rate[1:])) for name, rate in added.items()}


def _resampled_rates(per_utterance: Sequence[Counts]) -> Dict[str, FloatArray]:
    """Return each rate over all utterances, then in each replication ``(1 + R,)``."""
    table = np.array([astuple(counts) for counts in per_utterance], float)  # (utterances, counts)
    sums = np.concatenate([table.sum(0, keepdims=True), resampled(len(table)) @ table])
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

    Raises:
      InputError: utterances are missing on one side, or (``librispeech``) have another text in ``biasing``.
    """
    names = texts if utterances is None else read_names(utterances, texts)
    lists = phrase_lists(names, entities, biasing, format_name)
    rare = rare_words(texts, lists, required(biasing)) if librispeech else None
    return score_with(texts, decode_dir, lists, stage, rare)


def required(biasing: Optional[Path]) -> Path:
    """Return the file of lists.

    Raises:
      InputError: there is none.
    """
    if biasing is None:
        raise InputError("the LibriSpeech definitions need a list for each utterance; name it with --biasing")
    return biasing


def phrase_lists(
    utterances: Iterable[str], entities: Optional[Path] = None, biasing: Optional[Path] = None, format_name: str = AUTO
) -> Dict[str, PhraseList]:
    """Read the list of each utterance; the arguments are those of :func:`score_decoding`.

    Raises:
      InputError: an utterance has no list.
    """
    if biasing is None:
        listed = [] if entities is None else read_entities(entities, format_name)
        return dict.fromkeys(utterances, PhraseList(entity.words for entity in listed if entity.words))
    rows = read_biasing(biasing)
    names = list(utterances)
    missing = next((name for name in names if name not in rows), None)
    if missing is not None:
        raise InputError(f"has no row for utterance {missing!r}; add it", biasing)
    return {name: PhraseList(filter(None, map(words_of, rows[name].phrases))) for name in names}


def rare_words(texts: Mapping[str, str], utterances: Iterable[str], biasing: Path) -> RareWords:
    """Return the rare words of each utterance, in the third column of its row.

    Raises:
      InputError: an utterance has another text there.
    """
    rows = read_biasing(biasing)
    rare: Dict[str, AbstractSet[str]] = {}
    for name in utterances:
        row, words = rows[name], words_of(texts[name])
        if words_of(row.text) != words:
            raise InputError(
                f"utterance {name!r} has the text {row.text!r} here and {' '.join(words)!r} in the data; "
                "name the lists of the data that was decoded",
                biasing,
                row.line,
            )
        rare[name] = {word for phrase in row.rare for word in words_of(phrase)}
    return rare


def score_with(
    texts: Mapping[str, str],
    decode_dir: Path,
    lists: Mapping[str, PhraseList],
    stage: str = "",
    rare: Optional[RareWords] = None,
) -> Score:
    """Score the utterances of a decode folder that have a list, be it an empty one.

    Args:
      rare: the words of each that are biased by the public definitions, where it is these that count.

    Raises:
      InputError: utterances are missing on one side, or there are none.
    """
    decode_dir = Path(decode_dir)
    hypotheses = hypotheses_of(texts, decode_dir, stage)
    counts = counts_of(texts, hypotheses, lists, rare)
    if not counts:
        raise InputError("holds no utterance", text_path(decode_dir, stage))
    meta = read_json(decode_dir / "meta.json") if (decode_dir / "meta.json").is_file() else {}
    # the decode folder knows the audio of all its utterances only
    seconds = meta.get("audio_seconds", 0.0) if len(lists) == len(hypotheses) else 0.0
    return score_counts(counts, seconds / 3600)


def counts_of(
    texts: Mapping[str, str],
    hypotheses: Mapping[str, Tuple[str, ...]],
    lists: Mapping[str, PhraseList],
    rare: Optional[RareWords] = None,
) -> List[Counts]:
    """Count each utterance that has a list; see :func:`score_with`."""
    if rare is not None:
        return [
            count_rare_errors(words_of(texts[key]), hypotheses[key], rare[key], phrases)
            for key, phrases in lists.items()
        ]
    return [count_errors(words_of(texts[key]), hypotheses[key], phrases) for key, phrases in lists.items()]
