"""Number and cost of the variants of a phrase."""

from dataclasses import dataclass

from wfst_bias.core.errors import FieldError

AUTO, NETWORK, GRAPHONES = "auto", "network", "graphones"


@dataclass(frozen=True)
class G2GConfig:
    """Number and cost of the variants of a phrase.

    The score of a variant is ``-cost`` plus ``scale`` times its log-probability relative to the best of its source.

    Args:
      variants: further pronunciations of each phrase, in addition to those of lexicon and G2P; 0 is none.
      cost: cost of a variant, nats.
      scale: weight of the log-probability of a variant in its source.
      sources: sources of variants: network (from English letters to phones), graphones (n-grams of both), tables of
        graphs/g2g (en, de), files; auto: for phones graphones, or the network for more than 4,000 words at once; none
        for letters and pieces.
    """

    variants: int = 4
    cost: float = 1.0
    scale: float = 0.7
    sources: str = AUTO

    def __post_init__(self) -> None:
        if self.variants < 0:
            raise FieldError("variants", f"is {self.variants}; give 0 or more")
        for name in ("cost", "scale"):
            if getattr(self, name) < 0:
                raise FieldError(name, f"is {getattr(self, name)}; give 0 or more")
        if self.variants and not self.sources.strip(", "):
            raise FieldError("sources", f"is {self.sources!r}; name one, or ask for 0 variants")
