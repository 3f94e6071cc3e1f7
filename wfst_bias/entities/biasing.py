"""Rows of the public LibriSpeech biasing lists: a list for each utterance."""

import json
from dataclasses import dataclass
from typing import Tuple


@dataclass(frozen=True)
class BiasingRow:
    """``UTTERANCE<TAB>TEXT<TAB>[its rare words]<TAB>[its list]``, the last two as JSON.

    Args:
      utterance: its name.
      rare: the rare words of its text.
      phrases: its list: the rare words and the distractors.
    """

    utterance: str
    rare: Tuple[str, ...]
    phrases: Tuple[str, ...]

    @staticmethod
    def parse(line: str) -> "BiasingRow":
        """Raises ``ValueError`` or ``TypeError`` where the line is no such row."""
        utterance, _, rare, phrases = line.split("\t")
        return BiasingRow(utterance, tuple(json.loads(rare)), tuple(json.loads(phrases)))
