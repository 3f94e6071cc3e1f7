"""How emissions are prepared for the search."""

from dataclasses import dataclass

from wfst_bias.core.errors import FieldError


@dataclass(frozen=True)
class BoostConfig:
    """Adaptive boosting: ``e'(t, v) = e(t, v) + alpha * min(top1(t) - e(t, v), cap)`` for the k best of frame t.

    Args:
      alpha: adaptive boosting: share of a unit's gap to the frame's best that is given back inside an entity; 0 is
        off.
      cap: adaptive boosting: the largest gap that counts; nats.
      top_k: adaptive boosting: units of a frame that may be boosted.
    """

    alpha: float = 0.4
    cap: float = 4.0
    top_k: int = 6

    def __post_init__(self) -> None:
        if not 0.0 <= self.alpha <= 1.0:
            raise FieldError("alpha", f"is {self.alpha}; give a number from 0 (off) to 1")
        if not self.cap >= 0.0:
            raise FieldError("cap", f"is {self.cap}; give 0 nats or more")
        if self.top_k < 1:
            raise FieldError("top_k", f"is {self.top_k}; give 1 or more")
