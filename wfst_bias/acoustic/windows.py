"""Emissions of recordings that are longer than a model can take: overlapping windows, joined in their overlaps."""

from dataclasses import dataclass
from math import ceil, floor, inf
from typing import Callable, Iterator, List, Optional

from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.acoustic.splicing import common_grid, cut_emissions
from wfst_bias.core.types import FloatArray, Seconds

LONGEST_WINDOW: Seconds = 60.0
"""Of networks that take audio of any length: their self-attention costs the square of it."""

OVERLAP: Seconds = 2.0
"""Of neighboring windows. Half of it is enough context: in hama, the first 0.3 s of a window differ from one pass."""

LoadAudio = Callable[[Seconds, Seconds], FloatArray]
"""Samples ``(num_samples,)`` of a recording from one time to another, in seconds."""


@dataclass(frozen=True)
class Window:
    """A part of a recording that the model is given, and the part of it whose frames are kept.

    Args:
      start, end: of the audio.
      keep_from, keep_until: of the frames, counted from the start of the recording; infinity in the last window.
    """

    start: Seconds
    end: Seconds
    keep_from: Seconds = 0.0
    keep_until: Seconds = inf


def windows_of(duration: Seconds, longest: Seconds, grid: Seconds, overlap: Seconds = OVERLAP) -> List[Window]:
    """The windows of a recording, from its start to its end.

    Each is ``longest``, and neighbors overlap by ``overlap`` at least; the last one ends with the recording and
    overlaps by more. The frames of neighbors meet in the middle of their overlap.

    Args:
      duration: of the recording.
      longest: of a window.
      grid: windows begin, and their frames meet, at whole numbers of this time, so that no frame is shifted.

    Raises:
      ValueError: windows of this length cannot overlap that much.
    """
    if duration <= longest:
        return [Window(0.0, duration)]
    step, last = floor((longest - overlap) / grid + 1e-6), ceil((duration - longest) / grid - 1e-6)
    if step < 1:
        raise ValueError(f"windows of {longest} s cannot overlap by {overlap} s where they begin every {grid} s")
    starts = [*range(0, last, step), last]
    meeting = [floor((left + longest / grid + right) / 2) * grid for left, right in zip(starts, starts[1:])]
    return [
        Window(start * grid, min(start * grid + longest, duration), keep_from, keep_until)
        for start, keep_from, keep_until in zip(starts, [0.0, *meeting], [*meeting, inf])
    ]


def windowed_emissions(
    compute: Callable[[FloatArray], Emissions], load: LoadAudio, duration: Seconds, longest: Optional[Seconds] = None
) -> Iterator[Emissions]:
    """Emissions of one recording of any length, a part at a time: no more than one window is held in memory.

    Args:
      compute: the emissions ``(1, T, C)`` of samples ``(num_samples,)``.
      load: reads a part of the recording.
      duration: of the recording.
      longest: of a window; the whole recording is one where not given.

    Yields:
      the frames of one part after the other, without gap and without overlap.
    """
    longest = min(longest or inf, duration)
    first = compute(load(0.0, longest))
    windows = windows_of(duration, longest, common_grid(first))
    yield _kept(first, windows[0])
    for window in windows[1:]:
        yield _kept(compute(load(window.start, window.end)), window)


def _kept(emissions: Emissions, window: Window) -> Emissions:
    return cut_emissions(emissions, window.keep_from - window.start, window.keep_until - window.start)
