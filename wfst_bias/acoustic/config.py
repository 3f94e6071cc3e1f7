"""How emissions are prepared for the search."""

from dataclasses import dataclass

from wfst_bias.core.errors import InputError


@dataclass(frozen=True)
class BoostConfig:
    """Adaptive boosting: ``e'(t, v) = e(t, v) + alpha * min(top1(t) - e(t, v), cap)`` for the k best of frame t.

    Args:
      alpha: share of the gap that is given back, 0 (off) to 1.
      cap: the largest gap that counts, nats.
      top_k: tokens of a frame that may be boosted.
    """

    alpha: float = 0.4
    cap: float = 4.0
    top_k: int = 6

    def __post_init__(self) -> None:
        if not 0.0 <= self.alpha <= 1.0:
            raise InputError(f"--boost-alpha is {self.alpha}; give a number from 0 (off) to 1")
        if not self.cap >= 0.0:
            raise InputError(f"--boost-cap is {self.cap}; give 0 nats or more")
        if self.top_k < 1:
            raise InputError(f"--boost-top-k is {self.top_k}; give 1 or more")
