"""Emissions of recordings that are longer than a model can take: overlapping windows, joined in their overlaps."""

from dataclasses import dataclass
from math import ceil, floor, inf
from typing import Callable, Iterator, List

from wfst_bias.acoustic.emissions import AcousticModel, Emissions
from wfst_bias.acoustic.splicing import common_grid, cut_emissions
from wfst_bias.core.types import FloatArray, Seconds

LONGEST_WINDOW: Seconds = 60.0
"""Of networks that take audio of any length: their self-attention costs the square of it."""

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


@dataclass(frozen=True)
class Windowing:
    """How a model takes audio of any length: in one pass, or in windows that overlap.

    Args:
      longest: audio that the model takes in one pass; what is longer is computed in windows.
      window: length of each window, at most ``longest``.
      overlap: of neighboring windows. Half of it is the context that a frame has at least, where it is not at an end of
        the recording.
    """

    longest: Seconds = inf
    window: Seconds = inf
    overlap: Seconds = 2.0

    @classmethod
    def of(cls, model: AcousticModel) -> "Windowing":
        """The declaration of an :class:`wfst_bias.acoustic.emissions.AcousticModel`; one pass where it has none."""
        longest = getattr(model, "longest", None) or inf
        return cls(longest, getattr(model, "window", None) or longest, getattr(model, "overlap", None) or cls.overlap)

    def windows(self, duration: Seconds, grid: Seconds) -> List[Window]:
        """The windows of a recording, from its start to its end; one where a model takes all of it.

        Args:
          duration: of the recording.
          grid: see :func:`windows_of`.
        """
        if duration <= self.longest:
            return [Window(0.0, duration)]
        return windows_of(duration, self.window, grid, self.overlap)


def windows_of(duration: Seconds, window: Seconds, grid: Seconds, overlap: Seconds) -> List[Window]:
    """Windows of equal length, from the start to the end of a recording.

    Neighbors overlap by ``overlap`` at least; the last one ends with the recording and overlaps by more. The frames of
    neighbors meet in the middle of their overlap.

    Args:
      duration: of the recording.
      window: length of each.
      grid: windows begin, and their frames meet, at whole numbers of this time, so that no frame is shifted.
      overlap: of neighbors.

    Raises:
      ValueError: windows of this length cannot overlap that much.
    """
    if duration <= window:
        return [Window(0.0, duration)]
    step, last = floor((window - overlap) / grid + 1e-6), ceil((duration - window) / grid - 1e-6)
    if step < 1:
        raise ValueError(f"windows of {window} s cannot overlap by {overlap} s where they begin every {grid} s")
    starts = [*range(0, last, step), last]
    meeting = [floor((left + window / grid + right) / 2) * grid for left, right in zip(starts, starts[1:])]
    return [
        Window(start * grid, min(start * grid + window, duration), keep_from, keep_until)
        for start, keep_from, keep_until in zip(starts, [0.0, *meeting], [*meeting, inf])
    ]


def windowed_emissions(
    compute: Callable[[FloatArray], Emissions], load: LoadAudio, duration: Seconds, windowing: Windowing = Windowing()
) -> Iterator[Emissions]:
    """Emissions of one recording of any length, a part at a time: no more than one window is held in memory.

    Args:
      compute: the emissions ``(1, T, C)`` of samples ``(num_samples,)``.
      load: reads a part of the recording.
      duration: of the recording.
      windowing: of the model.

    Yields:
      the frames of one part after the other, without gap and without overlap.
    """
    is_one = duration <= windowing.longest
    first = compute(load(0.0, duration if is_one else min(windowing.window, duration)))
    windows = windowing.windows(duration, common_grid(first))
    yield _kept(first, windows[0])
    for window in windows[1:]:
        yield _kept(compute(load(window.start, window.end)), window)


def _kept(emissions: Emissions, window: Window) -> Emissions:
    return cut_emissions(emissions, window.keep_from - window.start, window.keep_until - window.start)
