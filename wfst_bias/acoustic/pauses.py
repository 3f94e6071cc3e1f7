"""Cut the emissions of a long recording into segments at its pauses, which the model's own blanks show."""

from typing import Iterable, Iterator, List, Tuple

import numpy as np

from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.acoustic.splicing import common_grid, cut_emissions, join_emissions
from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.core.types import BoolArray, Seconds

LONGEST: Seconds = 30.0
"""Of a segment."""

SHORTEST: Seconds = 10.0
"""Of a segment that is followed by another one: where to look for a pause, from here to :data:`LONGEST`."""


def segments(
    parts: Iterable[Emissions], longest: Seconds = LONGEST, shortest: Seconds = SHORTEST
) -> Iterator[Tuple[Seconds, Emissions]]:
    """The emissions of one recording in segments that begin and end in pauses.

    A segment ends in the middle of the longest run of blank frames between ``shortest`` and ``longest``. Where no frame
    there is blank, it ends where blank is the most probable. Every frame is in exactly one segment. Only the current
    segment and one part are held in memory.

    Args:
      parts: frames ``(1, T, C)`` of the recording, one part after the other, see
        :func:`wfst_bias.acoustic.windows.windowed_emissions`.
      longest, shortest: of a segment; the last one may be shorter.

    Yields:
      the start of each segment, and its emissions.
    """
    start: Seconds = 0.0  # of what is waiting
    waiting: List[Emissions] = []
    for part in parts:
        waiting.append(part)
        duration = sum(one.durations[0] for one in waiting)
        if duration <= longest:
            continue
        joined, begin = join_emissions(waiting), 0.0
        while duration - begin > longest:
            end = _pause(joined, begin + shortest, begin + longest)
            yield start + begin, cut_emissions(joined, begin, end)
            begin = end
        start, waiting = start + begin, [cut_emissions(joined, begin)]
    yield start, join_emissions(waiting)


def _pause(emissions: Emissions, earliest: Seconds, latest: Seconds) -> Seconds:
    """The middle of the longest pause within two times, on the grid of the emissions and their phone head."""
    first, last = (round(time / emissions.frame_shift) for time in (earliest, latest))
    log_probs = emissions.log_probs[0, first:last]
    blank = log_probs[:, BLANK_ID].cpu().numpy()
    is_blank = log_probs.argmax(dim=-1).cpu().numpy() == BLANK_ID
    place = longest_run(is_blank) if is_blank.any() else int(blank.argmax())
    grid = common_grid(emissions)
    return round((first + place) * emissions.frame_shift / grid) * grid


def longest_run(is_blank: BoolArray) -> int:
    """The middle of the longest run of ``True`` in ``(T,)``; of the last one where several are as long."""
    edges = np.diff(np.concatenate([[0], is_blank.astype(np.int8), [0]]))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    best = len(begins) - 1 - int(np.argmax((ends - begins)[::-1]))
    return int(begins[best] + ends[best]) // 2
