"""The results of the recognizer: a batch that was searched, and what was recognized in an utterance."""

from dataclasses import dataclass
from typing import Optional, Sequence, Tuple

from wfst_bias.acoustic.emissions import Emissions
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
from wfst_bias.second_pass.chain import Found


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

    def decoder_on(self, graph: DecodingGraph, search: SearchConfig) -> Decoder:
        """The decoder of the same emissions on another graph, which may be wider."""
        return Decoder(graph, search, self.decoder.boost, self.decoder.device, self.decoder.gate)


@dataclass(frozen=True)
class Recognition:
    """The result of one utterance.

    Args:
      found: lattice, n-best list, transcript, confidences and competitors, after the second pass.
      phrases: the phrases of the graph by their numbers, as ``found.lattice`` has them.
      frame_shift: seconds a frame of the lattice.
      frame_lattice: the lattice with an arc a frame in Kaldi's text format; empty unless asked for.
      emissions: log-probabilities that were searched, of this utterance alone, ``(1, T, C)``; None unless asked for.
    """

    found: Found
    phrases: Tuple[str, ...]
    frame_shift: Seconds
    frame_lattice: str = ""
    emissions: Optional[Emissions] = None

    @property
    def transcript(self) -> Transcript:
        """Words, entities and rejected phrases."""
        return self.found.transcript

    @property
    def name(self) -> str:
        """The utterance."""
        return self.transcript.name

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
        return self.found.confidences

    @property
    def entities(self) -> Tuple[FoundEntity, ...]:
        """The phrases of the list that were found, with their evidence."""
        return self.transcript.entities

    @property
    def competitors(self) -> Tuple[Optional[Competitor], ...]:
        """The best competitor of each entity; None where the lattice has no other path."""
        return self.found.competitors

    @property
    def lattice(self) -> WordLattice:
        """The words within the beam, each word sequence once."""
        return self.found.lattice

    @property
    def nbest(self) -> NBest:
        """The best word sequences with their score terms."""
        return self.found.nbest
