"""The prior of a corpus: how many of the phrases that a list brought were spoken in this speech.

Phrases of which the language model knows all words and others are counted apart: a corpus may be full of the one kind and
have none of the other, and a list brings false alarms of both.
"""

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Dict, Sequence, Tuple

import numpy as np

from wfst_bias.core.errors import FieldError
from wfst_bias.core.logistic import expit
from wfst_bias.core.types import BoolArray, FloatArray, Nats

_ROUNDS = 500
_ENOUGH = 1e-6  # change of a count
_CERTAIN, _MOST_TIMES = 0.9, 2.0
SIZE_EXPONENT = 0.57  # measured on lists of 200 to 8,000 words (benchmarks/predicted_false_alarms.py)
_BELOW, _ABOVE = 5.0, 1.0  # candidates that the background's number of false ones counts for, where there are less, or more
_MORE_ODDS = 4.0  # of a phrase for each time that it was certainly spoken elsewhere

Kinds = Tuple[float, float]  # of phrases with unknown words, and of those of which the language model knows all words


@dataclass(frozen=True)
class Background:
    """Candidates that a list brings in speech about which nothing is known.

    Args:
      false_per_hour: false candidates of a list of a thousand phrases in an hour, known from speech without the
        phrases; if all have unknown words, and if none has. Other lists have more and fewer by the power
        :data:`SIZE_EXPONENT` of their size, because their phrases compete for the same speech.
      true_per_hour: spoken phrases in an hour, whatever the size of the list.
      hours: of speech that this knowledge counts for, against the candidates of the corpus.
    """

    false_per_hour: Kinds = (50.0, 50.0)
    true_per_hour: float = 60.0
    hours: float = 0.02

    def __post_init__(self) -> None:
        rates = {f"false_per_hour[{kind}]": rate for kind, rate in enumerate(self.false_per_hour)}
        for name, value in {**rates, "true_per_hour": self.true_per_hour, "hours": self.hours}.items():
            if not 0.0 < value < math.inf:
                raise FieldError(name, f"is {value}; give a number above 0")

    def false_candidates(self, num_phrases: Kinds) -> Kinds:
        """How many false candidates of each kind a list brings in an hour, at least a very small number."""
        size = sized(num_phrases)
        unknown, known = (max(rate * one, 1e-3) for rate, one in zip(self.false_per_hour, size))
        return unknown, known

    def spoken(self, num_phrases: Kinds) -> Kinds:
        """How many phrases of each kind are spoken in an hour: as many of both, where the list has both."""
        num_kinds = max(sum(num > 0 for num in num_phrases), 1)
        unknown, known = (self.true_per_hour / num_kinds if num > 0 else 1e-3 for num in num_phrases)
        return unknown, known


def sized(num_phrases: Kinds) -> Kinds:
    """The size of a list against one of a thousand phrases, as far as false candidates go; the share of each kind."""
    total = max(sum(num_phrases), 1e-9)
    size = (total / 1000.0) ** SIZE_EXPONENT
    unknown, known = (size * num / total for num in num_phrases)
    return unknown, known


@dataclass(frozen=True)
class Prior:
    """Candidates in an hour of some speech, of phrases with unknown words and of others.

    Args:
      true_per_hour, false_per_hour: spoken and false ones.
    """

    true_per_hour: Kinds
    false_per_hour: Kinds

    def log_odds(self, is_known: bool) -> Nats:
        """Log odds of a candidate of a kind, before its features are seen."""
        return math.log(self.true_per_hour[is_known]) - math.log(self.false_per_hour[is_known])

    def posteriors(self, ratios: FloatArray, is_known: BoolArray) -> FloatArray:
        """The probability that each candidate was spoken ``(E,)``.

        Args:
          ratios: log likelihood ratios, nats ``(E,)``.
          is_known: of which the language model knows all words, bool ``(E,)``.
        """
        log_odds = np.array([self.log_odds(False), self.log_odds(True)])
        posteriors: FloatArray = expit(ratios + log_odds[is_known.astype(int)])
        return posteriors


def prior_of(
    ratios: FloatArray, is_known: BoolArray, hours: float, num_phrases: Kinds, background: Background = Background()
) -> Prior:
    """Estimate the prior of speech from its candidates, by expectation maximization, for each kind of phrases.

    What a list of that size always brings is explained by false candidates first, what is left may have been spoken.
    The background counts for its own hours of speech, so that a single sentence has its
    prior, and an hour of speech has one of its own.

    Args:
      ratios: log likelihood ratios of all candidates, nats ``(E,)``.
      is_known: of which the language model knows all words, bool ``(E,)``.
      hours: of speech.
      num_phrases: of the list; the mean where utterances have lists of their own.
    """
    kinds = zip((~is_known, is_known), background.spoken(num_phrases), background.false_candidates(num_phrases))
    unknown, known = (_rates(ratios[own], hours, true, false, background.hours) for own, true, false in kinds)
    return Prior((unknown[0], known[0]), (unknown[1], known[1]))


def _rates(ratios: FloatArray, hours: float, true: float, false: float, known_hours: float) -> Kinds:
    """Spoken and false candidates an hour, of one kind.

    How many false ones there are has a gamma distribution around the background's number, narrow below it and wide above:
    clear speech has a little fewer, unclear speech many more.

    Args:
      ratios: of its candidates, nats ``(E,)``.
      hours: of speech.
      true, false: candidates in an hour of the background.
      known_hours: that the background counts for.
    """
    all_hours = hours + known_hours
    total, fewest = (len(ratios) + (true + false) * known_hours) / all_hours, true * known_hours / all_hours
    true_now, false_now = true, false
    for _ in range(_ROUNDS):
        before = true_now
        spoken = float(expit(ratios + math.log(true_now) - math.log(false_now)).sum())
        others = len(ratios) - spoken + false * known_hours
        is_less = others < false * all_hours
        strength = _BELOW if is_less else _ABOVE
        false_now = (others + strength) / (all_hours + strength / false)
        left, true_now = total - false_now, spoken / all_hours + fewest
        true_now = max(min(true_now, left) if is_less else max(true_now, left), fewest)
        if abs(true_now - before) * all_hours < _ENOUGH:
            break
    return true_now, false_now


def repetition_bonuses(phrases: Sequence[str], posteriors: FloatArray) -> Dict[str, Nats]:
    """More log odds of phrases that were found with certainty elsewhere in a recording, nats.

    Who says a rare word says it again: each certain candidate of a phrase makes the others of this phrase likelier. A
    phrase with a single candidate has none.

    Args:
      phrases: of all candidates of the recording.
      posteriors: of them, without this ``(E,)``.
    """
    candidates: Dict[str, int] = defaultdict(int)
    certain: Dict[str, float] = defaultdict(float)
    for phrase, posterior in zip(phrases, posteriors.tolist()):
        candidates[phrase] += 1
        certain[phrase] += posterior * (posterior > _CERTAIN)
    return {
        phrase: math.log1p(_MORE_ODDS * min(total, _MOST_TIMES))
        for phrase, total in certain.items()
        if total > 0 and candidates[phrase] > 1
    }
