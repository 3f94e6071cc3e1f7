"""The prior of a corpus: how many of the phrases that a list brought were spoken in this speech."""

import math
from dataclasses import dataclass

from scipy.special import expit

from wfst_bias.core.errors import FieldError
from wfst_bias.core.types import FloatArray

_ROUNDS = 500
_ENOUGH = 1e-6  # change of a count


@dataclass(frozen=True)
class Background:
    """Candidates that a list brings in speech about which nothing is known.

    Args:
      false_per_hour: false candidates for a thousand phrases in an hour, known from speech without the phrases.
      true_per_hour: spoken phrases in an hour, whatever the size of the list.
      hours: of speech that this knowledge counts for, against the candidates of the corpus.
    """

    false_per_hour: float = 50.0
    true_per_hour: float = 60.0
    hours: float = 0.02

    def __post_init__(self) -> None:
        for name in ("false_per_hour", "true_per_hour", "hours"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise FieldError(name, f"is {getattr(self, name)}; give a number above 0")

    def false_candidates(self, num_phrases: float, hours: float) -> float:
        """How many false candidates a list brings in some hours."""
        return self.false_per_hour * num_phrases / 1000.0 * hours


@dataclass(frozen=True)
class Prior:
    """Candidates in an hour of some speech.

    Args:
      true_per_hour, false_per_hour: spoken and false ones.
    """

    true_per_hour: float
    false_per_hour: float

    @property
    def log_odds(self) -> float:
        """Log odds of a candidate, before its features are seen, nats."""
        return math.log(self.true_per_hour) - math.log(self.false_per_hour)

    def posteriors(self, ratios: FloatArray) -> FloatArray:
        """The probability that each candidate was spoken ``(E,)``, from log likelihood ratios, nats ``(E,)``."""
        posteriors: FloatArray = expit(ratios + self.log_odds)
        return posteriors


def prior_of(ratios: FloatArray, hours: float, num_phrases: float, background: Background = Background()) -> Prior:
    """Estimate the prior of speech from its candidates, by expectation maximization.

    False candidates are never fewer than the background has them: what a list of that size always brings is
    explained by that first. The background counts for its own hours of speech, so that a single sentence has its
    prior, and an hour of speech has one of its own.

    Args:
      ratios: log likelihood ratios of all candidates, nats ``(E,)``.
      hours: of speech.
      num_phrases: of the list; the mean where utterances have lists of their own.
    """
    known = background.hours
    least_false = max(background.false_candidates(max(num_phrases, 1), 1.0), 1e-6)
    true = background.true_per_hour
    prior = Prior(true, least_false)
    for _ in range(_ROUNDS):
        posteriors = prior.posteriors(ratios)
        true_now = (float(posteriors.sum()) + true * known) / (hours + known)
        false_now = (float((1.0 - posteriors).sum()) + least_false * known) / (hours + known)
        following = Prior(true_now, max(false_now, least_false))
        change = abs(following.true_per_hour - prior.true_per_hour) * (hours + known)
        prior = following
        if change < _ENOUGH:
            break
    return prior
