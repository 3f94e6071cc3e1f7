"""Prediction of false alarms without audio: how often each phrase of a list is found in speech in which nobody says it."""

from dataclasses import dataclass
from typing import Dict, Sequence, Tuple

import numpy as np

from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.entities.ordinary_speech import OrdinarySpeech, Stretches
from wfst_bias.entities.outcome import Outcome
from wfst_bias.entities.spelling import spellings
from wfst_bias.lang.lexicon import Pronunciation


@dataclass(frozen=True)
class ListScores:
    """Scores of a phrase of a list on a path, see :class:`wfst_bias.graph.config.ClassConfig`; nats.

    Args:
      entry: for taking one phrase of the list.
      bonus, length_bonus, usual_length: see :func:`wfst_bias.entities.spelling.spellings`.
    """

    entry: float
    bonus: float
    length_bonus: float
    usual_length: float


@dataclass(frozen=True)
class RateModel:
    """Log of the false alarms of a pronunciation an hour: a Poisson regression.

    A phrase is found the more often, the more often ordinary speech sounds like it, and the more its list pays for it.

    Args:
      bias: of all.
      likelihood: of the log-probability that its phones are recognized at any place.
      phones, log_phones: of their number and its logarithm: most false alarms are of 5 to 7 phones.
      score: of what the list scores for it, nats.
      variant: of the score of a variant, nats; 0 for other pronunciations.
    """

    bias: float
    likelihood: float
    phones: float
    log_phones: float
    score: float
    variant: float

    @staticmethod
    def columns(stretches: Stretches, score: FloatArray, variant: FloatArray) -> FloatArray:
        """The columns that the weights after the bias belong to, float64 ``(P, 5)``."""
        length = stretches.length
        return np.stack([stretches.log_prob, length, np.log(np.maximum(length, 1)), score, variant], axis=1)

    def rates(self, columns: FloatArray) -> FloatArray:
        """False alarms an hour of each pronunciation ``(P,)``."""
        weights = np.array([self.likelihood, self.phones, self.log_phones, self.score, self.variant])
        rates: FloatArray = np.exp(self.bias + columns @ weights)
        return rates


# Fitted to lists of absent rare words in an hour of accented and a quarter of an hour of read speech, halfway between
# both, by 'python benchmarks/predicted_false_alarms.py fit'.
HAMA_RATES = RateModel(bias=0.406, likelihood=0.343, phones=-0.991, log_phones=5.683, score=0.321, variant=0.705)

SPREAD = 1.6
"""By what factor clear speech has fewer false alarms than predicted, and accented speech more; by the same command."""


@dataclass(frozen=True)
class ListedPronunciations:
    """The pronunciations of the used phrases of a list that can be found: of equal ones only that with the best score.

    Args:
      outcome: the number of the outcome that each is of, int64 ``(P,)``.
      pronunciations: these.
      score: of each in the list, nats ``(P,)``.
      variant: of each as a variant, nats ``(P,)``.
    """

    outcome: IntArray
    pronunciations: Tuple[Pronunciation, ...]
    score: FloatArray
    variant: FloatArray

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], scores: ListScores) -> "ListedPronunciations":
        """Take them from the outcomes of a list of one class."""
        spelled = spellings(outcomes, scores.bonus, scores.length_bonus, scores.usual_length)
        number = np.array([i for i, outcome in enumerate(outcomes) for _ in outcome.pronunciations], np.int64)
        variant = np.array([score for outcome in outcomes for score in outcome.scores], float)
        score = np.array([spelling.score for spelling in spelled], float) - variant + scores.entry
        best = _best_of_equal([spelling.units for spelling in spelled], score + variant)
        pronunciations = tuple(spelling.units for spelling, is_best in zip(spelled, best) if is_best)
        return cls(number[best], pronunciations, score[best], variant[best])


def predicted_false_alarms(
    outcomes: Sequence[Outcome], speech: OrdinarySpeech, scores: ListScores, model: RateModel = HAMA_RATES
) -> FloatArray:
    """How often each phrase of a list is found in an hour of speech in which nobody says it, float64 ``(E,)``.

    That is before verification. The sum is what the list is predicted to give.

    Args:
      outcomes: of the phrases of a list, all of one class; those that are not used are found 0 times.
      speech: ordinary speech, as the model recognizes it.
      scores: of the list.
    """
    listed = ListedPronunciations.of(outcomes, scores)
    if not listed.pronunciations:
        return np.zeros(len(outcomes))
    columns = model.columns(speech.stretches(listed.pronunciations), listed.score, listed.variant)
    rates = np.zeros(len(outcomes))
    np.add.at(rates, listed.outcome, model.rates(columns))
    return rates


def _best_of_equal(pronunciations: Sequence[Pronunciation], score: FloatArray) -> BoolArray:
    """Which pronunciations have the best score of all equal ones; the first of them where several have."""
    number: Dict[Pronunciation, int] = {}
    equal = np.array([number.setdefault(p, len(number)) for p in pronunciations], np.int64)
    order = np.lexsort((-score, equal))
    _, first = np.unique(equal[order], return_index=True)
    best = np.zeros(len(equal), bool)
    best[order[first]] = True
    return best
