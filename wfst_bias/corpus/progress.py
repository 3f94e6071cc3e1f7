"""Progress of a run: a bar on a terminal, plain lines elsewhere."""

import logging
import sys
from typing import Any

from tqdm import tqdm

from wfst_bias.core.pace import Pace
from wfst_bias.core.types import Seconds

_logger = logging.getLogger(__name__)


class Progress:
    """Shows how much audio is decoded, how fast, how many inputs failed and how long it will take.

    Args:
      duration: of the audio that is to be decoded.
      is_shown: else nothing is.
    """

    def __init__(self, duration: Seconds, is_shown: bool = True):
        self._duration = duration
        self._num_failed = 0
        self._pace = Pace()
        is_terminal = is_shown and sys.stderr.isatty()
        self._bar = tqdm(
            total=round(duration / 3600, 3),
            unit="h",
            desc="decode",
            disable=not is_terminal,
            bar_format="{desc}: {percentage:3.0f}% |{bar}| {n:.2f}/{total:.2f} h of audio, {elapsed}<{remaining}{postfix}",
        )
        self._has_lines = is_shown and not is_terminal

    def add(self, duration: Seconds, num_failed: int) -> None:
        """Add a part that is decoded.

        Args:
          duration: of its audio.
          num_failed: its inputs that failed.
        """
        self._pace.audio += duration
        self._num_failed += num_failed
        self._bar.set_postfix_str(f"{self._pace.speed:.1f} x real time, {self._num_failed} failed", refresh=False)
        self._bar.update(duration / 3600)
        if self._has_lines and self._pace.is_time_for_a_line():
            _logger.info("%s", self.line)

    @property
    def line(self) -> str:
        """The state as a line of text."""
        done, speed = self._pace.audio, self._pace.speed
        share = done / self._duration if self._duration else 1.0
        left = (self._duration - done) / speed if speed else 0.0
        return (
            f"decoded {done / 3600:.2f} of {self._duration / 3600:.2f} h of audio ({share:.0%}), "
            f"{speed:.1f} x real time, {self._num_failed:,} failed, {_clock(left)} left"
        )

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._bar.close()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _clock(seconds: Seconds) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
