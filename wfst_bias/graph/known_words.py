"""The words that a language model knows, as a set that is not made word by word."""

import hashlib
from collections.abc import Set
from functools import cached_property
from typing import AbstractSet, Any, Callable, FrozenSet, Iterable, Iterator, Optional

import numpy as np

from wfst_bias.core.symbols import SymbolTable
from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.fst.wfst import WORD_END


class KnownWords(Set):  # type: ignore[type-arg]  # of str
    """Some words of a table.

    Args:
      words: the table.
      is_known: which of its first words are in the set, bool ``(W,)``.
      find: the number of a word in the table, -1 where it is not there, where that can be found faster than by the table.
    """

    def __init__(self, words: SymbolTable, is_known: BoolArray, find: Optional[Callable[[str], int]] = None):
        self._words = words
        self._is_known = is_known
        self._find = find or words.find

    @classmethod
    def _from_iterable(cls, words: Iterable[Any]) -> FrozenSet[Any]:
        return frozenset(words)

    def __contains__(self, word: object) -> bool:
        number = self._find(word) if isinstance(word, str) else -1
        return 0 <= number < len(self._is_known) and bool(self._is_known[number])

    def __iter__(self) -> Iterator[str]:
        symbols = tuple(self._words.symbols)
        return (symbols[number] for number in np.flatnonzero(self._is_known).tolist())

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the words, hexadecimal; equal for the same words of tables that begin alike."""
        digest = hashlib.sha256(self._words.first_bytes(len(self._is_known)))
        digest.update(np.packbits(self._is_known).tobytes())
        return digest.hexdigest()

    def __len__(self) -> int:
        return int(np.count_nonzero(self._is_known))


def known_words_of(
    unigrams: Optional[FloatArray],
    olabels: IntArray,
    words: SymbolTable,
    first_phrase: int,
    find: Optional[Callable[[str], int]] = None,
) -> AbstractSet[str]:
    """The words of the language model of a graph.

    Args:
      unigrams: log-probability of each of the first words, NaN where the language model does not have it; None where
        that is not known.
      olabels: of the arcs of the graph.
      words: of the graph.
      first_phrase: output label of the first phrase.
      find: see :class:`KnownWords`.
    """
    if unigrams is not None:
        return KnownWords(words, ~np.isnan(unigrams), find)
    is_output = np.bincount(olabels % WORD_END, minlength=1)[:first_phrase] > 0
    is_output[0] = False
    return KnownWords(words, is_output, find)
