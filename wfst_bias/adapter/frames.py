"""The frames that carry something: a run of sure blanks is one frame for the networks of this room."""

from dataclasses import dataclass

import torch

from wfst_bias.core.symbols import BLANK_ID

MOST_BLANK = 0.95  # in a frame that is surer of blank than this nothing else was spoken


@dataclass(frozen=True)
class KeptFrames:
    """Which frames of a batch are kept: all that are not surely blank, and the first blank of each run.

    Args:
      index: the frames, 0 behind an utterance's last, int64 ``(N, S)``.
      lengths: how many each utterance has, int64 ``(N,)``.
      mask: which entries of ``index`` are frames, bool ``(N, S)``.
    """

    index: torch.Tensor
    lengths: torch.Tensor
    mask: torch.Tensor

    def take(self, frames: torch.Tensor) -> torch.Tensor:
        """The kept ones of frames ``(N, T, ...)``, as ``(N, S, ...)``."""
        result: torch.Tensor = frames[torch.arange(len(frames), device=frames.device)[:, None], self.index]
        return result

    def put(self, frames: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
        """Frames ``(N, T, ...)`` with the kept ones ``(N, S, ...)`` in their places."""
        utterance = torch.arange(len(frames), device=frames.device)[:, None].expand_as(self.index)
        put: torch.Tensor = frames.clone()
        put[utterance[self.mask], self.index[self.mask]] = kept[self.mask].to(frames.dtype)
        return put


def kept_frames(log_probs: torch.Tensor, lengths: torch.Tensor, most_blank: float = MOST_BLANK) -> KeptFrames:
    """The frames worth looking at, of emissions ``(N, T, C)`` of ``lengths`` frames ``(N,)``; at 1 all of them."""
    T = log_probs.shape[1]
    inside = torch.arange(T, device=log_probs.device) < lengths.to(log_probs.device)[:, None]
    blank = log_probs[..., BLANK_ID].exp() > most_blank
    after_blank = torch.nn.functional.pad(blank[:, :-1], (1, 0), value=False)
    kept = inside & ~(blank & after_blank)
    num_kept = kept.sum(1)
    S = int(num_kept.max())  # the one wait for the device
    mask = torch.arange(S, device=kept.device) < num_kept[:, None]
    # a stable sort brings the kept frames to the front in their order
    index = (~kept).to(torch.uint8).sort(dim=1, stable=True).indices[:, :S]
    return KeptFrames(index * mask, num_kept, mask)
