"""How many variants of a phrase there are, and what they cost."""

from dataclasses import dataclass

from wfst_bias.core.errors import InputError

AUTO, GRAPHONES = "auto", "graphones"


@dataclass(frozen=True)
class G2GConfig:
    """How many other ways to say a phrase there are, and what they cost.

    A variant scores ``-cost``, and ``scale`` times what it is less likely than the best one of its source.

    Args:
      variants: of a phrase, beside what the lexicon or the reader says; 0 for none.
      cost: nats.
      scale: of the log-probabilities of the sources.
      sources: between commas: ``graphones`` for the n-grams of English, names of tables in ``graphs/g2g``, files
        of tables or (``.npz``) of n-grams of graphones. ``auto``: graphones for models of phones, none for those of
        letters and pieces, to which the variants measured so far brought more false alarms than hits.
    """

    variants: int = 4
    cost: float = 1.0
    scale: float = 0.7
    sources: str = AUTO

    def __post_init__(self):
        if self.variants < 0:
            raise InputError(f"--g2g-variants is {self.variants}; give 0 or more")
        if self.cost < 0 or self.scale < 0:
            raise InputError(f"--g2g-cost is {self.cost} and --g2g-scale {self.scale}; give 0 or more")
        if self.variants and not self.sources.strip(", "):
            raise InputError(f"--g2g-sources is {self.sources!r}; name one, or give --g2g-variants 0")
