"""How many variants of a phrase there are, and what they cost."""

from dataclasses import dataclass

from wfst_bias.core.errors import FieldError

AUTO, GRAPHONES = "auto", "graphones"


@dataclass(frozen=True)
class G2GConfig:
    """How many other ways to say a phrase there are, and what they cost.

    A variant scores ``-cost``, and ``scale`` times what it is less likely than the best one of its source.

    Args:
      variants: other ways to say each phrase, beside what lexicon and G2P say; 0 is none.
      cost: what such a way costs; nats.
      scale: weight of how likely it is to its source.
      sources: where they come from: graphones (n-grams of English spelling and sound), tables of graphs/g2g (en, de),
        files; auto: graphones for phones, none for letters and pieces.
    """

    variants: int = 4
    cost: float = 1.0
    scale: float = 0.7
    sources: str = AUTO

    def __post_init__(self):
        if self.variants < 0:
            raise FieldError("variants", f"is {self.variants}; give 0 or more")
        for name in ("cost", "scale"):
            if getattr(self, name) < 0:
                raise FieldError(name, f"is {getattr(self, name)}; give 0 or more")
        if self.variants and not self.sources.strip(", "):
            raise FieldError("sources", f"is {self.sources!r}; name one, or ask for 0 variants")
