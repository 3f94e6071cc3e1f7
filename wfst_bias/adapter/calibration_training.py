"""Training of a calibration: the CTC loss of what it makes of emissions, against the texts."""

from dataclasses import dataclass, fields
from typing import Dict, List, Tuple

import torch
from torch import nn
from torch.nn import functional as F

from wfst_bias.adapter.batches import AlignedSpeech
from wfst_bias.adapter.frames import heard_frames


@dataclass(frozen=True)
class CalibrationBatch:
    """Kept frames of some utterances and their targets.

    Args:
      log_probs: ``(N, S, C)``.
      mask: what is no padding, bool ``(N, S)``.
      targets: tokens, padded with -1 ``(N, U)``.
    """

    log_probs: torch.Tensor
    mask: torch.Tensor
    targets: torch.Tensor

    def to(self, device) -> "CalibrationBatch":
        return CalibrationBatch(*(getattr(self, field.name).to(device) for field in fields(self)))


class CalibrationSpeech(AlignedSpeech):
    """Batches of emissions: a :class:`wfst_bias.training.source.BatchSource`."""

    def load(self, epoch: int, key: List[str]) -> CalibrationBatch:
        pad = torch.nn.utils.rnn.pad_sequence
        emissions = [self._store.log_probs(name) for name in key]
        log_probs = pad(emissions, batch_first=True)
        heard = heard_frames(log_probs, torch.tensor([len(x) for x in emissions]), self._most_blank)
        targets = [torch.from_numpy(self._spoken[name].target) for name in key]
        return CalibrationBatch(heard.take(log_probs), heard.mask, pad(targets, batch_first=True, padding_value=-1))


def ctc_per_token(log_probs: torch.Tensor, mask: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """CTC loss, nats a target token, of log-probabilities ``(N, S, C)`` against targets padded with -1 ``(N, U)``."""
    num_tokens = (targets >= 0).sum(1)
    return (
        F.ctc_loss(
            log_probs.float().transpose(0, 1),
            targets.clamp(min=0),
            mask.sum(1),
            num_tokens,
            zero_infinity=True,
            reduction="sum",
        )
        / num_tokens.sum()
    )


def with_noise(log_probs: torch.Tensor, noise: float) -> torch.Tensor:
    """Log-probabilities ``(N, S, C)`` with normal noise of so many nats."""
    return (log_probs + noise * torch.randn_like(log_probs)).log_softmax(-1) if noise else log_probs


def calibration_loss(noise: float):
    """The loss of a batch; in training noise of so many nats is added to the emissions."""

    def loss(model: nn.Module, batch: CalibrationBatch) -> Tuple[torch.Tensor, Dict[str, float]]:
        log_probs = with_noise(batch.log_probs, noise if model.training else 0.0)
        ctc = ctc_per_token(model(log_probs, batch.mask), batch.mask, batch.targets)
        return ctc, {"ctc": float(ctc.detach())}

    return loss
