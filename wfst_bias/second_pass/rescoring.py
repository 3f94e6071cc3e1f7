"""Phone rescoring: scores of a phone network for the hypotheses of an n-best list.

``S(h) = S_lattice(h) + w (s log p_phone(Pron(h) | X) - A(h))``: of the acoustic part ``A`` of a lattice score, at the
acoustic scale ``s``, a share ``w`` is replaced by the log-probability of the pronunciations of the hypothesis by the
phone network, or, faster, by minus their distance from the recognized phones. Dingliwal et al., *Personalization of CTC
speech recognition models*, SLT 2022, add the second score to the first; the weight of the acoustics would then exceed
its tuned value, and a second score of the same network would do harm.
"""

from dataclasses import replace
from typing import List, Sequence, Tuple

import numpy as np
import torch

from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.entities.entity import Phrases
from wfst_bias.lattice.nbest import Hypothesis, NBest
from wfst_bias.second_pass.config import EMISSIONS, RescoringConfig
from wfst_bias.second_pass.distance import PhoneDistance
from wfst_bias.second_pass.phone_graphs import phone_emissions, text_scores
from wfst_bias.second_pass.phone_string import phone_string
from wfst_bias.second_pass.pronunciations import Pronunciations

NATS_AN_EDIT = 4.0
"""Cost of substituting a phone by one that has nothing in common with it."""


class PhoneRescorer:
    """Rescores n-best lists by a phone network.

    Args:
      pronunciations: of words and of the phrases of the list, in its phones.
      config: measure, weight and number of hypotheses.
    """

    def __init__(self, pronunciations: Pronunciations, config: RescoringConfig = RescoringConfig()):
        self._pronunciations = pronunciations
        self._config = config
        self._distance = PhoneDistance(pronunciations.lang.units, config.bound)

    def rescored(
        self, nbests: Sequence[NBest], emissions: Emissions, acoustic_scale: float, lists: Sequence[Phrases] = ()
    ) -> List[NBest]:
        """Return the best hypotheses of each utterance reordered, see :func:`reordered`, followed by the others.

        Args:
          nbests: of the utterances of a batch; one may be empty.
          emissions: of the same utterances, by a phone network or by a model with a phone head; their frame shift
            may be another one than that of the lattices.
          acoustic_scale: of the lattices.
          lists: of each utterance; that of the pronunciations where none are given.

        Raises:
          InputError: the network has other phones than the pronunciations.
        """
        most = self._config.num_best
        scored = [nbest.hypotheses[:most] for nbest in nbests]
        phones = self.phone_scores([[h.words for h in some] for some in scored], emissions, lists)
        return [
            replace(
                nbest,
                hypotheses=(*reordered(some, scores, self._config.weight, acoustic_scale), *nbest.hypotheses[most:]),
            )
            for nbest, some, scores in zip(nbests, scored, phones)
        ]

    def phone_scores(
        self, texts: Sequence[Sequence[Sequence[str]]], emissions: Emissions, lists: Sequence[Phrases] = ()
    ) -> List[List[float]]:
        """Return the score of each text of each utterance, nats; as in a lattice, each frame's best is 0."""
        units = self._pronunciations.lang.units
        phones = phone_emissions(emissions, units)
        assert len(texts) == len(phones.lengths)
        counts = list(map(len, texts))
        list_of = [phrases for phrases, some in zip(lists, texts) for _ in some]
        pieces = self._pronunciations.pieces([words for some in texts for words in some], list_of)
        bounds = np.cumsum([0, *counts])
        if self._config.measure == EMISSIONS:
            utterance = np.repeat(np.arange(len(counts)), counts)
            scores = (text_scores(pieces, utterance, phones, units) - _best_scores(phones)[utterance]).tolist()
        else:
            scores = [
                -NATS_AN_EDIT * distance
                for recognized, first, end in zip(phone_string(phones, units), bounds, bounds[1:])
                for distance in self._distance.distances(recognized.phones, pieces[first:end]).tolist()
            ]
        return [scores[first:end] for first, end in zip(bounds, bounds[1:])]


def reordered(
    hypotheses: Sequence[Hypothesis], phone_scores: Sequence[float], weight: float, acoustic_scale: float
) -> Tuple[Hypothesis, ...]:
    """Return hypotheses with their scores by the phone network, the best first; of equal ones the old order stays."""
    weighted = (
        replace(hypothesis, phones=weight * (acoustic_scale * score - hypothesis.terms.acoustic))
        for hypothesis, score in zip(hypotheses, phone_scores)
    )
    return tuple(sorted(weighted, key=lambda hypothesis: -hypothesis.total))


def _best_scores(phones: Emissions) -> torch.Tensor:
    """Return the score of the best tokens of each utterance, nats, float64 ``(N,)`` on the CPU."""
    best = phones.log_probs.amax(dim=-1).double().cpu()
    inside = torch.arange(best.shape[1]) < phones.lengths[:, None]
    sums: torch.Tensor = torch.where(inside, best, 0.0).sum(dim=1)
    return sums
