"""The network that reads words, as it is trained; :mod:`wfst_bias.g2p.letter_network` runs what it exports."""

from dataclasses import dataclass
from typing import Dict, Tuple

import numpy as np
import torch
from torch import Tensor, nn

from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.g2p.letters import NUM_LETTERS, REACH, SLOTS, trigrams_of
from wfst_bias.lang.phones import PHONES

_WIDTH = 2 * REACH + 1


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the network.

    Args:
      channels: of each layer.
      blocks: residual convolutions.
      fewest: words with a trigram that makes it frequent.
      dropout: share of the channels of each block.
    """

    channels: int = 96
    blocks: int = 4
    fewest: int = 10
    dropout: float = 0.05


class TrainedNetwork(nn.Module):
    """Letters to phones, by residual convolutions over vectors of letters and trigrams.

    Args:
      config: sizes.
      trigrams: codes of the frequent trigrams, ``(R,)``.
    """

    def __init__(self, config: NetworkConfig, trigrams: IntArray):
        super().__init__()
        self.config = config
        rows = np.zeros((NUM_LETTERS + 1) ** 3, np.int64)
        rows[trigrams] = np.arange(1, len(trigrams) + 1)
        self.rows: Tensor
        self.register_buffer("rows", torch.from_numpy(rows))
        size = config.channels
        self.letters = nn.Embedding(_WIDTH * (NUM_LETTERS + 1), size)
        self.trigrams = nn.Embedding(len(trigrams) + 1, size)
        self.norm = nn.BatchNorm1d(size)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv1d(size, size, _WIDTH, padding=REACH, bias=False), nn.BatchNorm1d(size), nn.ReLU())
            for _ in range(config.blocks)
        )
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Conv1d(size, SLOTS * (len(PHONES) + 1), 1)
        nn.init.normal_(self.letters.weight, std=0.4)
        nn.init.normal_(self.trigrams.weight, std=0.4)

    def forward(self, letters: Tensor) -> Tensor:
        """Return the log-probabilities of blank and phones, ``(SLOTS * L, N, 1 + P)``.

        Args:
          letters: codes of words of L letters, with two edges on each side, ``(N, L + 4)``.
        """
        num_letters = letters.shape[1] - 2 * REACH
        seen = torch.stack([letters[:, k : k + num_letters] + k * (NUM_LETTERS + 1) for k in range(_WIDTH)])
        around = self.rows[trigrams_of(letters)[:, 1:-1]]
        hidden = self.letters(seen).sum(0) + self.trigrams(around)
        hidden = torch.relu(self.norm(hidden.transpose(1, 2)))
        for block in self.blocks:
            hidden = hidden + self.dropout(block(hidden))
        logits: Tensor = self.head(hidden).view(len(letters), SLOTS, -1, num_letters)
        by_frame = logits.permute(3, 1, 0, 2).reshape(SLOTS * num_letters, len(letters), -1)
        return torch.log_softmax(by_frame, 2)

    def exported(self, temperature: float = 1.0) -> Dict[str, FloatArray]:
        """Return the weights as :mod:`wfst_bias.g2p.letter_network` reads them, normalizations multiplied in, float16.

        Args:
          temperature: divides the outputs before they become probabilities.
        """
        scale, shift = _scale_and_shift(self.norm)
        kernels, biases = [], []
        for convolution, norm, _ in self.blocks:
            factor, bias = _scale_and_shift(norm)
            kernels.append(convolution.weight * factor[:, None, None])
            biases.append(bias)
        letters = self.letters.weight.view(_WIDTH, NUM_LETTERS + 1, -1) * scale
        letters[REACH] += shift
        weights = {
            "trigrams": self.trigrams.weight * scale,
            "letters": letters,
            "kernels": torch.stack(kernels),
            "biases": torch.stack(biases),
            "head": self.head.weight / temperature,
            "head_bias": self.head.state_dict()["bias"] / temperature,
        }
        arrays = {name: some.detach().numpy().astype(np.float16) for name, some in weights.items()}
        return {"codes": np.flatnonzero(self.rows.numpy()).astype(np.int16), **arrays}


def _scale_and_shift(norm: nn.BatchNorm1d) -> Tuple[Tensor, Tensor]:
    """Return what a normalization multiplies by, and what it then adds, ``(C,)``."""
    mean, variance = norm.running_mean, norm.running_var
    assert isinstance(mean, Tensor) and isinstance(variance, Tensor)
    scale = norm.weight * torch.rsqrt(torch.add(variance, norm.eps))
    return scale, norm.bias - mean * scale
