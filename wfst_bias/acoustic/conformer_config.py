"""Sizes of the Conformer, for a CPU and as in the article."""

from dataclasses import dataclass
from typing import Tuple

from wfst_bias.acoustic.features import FEATURE_SHIFT
from wfst_bias.core.errors import InputError
from wfst_bias.core.types import Seconds

SUBSAMPLING = 4  # feature frames of log-mel energies an encoder frame
MEL, HAMA = "mel", "hama"
SILU, RELU = "silu", "relu"
_HAMA_SHIFT = 0.02  # seconds


@dataclass(frozen=True)
class ConformerConfig:
    """Sizes of the network and weights of its losses.

    Args:
      num_layers: Conformer layers.
      dim: width of the encoder, a multiple of twice ``num_heads``.
      num_heads: of self-attention.
      feed_forward: inner width of the feed-forward modules.
      kernel: frames of the depthwise convolution, odd.
      input: what the network reads: ``mel``, log-mel energies, or ``hama``, the log-probabilities of hama's phones,
        which are the intermediate phones, then.
      stacked: frames of hama that one encoder frame reads.
      activation: ``silu`` as in the paper, or ``relu``, which on a CPU in bfloat16 takes half of the time of the whole.
      num_mels: log-mel bins of a feature frame.
      channels: of the convolutions that subsample.
      dropout: at the end of each module.
      subword_layers: layers, counted from 1, that have a subword head of their own, but for the last layer.
      phone_layer: the layer, counted from 1, that has the phone head; 0 where the phones are hama's.
      self_conditioning: whether the output of the inner heads is added to the input of the next layer.
      intermediate_weight: share of the inner subword losses in the subword loss; theirs is their mean.
      phone_weight: of the phone loss; the subword loss has weight 1. Phones are learned first and subwords from
        them: in the 300 batches of 20 s in which the phone loss fell from 3.4 to 2.96 nats with weight 3, it
        stood at 3.22 with weight 0.5.
    """

    num_layers: int = 9
    dim: int = 144
    num_heads: int = 4
    feed_forward: int = 384
    kernel: int = 15
    input: str = MEL
    stacked: int = 4
    activation: str = SILU
    num_mels: int = 80
    channels: int = 32
    dropout: float = 0.1
    subword_layers: Tuple[int, ...] = (3, 6)
    phone_layer: int = 6
    self_conditioning: bool = True
    intermediate_weight: float = 0.3
    phone_weight: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "subword_layers", tuple(self.subword_layers))
        if self.input not in (MEL, HAMA):
            raise InputError(f"input is {self.input!r}; '{MEL}' or '{HAMA}' was expected")
        if self.activation not in (SILU, RELU):
            raise InputError(f"activation is {self.activation!r}; '{SILU}' or '{RELU}' was expected")
        for name in ("num_layers", "dim", "num_heads", "feed_forward", "kernel", "stacked", "num_mels", "channels"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; 1 or more was expected")
        if self.dim % (2 * self.num_heads):
            raise InputError(f"dim is {self.dim}; a multiple of {2 * self.num_heads} (twice num_heads) was expected")
        if self.kernel % 2 == 0:
            raise InputError(f"kernel is {self.kernel}; an odd number of frames was expected")
        inner = all(1 <= layer < self.num_layers for layer in self.subword_layers)
        if list(self.subword_layers) != sorted(set(self.subword_layers)) or not inner:
            raise InputError(
                f"subword_layers are {list(self.subword_layers)}; layers from 1 to {self.num_layers - 1} in rising "
                "order were expected"
            )
        if self.input == HAMA and self.phone_layer:
            raise InputError(f"phone_layer is {self.phone_layer}; with hama's phones as input, 0 was expected")
        if self.input == MEL and not 1 <= self.phone_layer <= self.num_layers:
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
        return self.self_conditioning and 0 < self.phone_layer < self.num_layers

    @property
    def subsampling(self) -> int:
        """Feature frames an encoder frame."""
        return self.stacked if self.input == HAMA else SUBSAMPLING

    @property
    def frame_shift(self) -> Seconds:
        """Seconds an encoder frame."""
        shift = _HAMA_SHIFT if self.input == HAMA else FEATURE_SHIFT
        return round(self.subsampling * shift, 6)


# The phones come from layer 12, not 6: they need context to both sides as the words do, and after layer 12 there
# are still six layers that make use of them for the words.
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
ON_HAMA = ConformerConfig(
    num_layers=4, dim=192, feed_forward=768, input=HAMA, activation=RELU, subword_layers=(2,), phone_layer=0
)
