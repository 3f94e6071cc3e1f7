"""Terms of the score of a path."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Terms:
    """Terms of the score of a path, or of a stretch of one, nats.

    Args:
      acoustic: scaled log-probability of its units against the best ones.
      boost: what adaptive boosting gave back of that, scaled.
      language_model: of the graph, what is not the list's.
      list: of the graph within lists: entering the class and choosing the phrase cost, bonus
        and weight pay; and a weight below 0 of a word that the language model has.
    """

    acoustic: float
    boost: float
    language_model: float
    list: float

    @property
    def total(self) -> float:
        return self.acoustic + self.boost + self.language_model + self.list

    def __sub__(self, other: "Terms") -> "Terms":
        return Terms(
            self.acoustic - other.acoustic,
            self.boost - other.boost,
            self.language_model - other.language_model,
            self.list - other.list,
        )


NUM_TERMS = len(fields(Terms))
