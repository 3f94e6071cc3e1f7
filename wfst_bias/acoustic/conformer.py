"""A Conformer CTC with heads on inner layers: subwords and phones in one forward pass.

The network is that of Gulati et al. 2020 (*Conformer*), with the intermediate losses of Lee & Watanabe 2021
(*Intermediate loss regularization for CTC*), the self-conditioning of Nozaki & Komatsu 2021 (*Relaxing the
conditional independence assumption of CTC*) and the rotary positions of Su et al. 2021 (*RoFormer*). What stands
beyond an utterance's length never reaches its frames, so that a batch gives what each utterance would alone.

Axes: ``N`` utterances, ``S`` feature frames of 10 ms, ``T`` encoder frames of 40 ms, ``D`` width of the encoder,
``H`` heads, ``C`` subwords, ``P`` phones, ``L`` layers that are shown.
"""

from dataclasses import dataclass
from typing import Tuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wfst_bias.acoustic.features import FEATURE_SHIFT
from wfst_bias.acoustic.norm import Norm
from wfst_bias.core.errors import InputError

SUBSAMPLING = 4
FRAME_SHIFT = SUBSAMPLING * FEATURE_SHIFT  # seconds
_FEATURE_SCALE = 0.25  # log-mel energies spread by about 4 around their mean
_ROTARY_BASE = 10000.0


@dataclass(frozen=True)
class ConformerConfig:
    """Sizes of the network and weights of its losses.

    Args:
      num_layers: Conformer layers.
      dim: width of the encoder, a multiple of twice ``num_heads``.
      num_heads: of self-attention.
      feed_forward: inner width of the feed-forward modules.
      kernel: frames of the depthwise convolution, odd.
      num_mels: log-mel bins of a feature frame.
      channels: of the convolutions that subsample.
      dropout: at the end of each module.
      subword_layers: layers, counted from 1, that have a subword head of their own, but for the last layer.
      phone_layer: the layer, counted from 1, that has the phone head.
      self_conditioning: whether what the inner heads say is added to what the next layer reads.
      intermediate_weight: share of the inner subword losses in the subword loss; theirs is their mean.
      phone_weight: of the phone loss, beside the subword loss with weight 1. Phones are learned first and subwords
        from them: in the 300 batches of 20 s in which the phone loss fell from 3.4 to 2.96 nats with weight 3, it
        stood at 3.22 with weight 0.5.
    """

    num_layers: int = 9
    dim: int = 144
    num_heads: int = 4
    feed_forward: int = 384
    kernel: int = 15
    num_mels: int = 80
    channels: int = 32
    dropout: float = 0.1
    subword_layers: Tuple[int, ...] = (3, 6)
    phone_layer: int = 6
    self_conditioning: bool = True
    intermediate_weight: float = 0.3
    phone_weight: float = 1.0

    def __post_init__(self):
        object.__setattr__(self, "subword_layers", tuple(self.subword_layers))
        for name in ("num_layers", "dim", "num_heads", "feed_forward", "kernel", "num_mels", "channels"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; 1 or more was expected")
        if self.dim % (2 * self.num_heads):
            raise InputError(f"dim is {self.dim}; a multiple of {2 * self.num_heads} (twice num_heads) was expected")
        if self.kernel % 2 == 0:
            raise InputError(f"kernel is {self.kernel}; an odd number of frames was expected")
        if list(self.subword_layers) != sorted(set(self.subword_layers)) or not all(
            1 <= layer < self.num_layers for layer in self.subword_layers
        ):
            raise InputError(
                f"subword_layers are {list(self.subword_layers)}; layers from 1 to {self.num_layers - 1} in rising order were expected"
            )
        if not 1 <= self.phone_layer <= self.num_layers:
            raise InputError(f"phone_layer is {self.phone_layer}; 1 to {self.num_layers} was expected")
        for name in ("dropout", "intermediate_weight"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise InputError(f"{name} is {getattr(self, name)}; at least 0 and below 1 was expected")
        if self.phone_weight < 0.0:
            raise InputError(f"phone_weight is {self.phone_weight}; 0 or more was expected")

    @property
    def feeds_back_subwords(self) -> bool:
        return self.self_conditioning and bool(self.subword_layers)

    @property
    def feeds_back_phones(self) -> bool:
        return self.self_conditioning and self.phone_layer < self.num_layers


# The phones come from layer 12, not 6: they need what is left and right of them as the words do, and behind 12 there
# are as many layers again between them and the words as between 6 and 12 in which to make use of them.
ARTICLE = ConformerConfig(
    num_layers=18,
    dim=512,
    num_heads=8,
    feed_forward=2048,
    kernel=31,
    channels=256,
    subword_layers=(6, 12),
    phone_layer=12,
)
SMALL = ConformerConfig()


@dataclass(frozen=True)
class ConformerOutput:
    """What one forward pass gives.

    Args:
      log_probs: of the subwords ``(N, T, C)``.
      phone_log_probs: of the phones ``(N, T, P)``.
      intermediate: log-probabilities of the inner subword heads, ``(N, T, C)`` each.
      layers: what the layers with a subword head give, the last layer behind them, ``(N, T, L, D)``.
      lengths: frames of each utterance, int64 ``(N,)``.
    """

    log_probs: Tensor
    phone_log_probs: Tensor
    intermediate: Tuple[Tensor, ...]
    layers: Tensor
    lengths: Tensor


class Conformer(nn.Module):
    """The network.

    One subword head serves all layers, as Nozaki & Komatsu have it.

    Args:
      config: its sizes.
      num_subwords: ``C``, blank included.
      num_phones: ``P``, blank included.
    """

    def __init__(self, config: ConformerConfig, num_subwords: int, num_phones: int):
        super().__init__()
        self.config = config
        self.subsampling = Subsampling(config)
        self.layers = nn.ModuleList(ConformerLayer(config) for _ in range(config.num_layers))
        self.subword_head = nn.Linear(config.dim, num_subwords)
        self.phone_head = nn.Linear(config.dim, num_phones)
        self.subword_feedback = nn.Linear(num_subwords, config.dim) if config.feeds_back_subwords else None
        self.phone_feedback = nn.Linear(num_phones, config.dim) if config.feeds_back_phones else None

    def forward(self, features: Tensor, lengths: Tensor) -> ConformerOutput:
        """Emissions of a batch.

        Args:
          features: log-mel energies, float32 ``(N, S, num_mels)``, padded at the end with any number.
          lengths: feature frames of each utterance, int64 ``(N,)``.
        """
        config = self.config
        x, lengths = self.subsampling(features, lengths)
        valid = within(lengths, x.shape[1])
        rotary = rotary_angles(x.shape[1], config.dim // config.num_heads, x.device)
        shown, intermediate, phone_log_probs = [], [], None
        for number, layer in enumerate(self.layers, 1):
            x = layer(x, valid, rotary)
            feedback = []
            if number in config.subword_layers:
                shown.append(x)
                intermediate.append(self.head(x))
                if config.feeds_back_subwords:
                    feedback.append(self.subword_feedback(intermediate[-1].exp()))
            if number == config.phone_layer:
                phone_log_probs = F.log_softmax(self.phone_head(x).float(), dim=-1)
                if config.feeds_back_phones:
                    feedback.append(self.phone_feedback(phone_log_probs.exp()))
            x = sum(feedback, x)
        shown.append(x)
        return ConformerOutput(
            log_probs=self.head(x),
            phone_log_probs=phone_log_probs,
            intermediate=tuple(intermediate),
            layers=torch.stack(shown, dim=2).float(),
            lengths=lengths,
        )

    def head(self, hidden: Tensor) -> Tensor:
        """Log-probabilities of the subwords ``(N, T, C)`` of what a layer gives ``(N, T, D)``."""
        return F.log_softmax(self.subword_head(hidden).float(), dim=-1)

    @property
    def num_layers(self) -> int:
        """``L``, the layers that are shown."""
        return len(self.config.subword_layers) + 1


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
        self.out = nn.Linear(channels * _halved(_halved(config.num_mels)), config.dim)
        self.norm = Norm(config.dim)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, features: Tensor, lengths: Tensor) -> Tuple[Tensor, Tensor]:
        """``(N, S, num_mels)`` and ``(N,)`` to ``(N, T, D)`` and ``(N,)``."""
        valid = within(lengths, features.shape[1]).unsqueeze(-1)
        features = features.masked_fill(~valid, 0.0)
        mean = features.sum(dim=1, keepdim=True) / lengths.clamp(min=1)[:, None, None]
        x = (_FEATURE_SCALE * (features - mean)).masked_fill(~valid, 0.0)
        x = F.relu(
            self.first(x.unsqueeze(1).contiguous(memory_format=torch.channels_last))
        )  # (N, channels, S/2, mels/2)
        lengths = _halved(lengths)
        # what is padding here is input of the next convolution, and the bias has made it more than zero
        x = x.masked_fill(~within(lengths, x.shape[2])[:, None, :, None], 0.0)
        x = self.depthwise(x).permute(0, 2, 3, 1)  # (N, T, mels/4, channels)
        x = F.relu(self.pointwise(x))
        return self.dropout(self.norm(self.out(x.flatten(2)))), _halved(lengths)


class ConformerLayer(nn.Module):
    """Half a feed-forward module, self-attention, convolution, half a feed-forward module, a norm at the end."""

    def __init__(self, config: ConformerConfig):
        super().__init__()
        self.feed_forward_before = FeedForward(config)
        self.attention = RotaryAttention(config)
        self.convolution = Convolution(config)
        self.feed_forward_after = FeedForward(config)
        self.norm = Norm(config.dim)

    def forward(self, x: Tensor, valid: Tensor, rotary: Tuple[Tensor, Tensor]) -> Tensor:
        """``(N, T, D)`` to ``(N, T, D)``; ``valid`` are the frames of the utterances, bool ``(N, T)``."""
        x = x + 0.5 * self.feed_forward_before(x)
        x = x + self.attention(x, valid, rotary)
        x = x + self.convolution(x, valid)
        x = x + 0.5 * self.feed_forward_after(x)
        return self.norm(x)


class FeedForward(nn.Module):
    """Two linear maps with SiLU between them, frame by frame."""

    def __init__(self, config: ConformerConfig):
        super().__init__()
        self.norm = Norm(config.dim)
        self.inner = nn.Linear(config.dim, config.feed_forward)
        self.outer = nn.Linear(config.feed_forward, config.dim)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.outer(F.silu(self.inner(self.norm(x)))))


class RotaryAttention(nn.Module):
    """Self-attention in which queries and keys are turned by their position, so that products tell their distance."""

    def __init__(self, config: ConformerConfig):
        super().__init__()
        self.num_heads = config.num_heads
        self.norm = Norm(config.dim)
        self.queries_keys_values = nn.Linear(config.dim, 3 * config.dim)
        self.out = nn.Linear(config.dim, config.dim)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, valid: Tensor, rotary: Tuple[Tensor, Tensor]) -> Tensor:
        N, T, D = x.shape
        heads = self.queries_keys_values(self.norm(x)).reshape(N, T, 3, self.num_heads, D // self.num_heads)
        q, k, v = heads.permute(2, 0, 3, 1, 4).unbind(0)  # (N, H, T, D / H) each
        mixed = attend(rotated(q, rotary), rotated(k, rotary), v, valid[:, None, None, :])
        return self.dropout(self.out(mixed.transpose(1, 2).reshape(N, T, D)))


class Convolution(nn.Module):
    """A gated pointwise, a depthwise and a pointwise convolution over time.

    A LayerNorm stands where the paper has a batch norm, whose statistics would depend on the padding.
    """

    def __init__(self, config: ConformerConfig):
        super().__init__()
        self.norm = Norm(config.dim)
        self.gated = nn.Linear(config.dim, 2 * config.dim)
        self.depthwise = nn.Conv2d(
            config.dim, config.dim, (1, config.kernel), padding=(0, config.kernel // 2), groups=config.dim
        )
        self.inner_norm = Norm(config.dim)
        self.out = nn.Linear(config.dim, config.dim)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        x = F.glu(self.gated(self.norm(x)), dim=-1).masked_fill(~valid.unsqueeze(-1), 0.0)
        # (N, T, D) read as a (N, D, 1, T) image, channels last: several times as fast on a CPU as a Conv1d
        x = self.depthwise(x.transpose(1, 2).unsqueeze(2)).squeeze(2).transpose(1, 2)
        return self.dropout(self.out(F.silu(self.inner_norm(x))))


def attend(q: Tensor, k: Tensor, v: Tensor, valid: Tensor) -> Tensor:
    """Scaled dot-product attention, ``(N, H, T, D / H)`` each; keys that are not ``valid`` ``(N, 1, 1, T)`` are not seen."""
    if hasattr(F, "scaled_dot_product_attention"):  # torch 2
        return F.scaled_dot_product_attention(q, k, v, attn_mask=valid)
    scores = (q @ k.transpose(-2, -1)) * q.shape[-1] ** -0.5
    return scores.masked_fill(~valid, torch.finfo(scores.dtype).min).softmax(dim=-1).to(v.dtype) @ v


def rotary_angles(num_frames: int, dim: int, device: torch.device) -> Tuple[Tensor, Tensor]:
    """Cosine and sine of each position's turn, ``(T, dim)`` each (Su et al. 2021, equation 15)."""
    turns = _ROTARY_BASE ** (-torch.arange(0, dim, 2, device=device) / dim)
    angles = torch.arange(num_frames, device=device)[:, None] * turns
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos(), angles.sin()


def rotated(x: Tensor, rotary: Tuple[Tensor, Tensor]) -> Tensor:
    """``(N, H, T, dim)``, the first half of each vector and its second half taken as pairs of coordinates."""
    cos, sin = (part.to(x.dtype) for part in rotary)
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-second, first], dim=-1) * sin


def within(lengths: Tensor, num_frames: int) -> Tensor:
    """Which frames are within the utterances' lengths, bool ``(N, num_frames)``."""
    return torch.arange(num_frames, device=lengths.device) < lengths[:, None]


def _halved(length):
    """Frames behind a convolution of kernel 3, stride 2 and padding 1."""
    return (length + 1) // 2
