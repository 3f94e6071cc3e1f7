"""The layers of the Conformer; frames beyond an utterance's length never reach its own.

Axes: ``N`` utterances, ``S`` feature frames of 10 ms, ``T`` encoder frames of 40 ms, ``D`` width of the encoder,
``H`` heads.
"""

from typing import Callable, Dict, Optional, Tuple, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wfst_bias.acoustic.conformer_config import RELU, SILU, ConformerConfig
from wfst_bias.acoustic.norm import Norm

_FEATURE_SCALE = 0.25  # log-mel energies spread by about 4 around their mean
_LEAST_PHONE = -8.0  # nats; phones that are less likely are not heard
_ROTARY_BASE = 10000.0

NEAR_ATTENTION = 100  # encoder frames to each side that a frame of long audio attends to
NEAR_MEAN = 1000  # feature frames to each side whose mean is subtracted from one of long audio

ACTIVATIONS: Dict[str, Callable[[Tensor], Tensor]] = {SILU: F.silu, RELU: F.relu}
IntOrTensor = TypeVar("IntOrTensor", int, Tensor)


class Subsampling(nn.Module):
    """Feature frames of 10 ms, less their mean over the utterance, to vectors of 40 ms.

    Two convolutions of stride 2, the second depthwise and then pointwise, which on a CPU takes a small part of the
    time that a full one does.
    """

    def __init__(self, config: ConformerConfig):
        super().__init__()
        channels = config.channels
        self.first = nn.Conv2d(1, channels, 3, stride=2, padding=1)
        self.depthwise = nn.Conv2d(channels, channels, 3, stride=2, padding=1, groups=channels)
        self.pointwise = nn.Linear(channels, channels)
        self.out = nn.Linear(channels * halved(halved(config.num_mels)), config.dim)
        self.norm = Norm(config.dim)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, features: Tensor, lengths: Tensor, is_long: Optional[Tensor] = None) -> Tuple[Tensor, Tensor]:
        """``(N, S, num_mels)`` and ``(N,)`` to ``(N, T, D)`` and ``(N,)``; for ``is_long`` see :func:`near_keys`."""
        valid = within(lengths, features.shape[1]).unsqueeze(-1)
        features = features.masked_fill(~valid, 0.0)
        mean = features.sum(dim=1, keepdim=True) / lengths.clamp(min=1)[:, None, None]
        if is_long is not None:
            mean = torch.where(is_long[:, None, None], moving_mean(features, lengths), mean)
        x = (_FEATURE_SCALE * (features - mean)).masked_fill(~valid, 0.0)
        x = F.relu(
            self.first(x.unsqueeze(1).contiguous(memory_format=torch.channels_last))
        )  # (N, channels, S/2, mels/2)
        lengths = halved(lengths)
        # what is padding here is input of the next convolution, and the bias has made it more than zero
        x = x.masked_fill(~within(lengths, x.shape[2])[:, None, :, None], 0.0)
        x = self.depthwise(x).permute(0, 2, 3, 1)  # (N, T, mels/4, channels)
        x = F.relu(self.pointwise(x))
        return self.dropout(self.norm(self.out(x.flatten(2)))), halved(lengths)


class PhoneStacking(nn.Module):
    """Log-probabilities of phones, some neighboring frames of them together, to vectors of encoder frames.

    The network reads probabilities and log-probabilities: those tell what was heard, these what it might have been.

    Args:
      config: sizes.
      num_phones: ``P``, blank included.
    """

    def __init__(self, config: ConformerConfig, num_phones: int):
        super().__init__()
        self.stacked = config.stacked
        self.out = nn.Linear(2 * num_phones * config.stacked, config.dim)
        self.norm = Norm(config.dim)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, features: Tensor, lengths: Tensor, is_long: Optional[Tensor] = None) -> Tuple[Tensor, Tensor]:
        """``(N, S, P)`` and ``(N,)`` to ``(N, T, D)`` and ``(N,)``; frames beyond the lengths count nothing."""
        valid = within(lengths, features.shape[1]).unsqueeze(-1)
        likely = features.clamp(min=_LEAST_PHONE) / -_LEAST_PHONE + 1.0  # from 0 to 1
        x = torch.cat([likely, features.exp()], dim=-1).masked_fill(~valid, 0.0)
        N, S, width = x.shape
        T = (S + self.stacked - 1) // self.stacked
        x = F.pad(x, (0, 0, 0, T * self.stacked - S)).reshape(N, T, self.stacked * width)
        lengths = torch.div(lengths + self.stacked - 1, self.stacked, rounding_mode="floor")
        return self.dropout(self.norm(self.out(x))), lengths


class ConformerLayer(nn.Module):
    """Half a feed-forward module, self-attention, convolution, half a feed-forward module, a norm at the end."""

    def __init__(self, config: ConformerConfig):
        super().__init__()
        self.feed_forward_before = FeedForward(config)
        self.attention = RotaryAttention(config)
        self.convolution = Convolution(config)
        self.feed_forward_after = FeedForward(config)
        self.norm = Norm(config.dim)

    def forward(self, x: Tensor, valid: Tensor, keys: Tensor, rotary: Tuple[Tensor, Tensor]) -> Tensor:
        """``(N, T, D)`` to ``(N, T, D)``.

        Args:
          valid: frames of the utterances, bool ``(N, T)``.
          keys: those that each frame attends to, see :func:`attend`.
        """
        x = x + 0.5 * self.feed_forward_before(x)
        x = x + self.attention(x, keys, rotary)
        x = x + self.convolution(x, valid)
        x = x + 0.5 * self.feed_forward_after(x)
        result: Tensor = self.norm(x)
        return result


class FeedForward(nn.Module):
    """Two linear maps with an activation between them, frame by frame."""

    def __init__(self, config: ConformerConfig):
        super().__init__()
        self.norm = Norm(config.dim)
        self.inner = nn.Linear(config.dim, config.feed_forward)
        self.activation = ACTIVATIONS[config.activation]
        self.outer = nn.Linear(config.feed_forward, config.dim)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.dropout(self.outer(self.activation(self.inner(self.norm(x)))))
        return result


class RotaryAttention(nn.Module):
    """Self-attention in which queries and keys are rotated by their position, so that products depend on distance."""

    def __init__(self, config: ConformerConfig):
        super().__init__()
        self.num_heads = config.num_heads
        self.norm = Norm(config.dim)
        self.queries_keys_values = nn.Linear(config.dim, 3 * config.dim)
        self.out = nn.Linear(config.dim, config.dim)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, keys: Tensor, rotary: Tuple[Tensor, Tensor]) -> Tensor:
        N, T, D = x.shape
        heads = self.queries_keys_values(self.norm(x)).reshape(N, T, 3, self.num_heads, D // self.num_heads)
        q, k, v = heads.permute(2, 0, 3, 1, 4).unbind(0)  # (N, H, T, D / H) each
        mixed = attend(rotated(q, rotary), rotated(k, rotary), v, keys)
        result: Tensor = self.dropout(self.out(mixed.transpose(1, 2).reshape(N, T, D)))
        return result


class Convolution(nn.Module):
    """A gated pointwise, a depthwise and a pointwise convolution over time.

    A LayerNorm replaces the batch norm of the paper, whose statistics would depend on the padding.
    """

    def __init__(self, config: ConformerConfig):
        super().__init__()
        self.norm = Norm(config.dim)
        self.gated = nn.Linear(config.dim, 2 * config.dim)
        self.depthwise = nn.Conv2d(
            config.dim, config.dim, (1, config.kernel), padding=(0, config.kernel // 2), groups=config.dim
        )
        self.inner_norm = Norm(config.dim)
        self.activation = ACTIVATIONS[config.activation]
        self.out = nn.Linear(config.dim, config.dim)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        x = F.glu(self.gated(self.norm(x)), dim=-1).masked_fill(~valid.unsqueeze(-1), 0.0)
        # (N, T, D) read as a (N, D, 1, T) image, channels last: several times as fast on a CPU as a Conv1d
        x = self.depthwise(x.transpose(1, 2).unsqueeze(2)).squeeze(2).transpose(1, 2)
        result: Tensor = self.dropout(self.out(self.activation(self.inner_norm(x))))
        return result


def attend(q: Tensor, k: Tensor, v: Tensor, keys: Tensor) -> Tensor:
    """Return scaled dot-product attention, ``(N, H, T, D / H)`` each, to the ``keys``, bool ``(N, 1, 1 or T, T)``."""
    if hasattr(F, "scaled_dot_product_attention"):  # torch 2
        attended: Tensor = F.scaled_dot_product_attention(q, k, v, attn_mask=keys)
        return attended
    scores = (q @ k.transpose(-2, -1)) * q.shape[-1] ** -0.5
    result: Tensor = scores.masked_fill(~keys, torch.finfo(scores.dtype).min).softmax(dim=-1).to(v.dtype) @ v
    return result


def near_keys(valid: Tensor, is_long: Tensor) -> Tensor:
    """Return the frames that each frame attends to, bool ``(N, 1, T, T)``.

    Attention to all of a long recording would change with its length, and no window could give what one pass gives.

    Args:
      valid: frames of the utterances, bool ``(N, T)``.
      is_long: utterances whose frames attend only to those within :data:`NEAR_ATTENTION`, bool ``(N,)``.
    """
    frames = torch.arange(valid.shape[1], device=valid.device)
    distance = (frames[:, None] - frames).abs()
    is_near = (distance <= NEAR_ATTENTION) | ~is_long[:, None, None]
    # each frame attends to itself: beyond an utterance's length nothing else may be near
    result: Tensor = ((is_near & valid[:, None, :]) | (distance == 0)).unsqueeze(1)
    return result


def moving_mean(features: Tensor, lengths: Tensor) -> Tensor:
    """Return the mean of the features near each frame, ``(N, S, num_mels)``; they are 0 beyond the lengths."""
    sums = F.pad(features.double().cumsum(dim=1), (0, 0, 1, 0))
    frames = torch.arange(features.shape[1], device=features.device).expand(len(features), -1)
    first = (frames - NEAR_MEAN).clamp(min=0)
    last = torch.minimum(frames + NEAR_MEAN + 1, lengths[:, None])
    at = [place.unsqueeze(-1).expand(-1, -1, features.shape[2]) for place in (first, last)]
    total = sums.gather(1, at[1]) - sums.gather(1, at[0])
    result: Tensor = (total / (last - first).clamp(min=1).unsqueeze(-1)).to(features.dtype)
    return result


def rotary_angles(num_frames: int, dim: int, device: torch.device) -> Tuple[Tensor, Tensor]:
    """Return cosine and sine of each position's rotation, ``(T, dim)`` each (Su et al. 2021, equation 15)."""
    frequencies = _ROTARY_BASE ** (-torch.arange(0, dim, 2, device=device) / dim)
    angles = torch.arange(num_frames, device=device)[:, None] * frequencies
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos(), angles.sin()


def rotated(x: Tensor, rotary: Tuple[Tensor, Tensor]) -> Tensor:
    """Rotate ``(N, H, T, dim)``; the first half and the second half of each vector are pairs of coordinates."""
    cos, sin = (part.to(x.dtype) for part in rotary)
    first, second = x.chunk(2, dim=-1)
    result: Tensor = x * cos + torch.cat([-second, first], dim=-1) * sin
    return result


def within(lengths: Tensor, num_frames: int) -> Tensor:
    """Return which frames are within the utterances' lengths, bool ``(N, num_frames)``."""
    result: Tensor = torch.arange(num_frames, device=lengths.device) < lengths[:, None]
    return result


def halved(length: IntOrTensor) -> IntOrTensor:
    """Return the number of frames after a convolution of kernel 3, stride 2 and padding 1."""
    return (length + 1) // 2  # type: ignore[return-value]
