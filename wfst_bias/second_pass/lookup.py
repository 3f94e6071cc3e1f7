"""Lexicon lookup: where a phone network heard exactly a phrase of the list, and not what was written there.

The words of a transcript are aligned with the emissions of a phone network, which tells where each of them lies in
the string of phones that the network heard. Where the phones of one word, or of a few neighbouring ones, are exactly
a pronunciation of a phrase and none of these words themselves, the phrase takes their place. After the lookup of
Dingliwal et al., *Personalization of CTC speech recognition models*, SLT 2022.
"""

import json
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Dict, List, Sequence, Tuple

import numpy as np

from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.core.types import Seconds
from wfst_bias.decode.transcript import FoundEntity, Transcript, Word
from wfst_bias.entities.entity import Entity, Phrases
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.units import Units
from wfst_bias.second_pass.config import LOOKUP, LookupConfig
from wfst_bias.second_pass.phone_graphs import Alignment, alignments, phone_emissions
from wfst_bias.second_pass.phone_string import PhoneString, phone_string
from wfst_bias.second_pass.pronunciations import ListPronunciations, Piece, Pronunciations

_Index = Dict[Pronunciation, Tuple[Entity, Pronunciation]]


@dataclass(frozen=True)
class Replacement:
    """A phrase that took the place of words.

    Args:
      utterance: its name.
      start, end: of the phones that were heard.
      words: that stood there, as a text.
      phrase: as it stands in the list.
      phones: that were heard, which are a pronunciation of the phrase and none of the words.
      posterior: mean probability of these phones, each in its best frame.
      lead: log-probability of what was heard over that of the words, nats.
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
        """A line of ``lookup.jsonl``."""
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


class Lookup:
    """A list by its pronunciations, ready to be looked up in.

    Args:
      sayings: the list, and how words are said in the phones of the network.
      config: what may be replaced.
    """

    def __init__(self, sayings: Pronunciations, config: LookupConfig = LookupConfig()):
        self._sayings = sayings
        self._config = config
        self._indices: Dict[int, Tuple[ListPronunciations, _Index]] = {}  # by the identity of the list

    def corrected(
        self, transcripts: Sequence[Transcript], emissions: Emissions, lists: Sequence[Phrases] = ()
    ) -> List[Tuple[Transcript, Tuple[Replacement, ...]]]:
        """Each transcript with its replacements, and these in the order of time.

        Args:
          lists: of each utterance; that of the sayings where they are not given.
          emissions: of the same utterances, by a phone network or by a model with a phone head; their frame shift
            may be another one than that of the transcripts.

        Raises:
          InputError: the network has other phones than the sayings.
        """
        units = self._sayings.lang.units
        phones = phone_emissions(emissions, units)
        assert list(phones.names) == [transcript.name for transcript in transcripts]
        texts = self._sayings.pieces([[word.text for word in transcript.words] for transcript in transcripts], lists)
        heard = phone_string(phones, units)
        indices = map(self._index_of, self._sayings.of_lists(lists, len(transcripts)))
        corrected = []
        for transcript, pieces, said, alignment, index in zip(
            transcripts, texts, heard, alignments(texts, phones, units), indices
        ):
            matches = self._matches(transcript, pieces, said, alignment, index) if alignment else []
            rows = tuple(match.replacement(transcript, phones.frame_shift) for match in matches)
            corrected.append((_with_matches(transcript, matches, phones.frame_shift, units.boundary), rows))
        return corrected

    def _index_of(self, said: ListPronunciations) -> "_Index":
        if id(said) not in self._indices:
            self._indices[id(said)] = said, self._index(said)
        return self._indices[id(said)][1]

    def _index(self, said: ListPronunciations) -> "_Index":
        """The phrase of a list that is said so, by its phones without boundaries, and with them; of several the first."""
        index: _Index = {}
        scores: Dict[Pronunciation, float] = {}
        for outcome in said.outcomes:
            if outcome.entity.weight < 0:
                continue
            for way, score, homophones in zip(outcome.pronunciations, outcome.scores, outcome.homophones):
                phones = _phones(way, self._sayings.lang.units)
                # where another word sounds exactly so, the sound tells nothing
                is_exact = score == 0 or self._config.variants
                is_usable = is_exact and len(phones) >= self._config.min_phones and not homophones
                if is_usable and score > scores.get(phones, -np.inf):
                    index[phones], scores[phones] = (outcome.entity, way), score
        return index

    def _matches(
        self, transcript: Transcript, pieces: Sequence[Piece], heard: PhoneString, alignment: Alignment, index: "_Index"
    ) -> List["_Match"]:
        """What is replaced, none overlapping; where two would, the one of more phones is, or of surer ones."""
        piece = heard.pieces(alignment, len(pieces))
        bounds = np.searchsorted(piece, np.arange(len(pieces) + 1)).tolist()
        matches = []
        for first in range(len(pieces)):
            for end in range(first + 1, len(pieces) + 1):
                if pieces[end - 1].end - pieces[first].first > self._config.max_words:
                    break
                run = _Run(heard, bounds[first], bounds[end], -alignment.gap_of(first, end))
                known = index.get(run.phones)
                if known and self._may_replace(transcript, pieces[first:end], run, known[0]):
                    matches.append(_Match(pieces[first].first, pieces[end - 1].end, *known, run))
        taken: set = set()
        kept = []
        for match in sorted(matches, key=lambda match: (-len(match.run.phones), -match.run.posterior, match.first)):
            words = range(match.first, match.end)
            if not taken.intersection(words):
                taken.update(words)
                kept.append(match)
        return sorted(kept, key=lambda match: match.first)

    def _may_replace(self, transcript: Transcript, pieces: Sequence[Piece], run: "_Run", entity: Entity) -> bool:
        config = self._config
        words = tuple(word.text for word in transcript.words[pieces[0].first : pieces[-1].end])
        listed = any(
            entity.first_word < pieces[-1].end and entity.first_word + entity.num_words > pieces[0].first
            for entity in transcript.entities
        )
        return (
            words != entity.words
            and run.posterior >= config.min_posterior
            and run.lead >= config.min_lead
            and (run.stands_alone or not config.whole_words)
            and not (listed and config.keep_listed)
            and not _says(run.phones, [piece.ways for piece in pieces], self._sayings.lang.units)
        )


def _phones(way: Pronunciation, units: Units) -> Pronunciation:
    return tuple(unit for unit in way if unit != units.boundary)


def _says(phones: Pronunciation, pieces, units: Units) -> bool:
    """Whether some pieces, each in one of its ways, are said so."""
    said = {0}  # phones that the pieces up to here may take
    for ways in pieces:
        ends = ((begin, begin + len(way), way) for begin in said for way in (_phones(way, units) for way, _ in ways))
        said = {end for begin, end, way in ends if phones[begin:end] == way}
    return len(phones) in said


def _with_matches(
    transcript: Transcript, matches: Sequence["_Match"], frame_shift: Seconds, boundary: str
) -> Transcript:
    """The transcript with its replacements, from the last one to the first."""
    words, entities, refused = list(transcript.words), list(transcript.entities), list(transcript.rejected)
    for match in reversed(matches):
        said = match.words(frame_shift, boundary)
        words[match.first : match.end] = said
        longer = len(said) - (match.end - match.first)
        before = [e for e in entities if e.first_word + e.num_words <= match.first]
        behind = [replace(e, first_word=e.first_word + longer) for e in entities if e.first_word >= match.end]
        entities = [*before, match.found(said), *behind]
        refused = [replace(e, first_word=e.first_word + longer * (e.first_word >= match.end)) for e in refused]
    return replace(transcript, words=tuple(words), entities=tuple(entities), rejected=tuple(refused))


@dataclass(frozen=True)
class _Run:
    """Some of the phones that were heard, from ``begin`` to before ``end``.

    Args:
      lead: of the best tokens over the words that were written, in their frames, nats.
    """

    heard: PhoneString
    begin: int
    end: int
    lead: float

    @property
    def phones(self) -> Pronunciation:
        return self.heard.phones[self.begin : self.end]

    @property
    def posterior(self) -> float:
        return float(self.heard.posterior[self.begin : self.end].mean())

    @property
    def stands_alone(self) -> bool:
        """Whether a boundary was heard on both sides."""
        return bool(self.heard.opens[self.begin] and self.heard.opens[self.end])

    def times(self, frame_shift: Seconds, begin: int = 0, end: int = -1) -> Tuple[Seconds, Seconds]:
        """Of the phones from ``begin`` to before ``end`` of it."""
        last = self.end if end < 0 else self.begin + end
        seconds = lambda frame: round(float(frame) * frame_shift, 4)
        return seconds(self.heard.first[self.begin + begin]), seconds(self.heard.last[last - 1])


@dataclass(frozen=True)
class _Match:
    """A phrase in the place of the words from ``first`` to before ``end``.

    Args:
      way: how it is said, boundaries included.
      run: what was heard.
    """

    first: int
    end: int
    entity: Entity
    way: Pronunciation
    run: _Run

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
        """Its words with their times; where their way does not tell them apart they share the time of all."""
        texts = self.entity.words
        parts = [len(list(some)) for is_edge, some in groupby(self.way, lambda unit: unit == boundary) if not is_edge]
        if len(parts) != len(texts):
            return [Word(text, *self.run.times(frame_shift)) for text in texts]
        ends = np.cumsum(parts).tolist()
        return [Word(t, *self.run.times(frame_shift, end - n, end)) for t, n, end in zip(texts, parts, ends)]

    def found(self, words: Sequence[Word]) -> FoundEntity:
        """As an entity; what was heard are the best units of their frames."""
        return FoundEntity(
            phrase=self.entity.written,
            display=self.entity.shown,
            entity_class=self.entity.entity_class,
            first_word=self.first,
            num_words=len(words),
            start=words[0].start,
            end=words[-1].end,
            found_by=LOOKUP,
            units=self.way,
            gap=0.0,
            boost=0.0,
            gate=self.entity.gate or 0.0,
        )
