"""Configuration of the second pass."""

import math
from dataclasses import dataclass
from typing import Tuple

from wfst_bias.core.errors import InputError

SEARCH = "search"

RESCORE, VERIFY, LOOKUP = STAGES = ("rescore", "verify", "lookup")


@dataclass(frozen=True)
class ChainConfig:
    """Stages of the second pass.

    Args:
      stages: some of :data:`STAGES` with commas between them, as they are to be run, or none; the lookup is the last
        one, because it writes words that no lattice has, and verification comes after rescoring, which chooses a hypothesis.
      phone_model: specification of the phone network of rescoring and lookup; where it is empty, the searched emissions
        are read, in phones if the model has a phone head.
      phone_lang: lang folder of that network; the lexicon for hama where it is empty.
    """

    stages: str = "none"
    phone_model: str = ""
    phone_lang: str = ""

    def __post_init__(self) -> None:
        names = self.names
        unknown = next((name for name in names if name not in STAGES), None)
        if unknown is not None:
            raise InputError(f"--stages has {unknown!r}; give some of {', '.join(STAGES)}, or none")
        if len(set(names)) < len(names) or LOOKUP in names[:-1]:
            raise InputError(f"--stages is {self.stages!r}; name each stage once, and lookup last")
        if VERIFY in names and RESCORE in names[names.index(VERIFY) :]:
            raise InputError(f"--stages is {self.stages!r}; name verify after rescore, which chooses anew")

    @property
    def names(self) -> Tuple[str, ...]:
        """Names of the stages."""
        return () if self.stages in ("", "none") else tuple(self.stages.split(","))

    @property
    def needs_phones(self) -> bool:
        """Whether a stage reads the emissions of a phone network."""
        return not {RESCORE, LOOKUP}.isdisjoint(self.names)


@dataclass(frozen=True)
class LookupConfig:
    """Limits of the lexicon lookup.

    Args:
      min_phones: that a phrase must have.
      max_words: that one phrase may replace.
      min_posterior: least mean probability of the recognized phones, 0 to 1.
      min_lead: by which the recognized phones must be likelier than the words of the transcript, nats.
      whole_words: whether a boundary of words must be recognized on both sides, where the network has one.
      keep_listed: whether a phrase of the list that is in the transcript stays.
      variants: whether a phrase may be found by variants, not only by pronunciations of its list, the lexicon and the G2P.
    """

    min_phones: int = 3
    max_words: int = 3
    min_posterior: float = 0.5
    min_lead: float = 0.5
    whole_words: bool = True
    keep_listed: bool = True
    variants: bool = False

    def __post_init__(self) -> None:
        for name in ("min_phones", "max_words"):
            if getattr(self, name) < 1:
                raise InputError(f"--lookup-{name.replace('_', '-')} is {getattr(self, name)}; give 1 or more")
        if not 0 <= self.min_posterior <= 1:
            raise InputError(f"--lookup-min-posterior is {self.min_posterior}; give a probability, 0 to 1")
        if not 0 <= self.min_lead < math.inf:
            raise InputError(f"--lookup-min-lead is {self.min_lead}; give nats, 0 (off) or more")


@dataclass(frozen=True)
class VerifyConfig:
    """How sure phrases of the list must be.

    Args:
      min_confidence: the least posterior of their words without what the list pays, 0 to 1.
    """

    min_confidence: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.min_confidence <= 1:
            raise InputError(f"--verify-min-confidence is {self.min_confidence}; give a probability, 0 (off) to 1")


EMISSIONS, DISTANCE = "emissions", "distance"
MEASURES = (EMISSIONS, DISTANCE)


@dataclass(frozen=True)
class RescoringConfig:
    """How much a phone network counts in the choice among hypotheses.

    Args:
      num_best: hypotheses of an utterance that are scored.
      weight: share of the acoustic score that its score takes the place of, 0 to 1.
      measure: :data:`EMISSIONS`, the log-probability of the pronunciations, or :data:`DISTANCE`, minus their weighted
        edit distance from the recognized phones.
      bound: of that distance, see :class:`wfst_bias.second_pass.distance.PhoneDistance`.
    """

    num_best: int = 100
    weight: float = 0.3
    measure: str = EMISSIONS
    bound: int = 8

    def __post_init__(self) -> None:
        if self.num_best < 1:
            raise InputError(f"--rescore-num-best is {self.num_best}; give 1 or more")
        if not 0 <= self.weight <= 1:
            raise InputError(f"--rescore-weight is {self.weight}; give a share, 0 (off) to 1")
        if self.measure not in MEASURES:
            raise InputError(f"--rescore-measure is {self.measure!r}; give {' or '.join(MEASURES)}")
        if self.bound < 0:
            raise InputError(f"--rescore-bound is {self.bound}; give 0 phones or more")
