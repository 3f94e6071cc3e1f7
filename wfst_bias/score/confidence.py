"""Scores of confidences: calibration of words, and separation of hits and false alarms among entities.

A word is right that is aligned with the same word of the reference; an entity is a hit where all its words are aligned
with consecutive ones of the reference, or where the reference has another form of it in their place, else a false alarm.
"""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np
from tabulate import tabulate

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.core.text import words_of
from wfst_bias.core.types import BoolArray
from wfst_bias.score.calibration import NUM_BINS, Bin, Calibration, calibration
from wfst_bias.score.listed import ScoredPhrases
from wfst_bias.score.separation import Separation, SpokenWords, separation
from wfst_bias.score.texts import read_names
from wfst_bias.second_pass.config import LOOKUP

_COMPETITOR = "rival"  # its field in entities.jsonl
_POSTERIOR = "posterior"  # of phrases that verification weighed
# of a decode folder, with confidences of the same words
_CTM = ("ctm", "ctm.with_list")
_NO_PHRASES = ScoredPhrases(())


@dataclass(frozen=True)
class ConfidenceScore:
    """Scores of the confidences in a decode folder.

    Args:
      words: calibration by file: without the bonus of the list and with it.
      entities: separation by each measure there is.
      num_hits, num_false_alarms: entities.
    """

    words: Dict[str, Calibration]
    entities: Dict[str, Separation]
    num_hits: int
    num_false_alarms: int

    def table(self) -> str:
        """Format two tables: of words and, where some were found, of entities."""
        tables = [self._table_of_words()]
        if self.num_hits + self.num_false_alarms:
            tables.append(self._table_of_entities())
        return "\n\n".join(tables)

    def _table_of_words(self) -> str:
        lows = sorted({b.low for calibration in self.words.values() for b in calibration.bins})
        rows: List[Tuple[str, ...]] = []
        for low in lows:
            row = [f"{low:.1f} - {low + 1 / NUM_BINS:.1f}"]
            for calibrated in self.words.values():
                found = next((b for b in calibrated.bins if b.low == low), None)
                row += _bin_columns(found)
            rows.append(tuple(row))
        calibrations = self.words.values()
        shares = [c.num_right / c.num_words if c.num_words else math.nan for c in calibrations]
        sums = [(str(c.num_words), "", _formatted(share)) for c, share in zip(calibrations, shares)]
        rows.append(("all", *(text for some in sums for text in some)))
        rows.append(("normalized cross entropy", *(text for c in calibrations for text in ("", "", _formatted(c.nce)))))
        rows.append(
            ("expected calibration error", *(text for c in calibrations for text in ("", "", _formatted(c.ece))))
        )
        headers = [text for name in self.words for text in (f"{name}: words", "mean", "right")]
        return _tabulated(rows, ("words", *headers))

    def _table_of_entities(self) -> str:
        rows = [
            (
                name,
                _formatted(s.area),
                _formatted(s.low),
                _formatted(s.high),
                _formatted(s.hits),
                _formatted(s.false_alarms),
            )
            for name, s in self.entities.items()
        ]
        medians = (f"median of {self.num_hits} hits", f"of {self.num_false_alarms} false alarms")
        return _tabulated(rows, ("entities", "area under ROC", "from", "to", *medians))

    def content(self) -> Dict[str, Any]:
        """Return the content of a JSON file, which has null instead of NaN and infinity."""
        return {
            "words": {name: _finite(asdict(calibration)) for name, calibration in self.words.items()},
            "entities": {name: _finite(asdict(separation)) for name, separation in self.entities.items()},
            "num_hits": self.num_hits,
            "num_false_alarms": self.num_false_alarms,
        }


def _formatted(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _tabulated(rows: Sequence[Tuple[str, ...]], headers: Tuple[str, ...]) -> str:
    align = ("left", *["right"] * (len(headers) - 1))
    return str(tabulate(rows, headers=headers, colalign=align if rows else None, disable_numparse=True))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value


def _lead(term: str) -> Callable[[Mapping[str, Any]], float]:
    """Return the lead of an entity over its competitor; an entity without one is above all others."""
    return lambda row: float(row[_COMPETITOR][term]) if row[_COMPETITOR] else math.inf


_MEASURES: Dict[str, Callable[[Mapping[str, Any]], float]] = {
    "confidence": lambda row: row["confidence"],
    "confidence_with_list": lambda row: row["confidence_with_list"],
    "evidence": lambda row: row["evidence"],
    "rival.acoustic": _lead("acoustic"),
    "rival.total": _lead("total"),
}


def score_confidence(
    texts: Mapping[str, str],
    decode_dir: Path,
    utterances: Optional[Path] = None,
    lists: Mapping[str, ScoredPhrases] = {},
) -> ConfidenceScore:
    """Score the confidences of a decode folder against reference texts.

    Args:
      texts: reference of each utterance.
      decode_dir: with ``ctm``, ``ctm.with_list`` and ``entities.jsonl``.
      utterances: score only these, one name a line.
      lists: phrases of each utterance, for their forms.

    Raises:
      InputError: a file is missing or has no confidences.
    """
    decode_dir = Path(decode_dir)
    names = read_names(utterances, texts) if utterances else list(texts)
    ctm = {name: _read_ctm(decode_dir / name) for name in _CTM}
    spoken = {
        key: SpokenWords(
            words_of(texts[key]), tuple(word for word, _ in ctm[_CTM[0]].get(key, ())), lists.get(key, _NO_PHRASES)
        )
        for key in names
    }
    right = np.concatenate([np.zeros(0, bool), *(spoken[key].is_right for key in names)])
    words = {}
    for name, rows in ctm.items():
        confidences = np.array([confidence for key in names for _, confidence in rows.get(key, ())])
        if len(confidences) != len(right):
            raise InputError(f"has {len(confidences)} words, ctm {len(right)}; decode anew", decode_dir / name)
        words[name] = calibration(confidences, right)
    entities, hits = _separations(_read_entities(decode_dir / "entities.jsonl"), spoken, names)
    return ConfidenceScore(words, entities, int(hits.sum()), int((~hits).sum()))


def _bin_columns(found: Optional[Bin]) -> List[str]:
    if found is None:
        return ["0", "", ""]
    return [str(found.num_words), _formatted(found.confidence), _formatted(found.right)]


def _separations(
    entities: Sequence[Mapping[str, Any]], spoken: Mapping[str, SpokenWords], names: Sequence[str]
) -> Tuple[Dict[str, Separation], BoolArray]:
    """Return the separation by each measure, and which entities of the named utterances are hits."""
    number = {key: i for i, key in enumerate(names)}
    # entities of a lookup are in no lattice, from which the measures are taken
    rows = [row for row in entities if row.get("way") != LOOKUP and row["utterance"] in number]
    hits = np.array([spoken[row["utterance"]].is_hit(row["first_word"], row["num_words"]) for row in rows], bool)
    utterance = np.array([number[row["utterance"]] for row in rows], int)
    separations = {
        name: separation(np.array([measure(row) for row in rows]), hits, utterance, len(names))
        for name, measure in _MEASURES.items()
    }
    weighed = np.array([_POSTERIOR in row for row in rows], bool)
    if weighed.any():
        posterior = np.array([row.get(_POSTERIOR, math.nan) for row in rows])
        separations[_POSTERIOR] = separation(posterior[weighed], hits[weighed], utterance[weighed], len(names))
    return separations, hits


def _read_ctm(path: Path) -> Dict[str, List[Tuple[str, float]]]:
    """Read words and confidences of each utterance that has words."""
    words: Dict[str, List[Tuple[str, float]]] = {}
    for number, line in lines_of(path):
        fields = line.split()
        try:
            key, _, _, _, word, confidence = fields
            words.setdefault(key, []).append((" ".join(words_of(word)), float(confidence)))
        except ValueError:
            raise InputError(
                f"found {line!r}; expected 'UTTERANCE 1 START SECONDS WORD CONFIDENCE': decode anew", path, number
            ) from None
    return words


def _read_entities(path: Path) -> List[Dict[str, Any]]:
    rows = []
    for number, line in lines_of(path):
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"is not JSON ({error.msg}); decode anew", path, number) from None
        if "confidence" not in row or _COMPETITOR not in row:
            raise InputError("has an entity without confidence and competitor ('rival'); decode anew", path, number)
        rows.append(row)
    return rows
