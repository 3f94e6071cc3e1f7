"""Twin columns: adaptive subword boosting as a property of the emissions.

Once the first unit of an entity has been seen, a unit of it that is among the best of a frame is brought
nearer to the frame's best, by its gap to it (Dingliwal et al. 2022, section 3.2). A transducer cannot look
at the frame, but a second set of columns can: arcs inside an entity consume the twin of their token.
"""

from dataclasses import dataclass

import torch

from wfst_bias.errors import InputError


@dataclass(frozen=True)
class BoostConfig:
    """Adaptive boosting: ``e'(t, v) = e(t, v) + alpha * min(top1(t) - e(t, v), cap)`` for the k best of frame t.

    Args:
      alpha: share of the gap that is given back, 0 (off) to 1.
      cap: the largest gap that counts, nats.
      top_k: tokens of a frame that may be boosted.
    """

    alpha: float = 0.7
    cap: float = 6.0
    top_k: int = 10

    def __post_init__(self):
        if not 0.0 <= self.alpha <= 1.0:
            raise InputError(f"boost alpha {self.alpha} is out of range; give a number from 0 (off) to 1")
        if self.cap < 0.0 or self.top_k < 1:
            raise InputError(f"boost cap {self.cap} and top-k {self.top_k}: give a cap of 0 nats or more and a top-k of 1 or more")


def with_twin_columns(log_probs: torch.Tensor, config: BoostConfig) -> torch.Tensor:
    """Emissions ``(N, T, C)`` with their boosted twins behind them, ``(N, T, 2 C)``."""
    best = log_probs.topk(min(config.top_k, log_probs.shape[-1]), dim=-1).values  # (N, T, k)
    gap = (best[..., :1] - log_probs).clamp(max=config.cap)  # (N, T, C)
    boosted = torch.where(log_probs >= best[..., -1:], log_probs + config.alpha * gap, log_probs)
    return torch.cat([log_probs, boosted], dim=-1)
