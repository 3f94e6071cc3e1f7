"""Reference and hypothesis word by word, where written forms of the list equal their spoken forms."""

from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Dict, List, Optional, Sequence, Tuple

import kaldialign
import numpy as np

from wfst_bias.core.types import BoolArray, IntArray
from wfst_bias.score.alternatives import fewest_errors
from wfst_bias.score.listed import Alternative, ScoredPhrases, Span, Words, keys_of

Pair = Tuple[Optional[int], Optional[int]]
_GAP = "\0"  # no word


@dataclass(frozen=True)
class AlignedText:
    """A text in the words by which it was aligned.

    Args:
      words: with the alternatives that were taken.
      origins: the words of the text that each of them stands for, first and one past the last.
    """

    words: Words
    origins: Tuple[Span, ...]

    @classmethod
    def of(cls, words: Words, alternatives: Sequence[Alternative] = ()) -> "AlignedText":
        """Return a text with alternatives, from left to right, in the place of some words."""
        found: List[Tuple[str, Span]] = []
        position = 0
        for one in (*alternatives, Alternative(len(words), len(words), ())):
            found += ((words[i], (i, i + 1)) for i in range(position, one.first))
            found += ((word, (one.first, one.end)) for word in one.words)
            position = one.end
        return cls(tuple(word for word, _ in found), tuple(origin for _, origin in found))

    @cached_property
    def shown(self) -> Tuple[Tuple[int, ...], ...]:
        """The positions of the words of the text that are shown with each word: each once, in their order."""
        found: List[Tuple[int, ...]] = []
        for (first, end), run in groupby(self.origins):
            last = len(list(run)) - 1
            found += (tuple(range(first + k, min(first + k + 1, end))) for k in range(last))
            found.append(tuple(range(first + last, end)))
        return tuple(found)

    def covers(self, spans: Sequence[Span]) -> BoolArray:
        """Tell which of the words stand for words inside spans of the text ``(W,)``."""
        inside = {i for span in spans for i in range(*span)}
        return np.array([any(i in inside for i in range(*origin)) for origin in self.origins], bool)


@dataclass(frozen=True)
class Alignment:
    """Two texts, aligned with the fewest errors.

    Args:
      reference, hypothesis: the texts.
      pairs: positions in their words of each column, None where the other text has a word more.
    """

    reference: AlignedText
    hypothesis: AlignedText
    pairs: Tuple[Pair, ...]

    @cached_property
    def is_right(self) -> BoolArray:
        """Which columns have the same word twice ``(C,)``."""
        own, other = keys_of(self.reference.words), keys_of(self.hypothesis.words)
        same = (i is not None and j is not None and own[i] == other[j] for i, j in self.pairs)
        return np.array(list(same), bool)

    @cached_property
    def _columns(self) -> Tuple[IntArray, IntArray]:
        """The first and the last column of each word of the reference text, and of the hypothesis text ``(2, W)``."""
        return self._columns_of(0, self.reference), self._columns_of(1, self.hypothesis)

    def _columns_of(self, side: int, text: AlignedText) -> IntArray:
        columns: Dict[int, List[int]] = {}
        for column, pair in enumerate(self.pairs):
            position = pair[side]
            for word in range(*text.origins[position]) if position is not None else ():
                columns.setdefault(word, []).append(column)
        return np.array([(own[0], own[-1]) for _, own in sorted(columns.items())], int).reshape(-1, 2).T

    def reference_columns(self, span: Span) -> Span:
        """First column of words of the reference, and the one behind their last."""
        first, last = self._columns[0]
        return int(first[span[0]]), int(last[span[1] - 1]) + 1

    def hypothesis_columns(self, span: Span) -> Span:
        """First column of words of the hypothesis, and the one behind their last."""
        first, last = self._columns[1]
        return int(first[span[0]]), int(last[span[1] - 1]) + 1

    @cached_property
    def is_right_word(self) -> BoolArray:
        """Which words of the hypothesis are right; those of an alternative with another number of words, all or none ``(W,)``."""
        text, right = self.hypothesis, np.zeros(len(self.hypothesis.words), bool)
        own = [j for _, j in self.pairs if j is not None]
        right[own] = [is_right for (_, j), is_right in zip(self.pairs, self.is_right) if j is not None]
        found: List[bool] = []
        position = 0
        for (first, end), run in groupby(text.origins):
            rights = right[position : position + len(list(run))]
            position += len(rights)
            found += rights.tolist() if len(rights) == end - first else [bool(rights.all())] * (end - first)
        return np.array(found, bool)

    def with_errors_around(self, columns: Span) -> Span:
        """Return columns and those without a right word next to them."""
        first, end = columns
        while first and not self.is_right[first - 1]:
            first -= 1
        while end < len(self.pairs) and not self.is_right[end]:
            end += 1
        return first, end


def align(reference: Words, hypothesis: Words, phrases: Optional[ScoredPhrases] = None) -> Alignment:
    """Align words with the fewest errors that forms of the phrases leave."""
    own, other = AlignedText.of(reference), AlignedText.of(hypothesis)
    if phrases is not None and reference and hypothesis and reference != hypothesis:
        choices = phrases.alternatives(reference), phrases.alternatives(hypothesis)
        if any(choices):
            taken = fewest_errors(keys_of(reference), keys_of(hypothesis), *choices)
            own, other = AlignedText.of(reference, taken[0]), AlignedText.of(hypothesis, taken[1])
    return Alignment(own, other, tuple(_pairs(keys_of(own.words), keys_of(other.words))))


def _pairs(reference: Words, hypothesis: Words) -> List[Pair]:
    """Align words with the fewest errors; return pairs of positions, None where the other text has a word more."""
    pairs: List[Pair] = []
    i = j = 0
    for one, other in kaldialign.align(reference, hypothesis, _GAP):
        pairs.append((None if one == _GAP else i, None if other == _GAP else j))
        i += one != _GAP
        j += other != _GAP
    return pairs
