"""Context: what stands around each frame or unit, by a stack of masked convolutions."""

import torch
from torch import nn
from torch.nn import functional as F

from wfst_bias.acoustic.norm import Norm

_NOTHING = -1e4  # nats; a frame's probability is not changed by what is less


class Context(nn.Module):
    """Residual blocks of a depthwise convolution over time and a feed-forward layer (ConvNeXt, Liu et al. 2022).

    Args:
      dim: of the vectors.
      num_blocks: of the stack; every third looks twice, the next three times as far.
      kernel: of the convolutions, odd.
      dropout: of each block.
    """

    def __init__(self, dim: int, num_blocks: int, kernel: int, dropout: float):
        super().__init__()
        self.blocks = nn.ModuleList(_Block(dim, kernel, 1 + i % 3, dropout) for i in range(num_blocks))
        self.norm = Norm(dim)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Vectors ``(N, S, D)`` with their surroundings; ``mask`` ``(N, S)`` tells what is no padding."""
        mask = mask[..., None].to(x.dtype)
        for block in self.blocks:
            x = block(x, mask)
        result: torch.Tensor = self.norm(x)
        return result


class _Block(nn.Module):
    def __init__(self, dim: int, kernel: int, dilation: int, dropout: float):
        super().__init__()
        self.norm = Norm(dim)
        self.around = nn.Conv1d(dim, dim, kernel, padding=dilation * (kernel // 2), dilation=dilation, groups=dim)
        self.wide = nn.Linear(dim, 2 * dim)
        self.narrow = nn.Linear(2 * dim, dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        y = self.norm(x) * mask
        y = self.around(y.transpose(1, 2)).transpose(1, 2)
        result: torch.Tensor = x + self.dropout(self.narrow(F.gelu(self.wide(y))))
        return result


def changed(log_probs: torch.Tensor, change: torch.Tensor) -> torch.Tensor:
    """Log-probabilities ``(N, S, C)`` with a change of their logits, of the same shape.

    The difference of two softmaxes is added, which is nothing at all where the change is zero; a probability of
    nothing, minus infinity, stays one.
    """
    finite = log_probs.clamp(min=_NOTHING)
    result: torch.Tensor = log_probs + ((finite + change).log_softmax(-1) - finite.log_softmax(-1))
    return result


def seen(log_probs: torch.Tensor) -> torch.Tensor:
    """Log-probabilities ``(N, S, C)`` as a network likes to see them ``(N, S, 2 C)``: their size and their mass."""
    return torch.cat([log_probs.clamp(min=-12.0) / 4.0, log_probs.exp()], dim=-1)
