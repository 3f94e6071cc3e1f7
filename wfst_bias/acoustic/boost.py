"""Twin columns: adaptive subword boosting as a property of the emissions.

Once the first unit of an entity has been seen, a unit of it that is among the best of a frame is brought
nearer to the frame's best, by its gap to it (Dingliwal et al. 2022, section 3.2). A transducer cannot look
at the frame, but a second set of columns can: arcs inside an entity consume the twin of their token.
"""

import torch

from wfst_bias.acoustic.config import BoostConfig


def with_twin_columns(log_probs: torch.Tensor, config: BoostConfig) -> torch.Tensor:
    """Emissions ``(N, T, C)`` with their boosted twins behind them, ``(N, T, 2 C)``."""
    best = log_probs.topk(min(config.top_k, log_probs.shape[-1]), dim=-1).values  # (N, T, k)
    gap = (best[..., :1] - log_probs).clamp(max=config.cap)  # (N, T, C)
    boosted = torch.where(log_probs >= best[..., -1:], log_probs + config.alpha * gap, log_probs)
    return torch.cat([log_probs, boosted], dim=-1)
