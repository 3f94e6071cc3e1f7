"""Calibration: a small network over the log-probabilities of a model that shows nothing else.

It learns where the model's habits differ from the lexicon's conventions, from the context of each frame, and
needs little speech for that, synthetic speech included. Untrained it is the identity.
"""

from dataclasses import dataclass, replace

import torch
from torch import nn

from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.adapter.context import Context, changed, seen
from wfst_bias.adapter.frames import MOST_BLANK, kept_frames
from wfst_bias.core.errors import InputError


@dataclass(frozen=True)
class CalibrationConfig:
    """Size of the network.

    Args:
      dim: of its vectors.
      num_blocks: of its :class:`~wfst_bias.adapter.context.Context`.
      kernel: of their convolutions, kept frames.
      dropout: of the blocks.
      most_blank: frames surer of blank than this are passed on as they are.
      strength: share of the learned change that is made, 0 to 1; all of it in training. What is learned on one kind
        of speech is too sure of itself on another.
    """

    dim: int = 128
    num_blocks: int = 6
    kernel: int = 9
    dropout: float = 0.1
    most_blank: float = MOST_BLANK
    strength: float = 0.4

    def __post_init__(self) -> None:
        if min(self.dim, self.num_blocks) < 1 or self.kernel % 2 == 0:
            raise InputError(
                f"calibration of dim {self.dim}, {self.num_blocks} blocks and kernel {self.kernel}; "
                "positive numbers and an odd kernel were expected"
            )
        if not 0.0 <= self.strength <= 1.0:
            raise InputError(f"strength is {self.strength}; 0 to 1 was expected")


class Calibration(nn.Module):
    """Emissions to better emissions of the same tokens.

    Args:
      num_tokens: C, blank included.
    """

    def __init__(self, num_tokens: int, config: CalibrationConfig = CalibrationConfig()):
        super().__init__()
        self.config = config
        self.enter = nn.Linear(2 * num_tokens, config.dim)
        self.context = Context(config.dim, config.num_blocks, config.kernel, config.dropout)
        self.change = nn.Linear(config.dim, num_tokens)
        nn.init.zeros_(self.change.weight)
        nn.init.zeros_(self.change.bias)

    def forward(self, log_probs: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Calibrated log-probabilities of kept frames ``(N, S, C)``; ``mask`` ``(N, S)`` tells what is no padding."""
        change = self.change(self.context(self.enter(seen(log_probs)), mask)).float()
        if not self.training:
            change = self.config.strength * change
        return changed(log_probs, change)

    @torch.no_grad()
    def calibrated(self, emissions: Emissions) -> Emissions:
        """The emissions of a batch, calibrated, on the device of the network."""
        emissions = emissions.to(self.change.weight.device)
        selected = kept_frames(emissions.log_probs, emissions.lengths, self.config.most_blank)
        kept = self(selected.take(emissions.log_probs), selected.mask)
        return replace(emissions, log_probs=selected.put(emissions.log_probs, kept))
