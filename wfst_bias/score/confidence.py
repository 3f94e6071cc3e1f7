"""What confidences are worth: those of words against how many are right, those of entities against false alarms.

A word is right that is aligned with the same word of the reference; an entity is a hit where all its words are, one
behind the other there, else a false alarm.
"""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import kaldialign
import numpy as np
from tabulate import tabulate

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.core.text import words_of
from wfst_bias.score.bootstrap import interval, resampled
from wfst_bias.score.report import read_names
from wfst_bias.second_pass.config import LOOKUP

# of a decode folder, with confidences of the same words
_CTM = ("ctm", "ctm.with_list")
_NUM_BINS = 10
_MOST = 1 - 5e-5  # of a confidence in the cross entropy: files have four digits
_GAP = "\0"  # no word


@dataclass(frozen=True)
class Bin:
    """Words with confidences from ``low`` on, below ``high``.

    Args:
      confidence: their mean.
      right: share of those that are.
    """

    low: float
    high: float
    confidence: float
    right: float
    num_words: int


@dataclass(frozen=True)
class Calibration:
    """How far confidences of words are what they say: probabilities that the words are right.

    Args:
      bins: those with words.
      nce: normalised cross entropy, NIST's: 1 is certainty, 0 what the share of right words alone tells, below 0
        worse than that; NaN where all words are right or none.
      ece: expected calibration error, the mean distance of confidence and share of right words in the bins.
      num_words, num_right: words of the hypotheses.
    """

    bins: Tuple[Bin, ...]
    nce: float
    ece: float
    num_words: int
    num_right: int


@dataclass(frozen=True)
class Separation:
    """How a measure parts hits from false alarms.

    Args:
      area: under the ROC curve: how often a hit has more of it than a false alarm, equals count half; NaN where there
        are none of either.
      low, high: 95 % bootstrap interval over utterances.
      hits, false_alarms: medians of the measure; NaN where there are none.
    """

    area: float
    low: float
    high: float
    hits: float
    false_alarms: float


@dataclass(frozen=True)
class ConfidenceScore:
    """Of a decode folder.

    Args:
      words: calibration by file: without what the list pays and with it.
      entities: separation by each measure there is.
      num_hits, num_false_alarms: entities.
    """

    words: Dict[str, Calibration]
    entities: Dict[str, Separation]
    num_hits: int
    num_false_alarms: int

    def table(self) -> str:
        """Two tables: of words and, where some were found, of entities."""
        tables = [self._table_of_words()]
        if self.num_hits + self.num_false_alarms:
            tables.append(self._table_of_entities())
        return "\n\n".join(tables)

    def _table_of_words(self) -> str:
        lows = sorted({b.low for calibration in self.words.values() for b in calibration.bins})
        rows: List[Tuple[str, ...]] = []
        for low in lows:
            row = [f"{low:.1f} - {low + 1 / _NUM_BINS:.1f}"]
            for calibration in self.words.values():
                found = next((b for b in calibration.bins if b.low == low), None)
                row += [str(found.num_words), _told(found.confidence), _told(found.right)] if found else ["0", "", ""]
            rows.append(tuple(row))
        sums = lambda c: (str(c.num_words), "", _told(c.num_right / c.num_words if c.num_words else math.nan))
        calibrations = self.words.values()
        rows.append(("all", *(text for c in calibrations for text in sums(c))))
        rows.append(("normalised cross entropy", *(text for c in calibrations for text in ("", "", _told(c.nce)))))
        rows.append(("expected calibration error", *(text for c in calibrations for text in ("", "", _told(c.ece)))))
        headers = [text for name in self.words for text in (f"{name}: words", "mean", "right")]
        return _tabulated(rows, ("words", *headers))

    def _table_of_entities(self) -> str:
        rows = [
            (name, _told(s.area), _told(s.low), _told(s.high), _told(s.hits), _told(s.false_alarms))
            for name, s in self.entities.items()
        ]
        medians = (f"median of {self.num_hits} hits", f"of {self.num_false_alarms} false alarms")
        return _tabulated(rows, ("entities", "area under ROC", "from", "to", *medians))

    def content(self) -> Dict[str, Any]:
        """For JSON, which has neither NaN nor infinity: null."""
        return {
            "words": {name: _finite(asdict(calibration)) for name, calibration in self.words.items()},
            "entities": {name: _finite(asdict(separation)) for name, separation in self.entities.items()},
            "num_hits": self.num_hits,
            "num_false_alarms": self.num_false_alarms,
        }


def _told(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _tabulated(rows: Sequence[Tuple[str, ...]], headers: Tuple[str, ...]) -> str:
    align = ("left", *["right"] * (len(headers) - 1))
    return tabulate(rows, headers=headers, colalign=align if rows else None, disable_numparse=True)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value


def calibration(confidences: np.ndarray, right: np.ndarray) -> Calibration:
    """Of words.

    Args:
      confidences: 0 to 1 ``(W,)``.
      right: which words are, bool ``(W,)``.
    """
    number = np.minimum((confidences * _NUM_BINS).astype(int), _NUM_BINS - 1)
    counts = np.bincount(number, minlength=_NUM_BINS)
    sums = np.bincount(number, confidences, _NUM_BINS), np.bincount(number, right, _NUM_BINS)
    bins = tuple(
        Bin(i / _NUM_BINS, (i + 1) / _NUM_BINS, *(float(values[i] / counts[i]) for values in sums), int(counts[i]))
        for i in np.flatnonzero(counts)
    )
    error = sum(b.num_words * abs(b.confidence - b.right) for b in bins) / max(len(right), 1)
    return Calibration(bins, _cross_entropy(confidences, right), error, len(right), int(right.sum()))


def _cross_entropy(confidences: np.ndarray, right: np.ndarray) -> float:
    """Normalised: of Siu, Gish and Richardson 1997, as NIST's sclite has it."""
    if right.all() or not right.any():
        return math.nan
    bits = lambda probability: float(np.log2(np.where(right, probability, 1.0 - probability)).sum())
    chance = -bits(np.full(len(right), right.mean()))
    return (chance + bits(np.clip(confidences, 1.0 - _MOST, _MOST))) / chance


def separation(values: np.ndarray, hits: np.ndarray, utterance: np.ndarray, num_utterances: int) -> Separation:
    """Of entities.

    Args:
      values: of the measure ``(E,)``; may be infinite.
      hits: which entities are, bool ``(E,)``.
      utterance: number of that in which each stands ``(E,)``.
    """
    _, level = np.unique(values, return_inverse=True)
    replicas = [_area(level, hits, weights[utterance]) for weights in resampled(num_utterances)]
    median = lambda some: float(np.median(some)) if len(some) else math.nan
    area = _area(level, hits, np.ones(len(hits)))
    return Separation(area, *interval(np.array(replicas)), median(values[hits]), median(values[~hits]))


def _area(level: np.ndarray, hits: np.ndarray, weights: np.ndarray) -> float:
    """Under the ROC curve of levels from 0 on, each entity counting so often."""
    hit, false = (np.bincount(level, weights * some) for some in (hits, ~hits))
    pairs = hit.sum() * false.sum()
    return float(hit @ (np.cumsum(false) - false / 2) / pairs) if pairs else math.nan


def _lead(term: str) -> Callable[[Mapping[str, Any]], float]:
    """Of an entity over its rival; what has no rival is above all others."""
    return lambda row: row["rival"][term] if row["rival"] else math.inf


_MEASURES: Dict[str, Callable[[Mapping[str, Any]], float]] = {
    "confidence": lambda row: row["confidence"],
    "confidence_with_list": lambda row: row["confidence_with_list"],
    "evidence": lambda row: row["evidence"],
    "rival.acoustic": _lead("acoustic"),
    "rival.total": _lead("total"),
}


def score_confidence(texts: Mapping[str, str], decode_dir: Path, utterances: Optional[Path] = None) -> ConfidenceScore:
    """Score the confidences of a decode folder against reference texts.

    Args:
      texts: reference of each utterance.
      decode_dir: with ``ctm``, ``ctm.with_list`` and ``entities.jsonl``.
      utterances: score only these, one name a line.

    Raises:
      InputError: a file is missing or has no confidences.
    """
    decode_dir = Path(decode_dir)
    names = read_names(utterances, texts) if utterances else list(texts)
    heard = {name: _read_ctm(decode_dir / name) for name in _CTM}
    partners = {key: _partners(words_of(texts[key]), [word for word, _ in heard["ctm"].get(key, ())]) for key in names}
    right = np.array([partner >= 0 for key in names for partner in partners[key]], bool)
    words = {}
    for name, of in heard.items():
        confidences = np.array([confidence for key in names for _, confidence in of.get(key, ())])
        if len(confidences) != len(right):
            raise InputError(f"has {len(confidences)} words, ctm {len(right)}; decode anew", decode_dir / name)
        words[name] = calibration(confidences, right)
    place = {key: number for number, key in enumerate(names)}
    # what a lookup wrote is in no lattice, which the measures are of
    found = (row for row in _read_entities(decode_dir / "entities.jsonl") if row.get("way") != LOOKUP)
    rows = [row for row in found if row["utterance"] in place]
    hits = np.array([_is_hit(row, partners[row["utterance"]]) for row in rows], bool)
    utterance = np.array([place[row["utterance"]] for row in rows], int)
    entities = {
        name: separation(np.array([measure(row) for row in rows]), hits, utterance, len(names))
        for name, measure in _MEASURES.items()
    }
    return ConfidenceScore(words, entities, int(hits.sum()), int((~hits).sum()))


def _partners(reference: Sequence[str], hypothesis: Sequence[str]) -> List[int]:
    """Of each word of a hypothesis the place in the reference of the same word, -1 where it is none of its words."""
    partners = []
    place = 0
    for said, heard in kaldialign.align(list(reference), list(hypothesis), _GAP):
        if heard != _GAP:
            partners.append(place if said == heard else -1)
        place += said != _GAP
    return partners


def _is_hit(row: Mapping[str, Any], partners: Sequence[int]) -> bool:
    first, length = row["first_word"], row["num_words"]
    said = partners[first : first + length]
    return len(said) > 0 and said[0] >= 0 and list(said) == list(range(said[0], said[0] + length))


def _read_ctm(path: Path) -> Dict[str, List[Tuple[str, float]]]:
    """Words and confidences of each utterance that has words."""
    heard: Dict[str, List[Tuple[str, float]]] = {}
    for number, line in lines_of(path):
        fields = line.split()
        try:
            key, _, _, _, word, confidence = fields
            heard.setdefault(key, []).append((" ".join(words_of(word)), float(confidence)))
        except ValueError:
            raise InputError(
                f"found {line!r}; expected 'UTTERANCE 1 START SECONDS WORD CONFIDENCE': decode anew", path, number
            ) from None
    return heard


def _read_entities(path: Path) -> List[Dict[str, Any]]:
    rows = []
    for number, line in lines_of(path):
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"is not JSON ({error.msg}); decode anew", path, number) from None
        if "confidence" not in row or "rival" not in row:
            raise InputError("has an entity without confidence and rival; decode anew", path, number)
        rows.append(row)
    return rows
