"""Progress of a recognition in the time of the audio: a bar on a terminal, now and then a line elsewhere."""

import sys
from typing import Any, Optional

import click
from tqdm import tqdm

from wfst_bias.core.pace import Pace
from wfst_bias.core.types import Seconds

_BAR = "{desc}: {percentage:3.0f}%|{bar}| {n:,.0f}/{total:,.0f} s of audio [{elapsed}<{remaining}{postfix}]"
_MAX_NAME = 30  # characters of a file's name before the bar


class AudioProgress:
    """Shows how far the recognition of some files is, on standard error.

    Args:
      num_files: that are recognized.
    """

    def __init__(self, num_files: int):
        self._num_files = num_files
        self._number = 0
        self._until: Seconds = 0.0  # in the file that is being recognized
        self._bar: Optional["tqdm[Any]"] = None
        self.pace = Pace()
        """The audio that was recognized so far, and how fast."""

    def begin(self, name: str, duration: Seconds) -> None:
        """Begin a file."""
        self.close()
        self._number += 1
        self._until = 0.0
        if sys.stderr.isatty():
            shown = name if len(name) <= _MAX_NAME else f"...{name[-_MAX_NAME:]}"
            self._bar = tqdm(total=duration, desc=f"{self._number}/{self._num_files} {shown}", bar_format=_BAR, leave=False)

    def update(self, name: str, until: Seconds, duration: Seconds) -> None:
        """Show that a file is recognized until a time."""
        advanced, self._until = until - self._until, until
        self.pace.audio += advanced
        if self._bar is not None:
            self._bar.set_postfix_str(f"{self.pace.speed:.1f} x real time", refresh=False)
            self._bar.update(advanced)
        elif self.pace.is_time_for_a_line():
            click.echo(
                f"wfst-bias: file {self._number} of {self._num_files}, {name}: {until:,.0f} of {duration:,.0f} s, "
                f"{self.pace.speed:.1f} x real time",
                err=True,
            )

    def close(self) -> None:
        """Take the bar away, so that something can be printed."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
