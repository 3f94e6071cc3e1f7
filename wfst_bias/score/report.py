"""Scores of a decode folder: rates with bootstrap intervals, as a table and as JSON."""

import json
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Set, Tuple

import numpy as np
from tabulate import tabulate

from wfst_bias.entities.biasing import BiasingRow, read_biasing
from wfst_bias.entities.lists import AUTO, read_entities
from wfst_bias.entities.phrases import PhraseList
from wfst_bias.errors import InputError
from wfst_bias.files import lines_of, read_json
from wfst_bias.score.bootstrap import interval, resampled
from wfst_bias.score.counts import COUNT_NAMES, Counts, Words, count_errors
from wfst_bias.score.librispeech import count_rare_errors
from wfst_bias.text import words_of


@dataclass(frozen=True)
class Rate:
    """A rate in percent (or an hour) with its 95 % bootstrap interval over utterances; NaN where nothing was there to count."""

    value: float
    low: float
    high: float

    def columns(self) -> Tuple[str, str]:
        """Value and interval as text, a dash where there was nothing to count."""
        if np.isnan(self.value):
            return "-", "-"
        return f"{self.value:.2f}", f"{self.low:.2f} - {self.high:.2f}"


def _percent(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, 100.0 * part / whole, np.nan)


def _f1(c: Mapping[str, np.ndarray]) -> np.ndarray:
    return _percent(2 * c["hits"], 2 * c["hits"] + c["misses"] + c["false_alarms"])


_RATES: Dict[str, Callable[[Mapping[str, np.ndarray]], np.ndarray]] = {
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
      hours: of audio; 0 where the decode folder does not say, or only a part was scored.
    """

    rates: Dict[str, Rate]
    counts: Counts
    num_utterances: int
    hours: float

    @property
    def false_alarms_per_hour(self) -> float:
        return self.counts.false_alarms / self.hours if self.hours else float("nan")

    def table(self) -> str:
        rows = [(name, *rate.columns()) for name, rate in self.rates.items()]
        c = self.counts
        of = {
            "WER": c.biased_words + c.unbiased_words,
            "U-WER": c.unbiased_words,
            "B-WER": c.biased_words,
            "precision": c.hits + c.false_alarms,
            "recall": c.hits + c.misses,
        }
        rows = [(*row, of.get(row[0], "")) for row in rows]
        an_hour = f"{self.false_alarms_per_hour:.2f}" if self.hours else "-"
        rows.append(("false alarms an hour", an_hour, "", c.false_alarms))
        return tabulate(rows, headers=("", "%", "95 % interval", "of"), stralign="right", disable_numparse=True)

    def to_json(self, **more: Any) -> str:
        """The scores and what stands beside them."""
        # NaN is no JSON
        number = lambda x: None if np.isnan(x) else round(float(x), 4)
        content: Dict[str, Any] = {
            name: {"value": number(r.value), "low": number(r.low), "high": number(r.high)}
            for name, r in self.rates.items()
        }
        content["false_alarms_per_hour"] = number(self.false_alarms_per_hour)
        content["counts"] = dict(zip(COUNT_NAMES, astuple(self.counts)))
        content["num_utterances"] = self.num_utterances
        content["hours"] = round(self.hours, 4)
        return json.dumps({**content, **more}, indent=2) + "\n"


def score_counts(per_utterance: Sequence[Counts], hours: float = 0.0) -> Score:
    """Rates over all utterances, with intervals from resampling the utterances."""
    table = np.array([astuple(counts) for counts in per_utterance], float)  # (utterances, counts)
    total = dict(zip(COUNT_NAMES, table.sum(0)[:, None]))
    drawn = dict(zip(COUNT_NAMES, (resampled(len(table)) @ table).T))
    rates = {name: Rate(float(rate(total)[0]), *interval(rate(drawn))) for name, rate in _RATES.items()}
    return Score(rates, sum(per_utterance, Counts()), len(table), hours)


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
      stage: score what was found up to this stage of the chain; the end of it where it is empty.
      librispeech: count words as the public ``score.py`` of these lists does, see :mod:`wfst_bias.score.librispeech`;
        needs ``biasing``.

    Raises:
      InputError: utterances are missing on one side, or (``librispeech``) have another text in ``biasing``.
    """
    assert biasing is not None or not librispeech, "librispeech needs biasing"
    decode_dir = Path(decode_dir)
    path = decode_dir / (f"text.{stage}" if stage else "text")
    hypotheses = read_hypotheses(path)
    for key in texts:
        if key not in hypotheses:
            raise InputError(f"utterance {key!r} of the references is missing; decode the same data", path)
    for key in hypotheses:
        if key not in texts:
            raise InputError(f"utterance {key!r} has no reference; score the data that was decoded", path)
    if utterances is not None:
        texts = {key: texts[key] for key in read_names(utterances, texts)}
    said = {key: words_of(text) for key, text in texts.items()}
    if biasing is not None:
        rows = _rows_of(said, biasing)
        phrases = {key: PhraseList(filter(None, map(words_of, row.phrases))) for key, row in rows.items()}
    else:
        shared = PhraseList(
            [] if entities is None else [e.words for e in read_entities(entities, format_name) if e.words]
        )
        phrases = dict.fromkeys(texts, shared)
    if librispeech:
        rare = _rare_words(said, rows, biasing)
        counts = [count_rare_errors(words, hypotheses[key], rare[key], phrases[key]) for key, words in said.items()]
    else:
        counts = [count_errors(words, hypotheses[key], phrases[key]) for key, words in said.items()]
    if not counts:
        raise InputError("holds no utterance", path)
    meta = read_json(decode_dir / "meta.json") if (decode_dir / "meta.json").is_file() else {}
    # the decode folder knows the audio of all its utterances only
    seconds = meta.get("audio_seconds", 0.0) if len(texts) == len(hypotheses) else 0.0
    return score_counts(counts, seconds / 3600)


def _rows_of(said: Mapping[str, Words], path: Path) -> Dict[str, BiasingRow]:
    """The row of each utterance that is scored."""
    rows = read_biasing(path)
    missing = next((key for key in said if key not in rows), None)
    if missing is not None:
        raise InputError(f"has no row for utterance {missing!r}; add it", path)
    return {key: rows[key] for key in said}


def _rare_words(said: Mapping[str, Words], rows: Mapping[str, BiasingRow], path: Path) -> Dict[str, Set[str]]:
    """The rare words of each utterance, whose text must be that of its row."""
    for key, words in said.items():
        if words_of(rows[key].text) != words:
            raise InputError(
                f"utterance {key!r} says {rows[key].text!r} here and {' '.join(words)!r} in the data; "
                "name the lists of the data that was decoded",
                path,
                rows[key].line,
            )
    return {key: {word for phrase in row.rare for word in words_of(phrase)} for key, row in rows.items()}


def read_names(path: Path, known: Mapping[str, str]) -> List[str]:
    """Names of utterances, one a line, each one of those that are known."""
    names = []
    for number, line in lines_of(path):
        if line.strip() not in known:
            raise InputError(f"{line.strip()!r} is no utterance of the data; write one name a line", path, number)
        names.append(line.strip())
    if not names:
        raise InputError("names no utterance", path)
    return names


def read_hypotheses(path: Path) -> Dict[str, Tuple[str, ...]]:
    """Words of each line of a Kaldi ``text``; a line may be empty behind its key."""
    hypotheses = {}
    for number, line in lines_of(path):
        key, text = (line.split(None, 1) + ["", ""])[:2]
        if not key or key in hypotheses:
            raise InputError(f"found {line!r}; expected 'UTTERANCE WORD...', each utterance once", path, number)
        hypotheses[key] = words_of(text)
    return hypotheses
