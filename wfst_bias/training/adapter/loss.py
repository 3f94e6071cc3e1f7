"""The loss of an adapter: of its attention and of its emissions."""

from dataclasses import dataclass, replace
from typing import Callable, Dict, Optional, Tuple

import torch
from torch import nn

from wfst_bias.adapter.network import ENTITIES, Adapted, Head
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.training.adapter.guidance import UNGUIDED
from wfst_bias.training.adapter.listed_speech import AdapterBatch
from wfst_bias.training.losses import ctc_loss


@dataclass(frozen=True)
class LossConfig:
    """Weights of the parts of the loss.

    Args:
      ctc: of the log-probabilities with the list, a target token.
      unit: of the unit that is written in frames of listed words, which CTC alone hardly cares for: they are few.
      inside: of the attention in frames of listed words.
      outside: of the attention elsewhere.
      noise: standard deviation of what is added to a black box's log-probabilities, nats.
    """

    ctc: float = 1.0
    unit: float = 1.0
    inside: float = 0.5
    outside: float = 1.0
    noise: float = 0.2

    def __post_init__(self) -> None:
        if min(vars(self).values()) < 0.0:
            raise InputError(f"{self}: weights and a noise of 0 or more were expected")

    @property
    def of_attention(self) -> "LossConfig":
        """The attention alone; that it finds listed words counts more than that it leaves others alone."""
        return replace(self, ctc=0.0, unit=0.0, inside=1.0, outside=0.5)


def with_noise(log_probs: torch.Tensor, noise: float) -> torch.Tensor:
    """Add normal noise of so many nats to log-probabilities ``(N, S, C)``."""
    if not noise:
        return log_probs
    return torch.log_softmax(log_probs + torch.mul(torch.randn_like(log_probs), noise), -1)


def adapter_loss(
    config: LossConfig, attention: str, head: Optional[Head] = None
) -> Callable[[nn.Module, AdapterBatch], Tuple[torch.Tensor, Dict[str, float]]]:
    """Return the loss of a batch: CTC of the changed emissions, and cross-entropy of the attention, both a token or frame."""

    def loss(model: nn.Module, batch: AdapterBatch) -> Tuple[torch.Tensor, Dict[str, float]]:
        log_probs = batch.log_probs
        if model.training and batch.layers is None:
            log_probs = with_noise(log_probs, config.noise)
        adapted: Adapted = model(log_probs, batch.mask, batch.candidates, batch.layers, head)
        log_attention = adapted.logits.log_softmax(-1)
        guided = batch.attention != UNGUIDED
        target = batch.attention.clamp(min=0)
        if attention == ENTITIES:
            target = torch.where(target > 0, (target - 1) // batch.candidates.units.shape[2] + 1, target)
        entropy = -log_attention.gather(2, target[..., None]).squeeze(-1)
        is_inside = guided & (target > 0)
        is_outside = guided & (target == 0)
        inside = (entropy * is_inside).sum() / is_inside.sum().clamp(min=1)
        outside = (entropy * is_outside).sum() / is_outside.sum().clamp(min=1)
        total = config.inside * inside + config.outside * outside
        right = log_attention.argmax(-1) == target
        values = {
            "inside": float(inside.detach()),
            "outside": float(outside.detach()),
            "right_inside": float((right & is_inside).sum() / is_inside.sum().clamp(min=1)),
            "right_outside": float((right & is_outside).sum() / is_outside.sum().clamp(min=1)),
        }
        if config.ctc:
            ctc = ctc_loss(adapted.log_probs, batch.mask.sum(1), batch.targets)
            units = batch.candidates.units.flatten(1)  # (N, K J)
            written = units.gather(1, torch.sub(batch.attention, 1).clamp(min=0))  # (N, S)
            likely = adapted.log_probs.gather(2, written[..., None]).squeeze(-1)
            # inside a word a frame of no unit may be blank or go on with the unit before it
            either = torch.logaddexp(likely, adapted.log_probs[..., BLANK_ID])
            unlikely = -torch.where(batch.writes, likely, either)
            unit = unlikely.where(is_inside, torch.zeros_like(unlikely)).sum() / is_inside.sum().clamp(min=1)
            total = total + config.ctc * ctc + config.unit * unit
            values.update(ctc=float(ctc.detach()), unit=float(unit.detach()))
        return total, values

    return loss
