"""Verification: phrases that a list brought and that are unlikely without what the list pays are taken back.

What bonus and boosting pay finds rare names where they are said, and now and then where they are not. A phrase whose
words have too small a posterior without them (:mod:`wfst_bias.lattice.confidence`) is refused, and the best hypothesis
that does not bring it there is taken instead, be it the best one of stages before or of the lattice. Where every
path of the lattice brings unsure phrases, what was found stays. The lattice was cut with what the list pays in it:
a phrase without a rival within its beam is as good as sure.
"""

from dataclasses import replace
from typing import List, Optional, Sequence, Tuple

import numpy as np

from wfst_bias.decode.gates import with_rejected
from wfst_bias.decode.transcript import LIST, FoundEntity
from wfst_bias.lattice.confidence import word_confidences
from wfst_bias.lattice.word_lattice import NO_PHRASE
from wfst_bias.lattice.word_places import arcs_in_place, best_without
from wfst_bias.second_pass.chain import Batch, Found, on_path
from wfst_bias.second_pass.config import VERIFY, VerifyConfig

Freed = Tuple[Found, np.ndarray, List[FoundEntity], List[FoundEntity]]


class Verification:
    """Takes phrases that a list brought back, one after the other, where they are not sure enough."""

    name = VERIFY
    num_best = 0

    def __init__(self, config: VerifyConfig):
        self._config = config

    def __call__(self, found: Sequence[Found], batch: Batch) -> List[Found]:
        return [self._verified(one, i, batch) for i, one in enumerate(found)]

    def _verified(self, found: Found, utterance: int, batch: Batch) -> Found:
        staying: List[FoundEntity] = []
        taken, refused = np.zeros(found.lattice.num_arcs, bool), list(found.transcript.rejected)
        unsure = self._unsure(found, batch)
        # ends: each round takes arcs of a phrase away, or leaves a stretch of the utterance as it is
        while unsure:
            entity = unsure[0]
            freed = self._freed(found, entity, taken, utterance, batch)
            if freed is None:
                staying.append(entity)
            else:
                found, taken, here, unsure = freed
                refused += here
            unsure = [one for one in unsure if not any(map(one.overlaps, staying))]
        return replace(found, transcript=with_rejected(found.transcript, refused))

    def _freed(
        self, found: Found, entity: FoundEntity, taken: np.ndarray, utterance: int, batch: Batch
    ) -> Optional[Freed]:
        """What is found without an unsure phrase and without others in its place; none where all paths bring some.

        Args:
          taken: arcs that may not be taken any more ``(A,)``.

        Returns:
          that, these arcs and those of the phrases, the phrases, and those that are unsure then.
        """
        refused = [entity]
        while True:
            said = _arcs_of(found, refused[-1], batch)
            if not (said & ~taken).any():
                return None
            taken = taken | said
            score, path = _best_without(found, taken)
            if not np.isfinite(score):
                return None
            found = on_path(found, path, score, utterance, batch)
            unsure = self._unsure(found, batch)
            in_place = next(filter(entity.overlaps, unsure), None)
            if in_place is None:
                return found, taken, refused, unsure
            refused.append(in_place)

    def _unsure(self, found: Found, batch: Batch) -> List[FoundEntity]:
        """What lists brought into a transcript, and is not sure enough."""
        brought = [entity for entity in found.transcript.entities if entity.found_by == LIST]
        if not brought:
            return []
        sure = word_confidences(found.lattice, found.said, batch.decoder.graph, found.path)
        least = lambda entity: min(sure[place].plain for place in _places(entity))
        return [one for one in brought if one.is_below_gate or least(one) < self._config.min_confidence]


def _arcs_of(found: Found, entity: FoundEntity, batch: Batch) -> np.ndarray:
    """Those that bring the words of an entity by a list in their place, bool ``(A,)``."""
    said = arcs_in_place(found.lattice, found.said, batch.decoder.graph.words, found.path)
    return said[list(_places(entity))].any(axis=0) & (found.lattice.phrases != NO_PHRASE)


def _best_without(found: Found, taken: np.ndarray) -> Tuple[float, Sequence[int]]:
    """Score, nats, and arcs of the best hypothesis without some arcs: in the order of the stages before, if it has one."""
    for hypothesis in found.nbest.hypotheses:
        if not taken[list(hypothesis.arcs)].any():
            return hypothesis.terms.total, hypothesis.arcs
    ((score, path),) = best_without(found.lattice, taken[None])
    return score, path


def _places(entity: FoundEntity) -> range:
    """Of its words in the transcript."""
    return range(entity.first_word, entity.first_word + entity.num_words)
