"""The lexicon of a lang or base folder as arrays, which are mapped into memory instead of its text being parsed.

They stand in the user's cache under a checksum of the text, made when a lexicon is read for the first time.
"""

import hashlib
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Callable, Dict, FrozenSet, List, Optional, Sequence, Tuple

import numpy as np

from wfst_bias.core.cache import cache_folder, has_checksum, keep_folder, write_checksum
from wfst_bias.core.errors import InputError
from wfst_bias.core.packed_strings import PackedStrings
from wfst_bias.core.records import read_record, write_record
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.core.types import Array, IntArray
from wfst_bias.fst.ragged import row_splits
from wfst_bias.lang.lexicon import Lexicon, Pronunciation, read_lexicon_text

_FORMAT = "lexicon-2"  # a change of the arrays raises it
_KIND = "lexicon"
_SMALL = 1 << 16  # bytes of a text that is parsed faster than arrays are opened
_KEPT = 16  # lexicons in the cache


@dataclass(frozen=True)
class LexiconArrays:
    """The words of a lexicon and their pronunciations.

    Args:
      words: all words in UTF-8, each followed by a line feed, uint8.
      order: the numbers of the words in the order of their bytes, int32 ``(W,)``.
      splits: where the pronunciations of each word begin, int64 ``(W + 1,)``.
      unit_splits: where the units of each pronunciation begin, int64 ``(P + 1,)``.
      units: token ids, int32 ``(U,)``.
      by_units: the numbers of the pronunciations in the order of their units, equal ones in their own, int32 ``(P,)``.
    """

    words: Array
    order: IntArray
    splits: IntArray
    unit_splits: IntArray
    units: IntArray
    by_units: IntArray

    @classmethod
    def of(cls, lexicon: Lexicon, tokens: SymbolTable) -> "LexiconArrays":
        """Write a lexicon into arrays."""
        words = PackedStrings.of(lexicon.entries)
        pronunciations = [pronunciation for _, pronunciation in lexicon.pairs]
        unit_splits = row_splits(np.fromiter(map(len, pronunciations), np.int64, len(pronunciations)))
        id_of = tokens.ids
        ids = [tuple(map(id_of.__getitem__, pronunciation)) for pronunciation in pronunciations]
        assert words.order is not None
        return cls(
            words.text,
            words.order,
            row_splits(np.fromiter(map(len, lexicon.entries.values()), np.int64, len(words))),
            unit_splits,
            np.fromiter(chain.from_iterable(ids), np.int32, int(unit_splits[-1])),
            np.array(sorted(range(len(ids)), key=ids.__getitem__), np.int32),
        )

    def write(self, folder: Path) -> None:
        """Write the arrays, and their checksum."""
        write_record(folder, self)
        write_checksum(folder, vars(self).values())


class PackedLexicon(Lexicon):
    """A lexicon of arrays; what is not looked up is not made.

    Args:
      arrays: of the lexicon.
      symbols: of the token ids.
      content: the text that the arrays are of.
    """

    def __init__(self, arrays: LexiconArrays, symbols: Sequence[str], content: bytes):
        self.arrays = LexiconArrays(*(np.asarray(getattr(arrays, field.name)) for field in fields(arrays)))
        self._symbols = symbols
        self._content = content
        self._words = PackedStrings.of_lines(arrays.words, arrays.order)

    @cached_property
    def entries(self) -> Dict[str, Tuple[Pronunciation, ...]]:
        """The pronunciations of all words."""
        units = list(map(self._symbols.__getitem__, self.arrays.units.tolist()))
        ends = self.arrays.unit_splits.tolist()
        pronunciations = [tuple(units[begin:end]) for begin, end in zip(ends, ends[1:])]
        splits = self.arrays.splits.tolist()
        return {word: tuple(pronunciations[i:j]) for word, i, j in zip(self._words, splits, splits[1:])}

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def __getitem__(self, word: str) -> Tuple[Pronunciation, ...]:
        if (number := self._words.find(word)) < 0:
            raise KeyError(word)
        return self._pronunciations(number)

    def get(self, word: str) -> Tuple[Pronunciation, ...]:
        number = self._words.find(word)
        return self._pronunciations(number) if number >= 0 else ()

    def row_of(self, word: str) -> int:
        return self._words.find(word)

    def rows_of(self, words: Sequence[str]) -> IntArray:
        return self._words.find_all(words)

    @property
    def words(self) -> Sequence[str]:
        return self._words

    @property
    def words_not_ascii(self) -> List[str]:
        return self._words.not_ascii

    @property
    def units(self) -> FrozenSet[str]:
        return frozenset(self._symbols[unit] for unit in np.flatnonzero(np.bincount(self.arrays.units)).tolist())

    @cached_property
    def mean_length(self) -> float:
        return len(self.arrays.units) / (len(self.arrays.unit_splits) - 1)

    def words_with(self, pronunciation: Pronunciation) -> Sequence[str]:
        id_of = self._ids
        if not all(unit in id_of for unit in pronunciation):
            return ()
        wanted = [id_of[unit] for unit in pronunciation]
        first, end = (self._place(lambda units: units < wanted), self._place(lambda units: units <= wanted))
        words = np.searchsorted(self.arrays.splits, self.arrays.by_units[first:end], "right") - 1
        return [self._words[word] for word in words.tolist()]

    def text(self) -> str:
        return self._content.decode()

    @cached_property
    def _ids(self) -> Dict[str, int]:
        return {symbol: number for number, symbol in enumerate(self._symbols)}

    def _place(self, is_before: Callable[[List[int]], bool]) -> int:
        """How many pronunciations, in the order of their units, come before a place."""
        low, high = 0, len(self.arrays.by_units)
        while low < high:
            middle = (low + high) // 2
            number = int(self.arrays.by_units[middle])
            first, end = self.arrays.unit_splits[number : number + 2].tolist()
            low, high = (middle + 1, high) if is_before(self.arrays.units[first:end].tolist()) else (low, middle)
        return low

    def _pronunciations(self, number: int) -> Tuple[Pronunciation, ...]:
        first, end = self.arrays.splits[number : number + 2].tolist()
        ends = self.arrays.unit_splits[first : end + 1].tolist()
        units = self.arrays.units[ends[0] : ends[-1]].tolist()
        named = list(map(self._symbols.__getitem__, units))
        return tuple(tuple(named[i - ends[0] : j - ends[0]]) for i, j in zip(ends, ends[1:]))


def read_packed_lexicon(path: Path, tokens: SymbolTable) -> Lexicon:
    """Read the lexicon of a lang or base folder, whose units are tokens.

    Raises:
      InputError: see :func:`wfst_bias.lang.lexicon.read_lexicon_text`; or a unit is not a token.
    """

    def token(unit: str) -> str:
        if unit not in tokens:
            raise InputError(f"{unit!r} is not in tokens.txt; make the folder anew")
        return unit

    path = Path(path)
    content = path.read_bytes() if path.is_file() else b""
    if len(content) < _SMALL:
        return read_lexicon_text(path, token)
    key = hashlib.sha256(b"\0".join((_FORMAT.encode(), tokens.checksum.encode(), content))).hexdigest()[:24]
    arrays = _cached(cache_folder() / f"{_KIND}-{key}")
    if arrays is not None:
        return PackedLexicon(arrays, tokens.symbols, content)
    lexicon = read_lexicon_text(path, token)
    if lexicon.text().encode() == content:
        arrays = LexiconArrays.of(lexicon, tokens)
        keep_folder(_KIND, key, arrays.write, _KEPT)
    return lexicon


def _cached(folder: Path) -> Optional[LexiconArrays]:
    """The arrays of a folder; None where they are not there, or are damaged."""
    try:
        arrays = read_record(folder, LexiconArrays) if folder.is_dir() else None
    except InputError:
        return None
    return arrays if arrays is not None and has_checksum(folder, vars(arrays).values()) else None
