"""Phrases found by the lexicon lookup, and transcripts with these in the place of words."""

import json
from dataclasses import dataclass, replace
from itertools import groupby
from typing import List, Sequence, Tuple

import numpy as np

from wfst_bias.core.types import Seconds
from wfst_bias.decode.transcript import FoundEntity, Transcript, Word
from wfst_bias.entities.entity import Entity
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.units import Units
from wfst_bias.second_pass.config import LOOKUP
from wfst_bias.second_pass.phone_string import PhoneString


@dataclass(frozen=True)
class Replacement:
    """A phrase written in the place of words.

    Args:
      utterance: its name.
      start, end: of the recognized phones.
      words: that it replaced, as a text.
      phrase: as it is written in the list.
      phones: the recognized ones, a pronunciation of the phrase and none of the words.
      posterior: mean probability of these phones, each in its best frame.
      lead: log-probability of the recognized phones over that of the words, nats.
    """

    utterance: str
    start: Seconds
    end: Seconds
    words: str
    phrase: str
    phones: Pronunciation
    posterior: float
    lead: float

    def to_json(self) -> str:
        """Return a line of ``lookup.jsonl``."""
        row = {
            "utterance": self.utterance,
            "start": self.start,
            "end": self.end,
            "from": self.words,
            "to": self.phrase,
            "phones": " ".join(self.phones),
            "posterior": round(self.posterior, 4),
            "lead": round(self.lead, 4),
        }
        return json.dumps(row, ensure_ascii=False)


@dataclass(frozen=True)
class PhoneRun:
    """Recognized phones from ``begin`` to before ``end``.

    Args:
      lead: of the best tokens over the words of the transcript, in their frames, nats.
    """

    string: PhoneString
    begin: int
    end: int
    lead: float

    @property
    def phones(self) -> Pronunciation:
        return self.string.phones[self.begin : self.end]

    @property
    def posterior(self) -> float:
        return float(self.string.posterior[self.begin : self.end].mean())

    @property
    def stands_alone(self) -> bool:
        """Whether a boundary was recognized on both sides."""
        return bool(self.string.opens[self.begin] and self.string.opens[self.end])

    def times(self, frame_shift: Seconds, begin: int = 0, end: int = -1) -> Tuple[Seconds, Seconds]:
        """Return begin and end of the phones from ``begin`` to before ``end`` of the run."""
        last = self.end if end < 0 else self.begin + end
        frames = self.string.first[self.begin + begin], self.string.last[last - 1]
        start, stop = (round(float(frame) * frame_shift, 4) for frame in frames)
        return start, stop


@dataclass(frozen=True)
class Match:
    """A phrase in the place of the words from ``first`` to before ``end``.

    Args:
      pronunciation: of the phrase, boundaries included.
      run: the recognized phones.
    """

    first: int
    end: int
    entity: Entity
    pronunciation: Pronunciation
    run: PhoneRun

    def replacement(self, transcript: Transcript, frame_shift: Seconds) -> Replacement:
        return Replacement(
            transcript.name,
            *self.run.times(frame_shift),
            " ".join(word.text for word in transcript.words[self.first : self.end]),
            self.entity.written,
            self.run.phones,
            self.run.posterior,
            self.run.lead,
        )

    def words(self, frame_shift: Seconds, boundary: str) -> List[Word]:
        """Return its words and times; without boundaries in the pronunciation all have the times of the phrase."""
        texts = self.entity.words
        parts = [
            len(list(some))
            for is_edge, some in groupby(self.pronunciation, lambda unit: unit == boundary)
            if not is_edge
        ]
        if len(parts) != len(texts):
            return [Word(text, *self.run.times(frame_shift)) for text in texts]
        ends = np.cumsum(parts).tolist()
        return [Word(t, *self.run.times(frame_shift, end - n, end)) for t, n, end in zip(texts, parts, ends)]

    def found(self, words: Sequence[Word]) -> FoundEntity:
        """Return the entity, whose units are the best ones of their frames."""
        return FoundEntity(
            phrase=self.entity.written,
            display=self.entity.shown,
            entity_class=self.entity.entity_class,
            first_word=self.first,
            num_words=len(words),
            start=words[0].start,
            end=words[-1].end,
            found_by=LOOKUP,
            units=self.pronunciation,
            gap=0.0,
            boost=0.0,
            gate=self.entity.gate or 0.0,
        )


def with_matches(transcript: Transcript, matches: Sequence[Match], frame_shift: Seconds, boundary: str) -> Transcript:
    """Return the transcript with its replacements."""
    words, entities, rejected = list(transcript.words), list(transcript.entities), list(transcript.rejected)
    for match in reversed(matches):
        written = match.words(frame_shift, boundary)
        words[match.first : match.end] = written
        longer = len(written) - (match.end - match.first)
        before = [e for e in entities if e.first_word + e.num_words <= match.first]
        behind = [replace(e, first_word=e.first_word + longer) for e in entities if e.first_word >= match.end]
        entities = [*before, match.found(written), *behind]
        rejected = [replace(e, first_word=e.first_word + longer * (e.first_word >= match.end)) for e in rejected]
    return replace(transcript, words=tuple(words), entities=tuple(entities), rejected=tuple(rejected))


def without_boundaries(pronunciation: Pronunciation, units: Units) -> Pronunciation:
    """Return the units of a pronunciation without the boundaries of words."""
    return tuple(unit for unit in pronunciation if unit != units.boundary)
