"""Candidates: the phrases that a list brought onto a path, with their features."""

from dataclasses import dataclass, field, replace
from typing import Any, Dict, List, Mapping, Sequence, Tuple

import numpy as np

from wfst_bias.core.logistic import expit
from wfst_bias.core.types import FloatArray, Nats, Seconds
from wfst_bias.decode.search import Decoder, Lattices
from wfst_bias.decode.transcript import LIST, FoundEntity, Transcript
from wfst_bias.evidence.features import FeatureTable, PathFrames, features_of
from wfst_bias.evidence.prior import Prior
from wfst_bias.lattice.confidence import Confidence
from wfst_bias.lattice.lattice_path import LatticePath
from wfst_bias.lattice.word_lattice import NO_PHRASE, NO_WORD


@dataclass(frozen=True)
class Candidate:
    """A phrase that a list brought, and what speaks for it.

    Args:
      entity: the phrase in its place.
      confidences: of its words.
      features: of it alone.
      is_known: whether the language model knows all its words.
      ratio: log of how much likelier these are where it was spoken than where it was not, nats.
    """

    entity: FoundEntity
    confidences: Tuple[Confidence, ...]
    features: FeatureTable = field(repr=False, compare=False)
    is_known: bool = False
    ratio: Nats = 0.0

    def shifted(self, seconds: Seconds) -> "Candidate":
        """The same, later by a time."""
        return replace(self, entity=self.entity.shifted(seconds)) if seconds else self

    def log_odds(self, prior: Prior, bonuses: Mapping[str, Nats] = {}) -> Nats:
        """Log odds that it was spoken.

        Args:
          bonuses: see :func:`wfst_bias.evidence.prior.repetition_bonuses`.
        """
        return self.ratio + prior.log_odds(self.is_known) + bonuses.get(self.entity.phrase, 0.0)

    def to_json(self, prior: Prior, bonuses: Mapping[str, Nats] = {}) -> Dict[str, Any]:
        """The evidence as files have it; the arguments are those of :meth:`log_odds`."""
        before = prior.log_odds(self.is_known) + bonuses.get(self.entity.phrase, 0.0)
        is_finite = np.isfinite(self.ratio)
        return {
            "posterior": round(float(expit(self.ratio + before)), 4),
            "prior_log_odds": round(before, 4),
            "log_likelihood_ratio": round(self.ratio, 4) if is_finite else None,
            "features": self.features.row(0),
        }


def candidates_on(
    path: LatticePath, transcript: Transcript, utterance: int, lattices: Lattices, decoder: Decoder
) -> List[Candidate]:
    """The candidates on a path of a batch, in the order of time, their evidence not yet weighed.

    Args:
      path: of the word lattice of an utterance.
      transcript: of it.
      utterance: its number in the batch.
    """
    entities = [entity for entity in transcript.entities if entity.found_by == LIST]
    if not entities:
        return []
    spans = [(entity.first_word, entity.num_words) for entity in entities]
    texts = [path.words[first : first + length] for first, length in spans]
    confidences = [path.confidences[first : first + length] for first, length in spans]
    table = features_of(
        entities,
        confidences,
        path.competitors(spans),
        PathFrames.of(transcript, utterance, lattices, decoder),
        _list_scores(path, [first for first, _ in spans]),
        np.array([decoder.graph.log_prob_of(words) for words in texts]),
    )
    return [
        Candidate(entity, own, table[number : number + 1], decoder.graph.knows(words))
        for number, (entity, own, words) in enumerate(zip(entities, confidences, texts))
    ]


def _list_scores(path: LatticePath, first_words: Sequence[int]) -> FloatArray:
    """The list's score of each phrase without the cost of choosing one of N, nats ``(E,)``."""
    if path.arcs is None:
        return np.full(len(first_words), np.nan)
    arcs = path.arcs[path.lattice.words[path.arcs] != NO_WORD][list(first_words)]
    phrases = path.lattice.phrases[arcs]
    scores = path.lattice.terms[arcs, 3].astype(np.float64) - path.graph.entry_scores[phrases]
    list_scores: FloatArray = np.where(phrases == NO_PHRASE, np.nan, scores)
    return list_scores
