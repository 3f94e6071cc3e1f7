"""Rows of the public LibriSpeech biasing lists: a list for each utterance."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Tuple

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of


@dataclass(frozen=True)
class BiasingRow:
    """``UTTERANCE<TAB>TEXT<TAB>[its rare words]<TAB>[its list]``, the last two as JSON.

    Args:
      utterance: its name.
      text: its reference.
      rare: the rare words of its text.
      phrases: its list: the rare words and the distractors.
      line: of the file, from 1.
    """

    utterance: str
    text: str
    rare: Tuple[str, ...]
    phrases: Tuple[str, ...]
    line: int = 0

    @staticmethod
    def parse(text: str, line: int = 0) -> "BiasingRow":
        """Raises ``ValueError`` where the text is no such row."""
        utterance, reference, *columns = text.split("\t")
        rare, phrases = map(json.loads, columns)
        if not all(isinstance(part, list) and all(isinstance(p, str) for p in part) for part in (rare, phrases)):
            raise ValueError("no list of phrases")
        return BiasingRow(utterance, reference, tuple(rare), tuple(phrases), line)

    def serialize(self) -> str:
        """The line of the file."""
        columns = (json.dumps(words, ensure_ascii=False) for words in (self.rare, self.phrases))
        return "\t".join((self.utterance, self.text, *columns)) + "\n"


def read_biasing(path: Path) -> Dict[str, BiasingRow]:
    """The row of each utterance.

    Raises:
      InputError: a line is no such row, an utterance is there twice, or there is none.
    """
    rows: Dict[str, BiasingRow] = {}
    for number, line in lines_of(path):
        try:
            row = BiasingRow.parse(line, number)
        except (ValueError, RecursionError):  # the latter for brackets in brackets, without end
            raise InputError(
                f"found {line.count(chr(9)) + 1} columns or no JSON list in the last two; "
                'expected \'UTTERANCE<TAB>TEXT<TAB>["rare", ...]<TAB>["list", ...]\'',
                path,
                number,
            ) from None
        if row.utterance in rows:
            first = rows[row.utterance].line
            raise InputError(f"utterance {row.utterance!r} has a list in line {first}; keep one of them", path, number)
        rows[row.utterance] = row
    if not rows:
        raise InputError("holds no utterance", path)
    return rows
