"""The tables of Kaldi data folders: a key and a value in each line."""

import logging
import re
from pathlib import Path
from sys import intern
from typing import Dict, Iterator, Optional, Tuple

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.core.types import Seconds
from wfst_bias.data.failures import FailedInput, OnFailure, raise_failure

_logger = logging.getLogger(__name__)

_BLANKS = " \t\r\n\v\f"  # of Kaldi; others may be part of a key or of a text
_TO_THE_END = -1.0  # the end of a segment, in Kaldi's extract-segments

Row = Tuple[str, str, int]
"""Key, rest and number of a line."""


def table_of(path: Path) -> Dict[str, Tuple[str, int]]:
    """Rest and line number of each key of a table; empty where there is no such file."""
    if not path.is_file():
        return {}
    return {intern(key): (intern(rest), line) for key, rest, line in rows_of(path, needs_value=False)}


def rows_of(path: Path, on_failure: OnFailure = raise_failure, needs_value: bool = True) -> Iterator[Row]:
    """Yield the lines of a table in their order; it is logged where that is not the one of ``LC_ALL=C sort``.

    Args:
      on_failure: what is done with a line that is malformed or has the key of an earlier one.
      needs_value: a key alone is malformed.

    Raises:
      InputError: the table is empty.
    """
    last, last_number, is_empty = "", 0, True
    above: Dict[str, int] = {}  # the lines of all keys above, from the first key on that is not where it is sorted
    for number, line in lines_of(path):
        key, rest = key_and_rest(line)
        if not key:  # a blank line
            continue
        is_empty = False
        if needs_value and not rest:
            on_failure(FailedInput(key, f"found {line!r}; expected 'KEY VALUE'", str(path), number))
            continue
        if last_number and key < last and not above:  # the order of code points is that of UTF-8 bytes
            above = _lines_above(path, number, needs_value)
            if key not in above:
                _logger.warning(
                    "%s:%d: key %r comes after %r; the file is not sorted as 'LC_ALL=C sort' does, and is taken in its own order",
                    *(path, number, key, last),
                )
        first = last_number if last_number and key == last else above.get(key)
        if first is not None:
            reason = f"key {key!r} stands here again, after line {first}; take out one of them"
            on_failure(FailedInput(key, reason, str(path), number))
            continue
        last, last_number = key, number
        if above:
            above[key] = number
        yield key, rest, number
    if is_empty:
        raise InputError("is empty; a line for each utterance was expected", path)


def key_and_rest(line: str) -> Tuple[str, str]:
    """The key of a line and what follows it; keys may hold any blank but those of ASCII."""
    key, *rest = re.split(f"[{_BLANKS}]+", line.strip(_BLANKS), maxsplit=1)
    return key, rest[0] if rest else ""


def _lines_above(path: Path, number: int, needs_value: bool) -> Dict[str, int]:
    """The first line of each key above a line."""
    found: Dict[str, int] = {}
    for above, line in lines_of(path):
        if above >= number:
            break
        key, rest = key_and_rest(line)
        if key and (rest or not needs_value):
            found.setdefault(key, above)
    return found


def durations_of(path: Path) -> Dict[str, Seconds]:
    """The seconds of each key of ``utt2dur`` or ``reco2dur``; empty where there is no such file.

    Raises:
      InputError: a value is no number.
    """
    found: Dict[str, Seconds] = {}
    for key, rest, line in rows_of(path) if path.is_file() else ():
        try:
            found[intern(key)] = float(rest)
        except ValueError:
            raise InputError(f"found {key} {rest!r}; expected 'KEY SECONDS'", path, line) from None
    return found


def channels_of(path: Path) -> Dict[str, int]:
    """The channel, from 1, of each recording of ``reco2file_and_channel``; empty where there is no such file.

    Raises:
      InputError: a channel is none.
    """
    return {key: _channel((rest.split() or [""])[-1], 1, path, line) for key, rest, line in rows_of(path)} if path.is_file() else {}


def span_of(key: str, rest: str, path: Path, line: int) -> Tuple[str, Seconds, Optional[Seconds], Optional[int]]:
    """Recording, start, end (None: that of the recording) and channel (from 1; None: not given) of a line of ``segments``.

    The channel is a fifth column that ``extract-segments`` knows, too, in which 0 is the first one.

    Raises:
      InputError: the line is malformed.
    """
    recording, *times = rest.split() or [""]
    try:
        start, end = map(float, times[:2])
    except ValueError:
        times = []
    if len(times) not in (2, 3):
        raise InputError(f"found {key} {rest!r}; expected 'UTTERANCE RECORDING START END'", path, line)
    channel = _channel(times[2], 0, path, line) if len(times) == 3 and times[2] != "-1" else None
    return recording, start, None if end == _TO_THE_END else end, channel


def _channel(text: str, first: int, path: Path, line: int) -> int:
    """The number from 1 of a channel that is named by a letter, or by a number from ``first``."""
    if re.fullmatch("[A-Ha-h]", text):
        return ord(text.upper()) - ord("A") + 1
    if re.fullmatch(r"[0-9]{1,3}", text) and int(text) >= first:
        return int(text) - first + 1
    raise InputError(f"the channel is {text!r}; expected A, B, ... or its number from {first}", path, line)
