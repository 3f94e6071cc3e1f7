"""Configuration of the search and of the gates."""

import math
from dataclasses import dataclass

from wfst_bias.core.errors import FieldError
from wfst_bias.entities.entity import Entity


@dataclass(frozen=True)
class SearchConfig:
    """The beam search.

    Args:
      acoustic_scale: weight of the emissions against the graph.
      search_beam: paths this far below a frame's best are dropped; nats.
      output_beam: arcs this far below the best path are kept in the lattice; nats.
      min_active: states kept a frame, at least.
      max_active: states kept a frame, at most.
      skip_blank: of neighboring frames in which blank leads all other tokens by more than this, one is searched, with
        the best scores of all; nats, 'inf' searches every frame.
    """

    acoustic_scale: float = 1.8
    search_beam: float = 16.0
    output_beam: float = 8.0
    min_active: int = 20
    max_active: int = 2000
    skip_blank: float = 4.0

    def __post_init__(self) -> None:
        for name in ("acoustic_scale", "search_beam", "output_beam"):
            if not 0 < getattr(self, name) < math.inf:
                raise FieldError(name, f"is {getattr(self, name)}; give a number above 0, not infinite")
        if not self.skip_blank > 0:
            raise FieldError("skip_blank", f"is {self.skip_blank}; give a number above 0, 'inf' to search every frame")
        if not self.max_active > self.min_active >= 0:
            raise FieldError(
                "max_active",
                f"is {self.max_active}; give more than the least number of states, {self.min_active}, "
                "which must not be below 0",
            )


@dataclass(frozen=True)
class GateConfig:
    """The least evidence by which a phrase is found.

    Args:
      evidence: least evidence of a phrase that has no gate of its own in its list: probability of a unit against the best
        one, before any boost, the mean over the phrase; 0 is off.
    """

    evidence: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.evidence <= 1.0:
            raise FieldError("evidence", f"is {self.evidence}; give a probability a unit, 0 (off) to 1")

    def of(self, entity: Entity) -> float:
        """The gate of a phrase: its own where its list has one."""
        return self.evidence if entity.gate is None else entity.gate
