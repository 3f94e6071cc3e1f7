"""The frames that the search reads: a run of frames that are blank beyond doubt is searched as one frame.

Scores are relative to each frame's best token. Blank is the best one in all frames of such a run and scores 0, and each other
token has the best of its scores there. So a path with at most one other token in a run has the same score as in all
frames; lost are paths with two of them, each far below blank.
"""

import warnings
from dataclasses import dataclass
from typing import Tuple

import torch

from wfst_bias.core.symbols import BLANK_ID


@dataclass(frozen=True)
class SearchedFrames:
    """Where the frames of a search are among those of the emissions: ``(N, S)`` each.

    Args:
      numbers: the frame of the emissions, of a run the one where blank leads the least; behind an utterance's last
        one the numbers go on, int64.
      skipped: how many more frames its run has, int64.
      lengths: how many frames of each utterance are searched, int64 ``(N,)`` on the CPU.
    """

    numbers: torch.Tensor
    skipped: torch.Tensor
    lengths: torch.Tensor

    @classmethod
    def all(cls, columns: torch.Tensor, lengths: torch.Tensor) -> "SearchedFrames":
        """All frames of emissions ``(N, T, C)`` of ``lengths`` frames ``(N,)``."""
        numbers = torch.arange(columns.shape[1], device=columns.device).repeat(len(columns), 1)
        return cls(numbers, torch.zeros_like(numbers), lengths)

    def extended(self, num_frames: int, lengths: torch.Tensor) -> "SearchedFrames":
        """The same with further frames, and with other lengths ``(N,)``."""
        more = torch.arange(1, num_frames + 1, device=self.numbers.device)
        numbers = torch.cat([self.numbers, self.numbers[:, -1:] + more], dim=1)
        return SearchedFrames(numbers, torch.nn.functional.pad(self.skipped, (0, num_frames)), lengths)

    def between(self, utterance: int, begin: int, end: int) -> Tuple[int, int]:
        """The searched frames of an utterance that frames of the emissions are in; ``end`` is excluded, and may lie beyond all."""
        ends = (self.skipped[utterance] + 1).cumsum(0).cpu()
        starts = ends - self.skipped[utterance].cpu() - 1
        first = torch.searchsorted(ends, torch.tensor(begin), right=True)
        return int(first), int(torch.searchsorted(starts, torch.tensor(end)))


def merged_blanks(
    plain: torch.Tensor, lengths: torch.Tensor, skip_blank: float
) -> Tuple[torch.Tensor, SearchedFrames]:
    """Emissions with each run of frames that are blank beyond doubt as one frame.

    Args:
      plain: emissions, each frame's best at 0, nats ``(N, T, C)``.
      lengths: frames of each utterance, int64 ``(N,)`` on the CPU.
      skip_blank: by how much blank must lead all other tokens, nats; infinite where all frames are wanted.

    Returns:
      the emissions ``(N, S, C)``, and where their frames are.
    """
    num_utterances, num_frames, num_tokens = plain.shape
    lead = plain[..., BLANK_ID] - plain[..., BLANK_ID + 1 :].amax(dim=-1)
    is_blank = lead > skip_blank
    joins = is_blank[:, 1:] & is_blank[:, :-1]
    if not joins.any():
        return plain, SearchedFrames.all(plain, lengths)
    frame = torch.arange(num_frames, device=plain.device).expand(num_utterances, num_frames)
    # frames behind an utterance's last one are runs of their own
    joins = torch.nn.functional.pad(joins, (1, 0)) & (frame < lengths.to(plain.device)[:, None])
    run = (~joins).cumsum(dim=1) - 1
    searched_lengths = run.cpu().gather(1, (lengths[:, None] - 1).clamp(min=0)).flatten() + (lengths > 0)
    num_runs = int(searched_lengths.max())
    run = run.clamp(max=num_runs)  # the last one is left out, it is of no utterance
    merged = _of_runs(plain, run, num_runs, "amax")
    is_least = lead == _of_runs(lead, run, num_runs + 1, "amin").gather(1, run)
    numbers = _of_runs(frame.masked_fill(~is_least, num_frames), run, num_runs, "amin")
    behind = frame[:, :num_runs] - searched_lengths.to(plain.device)[:, None]
    numbers = torch.where(behind < 0, numbers, behind + lengths.to(plain.device)[:, None])
    skipped = _of_runs(joins.long(), run, num_runs, "sum")
    return merged, SearchedFrames(numbers, skipped, searched_lengths)


def _of_runs(values: torch.Tensor, run: torch.Tensor, num_runs: int, reduction: str) -> torch.Tensor:
    """Values ``(N, T, ...)`` of the frames of each of the first runs, reduced to one, ``(N, R, ...)``.

    Args:
      run: of each frame, int64 ``(N, T)``; no number is left out.
    """
    index = run.view(*run.shape, *[1] * (values.ndim - 2)).expand_as(values)
    shape = (len(values), int(run.max()) + 1, *values.shape[2:])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch 1.13 calls the function beta
        reduced = values.new_zeros(shape).scatter_reduce(1, index, values, reduction, include_self=False)
    first: torch.Tensor = reduced[:, :num_runs]
    return first
