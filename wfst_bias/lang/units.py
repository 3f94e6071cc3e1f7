"""The units of a model: its tokens, and the marks of words among them."""

from dataclasses import dataclass
from functools import cached_property
from typing import List, Sequence, Tuple

import numpy as np

from wfst_bias.core.symbols import BLANK_ID, SymbolTable
from wfst_bias.core.text import lower
from wfst_bias.core.types import BoolArray, IntArray

PHONES, CHARS, SUBWORDS = "phones", "chars", "subwords"


@dataclass(frozen=True)
class Units:
    """Tokens of a CTC model, blank first.

    Args:
      kind: :data:`PHONES`, :data:`CHARS` or :data:`SUBWORDS`.
      tokens: outputs of the model; blank is 0.
      boundary: the token that stands between words; empty where there is none.
      word_start: prefix of the tokens that begin a word; empty where there is none.
    """

    kind: str
    tokens: SymbolTable
    boundary: str = ""
    word_start: str = ""

    @property
    def boundaries(self) -> List[str]:
        """The tokens between words: one, or none."""
        return [self.boundary] if self.boundary else []

    @property
    def edge(self) -> Tuple[int, ...]:
        """Ids of the tokens between words: one, or none."""
        return tuple(self.tokens[symbol] for symbol in self.boundaries)

    @property
    def marks_words(self) -> bool:
        """Whether the tokens themselves mark where words begin."""
        return bool(self.boundary or self.word_start)

    @cached_property
    def starts_word(self) -> BoolArray:
        """Which tokens begin a word, bool ``(V,)``."""
        starts = [bool(self.word_start) and symbol.startswith(self.word_start) for symbol in self.tokens.symbols]
        return np.array(starts)

    def word_spans(self, tokens: IntArray, begins: BoolArray) -> List[Tuple[int, int]]:
        """Return the first frame of each word, and the frame after its last.

        Args:
          tokens: of each frame ``(T,)``, blank 0.
          begins: where a token begins, bool ``(T,)``.
        """
        boundary = self.tokens[self.boundary] if self.boundary else BLANK_ID
        unit_frames = np.flatnonzero((tokens != BLANK_ID) & (tokens != boundary))
        if not len(unit_frames):
            return []
        opening = begins & (tokens == boundary if self.boundary else self.starts_word[tokens])
        num_before = np.cumsum(opening)[unit_frames]
        opens = np.concatenate([[True], num_before[1:] != num_before[:-1]])
        first = unit_frames[opens]
        last = unit_frames[np.concatenate([opens[1:], [True]])] + 1
        return list(zip(first.tolist(), last.tolist()))

    def text_of(self, units: Sequence[str]) -> str:
        """Return the text of characters or subwords."""
        return lower("".join(units).replace(self.word_start or "\0", ""))
