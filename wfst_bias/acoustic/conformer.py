"""A Conformer CTC with heads on inner layers: subwords and phones in one forward pass.

The network is that of Gulati et al. 2020 (*Conformer*), with the intermediate losses of Lee & Watanabe 2021
(*Intermediate loss regularization for CTC*), the self-conditioning of Nozaki & Komatsu 2021 (*Relaxing the
conditional independence assumption of CTC*) and the rotary positions of Su et al. 2021 (*RoFormer*). Frames
beyond an utterance's length never reach its own, so that each utterance of a batch gets the same emissions as alone.

Axes: ``N`` utterances, ``S`` feature frames of 10 ms (hama's of 20 ms), ``T`` encoder frames of 40 ms (80 ms), ``D`` width of the encoder,
``H`` heads, ``C`` subwords, ``P`` phones, ``L`` layers that are shown.
"""

from dataclasses import dataclass
from typing import List, Optional, Tuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wfst_bias.acoustic.conformer_config import HAMA, ConformerConfig
from wfst_bias.acoustic.conformer_layers import (
    ConformerLayer,
    PhoneStacking,
    Subsampling,
    near_keys,
    rotary_angles,
    within,
)


@dataclass(frozen=True)
class ConformerOutput:
    """The result of one forward pass.

    Args:
      log_probs: of the subwords ``(N, T, C)``.
      phone_log_probs: of the phones ``(N, T, P)``; None where they are the input.
      intermediate: log-probabilities of the inner subword heads, ``(N, T, C)`` each.
      layers: output of the layers with a subword head, then of the last layer, ``(N, T, L, D)``.
      lengths: frames of each utterance, int64 ``(N,)``.
    """

    log_probs: Tensor
    phone_log_probs: Optional[Tensor]
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
        self.subsampling = PhoneStacking(config, num_phones) if config.input == HAMA else Subsampling(config)
        self.layers = nn.ModuleList(ConformerLayer(config) for _ in range(config.num_layers))
        self.subword_head = nn.Linear(config.dim, num_subwords)
        self.phone_head = nn.Linear(config.dim, num_phones) if config.phone_layer else None
        self.subword_feedback = nn.Linear(num_subwords, config.dim) if config.feeds_back_subwords else None
        self.phone_feedback = nn.Linear(num_phones, config.dim) if config.feeds_back_phones else None

    def forward(self, features: Tensor, lengths: Tensor, is_long: Optional[Tensor] = None) -> ConformerOutput:
        """Compute the emissions of a batch.

        Args:
          features: log-mel energies, float32 ``(N, S, num_mels)``, or log-probabilities of hama's phones
            ``(N, S, P)``, padded at the end with any number.
          lengths: feature frames of each utterance, int64 ``(N,)``.
          is_long: utterances whose frames see what is near alone, bool ``(N,)``; none where not given.
        """
        config = self.config
        x, lengths = self.subsampling(features, lengths, is_long)
        valid = within(lengths, x.shape[1])
        keys = valid[:, None, None, :] if is_long is None else near_keys(valid, is_long)
        rotary = rotary_angles(x.shape[1], config.dim // config.num_heads, x.device)
        shown: List[Tensor] = []
        intermediate: List[Tensor] = []
        phone_log_probs: Optional[Tensor] = None
        for number, layer in enumerate(self.layers, 1):
            x = layer(x, valid, keys, rotary)
            feedback: List[Tensor] = []
            if number in config.subword_layers:
                shown.append(x)
                intermediate.append(self.head(x))
                if self.subword_feedback is not None:
                    feedback.append(self.subword_feedback(intermediate[-1].exp()))
            if self.phone_head is not None and number == config.phone_layer:
                phone_log_probs = F.log_softmax(self.phone_head(x).float(), dim=-1)
                if self.phone_feedback is not None:
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
        """Return log-probabilities of the subwords ``(N, T, C)`` for the output of a layer ``(N, T, D)``."""
        return F.log_softmax(self.subword_head(hidden).float(), dim=-1)

    @property
    def num_layers(self) -> int:
        """``L``, the layers that are shown."""
        return len(self.config.subword_layers) + 1
