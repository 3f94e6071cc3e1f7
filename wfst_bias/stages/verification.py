"""Verification: phrases that a list brought and that are unlikely without what the list pays are taken back.

What bonus and boosting pay finds rare names where they are said, and now and then where they are not. A phrase whose
words have too small a posterior without them (:mod:`wfst_bias.lattice.confidence`) is refused, and the best path of the
lattice that does not bring it there is taken instead.
"""

from dataclasses import replace
from typing import List, Sequence

import numpy as np

from wfst_bias.decode.gates import with_refused
from wfst_bias.decode.paths import LIST, FoundEntity
from wfst_bias.lattice.confidence import word_confidences
from wfst_bias.lattice.word_lattice import NO_PHRASE
from wfst_bias.lattice.word_places import best_without, said_in_place
from wfst_bias.stages.chain import Batch, Found, on_path
from wfst_bias.stages.config import VERIFY, VerifyConfig


class Verification:
    """Takes the best path on which every phrase that a list brought is sure enough; what was found where there is none."""

    name = VERIFY
    num_best = 0

    def __init__(self, config: VerifyConfig):
        self._config = config

    def __call__(self, found: Sequence[Found], batch: Batch) -> List[Found]:
        return [self._verified(one, i, batch) for i, one in enumerate(found)]

    def _verified(self, first: Found, utterance: int, batch: Batch) -> Found:
        lattice, words = first.lattice, batch.decoder.graph.words
        found, taken, refused = first, np.zeros(lattice.num_arcs, bool), list(first.transcript.refused)
        # ends: each round takes arcs of a phrase away
        while unsure := self._unsure(found, batch):
            places = [place for entity in unsure for place in _places(entity)]
            said = said_in_place(lattice, found.said, words)[places].any(axis=0) & (lattice.phrases != NO_PHRASE)
            if not (said & ~taken).any():
                return first
            taken |= said
            ((score, path),) = best_without(lattice, taken[None])
            if not np.isfinite(score):
                return first
            refused += unsure
            found = on_path(found, path, score, utterance, batch)
        return replace(found, transcript=with_refused(found.transcript, refused))

    def _unsure(self, found: Found, batch: Batch) -> List[FoundEntity]:
        """What lists brought into a transcript, and is not sure enough."""
        brought = [entity for entity in found.transcript.entities if entity.way == LIST]
        if not brought:
            return []
        sure = word_confidences(found.lattice, found.said, batch.decoder.graph)
        least = lambda entity: min(sure[place].plain for place in _places(entity))
        return [one for one in brought if one.is_below_gate or least(one) < self._config.min_confidence]


def _places(entity: FoundEntity) -> range:
    """Of its words in the transcript."""
    return range(entity.first_word, entity.first_word + entity.num_words)
