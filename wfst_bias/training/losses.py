"""The CTC loss that all networks are trained with."""

import torch
from torch import Tensor
from torch.nn import functional as F


def ctc_loss(log_probs: Tensor, lengths: Tensor, targets: Tensor) -> Tensor:
    """Return the CTC loss in nats a target token (Graves et al. 2006); an utterance too short for its text adds 0.

    Args:
      log_probs: ``(N, T, C)``, blank is 0.
      lengths: frames ``(N,)``.
      targets: token ids, padded with -1, ``(N, U)``.
    """
    given = torch.as_tensor(targets >= 0)
    total: Tensor = F.ctc_loss(
        log_probs.float().transpose(0, 1),
        targets[given],
        lengths,
        given.sum(dim=1),
        reduction="sum",
        zero_infinity=True,
    )
    mean: Tensor = total / given.sum()
    return mean
