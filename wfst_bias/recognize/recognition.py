"""The results of the recognizer: a batch that was searched, and what was recognized in an utterance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Iterable, Iterator, List, Optional, Sequence, Tuple

from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.core.errors import InputError
from wfst_bias.core.types import Seconds
from wfst_bias.decode.config import SearchConfig
from wfst_bias.decode.gates import gated_paths
from wfst_bias.decode.search import Decoder, Lattices
from wfst_bias.decode.transcript import FoundEntity, Transcript, Word
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.lattice.competitors import Competitor
from wfst_bias.lattice.confidence import Confidence
from wfst_bias.lattice.nbest import NBest
from wfst_bias.lattice.word_lattice import WordLattice
from wfst_bias.recognize.emissions import BatchEmissions
from wfst_bias.second_pass.found import Found
from wfst_bias.second_pass.lookup_matches import Replacement

if TYPE_CHECKING:
    from lhotse import MonoCut


@dataclass(frozen=True)
class SearchedBatch:
    """A batch of utterances after the search and before the second pass.

    Args:
      emissions: what was searched.
      decoder: that searched.
      gates: the gate of each utterance, see :class:`~wfst_bias.graph.decoding.ListInGraph`.
      transcripts: the best path of each utterance with no phrase below its gate.
      lattices: that these paths are of.
    """

    emissions: BatchEmissions
    decoder: Decoder
    gates: Sequence[int]
    transcripts: Sequence[Transcript]
    lattices: Lattices

    @classmethod
    def search(cls, emissions: BatchEmissions, decoder: Decoder, gates: Sequence[int]) -> "SearchedBatch":
        """Search a batch; the gates of the phrases are kept."""
        transcripts, lattices = gated_paths(decoder.lattices(emissions.searched, gates), decoder)
        return cls(emissions, decoder, gates, transcripts, lattices)

    def segments(
        self, found: Sequence[Found], frame_lattices: Sequence[str], keep_emissions: bool
    ) -> List["RecognizedSegment"]:
        """The results of the batch, from what the second pass found in each."""
        phrases = self.decoder.graph.phrase_names
        searched = self.emissions.searched
        starts = self.emissions.starts or [0.0] * len(found)
        return [
            RecognizedSegment(
                cut=cut,
                start=start,
                duration=searched.durations[i],
                found=one.in_utterance(cut.id, start) if self.emissions.starts else one,
                phrases=phrases,
                frame_shift=searched.frame_shift,
                frame_lattice=frame_lattice,
                emissions=self.emissions.searched_alone(i) if keep_emissions else None,
            )
            for i, (cut, start, one, frame_lattice) in enumerate(
                zip(self.emissions.cuts, starts, found, frame_lattices)
            )
        ]

    def decoder_on(self, graph: DecodingGraph, search: SearchConfig) -> Decoder:
        """The decoder of the same emissions on another graph, which may be wider."""
        return Decoder(graph, search, self.decoder.boost, self.decoder.device, self.decoder.gate)


@dataclass(frozen=True)
class RecognizedSegment:
    """The result of what was searched at once: an utterance, or a segment of a long one.

    Args:
      cut: the utterance that it is of.
      start, duration: in the utterance.
      found: lattice, n-best list, transcript, confidences and competitors, after the second pass. Times of the transcript
        are those of the utterance; lattice and n-best list begin at 0.
      phrases: the phrases of the graph by their numbers, as ``found.lattice`` has them.
      frame_shift: seconds a frame of the lattice.
      frame_lattice: the lattice with an arc a frame in Kaldi's text format; empty unless asked for.
      emissions: log-probabilities that were searched, of this segment alone, ``(1, T, C)``; None unless asked for.
    """

    cut: MonoCut
    start: Seconds
    duration: Seconds
    found: Found
    phrases: Tuple[str, ...]
    frame_shift: Seconds
    frame_lattice: str = ""
    emissions: Optional[Emissions] = None

    @property
    def name(self) -> str:
        """The utterance; of a segment ``UTTERANCE-START-END``, the times in centiseconds."""
        return self.found.lattice.name

    @property
    def utterance(self) -> str:
        """The name of the utterance."""
        return str(self.cut.id)

    @property
    def end(self) -> Seconds:
        """The end in the utterance; frames may last longer than the audio."""
        return min(self.start + self.duration, float(self.cut.duration))

    @property
    def replacements(self) -> Sequence[Replacement]:
        """The replacements of the lookup, with times of the utterance."""
        return [
            replace(row, utterance=self.utterance, start=row.start + self.start, end=row.end + self.start)
            for row in self.found.replacements
        ]


@dataclass(frozen=True)
class Recognition:
    """The result of one utterance of any length.

    Args:
      segments: in the order of time; one where the utterance was searched as a whole.
    """

    segments: Tuple[RecognizedSegment, ...]

    @property
    def name(self) -> str:
        """The utterance."""
        return self.segments[0].utterance

    @cached_property
    def transcript(self) -> Transcript:
        """Words, entities and rejected phrases."""
        return Transcript.joined(self.name, [segment.found.transcript for segment in self.segments])

    @property
    def text(self) -> str:
        """The words, with spaces between."""
        return self.transcript.text

    @property
    def display(self) -> str:
        """The text with the entities as they are to be shown."""
        return self.transcript.display

    @property
    def words(self) -> Tuple[Word, ...]:
        """The words with their times."""
        return self.transcript.words

    @property
    def confidences(self) -> Tuple[Confidence, ...]:
        """The confidences of the words, without and with the scores of the list."""
        return tuple(one for segment in self.segments for one in segment.found.confidences)

    @property
    def entities(self) -> Tuple[FoundEntity, ...]:
        """The phrases of the list that were found, with their evidence."""
        return self.transcript.entities

    @property
    def competitors(self) -> Tuple[Optional[Competitor], ...]:
        """The best competitor of each entity; None where the lattice has no other path."""
        return tuple(one for segment in self.segments for one in segment.found.competitors)

    @property
    def lattice(self) -> WordLattice:
        """The words within the beam, each word sequence once.

        Raises:
          InputError: the utterance was searched in several segments, each of which has a lattice; so for those below.
        """
        return self._only.found.lattice

    @property
    def nbest(self) -> NBest:
        """The best word sequences with their score terms."""
        return self._only.found.nbest

    @property
    def frame_lattice(self) -> str:
        """The lattice with an arc a frame in Kaldi's text format; empty unless asked for."""
        return self._only.frame_lattice

    @property
    def emissions(self) -> Optional[Emissions]:
        """Log-probabilities that were searched, ``(1, T, C)``; None unless asked for."""
        return self._only.emissions

    @property
    def _only(self) -> RecognizedSegment:
        if len(self.segments) > 1:
            raise InputError(
                f"utterance {self.name!r} was searched in {len(self.segments)} segments; each of its 'segments' has a "
                "lattice, an n-best list and emissions"
            )
        return self.segments[0]


def recognitions(segments: Iterable[RecognizedSegment]) -> Iterator[Recognition]:
    """The results of utterances from those of their segments, in their order."""
    waiting: List[RecognizedSegment] = []
    for segment in segments:
        if waiting and segment.start == 0.0:
            yield Recognition(tuple(waiting))
            waiting = []
        waiting.append(segment)
    if waiting:
        yield Recognition(tuple(waiting))
