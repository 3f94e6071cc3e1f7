"""Emissions: what an acoustic model says of each frame, and the contract that every source keeps."""

from dataclasses import dataclass
from typing import List, Protocol, Sequence

import numpy as np
import torch

from wfst_bias.errors import InputError
from wfst_bias.symbols import SymbolTable

Seconds = float


@dataclass(frozen=True)
class Emissions:
    """Log-probabilities of a batch of utterances.

    Args:
      log_probs: natural logarithms, float32 ``(N, T, C)``; what stands beyond an utterance's length is not
        looked at by the search, but must be a number, too.
      lengths: frames of each utterance, at least 1, int64 ``(N,)`` on the CPU.
      frame_shift: seconds a frame.
      tokens: the table of the C columns; blank is 0.
      names: of the utterances, for error messages.

    Raises:
      InputError: there is a NaN or plus infinity in them, a frame without any probability, or no frame.
    """

    log_probs: torch.Tensor
    lengths: torch.Tensor
    frame_shift: Seconds
    tokens: SymbolTable
    names: Sequence[str]

    def __post_init__(self):
        N, T, C = self.log_probs.shape
        assert C == len(self.tokens) and len(self.lengths) == len(self.names) == N
        if N and int(self.lengths.min()) < 1:
            raise InputError(
                f"utterance {self.names[int(self.lengths.argmin())]!r} has no frame; take it out of the data"
            )
        # one maximum tells all: it is NaN where a score is, and -inf where a frame has no probability
        bad = (~torch.isfinite(self.log_probs.amax(dim=-1))).any(dim=1)
        if bad.any():  # one wait for the device a batch
            name = self.names[int(bad.nonzero()[0])]
            raise InputError(
                f"utterance {name!r}: the emissions hold NaN or infinity; log-probabilities were expected, check the audio and the model"
            )

    def to(self, device) -> "Emissions":
        return Emissions(self.log_probs.to(device), self.lengths, self.frame_shift, self.tokens, self.names)


class AcousticModel(Protocol):
    """Anything that turns audio into emissions."""

    tokens: SymbolTable
    sampling_rate: int
    frame_shift: Seconds

    def log_probs(self, audio: np.ndarray) -> np.ndarray:
        """Natural-log probabilities float32 ``(T, C)`` of one utterance, mono samples in [-1, 1] ``(num_samples,)``."""


def emissions_of(model: AcousticModel, names: Sequence[str], audio: Sequence[np.ndarray]) -> Emissions:
    """Emissions of a batch of utterances, padded at the end."""
    log_probs: List[torch.Tensor] = [torch.from_numpy(model.log_probs(samples)) for samples in audio]
    return Emissions(
        log_probs=torch.nn.utils.rnn.pad_sequence(log_probs, batch_first=True),
        lengths=torch.tensor([len(x) for x in log_probs]),
        frame_shift=model.frame_shift,
        tokens=model.tokens,
        names=list(names),
    )
