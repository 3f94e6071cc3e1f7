r"""The text of ARPA language models.

What KenLM, SRILM and Kaldi agree on is read as they read it; where they differ, as the one that loses nothing: text
before ``\data\``, blank lines, blanks for tabs, blanks at both ends of a line and any line ends are allowed, and words
are divided by blanks and tabs only.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from operator import itemgetter
from pathlib import Path
from typing import Iterator, List, Optional

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import line_blocks
from wfst_bias.core.notes import Notes
from wfst_bias.core.types import FloatArray
from wfst_bias.lm.arpa_frame import Frame, check_is_text

BOS, EOS = "<s>", "</s>"
LOG10_ZERO = -99.0  # how ARPA writes log 0

_OTHER_SPACES = tuple(chr(i) for i in range(0x3001) if chr(i).isspace() and chr(i) not in " \t\r\n")
_ASCII_SPACES = tuple(filter(str.isascii, _OTHER_SPACES))
_FIELD = re.compile("[^ \t]+")
_POSITIVE = "probabilities above 1, which are read as 1"
_LONGEST = "backoff weights of n-grams of the highest order, which are not used"


@dataclass(frozen=True)
class NgramLines:
    """N-grams of one order in consecutive lines.

    Args:
      order: their number of words.
      first: number of the first line.
      rows: fields of each line: log10 of the probability, the words and, in some lines, log10 of the backoff weight.
      is_highest: whether no n-gram of the model is longer, so that a backoff weight would never be used.
    """

    order: int
    first: int
    rows: List[List[str]]
    is_highest: bool = False

    def words(self, position: int) -> List[str]:
        """The word at a position, from 0, of each n-gram."""
        return list(map(itemgetter(position + 1), self.rows))

    def log10_probs(self) -> FloatArray:
        """Logarithms of the probabilities, 0 at most, float64 ``(N,)``."""
        log10: FloatArray = np.minimum(_floored(self._log10_probs_as_written), 0.0)
        return log10

    def log10_backoffs(self) -> FloatArray:
        """Logarithms of the backoff weights, 0 where there are none, float64 ``(N,)``."""
        return np.zeros(len(self.rows)) if self.is_highest else _floored(self._log10_backoffs_as_written)

    def num_whole(self) -> int:
        """How many n-grams stand before the first line that is none."""
        sizes = np.fromiter(map(len, self.rows), np.int64, len(self.rows))
        if ((sizes == self.order + 1) | (sizes == self.order + 2)).all():
            try:
                log10s = self._log10_probs_as_written, self._log10_backoffs_as_written
                if all((log10 < np.inf).all() for log10 in log10s):
                    return len(self.rows)
            except ValueError:
                pass  # a field is not a number: find it
        return next(i for i, fields in enumerate(self.rows) if not _is_ngram(fields, self.order))

    def note_changes(self, notes: Notes) -> None:
        """Note the numbers that are not read as they are written."""
        positive = np.flatnonzero(self._log10_probs_as_written > 0)
        if len(positive):
            notes.add(
                _POSITIVE, (f"line {self.first + i}: {self.rows[i][0]}" for i in positive.tolist()), len(positive)
            )
        unused = np.flatnonzero(self._log10_backoffs_as_written) if self.is_highest else ()
        if len(unused):
            notes.add(_LONGEST, (f"line {self.first + i}" for i in unused), len(unused))

    @cached_property
    def _log10_probs_as_written(self) -> FloatArray:
        return np.fromiter(map(float, map(itemgetter(0), self.rows)), float, len(self.rows))

    @cached_property
    def _log10_backoffs_as_written(self) -> FloatArray:
        backoffs = np.zeros(len(self.rows))
        has_backoff = np.fromiter(map(len, self.rows), np.int64, len(self.rows)) == self.order + 2
        given = [self.rows[i][-1] for i in np.flatnonzero(has_backoff).tolist()]
        backoffs[has_backoff] = np.fromiter(map(float, given), float, len(given))
        return backoffs


def arpa_ngrams(path: Path, notes: Optional[Notes] = None) -> Iterator[NgramLines]:
    """The n-grams of an ARPA file, packed or not; the frame of the file is checked on the way.

    Args:
      notes: where numbers and lines that are not read as they are written are noted.

    Raises:
      InputError: with the line where the frame breaks.
    """
    notes = notes or Notes()
    check_is_text(path)
    frame = Frame(path, notes)
    number = 0
    for first, lines in line_blocks(path):
        rows = _fields(lines)
        is_mark = np.fromiter(map(str.startswith, map(str.lstrip, lines), repeat("\\")), bool, len(lines))
        is_mark |= np.fromiter(map(len, rows), np.int64, len(rows)) == 0
        begin = 0
        for mark in [*np.flatnonzero(is_mark).tolist(), len(lines)]:
            if frame.section and begin < mark:
                found = NgramLines(frame.section, first + begin, rows[begin:mark], frame.section == frame.highest)
                yield from _checked(found, lines[begin:mark], path, notes)
                frame.seen += mark - begin
                begin = mark
            for number, line in enumerate(lines[begin : mark + 1], first + begin):
                frame.read(line, number)
            begin = mark + 1
        number = first + len(lines) - 1
    frame.check_end(number)


def _fields(lines: List[str]) -> List[List[str]]:
    """The fields of each line, divided by blanks and tabs: ``str.split`` divides at no-break and other spaces, too."""
    text = "\n".join(lines)
    if any(space in text for space in (_ASCII_SPACES if text.isascii() else _OTHER_SPACES)):
        return list(map(_FIELD.findall, lines))
    return list(map(str.split, lines))


def _checked(ngrams: NgramLines, lines: List[str], path: Path, notes: Notes) -> Iterator[NgramLines]:
    """The n-grams, or those before the first line that is none, and then the error of that line."""
    num_whole = ngrams.num_whole()
    if num_whole == len(lines):
        ngrams.note_changes(notes)
        yield ngrams
        return
    yield NgramLines(ngrams.order, ngrams.first, ngrams.rows[:num_whole], ngrams.is_highest)
    expected = "LOG10" + " WORD" * ngrams.order + " [BACKOFF]"
    raise InputError(f"found {lines[num_whole]!r}; expected '{expected}'", path, ngrams.first + num_whole)


def _floored(log10: FloatArray) -> FloatArray:
    """Logarithms with that of 0 as ARPA writes it."""
    return np.where(log10 == -np.inf, LOG10_ZERO, log10)


def _is_ngram(fields: List[str], order: int) -> bool:
    if len(fields) not in (order + 1, order + 2):
        return False
    try:
        return all(float(field) < np.inf for field in (fields[0], *fields[order + 1 :]))
    except ValueError:
        return False
