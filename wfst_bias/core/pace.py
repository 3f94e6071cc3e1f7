"""The pace of long work on audio, and when to print a line about it."""

import time

from wfst_bias.core.types import Seconds

_BETWEEN_LINES: Seconds = 30.0


class Pace:
    """How much audio was worked on since the object was made, and how fast."""

    def __init__(self) -> None:
        self._begin = self._last_line = time.monotonic()
        self.audio: Seconds = 0.0
        """Audio that is done."""

    @property
    def speed(self) -> float:
        """Seconds of audio in a second."""
        return self.audio / max(time.monotonic() - self._begin, 1e-3)

    def is_time_for_a_line(self) -> bool:
        """Whether half a minute has passed since this was last true, or since the begin."""
        now = time.monotonic()
        if now - self._last_line < _BETWEEN_LINES:
            return False
        self._last_line = now
        return True
