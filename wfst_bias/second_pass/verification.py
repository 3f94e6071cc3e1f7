"""Verification: phrases of a list that are unlikely without its bonus and boosting are rejected.

Bonus and boosting find rare names where they are spoken, and now and then where they are not. A phrase whose words
have too small a posterior without them (:mod:`wfst_bias.lattice.confidence`) is rejected, and the best hypothesis
without it there is taken instead, in the order of the stages before, or else of the lattice. Where every path of
the lattice has unsure phrases, the result stays. The lattice was pruned with bonus and boosting: a phrase without a
competitor within its beam is almost certain.
"""

from dataclasses import replace
from typing import List, Optional, Sequence, Tuple, Union

import numpy as np

from wfst_bias.core.types import BoolArray, IntArray
from wfst_bias.decode.gates import with_rejected
from wfst_bias.decode.transcript import LIST, FoundEntity
from wfst_bias.lattice.confidence import word_confidences
from wfst_bias.lattice.word_lattice import NO_PHRASE
from wfst_bias.lattice.word_places import arcs_in_place, best_without
from wfst_bias.second_pass.chain import Batch, Found, on_path
from wfst_bias.second_pass.config import VERIFY, VerifyConfig

Freed = Tuple[Found, BoolArray, List[FoundEntity], List[FoundEntity]]


class Verification:
    """Rejects unsure phrases of a list one after the other."""

    name = VERIFY
    num_best = 0

    def __init__(self, config: VerifyConfig):
        self._config = config

    def __call__(self, found: Sequence[Found], batch: Batch) -> List[Found]:
        return [self._verified(one, i, batch) for i, one in enumerate(found)]

    def _verified(self, found: Found, utterance: int, batch: Batch) -> Found:
        staying: List[FoundEntity] = []
        taken, rejected = np.zeros(found.lattice.num_arcs, bool), list(found.transcript.rejected)
        unsure = self._unsure(found, batch)
        # ends: each round takes arcs of a phrase away, or leaves a stretch of the utterance as it is
        while unsure:
            entity = unsure[0]
            freed = self._freed(found, entity, taken, utterance, batch)
            if freed is None:
                staying.append(entity)
            else:
                found, taken, here, unsure = freed
                rejected += here
            unsure = [one for one in unsure if not any(map(one.overlaps, staying))]
        return replace(found, transcript=with_rejected(found.transcript, rejected))

    def _freed(
        self, found: Found, entity: FoundEntity, taken: BoolArray, utterance: int, batch: Batch
    ) -> Optional[Freed]:
        """Return the result without an unsure phrase and without others in its place; none where all paths have some.

        Args:
          taken: arcs that may not be taken any more ``(A,)``.

        Returns:
          that, these arcs and those of the phrases, the phrases, and those that are unsure then.
        """
        rejected = [entity]
        while True:
            arcs = _arcs_of(found, rejected[-1], batch)
            if not (arcs & ~taken).any():
                return None
            taken = taken | arcs
            score, path = _best_without(found, taken)
            if not np.isfinite(score):
                return None
            found = on_path(found, path, score, utterance, batch)
            unsure = self._unsure(found, batch)
            in_place = next(filter(entity.overlaps, unsure), None)
            if in_place is None:
                return found, taken, rejected, unsure
            rejected.append(in_place)

    def _unsure(self, found: Found, batch: Batch) -> List[FoundEntity]:
        """Return the phrases of lists in a transcript whose confidence is too small."""
        listed = [entity for entity in found.transcript.entities if entity.found_by == LIST]
        if not listed:
            return []
        sure = word_confidences(found.lattice, found.path_words, batch.decoder.graph, found.path)
        return [
            one
            for one in listed
            if one.is_below_gate or min(sure[i].plain for i in _word_numbers(one)) < self._config.min_confidence
        ]


def _arcs_of(found: Found, entity: FoundEntity, batch: Batch) -> BoolArray:
    """Return the arcs that have the words of an entity in its place inside a list, bool ``(A,)``."""
    in_place = arcs_in_place(found.lattice, found.path_words, batch.decoder.graph.words, found.path)
    has_word: BoolArray = in_place[list(_word_numbers(entity))].any(axis=0)
    inside: BoolArray = found.lattice.phrases != NO_PHRASE
    return has_word & inside


def _best_without(found: Found, taken: BoolArray) -> Tuple[float, Union[Sequence[int], IntArray]]:
    """Return score, nats, and arcs of the best hypothesis without some arcs, in the order of the stages before if it
    has one, else of the lattice.
    """
    for hypothesis in found.nbest.hypotheses:
        if not taken[list(hypothesis.arcs)].any():
            return hypothesis.terms.total, hypothesis.arcs
    ((score, path),) = best_without(found.lattice, taken[None])
    return score, path


def _word_numbers(entity: FoundEntity) -> range:
    """Return the numbers of its words in the transcript."""
    return range(entity.first_word, entity.first_word + entity.num_words)
