"""Notices: how the lines of a list were taken where they are more than one phrase each, and how to have it otherwise."""

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Dict, Iterable, Optional, Sequence, Tuple, Union

_logger = logging.getLogger(__name__)
_NUM_NAMED = 5  # of the lines


@dataclass(frozen=True)
class Notice:
    """One interpretation of lines of a list.

    Args:
      message: what they were taken for, and the option that changes it.
      path: of the list; none for one that was given in Python.
      lines: those that it is about, from 1.
      is_left_out: whether nothing of these lines is a phrase.
    """

    message: str
    path: Optional[Path]
    lines: Tuple[int, ...]
    is_left_out: bool = False

    def __str__(self) -> str:
        where = "the list" if self.path is None else str(self.path)
        return f"{where}:{self.lines[0]}: {self.message}{_other_lines(self.lines)}"

    def to_fields(self) -> Dict[str, Union[str, int]]:
        """For JSON: the first line, and the text."""
        return {"line": self.lines[0], "message": f"{self.message}{_other_lines(self.lines)}"}


def _other_lines(lines: Sequence[int]) -> str:
    others = lines[1:]
    if not others:
        return ""
    named = ", ".join(map(str, others[:_NUM_NAMED]))
    more = len(others) - _NUM_NAMED
    return f" (so {'are' if len(others) > 1 else 'is'} line{'s' * (len(others) > 1)} {named}{f' and {more:,} more' * (more > 0)})"


def show(notices: Iterable[Notice]) -> None:
    """Log notices as warnings, which the command line prints; each once in a process."""
    for notice in notices:
        _show(str(notice))


@lru_cache(None)
def _show(text: str) -> None:
    _logger.warning("%s", text)
