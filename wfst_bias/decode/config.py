"""How wide the search is, what it may find, and what is done behind it."""

import math
from dataclasses import dataclass

from wfst_bias.entities.entity import Entity
from wfst_bias.errors import InputError


@dataclass(frozen=True)
class SearchConfig:
    """The beam search.

    Args:
      acoustic_scale: weight of the emissions against the graph.
      search_beam: paths this far below a frame's best are dropped, nats.
      output_beam: arcs this far below the best path are kept in the lattice, nats.
      min_active, max_active: states kept a frame, at least and at most.
    """

    acoustic_scale: float = 1.8
    search_beam: float = 18.0
    output_beam: float = 8.0
    min_active: int = 30
    max_active: int = 2000

    def __post_init__(self):
        for name in ("acoustic_scale", "search_beam", "output_beam"):
            if not 0 < getattr(self, name) < math.inf:
                option = f"--search-{name.removeprefix('search_').replace('_', '-')}"
                raise InputError(f"{option} is {getattr(self, name)}; give a number above 0, not infinite")
        if not self.max_active > self.min_active >= 0:
            raise InputError(
                f"--search-max-active is {self.max_active}, --search-min-active {self.min_active}; "
                "the first must be above the second, and that not below 0"
            )


@dataclass(frozen=True)
class GateConfig:
    """What a phrase must be heard by to be found.

    Args:
      evidence: the least evidence for phrases without a gate of their own, a probability a unit, see
        :attr:`~wfst_bias.decode.paths.FoundEntity.evidence`; 0 is off.
    """

    evidence: float = 0.0

    def __post_init__(self):
        if not 0.0 <= self.evidence <= 1.0:
            raise InputError(f"--gate-evidence is {self.evidence}; give a probability a unit, 0 (off) to 1")

    def of(self, entity: Entity) -> float:
        """The gate of a phrase: its own where its list has one."""
        return self.evidence if entity.gate is None else entity.gate


@dataclass(frozen=True)
class LookupConfig:
    """What a lexicon lookup may replace.

    Args:
      min_phones: that a phrase must have.
      max_words: that one phrase may replace.
      min_posterior: mean probability that the network must give to the phones that it heard, 0 to 1.
      whole_words: whether it must have heard a boundary of words on both sides, where it has one.
      keep_listed: whether a phrase of the list that was written stays.
      most_common: words of which each is likelier than this to the language model stay, log-probability, nats;
        0 is none.
    """

    min_phones: int = 3
    max_words: int = 3
    min_posterior: float = 0.5
    whole_words: bool = True
    keep_listed: bool = True
    most_common: float = 0.0

    def __post_init__(self):
        for name in ("min_phones", "max_words"):
            if getattr(self, name) < 1:
                raise InputError(f"--lookup-{name.replace('_', '-')} is {getattr(self, name)}; give 1 or more")
        if not 0 <= self.min_posterior <= 1:
            raise InputError(f"--lookup-min-posterior is {self.min_posterior}; give a probability, 0 to 1")
        if not self.most_common <= 0:
            raise InputError(f"--lookup-most-common is {self.most_common}; give a log-probability, 0 (none) or below")


@dataclass(frozen=True)
class MbrConfig:
    """The choice of the hypothesis with the least expected word errors.

    Args:
      num_best: hypotheses that count.
      scale: of their scores, which are too sure of the best path; the larger, the more often that one is chosen.
    """

    num_best: int = 100
    scale: float = 0.7

    def __post_init__(self):
        if self.num_best < 1:
            raise InputError(f"--mbr-num-best is {self.num_best}; give 1 hypothesis or more")
        if not 0 < self.scale < math.inf:
            raise InputError(f"--mbr-scale is {self.scale}; give a number above 0, not infinite")


EMISSIONS, DISTANCE = "emissions", "distance"
MEASURES = (EMISSIONS, DISTANCE)


@dataclass(frozen=True)
class RescoringConfig:
    """How much a phone network counts in the choice among hypotheses.

    Args:
      gamma: weight of its score against that of the lattice.
      measure: :data:`EMISSIONS`, the log-probability of the pronunciations, or :data:`DISTANCE`, minus their weighted
        edit distance from the phones that were heard.
      bound: of that distance, see :class:`wfst_bias.decode.phone_distance.PhoneDistance`.
    """

    gamma: float = 0.1
    measure: str = EMISSIONS
    bound: int = 8

    def __post_init__(self):
        if not 0 <= self.gamma < math.inf:
            raise InputError(f"--rescore-gamma is {self.gamma}; give a number, 0 (off) or above")
        if self.measure not in MEASURES:
            raise InputError(f"--rescore-measure is {self.measure!r}; give {' or '.join(MEASURES)}")
        if self.bound < 0:
            raise InputError(f"--rescore-bound is {self.bound}; give 0 phones or more")
