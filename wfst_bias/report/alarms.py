"""False alarms with their evidence."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.core.text import words_of
from wfst_bias.score.alignment import align
from wfst_bias.score.counts import match_phrases
from wfst_bias.score.listed import ScoredPhrases, Span, Words
from wfst_bias.score.texts import hypotheses_of

_Span = Tuple[str, int, int]


@dataclass(frozen=True)
class FalseAlarm:
    """A phrase of a transcript that is not in the reference.

    Args:
      utterance: its name.
      phrase: its words.
      reference: words of the reference in the same position; empty where there are none.
      evidence: its row of ``entities.jsonl``; empty where there is none.
    """

    utterance: str
    phrase: str
    reference: str
    evidence: Mapping[str, Any]

    @property
    def confidence(self) -> Optional[float]:
        """The confidence with the list or, in folders that have none, the evidence."""
        row = self.evidence
        if "confidence_with_list" in row:
            return _number(row["confidence_with_list"])
        return self.probability

    @property
    def probability(self) -> Optional[float]:
        """The probability of a unit against the best one of the same frames, before any boost."""
        row = self.evidence
        if "gap" not in row or not row.get("units"):
            return None
        return _number(row.get("evidence", math.exp(row["gap"] / len(row["units"]))))


def _number(value: Any) -> Optional[float]:
    return None if value is None else float(value)


def false_alarms(texts: Mapping[str, str], decode_dir: Path, phrases: Mapping[str, ScoredPhrases]) -> List[FalseAlarm]:
    """Return the false alarms of a decode folder, the most confident first, those without any evidence last.

    Raises:
      InputError: utterances are missing on one side, or a line of ``entities.jsonl`` cannot be read.
    """
    evidence = _evidence(decode_dir / "entities.jsonl")
    hypotheses = hypotheses_of(texts, decode_dir)
    found = []
    for name, own in phrases.items():
        reference, hypothesis = words_of(texts[name]), hypotheses[name]
        for first, end in match_phrases(reference, hypothesis, own).false_alarms:
            phrase = " ".join(hypothesis[first:end])
            row = evidence.get((name, first, end - first), {})
            found.append(FalseAlarm(name, phrase, _reference_of(reference, hypothesis, (first, end), own), row))
    return sorted(found, key=lambda alarm: (alarm.confidence is None, -(alarm.confidence or 0.0)))


def _reference_of(reference: Words, hypothesis: Words, span: Span, phrases: ScoredPhrases) -> str:
    """Return the reference from the first to the last word of a phrase, with words that were left out between."""
    alignment = align(reference, hypothesis, phrases)
    covered = alignment.pairs[slice(*alignment.hypothesis_columns(span))]
    origins = {k for i, _ in covered if i is not None for k in range(*alignment.reference.origins[i])}
    return " ".join(reference[k] for k in sorted(origins))


def _evidence(path: Path) -> Dict[_Span, Mapping[str, Any]]:
    """Read the rows of ``entities.jsonl`` by utterance and words; none where there is no such file."""
    rows: Dict[_Span, Mapping[str, Any]] = {}
    for number, line in lines_of(path) if path.is_file() else ():
        try:
            row = json.loads(line)
            rows[row["utterance"], row["first_word"], row["num_words"]] = row
        except (json.JSONDecodeError, KeyError, TypeError):
            raise InputError("is no entity with its position; decode anew", path, number) from None
    return rows
