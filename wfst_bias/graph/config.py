"""What the entity class costs and pays."""

import math
from dataclasses import dataclass

from wfst_bias.entities.entity import MAX_WEIGHT
from wfst_bias.errors import InputError


@dataclass(frozen=True)
class ClassConfig:
    """What the entity class costs and pays, whatever the length of a phrase.

    Entering the class where the language model has no history costs ``-log(prior)``, choosing one of N
    phrases ``log N``; ``bonus`` is paid back once a phrase, unless another word of the language model sounds
    exactly like it.

    Args:
      prior: probability of the class in the language model's unigram state.
      bonus: nats.
    """

    prior: float = 0.05
    bonus: float = 4.0

    def __post_init__(self):
        if not 0.0 < self.prior <= 1.0:
            raise InputError(f"--class-prior is {self.prior}, no probability; give a number above 0, up to 1")
        if not abs(self.bonus) <= MAX_WEIGHT:
            raise InputError(f"--class-bonus is {self.bonus}; give nats from -{MAX_WEIGHT:g} to {MAX_WEIGHT:g}")

    def entry_score(self, num_phrases: int) -> float:
        """Score of taking one phrase of a list, before bonus and weight, nats."""
        return math.log(self.prior) - math.log(num_phrases)
