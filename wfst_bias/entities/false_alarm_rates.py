"""Prediction of false alarms without audio: how often each phrase of a list is found in speech in which nobody says it."""

from dataclasses import dataclass
from typing import Sequence

import numpy as np

from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.entities.ordinary_speech import OrdinarySpeech, Stretches
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.entities.spelling import has_homophones, spellings
from wfst_bias.lang.pronunciation_table import PronunciationTable


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
      sounds: these, in token ids, as those of one item.
      score: of each in the list, nats ``(P,)``.
      variant: of each as a variant, nats ``(P,)``.
      is_homophone: whether a word of the language model has the same, bool ``(P,)``.
    """

    outcome: IntArray
    sounds: PronunciationTable
    score: FloatArray
    variant: FloatArray
    is_homophone: BoolArray

    @classmethod
    def of(cls, spelled: SpelledList, symbols: Sequence[str], scores: ListScores) -> "ListedPronunciations":
        """Take them from a list of one class.

        Args:
          symbols: of the tokens of the model.
        """
        listed = spellings(spelled, scores.bonus, scores.length_bonus, scores.usual_length)
        table = spelled.table.in_symbols(symbols).pronounced.table
        score = listed.scores - table.scores + scores.entry
        best = np.lexsort((-(score + table.scores), table.identity))
        best = np.sort(best[np.unique(table.identity[best], return_index=True)[1]])
        return cls(
            table.item[best],
            table.ordered(best, np.zeros(len(best), np.int64), 1),
            score[best],
            table.scores[best],
            has_homophones(spelled)[best],
        )


def predicted_false_alarms(
    spelled: SpelledList, speech: OrdinarySpeech, scores: ListScores, model: RateModel = HAMA_RATES
) -> FloatArray:
    """How often each phrase of a list is found in an hour of speech in which nobody says it, float64 ``(E,)``.

    That is before verification. The sum is what the list is predicted to give.

    Args:
      spelled: a list, all of one class; phrases that are not used are found 0 times.
      speech: ordinary speech, as the model recognizes it.
      scores: of the list.
    """
    listed = ListedPronunciations.of(spelled, speech.units.tokens.symbols, scores)
    if not len(listed.score):
        return np.zeros(len(spelled))
    columns = model.columns(listed, speech.stretches(listed.sounds))
    rates = np.zeros(len(spelled))
    np.add.at(rates, listed.outcome, model.rates(columns))
    return rates
