"""The text of ARPA language models."""

import math
import re
from dataclasses import dataclass, field
from itertools import repeat
from operator import itemgetter
from pathlib import Path
from typing import Dict, Iterator, List, Optional

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import line_blocks
from wfst_bias.core.types import FloatArray

BOS, EOS = "<s>", "</s>"


@dataclass(frozen=True)
class NgramLines:
    """N-grams of one order in consecutive lines.

    Args:
      order: their number of words.
      first: number of the first line.
      rows: fields of each line: log10 of the probability, the words and, in some lines, log10 of the backoff weight.
    """

    order: int
    first: int
    rows: List[List[str]]

    def words(self, position: int) -> List[str]:
        """The word at a position, from 0, of each n-gram."""
        return list(map(itemgetter(position + 1), self.rows))

    def log10_probs(self) -> FloatArray:
        """Logarithms of the probabilities, float64 ``(N,)``."""
        return np.fromiter(map(float, map(itemgetter(0), self.rows)), float, len(self.rows))

    def log10_backoffs(self) -> FloatArray:
        """Logarithms of the backoff weights, 0 where there are none, float64 ``(N,)``."""
        backoffs = np.zeros(len(self.rows))
        has_backoff = np.fromiter(map(len, self.rows), np.int64, len(self.rows)) == self.order + 2
        given = [self.rows[i][-1] for i in np.flatnonzero(has_backoff).tolist()]
        backoffs[has_backoff] = np.fromiter(map(float, given), float, len(given))
        return backoffs

    def num_whole(self) -> int:
        """How many n-grams stand before the first line that is none."""
        sizes = np.fromiter(map(len, self.rows), np.int64, len(self.rows))
        if ((sizes == self.order + 1) | (sizes == self.order + 2)).all():
            try:
                if np.isfinite(self.log10_probs()).all() and np.isfinite(self.log10_backoffs()).all():
                    return len(self.rows)
            except ValueError:
                pass  # a field is not a number: find it
        return next(i for i, fields in enumerate(self.rows) if not _is_ngram(fields, self.order))


@dataclass
class _Frame:
    """Header, sections and end of a file, checked line by line."""

    path: Path
    declared: Dict[int, int] = field(default_factory=dict)
    section: Optional[int] = None
    seen: int = 0
    ended: bool = False

    def read(self, line: str, number: int) -> None:
        """Read a line that is no n-gram."""
        if line.startswith("ngram ") and self.section is None:
            match = re.fullmatch(r"ngram (\d+)\s*=\s*(\d+)\s*", line)
            if not match:
                raise InputError(f"found {line!r}; expected 'ngram ORDER=COUNT'", self.path, number)
            self.declared[int(match[1])] = int(match[2])
        elif re.fullmatch(r"\\\d+-grams:\s*", line):
            self._close_section(number)
            self.section, self.seen = int(line[1 : line.index("-")]), 0
            if self.section not in self.declared:
                raise InputError(f"{line!r} was not announced under \\data\\", self.path, number)
        elif line.strip() == "\\end\\":
            self._close_section(number)
            self.ended = True

    def check_end(self, number: int) -> None:
        if not self.declared or self.section is None:
            raise InputError("is no ARPA model: it has no \\data\\ section with counts", self.path)
        if not self.ended:
            raise InputError("ends before \\end\\: the file was cut short; fetch it again", self.path, number)

    def _close_section(self, number: int) -> None:
        if self.section and self.seen != self.declared[self.section]:
            raise InputError(
                f"the {self.section}-gram section ends after {self.seen} of {self.declared[self.section]} n-grams; "
                "fetch the file again",
                self.path,
                number,
            )


def arpa_ngrams(path: Path) -> Iterator[NgramLines]:
    """The n-grams of an ARPA file, gzipped or not; the frame of the file is checked on the way.

    Raises:
      InputError: with the line where the frame breaks.
    """
    frame = _Frame(path)
    number = 0
    for first, lines in line_blocks(path):
        rows = list(map(str.split, lines))
        is_mark = np.fromiter(map(str.startswith, lines, repeat("\\")), bool, len(lines))
        is_mark |= np.fromiter(map(len, rows), np.int64, len(rows)) == 0
        begin = 0
        for mark in [*np.flatnonzero(is_mark).tolist(), len(lines)]:
            if frame.section and begin < mark:
                yield from _checked(NgramLines(frame.section, first + begin, rows[begin:mark]), lines[begin:mark], path)
                frame.seen += mark - begin
                begin = mark
            for number, line in enumerate(lines[begin : mark + 1], first + begin):
                frame.read(line, number)
                if frame.ended:
                    frame.check_end(number)
                    return
            begin = mark + 1
        number = first + len(lines) - 1
    frame.check_end(number)


def _checked(ngrams: NgramLines, lines: List[str], path: Path) -> Iterator[NgramLines]:
    """The n-grams, or those before the first line that is none, and then the error of that line."""
    num_whole = ngrams.num_whole()
    if num_whole == len(lines):
        yield ngrams
        return
    yield NgramLines(ngrams.order, ngrams.first, ngrams.rows[:num_whole])
    expected = "LOG10" + " WORD" * ngrams.order + " [BACKOFF]"
    raise InputError(f"found {lines[num_whole]!r}; expected '{expected}'", path, ngrams.first + num_whole)


def _is_ngram(fields: List[str], order: int) -> bool:
    if len(fields) not in (order + 1, order + 2):
        return False
    try:
        numbers = [float(field) for field in (fields[0], *fields[order + 1 :])]
    except ValueError:
        return False
    return all(map(math.isfinite, numbers))
