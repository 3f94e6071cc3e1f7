"""Boosted columns: adaptive subword boosting as a property of the emissions.

Once the first unit of an entity has been seen, a unit of it that is among the best of a frame is brought
nearer to the frame's best, by a share of the gap (Dingliwal et al. 2022, section 3.2). A transducer cannot look
at the frame, but a second set of columns can: arcs inside an entity consume the boosted column of their token.
"""

import torch

from wfst_bias.acoustic.config import BoostConfig


def boosted(log_probs: torch.Tensor, config: BoostConfig) -> torch.Tensor:
    """Return the boosted columns ``(N, T, C)`` of emissions ``(N, T, C)``."""
    best = log_probs.topk(min(config.top_k, log_probs.shape[-1]), dim=-1).values  # (N, T, k)
    gap = (best[..., :1] - log_probs).clamp(max=config.cap)  # (N, T, C)
    return torch.where(log_probs >= best[..., -1:], log_probs + config.alpha * gap, log_probs)
