"""Transcripts: words with times, and the phrases of the list among them."""

import math
from dataclasses import asdict, dataclass, field, replace
from itertools import accumulate
from typing import Any, Dict, Sequence, Tuple

import numpy as np

from wfst_bias.core.types import IntArray, Nats, Seconds

LIST, LANGUAGE_MODEL, PARTIAL = "list", "language model", "partial phrase"

_LONGEST_PAUSE = 0.5  # within speech


@dataclass(frozen=True)
class Word:
    """A word of a transcript: where its first unit begins and its last one ends, as far as a CTC model tells."""

    text: str
    start: Seconds
    end: Seconds


@dataclass(frozen=True)
class FoundEntity:
    """A phrase of the list in a transcript, and why it is there.

    Args:
      phrase: as it stands in the list.
      display: as it is to be shown.
      entity_class: name of the class that it belongs to.
      first_word, num_words: its place among the words of the transcript.
      start, end: its time.
      found_by: :data:`LIST` where it came through the list's class, :data:`LANGUAGE_MODEL` where the language model
        knew the words and its path was the better one, :data:`PARTIAL` for some words of a phrase without the others.
      units: the pronunciation that matched.
      gap: log-probability of its units against the best ones of the same frames, the whole span,
        before any boost, nats; 0 where the model itself writes them, far below 0 where it writes others.
      boost: what adaptive boosting gave back of that gap, nats.
      gate: the least evidence that it may be found by; 0 where any will do.
      form: its possessive or plural as it was spoken, in words; empty where it was the phrase itself.
      after_last_unit: the part of its time behind the last frame of its last unit, in which the model writes blanks.
    """

    phrase: str
    display: str
    entity_class: str
    first_word: int
    num_words: int
    start: Seconds
    end: Seconds
    found_by: str
    units: Tuple[str, ...]
    gap: float
    boost: float
    gate: float
    form: str = ""
    after_last_unit: Seconds = 0.0

    @property
    def evidence(self) -> float:
        """Probability of a unit against the best one of the same frames, the geometric mean over its units."""
        return math.exp(self.gap / len(self.units))

    @property
    def is_below_gate(self) -> bool:
        return self.evidence < self.gate

    def shifted(self, seconds: Seconds) -> "FoundEntity":
        """The same, later by a time."""
        return replace(self, start=self.start + seconds, end=self.end + seconds)

    def overlaps(self, other: "FoundEntity") -> bool:
        """Whether they share time."""
        return self.start < other.end and other.start < self.end

    def to_json(self) -> Dict[str, Any]:
        """The fields as files have them, and the evidence; ``found_by`` is called ``way`` there, and only forms have ``form``."""
        values = {"way" if name == "found_by" else name: value for name, value in asdict(self).items()}
        del values["after_last_unit"]
        if not self.form:
            del values["form"]
        return {**values, "evidence": self.evidence}

    @property
    def _name(self) -> str:
        return f"{self.phrase} ({self.form})" if self.form else self.phrase

    def describe(self) -> str:
        return (
            f"{self.start:.2f}-{self.end:.2f} s  {self._name}  by the {self.found_by}, pronounced {' '.join(self.units)}, "
            f"{abs(self.gap):.1f} nats below the best units, {self.boost:.1f} of them given back, "
            f"evidence {self.evidence:.2f} a unit"
        )


@dataclass(frozen=True)
class Transcript:
    """The best path of an utterance.

    Args:
      name: of the utterance.
      words, entities: in the order of time.
      score: of the path, scaled and boosted, relative to each frame's best, nats; minus infinity where
        the lattice is empty.
      rejected: phrases below their gates: those of a better path, whose words they count, and those of this one.
      partial: some words of a phrase without the others, which a list brought; they are words, no entities.
      path: the arcs of the search's lattices that read its frames, int64 ``(T,)``; empty where it is not of a search.
    """

    name: str
    words: Tuple[Word, ...]
    entities: Tuple[FoundEntity, ...]
    score: Nats
    rejected: Tuple[FoundEntity, ...] = ()
    partial: Tuple[FoundEntity, ...] = ()
    path: IntArray = field(default_factory=lambda: np.zeros(0, np.int64), repr=False, compare=False)

    def shifted(self, seconds: Seconds) -> "Transcript":
        """The same, later by a time."""
        if not seconds:
            return self
        words = tuple(replace(word, start=word.start + seconds, end=word.end + seconds) for word in self.words)
        entities, rejected, partial = (
            tuple(one.shifted(seconds) for one in found) for found in (self.entities, self.rejected, self.partial)
        )
        return replace(self, words=words, entities=entities, rejected=rejected, partial=partial)

    @classmethod
    def joined(cls, name: str, parts: Sequence["Transcript"]) -> "Transcript":
        """The transcript of an utterance from those of its segments, in the order of time; it has no path."""
        if len(parts) == 1:
            return parts[0]
        before = [0, *accumulate(len(part.words) for part in parts)]
        entities, rejected, partial = (
            tuple(
                replace(one, first_word=one.first_word + num_before)
                for found, num_before in zip(of_parts, before)
                for one in found
            )
            for of_parts in zip(*((part.entities, part.rejected, part.partial) for part in parts))
        )
        words = tuple(word for part in parts for word in part.words)
        return cls(name, words, entities, sum(part.score for part in parts), rejected, partial)

    @property
    def spoken(self) -> Seconds:
        """The time of its words and of the short pauses between them."""
        words = sum(word.end - word.start for word in self.words)
        pauses = (after.start - before.end for before, after in zip(self.words, self.words[1:]))
        return words + sum(min(max(pause, 0.0), _LONGEST_PAUSE) for pause in pauses)

    @property
    def by_list(self) -> Tuple[FoundEntity, ...]:
        """The phrases and partial phrases that a list brought, in the order of time."""
        phrases = [entity for entity in self.entities if entity.found_by == LIST]
        return tuple(sorted([*phrases, *self.partial], key=lambda one: one.first_word))

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def display(self) -> str:
        """The text with its entities as they are to be shown."""
        return self._with_entities("{}")

    def marked(self) -> str:
        """The same, the entities in brackets."""
        return self._with_entities("[{}]")

    def _with_entities(self, form: str) -> str:
        texts = [word.text for word in self.words]
        for entity in reversed(self.entities):
            texts[entity.first_word : entity.first_word + entity.num_words] = [form.format(entity.display)]
        return " ".join(texts)
