"""A layer norm that autocast leaves alone."""

from torch import Tensor, nn


class Norm(nn.LayerNorm):
    """A layer norm in float32: torch 1.13 cannot normalize the bfloat16 that autocast makes."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.float())
