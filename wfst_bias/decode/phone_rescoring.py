"""Phone rescoring: what a phone network says of the hypotheses of an n-best list.

``S(h) = S_lattice(h) + gamma * log p_phone(Pron(h) | X)``: the second term is the probability that the network wrote one
of the ways to say the hypothesis, of all its words and phrases, or, cheaper, minus its distance from the phones that
were heard. After the rescoring of Dingliwal et al., *Personalization of CTC speech recognition models*, SLT 2022.
"""

from dataclasses import dataclass
from typing import Generic, List, Protocol, Sequence, Tuple, TypeVar

import numpy as np

from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.decode.config import EMISSIONS, RescoringConfig
from wfst_bias.decode.heard import heard_phones
from wfst_bias.decode.phone_distance import PhoneDistance
from wfst_bias.decode.phone_graphs import phone_emissions, text_scores
from wfst_bias.decode.sayings import Sayings


class Scored(Protocol):
    """A hypothesis: its words, and the score of its path in the lattice, nats."""

    @property
    def words(self) -> Tuple[str, ...]: ...

    @property
    def total(self) -> float: ...


H = TypeVar("H", bound=Scored)


@dataclass(frozen=True)
class Rescored(Generic[H]):
    """A hypothesis and what the phone network says of it.

    Args:
      hypothesis: with its own score.
      phones: log-probability of its pronunciations or minus their distance, not weighted, nats.
      total: its score with that, weighted.
    """

    hypothesis: H
    phones: float
    total: float


class PhoneRescorer:
    """Rescores n-best lists by a phone network.

    Args:
      sayings: how words, and the phrases of the list, are said in its phones.
      config: how, and how much it counts.
    """

    def __init__(self, sayings: Sayings, config: RescoringConfig = RescoringConfig()):
        self._sayings = sayings
        self._config = config
        self._distance = PhoneDistance(sayings.lang.units, config.bound)

    def rescored(self, nbests: Sequence[Sequence[H]], emissions: Emissions) -> List[List[Rescored[H]]]:
        """The hypotheses of each utterance, the best first; of equal ones the order stays.

        Args:
          nbests: of the utterances of a batch; a list may be empty.
          emissions: of the same utterances, by a phone network or by a model with a phone head; their frame shift
            may be another one than that of the lattices.

        Raises:
          InputError: the network has other phones than the sayings.
        """
        scores = iter(self.phone_scores([[h.words for h in nbest] for nbest in nbests], emissions))
        gamma = self._config.gamma
        lists = [[Rescored(h, phones, h.total + gamma * phones) for h, phones in zip(n, next(scores))] for n in nbests]
        return [sorted(rescored, key=lambda r: -r.total) for rescored in lists]

    def phone_scores(self, texts: Sequence[Sequence[Sequence[str]]], emissions: Emissions) -> List[List[float]]:
        """What the network says of each text of each utterance, nats."""
        units = self._sayings.lang.units
        phones = phone_emissions(emissions, units)
        assert len(texts) == len(phones.lengths)
        counts = list(map(len, texts))
        pieces = self._sayings.pieces([words for some in texts for words in some])
        bounds = np.cumsum([0, *counts])
        if self._config.measure == EMISSIONS:
            scores = text_scores(pieces, np.repeat(np.arange(len(counts)), counts), phones, units).tolist()
        else:
            scores = [
                -distance
                for heard, first, end in zip(heard_phones(phones, units), bounds, bounds[1:])
                for distance in self._distance.distances(heard.phones, pieces[first:end]).tolist()
            ]
        return [scores[first:end] for first, end in zip(bounds, bounds[1:])]
