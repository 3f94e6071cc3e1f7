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
      phones, log_phones: of their number and of its logarithm.
      score: of what the list scores for it, the costs of variants apart, nats.
      variant: of the score of a variant, nats; 0 for other pronunciations.
      homophone: where a word of the language model has the same pronunciation. It has no bonus there, which its score tells.
    """

    bias: float
    likelihood: float
    phones: float
    log_phones: float
    score: float
    variant: float
    homophone: float

    @staticmethod
    def columns(listed: "ListedPronunciations", stretches: Stretches) -> FloatArray:
        """The columns that the weights after the bias belong to, float64 ``(P, 6)``."""
        length = stretches.length
        sound = (stretches.log_prob, length, np.log(np.maximum(length, 1)))
        return np.stack([*sound, listed.score, listed.variant, listed.is_homophone], axis=1)

    def rates(self, columns: FloatArray) -> FloatArray:
        """False alarms an hour of each pronunciation ``(P,)``."""
        weights = np.array(list(vars(self).values())[1:])
        rates: FloatArray = np.exp(self.bias + columns @ weights)
        return rates


# Fitted to nine lists of 200 to 8,000 absent rare words in an hour of speech of learners and a quarter of an hour of read
# speech, halfway between both, by 'python benchmarks/predicted_false_alarms.py fit'.
HAMA_RATES = RateModel(
    bias=2.601, likelihood=0.356, phones=-0.956, log_phones=5.264, score=0.568, variant=0.66, homophone=0.751
)

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
      is_homophone: whether a word of the language model has the same, bool ``(P,)``.
    """

    outcome: IntArray
    pronunciations: Tuple[Pronunciation, ...]
    score: FloatArray
    variant: FloatArray
    is_homophone: BoolArray

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], scores: ListScores) -> "ListedPronunciations":
        """Take them from the outcomes of a list of one class."""
        spelled = spellings(outcomes, scores.bonus, scores.length_bonus, scores.usual_length)
        number = np.array([i for i, outcome in enumerate(outcomes) for _ in outcome.pronunciations], np.int64)
        variant = np.array([score for outcome in outcomes for score in outcome.scores], float)
        score = np.array([spelling.score for spelling in spelled], float) - variant + scores.entry
        is_homophone = np.array([bool(words) for outcome in outcomes for words in outcome.homophones], bool)
        best = _best_of_equal([spelling.units for spelling in spelled], score + variant)
        pronunciations = tuple(spelling.units for spelling, is_best in zip(spelled, best) if is_best)
        return cls(number[best], pronunciations, score[best], variant[best], is_homophone[best])


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
    columns = model.columns(listed, speech.stretches(listed.pronunciations))
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
