"""Candidates: the phrases that a list brought onto a path, with their features."""

from dataclasses import dataclass, field, replace
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from scipy.special import expit

from wfst_bias.core.types import FloatArray, IntArray, Nats, Seconds
from wfst_bias.decode.search import Decoder, Lattices
from wfst_bias.decode.transcript import LIST, FoundEntity, Transcript
from wfst_bias.evidence.features import FeatureTable, PathFrames, features_of
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.lattice.competitors import competitors
from wfst_bias.lattice.confidence import Confidence, word_confidences
from wfst_bias.lattice.word_lattice import NO_PHRASE, NO_WORD, WordLattice


@dataclass(frozen=True)
class Candidate:
    """A phrase that a list brought, and what speaks for it.

    Args:
      entity: the phrase in its place.
      confidences: of its words.
      features: of it alone.
      ratio: log of how much likelier these are where it was spoken than where it was not, nats.
    """

    entity: FoundEntity
    confidences: Tuple[Confidence, ...]
    features: FeatureTable = field(repr=False)
    ratio: Nats = 0.0

    def shifted(self, seconds: Seconds) -> "Candidate":
        """The same, later by a time."""
        if not seconds:
            return self
        return replace(
            self, entity=replace(self.entity, start=self.entity.start + seconds, end=self.entity.end + seconds)
        )

    def to_json(self, prior: Nats) -> Dict[str, Any]:
        """The evidence as files have it.

        Args:
          prior: log odds of a candidate before its features are seen, nats.
        """
        is_finite = np.isfinite(self.ratio)
        return {
            "posterior": round(float(expit(self.ratio + prior)), 4),
            "log_likelihood_ratio": round(self.ratio, 4) if is_finite else None,
            "features": self.features.row(0),
        }


@dataclass(frozen=True)
class PathInLattice:
    """A path of an utterance of a batch, as search and lattice have it.

    Args:
      lattice: of words.
      transcript: of the path.
      words: of the path, as the lattice has them.
      arcs: of the lattice; None where it has no such path.
      utterance: number in the batch.
    """

    lattice: WordLattice
    transcript: Transcript
    words: Tuple[str, ...]
    arcs: Optional[IntArray]
    utterance: int


def candidates_on(path: PathInLattice, lattices: Lattices, decoder: Decoder) -> List[Candidate]:
    """The candidates on a path of a batch, in the order of time, their evidence not yet weighed."""
    entities = [entity for entity in path.transcript.entities if entity.found_by == LIST]
    if not entities:
        return []
    graph = decoder.graph
    spans = [(entity.first_word, entity.num_words) for entity in entities]
    sure = word_confidences(path.lattice, path.words, graph, path.arcs)
    confidences = [tuple(sure[first : first + length]) for first, length in spans]
    table = features_of(
        entities,
        confidences,
        competitors(path.lattice, path.words, spans, graph.words, path.arcs),
        PathFrames.of(path.transcript, path.utterance, lattices, decoder),
        _list_scores(path, [first for first, _ in spans], graph),
        _known_words(path.words, spans, graph),
    )
    return [Candidate(*row, table[number : number + 1]) for number, row in enumerate(zip(entities, confidences))]


def _list_scores(path: PathInLattice, first_words: Sequence[int], graph: DecodingGraph) -> FloatArray:
    """The list's score of each phrase without the cost of choosing one of N, nats ``(E,)``."""
    if path.arcs is None:
        return np.full(len(first_words), np.nan)
    arcs = path.arcs[path.lattice.words[path.arcs] != NO_WORD][list(first_words)]
    phrases = path.lattice.phrases[arcs]
    prices = np.repeat(
        [part.costs.entry_score(max(len(part.entities), 1)) for part in graph.lists],
        [len(part.entities) for part in graph.lists],
    )
    scores = path.lattice.terms[arcs, 3].astype(np.float64) - prices[phrases]
    list_scores: FloatArray = np.where(phrases == NO_PHRASE, np.nan, scores)
    return list_scores


def _known_words(words: Sequence[str], spans: Sequence[Tuple[int, int]], graph: DecodingGraph) -> FloatArray:
    """Share of the words of each span that the language model knows ``(E,)``."""
    known = graph.known_words
    return np.array([np.mean([word in known for word in words[first : first + length]]) for first, length in spans])
