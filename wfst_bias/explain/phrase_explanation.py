"""The result of explaining a phrase in an utterance of a decode folder, as text and as JSON."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Optional, Tuple

from wfst_bias.core.types import Nats
from wfst_bias.entities.outcome import UNUSABLE
from wfst_bias.entities.report import ReportRow
from wfst_bias.explain.explanation import Explanation
from wfst_bias.explain.verification_evidence import WeighedPhrase

UNLISTED = "not in the list"

_MOST_ALIKE = 5  # homophones in a text
# fields whose names in JSON are older
_JSON_NAMES = {
    "comparison": "contest",
    "competitor": "rival",
    "found_by": "way",
    "match": "place",
    "matches": "places",
    "recognized": "heard",
    "rejected": "refused",
}


@dataclass(frozen=True)
class PhraseExplanation:
    """The outcome of a phrase in an utterance.

    Args:
      utterance, phrase: as asked for.
      text: transcript of the search, as the decode folder has it.
      written: transcript of the second pass.
      is_listed: whether the phrase is in its list.
      rows: of the phrase in the report of its list; if it is not in the list, of a list with it.
      similar: phrases of the list, where it is not in it.
      explanation: where the phrase can be used and the graph has it, or a base was there to put it into.
      weighed: what verification made of it.
    """

    utterance: str
    phrase: str
    text: str
    written: str
    is_listed: bool
    rows: Tuple[ReportRow, ...]
    similar: Tuple[str, ...]
    explanation: Optional[Explanation]
    weighed: Tuple[WeighedPhrase, ...] = ()

    @property
    def verdict(self) -> str:
        if not self.is_listed:
            return UNLISTED
        return self.explanation.verdict if self.explanation else UNUSABLE

    def describe(self) -> str:
        """Some blocks of text."""
        name = repr(self.phrase)
        why_not = f"cannot be used: {'; '.join(row.note for row in self.rows)}"
        outcome = self.explanation.summary() if self.explanation else why_not
        if not self.is_listed:
            like = f" It has {', '.join(map(repr, self.similar))}." if self.similar else ""
            there = f" Put there, {name} {outcome}." if self.rows else ""
            outcome = f"is not in the list of {self.utterance}.{like}{there}"
        blocks = [f"{self.utterance}: {self.text}\n{name} {outcome.rstrip('.')}."]
        if self.explanation:
            blocks += self.explanation.details()
            blocks += [one.describe() for one in self.weighed]
            blocks += filter(None, [self._row(self.explanation.weight)])
            now = self.explanation.transcript.text
            if self.is_listed and now != self.text:
                blocks.append(f"It decodes to {now!r} now: data, model or lists are not what they were.")
        if self.written != self.text:
            blocks.append(f"After the search, the second pass made {self.written!r} of it.")
        return "\n\n".join(blocks)

    def _row(self, weight: Nats) -> str:
        """The line, weight and notes of the phrase in its list; empty where it has none."""
        row = self.rows[0]
        place = f"line {row.line} of the list" if row.line and self.is_listed else ""
        facts = ", ".join(filter(None, [place, f"weight {weight:g}" if weight else ""]))
        if row.homophones:
            alike = ", ".join(map(repr, row.homophones[:_MOST_ALIKE])) + ", ..." * (len(row.homophones) > _MOST_ALIKE)
            alike = f"pronunciations that the language model has, too ({alike}), are given no bonus"
        else:
            alike = ""
        sentences = filter(None, [facts, alike, row.note])
        return " ".join(f"{sentence[0].upper()}{sentence[1:]}." for sentence in sentences)

    def to_json(self) -> str:
        values = asdict(self)
        if self.explanation:
            del values["explanation"]["transcript"]["path"]  # numbers that mean nothing outside of the search
            if self.explanation.comparison:
                values["explanation"]["comparison"]["margin"] = self.explanation.comparison.margin
        return json.dumps({"verdict": self.verdict, **_with_json_names(values)}, indent=2, ensure_ascii=False)


def _with_json_names(values: Any) -> Any:
    """Fields at any depth under the names that JSON has for them."""
    if isinstance(values, dict):
        return {_JSON_NAMES.get(name, name): _with_json_names(value) for name, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [_with_json_names(value) for value in values]
    return values
