"""Configurations of what is compiled into a base: the costs of an entity class, and an open vocabulary."""

import math
from dataclasses import dataclass

from wfst_bias.core.errors import FieldError, InputError
from wfst_bias.entities.entity import MAX_WEIGHT


@dataclass(frozen=True)
class ClassConfig:
    """Costs and bonuses of an entity class.

    Entering the class costs what the language model gives it or, where it does not know the class, ``-log(prior)``
    in its unigram state; choosing one of N phrases costs ``log N``. The bonus is paid back once a phrase, unless
    another word of the language model sounds exactly like it. So the size of a list and the length of a phrase are
    paid for, and no weight has to be tuned for either.

    Where only the first words of a phrase are spoken, a path leaves the phrase behind them and writes them as words; words
    further on that the language model does not know are words of their own. Such a path pays what the phrase costs,
    and ``partial_cost``; it has neither bonus nor weight.

    Args:
      prior: probability of an entity where the language model has no history.
      bonus: paid once for a phrase as long as the average word, nats; more finds more names, and more false ones.
      length_bonus: paid in addition for a phrase twice as long as that, nats; in proportion to the length beyond the
        average, at most 1.5 times, and less for shorter phrases.
      partial_cost: cost of some words of a phrase without the others, nats.
      inflections: whether the possessive and the plural of a phrase are recognized, where the language model is English.
      inflection_cost: cost of a possessive or plural, nats, in addition to what the phrase costs and is paid; the plural of a
        name costs 2 nats more.
    """

    prior: float = 0.05
    bonus: float = 5.0
    length_bonus: float = 2.5
    partial_cost: float = 5.0
    inflections: bool = True
    inflection_cost: float = 4.0

    def __post_init__(self) -> None:
        if not 0.0 < self.prior <= 1.0:
            raise FieldError("prior", f"is {self.prior}, no probability; give a number above 0, up to 1")
        if not abs(self.bonus) <= MAX_WEIGHT:
            raise FieldError("bonus", f"is {self.bonus}; give nats from -{MAX_WEIGHT:g} to {MAX_WEIGHT:g}")
        if not 0.0 <= self.length_bonus <= MAX_WEIGHT:
            raise FieldError("length_bonus", f"is {self.length_bonus}; give nats from 0 to {MAX_WEIGHT:g}")
        for name in ("partial_cost", "inflection_cost"):
            cost = getattr(self, name)
            if not 0.0 <= cost <= 2 * MAX_WEIGHT:
                raise FieldError(name, f"is {cost}; give nats from 0 to {2 * MAX_WEIGHT:g}")

    def entry_score(self, num_phrases: int, in_model: bool = False) -> float:
        """Score of taking one phrase of a list, before bonus and weight, nats."""
        return (0.0 if in_model else math.log(self.prior)) - math.log(num_phrases)


@dataclass(frozen=True)
class OpenVocabulary:
    """Words outside the lexicon and the lists, spelled by n-grams of units.

    Args:
      cost: of such a word, nats, in addition to that of its units.
      order: of the n-grams, 2 or more; 0 takes all units for equally likely.
    """

    cost: float = 10.0
    order: int = 3

    def __post_init__(self) -> None:
        if not 0 <= self.cost < math.inf:
            raise InputError(f"--oov-cost is {self.cost}; give nats, 0 or more")
        if self.order not in (0, 2, 3, 4, 5):
            raise InputError(f"--order of units is {self.order}; give 0 (all units equally likely) or 2 to 5")
