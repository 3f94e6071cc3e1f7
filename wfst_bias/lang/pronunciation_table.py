"""Pronunciations of many words or phrases in arrays.

A list of 100,000 words has half a million pronunciations; as tuples of strings, each of them takes longer to make than all
the rest takes. The rows are ragged as in k2, see :mod:`wfst_bias.fst.ragged`.
"""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import chain
from typing import Dict, Iterable, List, Mapping, Sequence, Tuple

import numpy as np

from wfst_bias.core.types import Array, BoolArray, FloatArray, IntArray
from wfst_bias.fst.ragged import gather_rows, positions, row_ids, row_splits

ScoredPronunciation = Tuple[Tuple[str, ...], float]

_MOST_POSITIONS = 1024  # of a hash; those beyond have the weights of the first ones


@dataclass(frozen=True)
class PronunciationTable:
    """Scored pronunciations of items, words or phrases, those of an item one after the other.

    Args:
      splits: where the pronunciations of each item begin, int64 ``(N + 1,)``.
      unit_splits: where the units of each pronunciation begin, int64 ``(P + 1,)``.
      units: unit ids, int32 or another kind of integer ``(U,)``.
      scores: of each pronunciation, nats, float64 ``(P,)``.
    """

    splits: IntArray
    unit_splits: IntArray
    units: Array
    scores: FloatArray

    @staticmethod
    def of_pairs(items: Iterable[Sequence[ScoredPronunciation]], ids: Mapping[str, int]) -> "PronunciationTable":
        """Write scored pronunciations into arrays.

        Args:
          items: the pronunciations of each item.
          ids: of the unit symbols.
        """
        sizes: List[int] = []
        pronunciations: List[Tuple[str, ...]] = []
        scores: List[float] = []
        for some in items:
            sizes.append(len(some))
            for pronunciation, score in some:
                pronunciations.append(pronunciation)
                scores.append(score)
        unit_splits = row_splits(np.fromiter(map(len, pronunciations), np.int64, len(pronunciations)))
        units = np.fromiter(map(ids.__getitem__, chain.from_iterable(pronunciations)), np.int32, int(unit_splits[-1]))
        return PronunciationTable(row_splits(np.array(sizes, np.int64)), unit_splits, units, np.array(scores, float))

    @staticmethod
    def empty(num_items: int = 0) -> "PronunciationTable":
        """A table of items without pronunciations."""
        none = np.zeros(1, np.int64)
        return PronunciationTable(np.zeros(num_items + 1, np.int64), none, np.zeros(0, np.int32), np.zeros(0))

    def __len__(self) -> int:
        return len(self.splits) - 1

    @property
    def num_pronunciations(self) -> int:
        return len(self.scores)

    @cached_property
    def item(self) -> IntArray:
        """The item of each pronunciation, int32 ``(P,)``."""
        return row_ids(self.splits)

    @cached_property
    def lengths(self) -> IntArray:
        """The number of units of each pronunciation, int64 ``(P,)``."""
        return np.diff(self.unit_splits)

    @cached_property
    def hashes(self) -> Array:
        """A number for each pronunciation that equal ones share, uint64 ``(P,)``; others share it by a rare chance."""
        places = positions(self.unit_splits) % _MOST_POSITIONS
        terms = (self.units.astype(np.uint64) + np.uint64(1)) * _place_weights()[places]
        sums = np.zeros(len(terms) + 1, np.uint64)
        np.cumsum(terms, out=sums[1:])
        hashes: Array = sums[self.unit_splits[1:]] - sums[self.unit_splits[:-1]]
        return hashes

    @cached_property
    def identity(self) -> IntArray:
        """The number of the first pronunciation with the same units, int64 ``(P,)``."""
        _, first, inverse = np.unique(self.hashes, return_index=True, return_inverse=True)
        identity: IntArray = first[inverse.reshape(-1)]
        if not self._equal_rows(identity).all():  # two others share a hash
            number: Dict[bytes, int] = {}
            rows = np.split(self.units, self.unit_splits[1:-1])
            identity = np.array([number.setdefault(row.tobytes(), i) for i, row in enumerate(rows)], np.int64)
        return identity

    def _equal_rows(self, other: IntArray) -> BoolArray:
        """Whether each pronunciation has the units of another one ``(P,)``."""
        return equal_pronunciations(self, np.arange(self.num_pronunciations), self, other)

    def take(self, items: Array) -> "PronunciationTable":
        """The pronunciations of some items, in their order, repeats allowed ``(M,)``."""
        _, pronunciation = gather_rows(self.splits, items)
        return self._chosen(row_splits(np.diff(self.splits)[items]), pronunciation)

    def where(self, is_kept: BoolArray) -> "PronunciationTable":
        """The same items with some of their pronunciations ``(P,)``."""
        sizes = np.bincount(self.item[is_kept], minlength=len(self))
        return self._chosen(row_splits(sizes), np.flatnonzero(is_kept))

    def ordered(self, order: IntArray, item: IntArray, num_items: int) -> "PronunciationTable":
        """Some pronunciations as those of other items.

        Args:
          order: numbers of the pronunciations ``(M,)``.
          item: the new item of each, never falling ``(M,)``.
          num_items: how many there are.
        """
        return self._chosen(row_splits(np.bincount(item, minlength=num_items)), order)

    def _chosen(self, splits: IntArray, pronunciation: IntArray) -> "PronunciationTable":
        _, unit = gather_rows(self.unit_splits, pronunciation)
        unit_splits = row_splits(self.lengths[pronunciation])
        chosen = PronunciationTable(splits, unit_splits, self.units[unit], self.scores[pronunciation])
        if "hashes" in vars(self):
            vars(chosen)["hashes"] = self.hashes[pronunciation]
        return chosen

    @staticmethod
    def joined(tables: Sequence["PronunciationTable"]) -> "PronunciationTable":
        """The items of several tables, one table after the other."""
        if len(tables) == 1:
            return tables[0]
        return PronunciationTable(
            joined_splits([table.splits for table in tables]),
            joined_splits([table.unit_splits for table in tables]),
            np.concatenate([table.units for table in tables]),
            np.concatenate([table.scores for table in tables]),
        )

    def with_more(self, other: "PronunciationTable") -> "PronunciationTable":
        """The same items, each with the pronunciations of the other table behind its own, those that it has not yet."""
        both = PronunciationTable.joined([self, other])
        item = np.concatenate([self.item, other.item])
        order = np.argsort(item, kind="stable")
        both = both.ordered(order, item[order], len(self))
        return both.where(both.is_first)

    @cached_property
    def is_first(self) -> BoolArray:
        """Whether a pronunciation is the first one of its item with its units ``(P,)``."""
        key = self.item.astype(np.int64) * max(self.num_pronunciations, 1) + self.identity
        is_first = np.zeros(self.num_pronunciations, bool)
        is_first[np.unique(key, return_index=True)[1]] = True
        return is_first

    def as_one_item(self) -> "PronunciationTable":
        """All pronunciations as those of one item."""
        return replace(self, splits=np.array([0, self.num_pronunciations]))

    def renumbered(self, old: Sequence[str], new: Sequence[str]) -> "PronunciationTable":
        """The same pronunciations with other ids of the units.

        Args:
          old: symbols of the units by their ids.
          new: symbols by the ids that are wanted.

        Raises:
          KeyError: a symbol of ``old`` is not among ``new``.
        """
        if old == new:
            return self
        ids = {symbol: i for i, symbol in enumerate(new)}
        return replace(self, units=np.array([ids[symbol] for symbol in old], np.int32)[self.units])

    def with_scores(self, scores: FloatArray) -> "PronunciationTable":
        """The same pronunciations with other scores ``(P,)``."""
        return replace(self, scores=scores)

    def without(self, unit: int) -> "PronunciationTable":
        """The same pronunciations without the places of a unit."""
        is_kept = self.units != unit
        before = row_splits(is_kept)  # how many units stay before each
        return PronunciationTable(self.splits, before[self.unit_splits], self.units[is_kept], self.scores)

    @cached_property
    def matrix(self) -> IntArray:
        """The units of each pronunciation, padded with -1, int32 ``(P, L)``."""
        matrix = np.full((len(self.lengths), int(self.lengths.max(initial=0))), -1, np.int32)
        matrix[np.arange(matrix.shape[1]) < self.lengths[:, None]] = self.units
        return matrix

    @cached_property
    def rank(self) -> IntArray:
        """The place of each pronunciation within its item, from 0, int64 ``(P,)``."""
        return positions(self.splits)

    def texts(self, symbols: Sequence[str]) -> List[str]:
        """The symbols of each pronunciation, divided by blanks."""
        written = list(map(symbols.__getitem__, self.units.tolist()))
        splits = self.unit_splits.tolist()
        return [" ".join(written[begin:end]) for begin, end in zip(splits, splits[1:])]

    def pronunciations(self, symbols: Sequence[str]) -> List[Tuple[str, ...]]:
        """The symbols of each pronunciation."""
        written = list(map(symbols.__getitem__, self.units.tolist()))
        splits = self.unit_splits.tolist()
        return [tuple(written[begin:end]) for begin, end in zip(splits, splits[1:])]

    def to_pairs(self, symbols: Sequence[str]) -> List[List[ScoredPronunciation]]:
        """The scored pronunciations of each item."""
        pairs = list(zip(self.pronunciations(symbols), self.scores.tolist()))
        splits = self.splits.tolist()
        return [pairs[begin:end] for begin, end in zip(splits, splits[1:])]


def in_pieces(unit_splits: IntArray, units: Array, pieces: IntArray) -> Tuple[IntArray, Array]:
    """The units of pronunciations that are made of others.

    Args:
      unit_splits, units: of the others ``(P + 1,)``, ``(U,)``.
      pieces: which ones each is made of, in a row ``(R, K)``.

    Returns:
      unit splits ``(R + 1,)`` and units.
    """
    _, unit = gather_rows(unit_splits, pieces.reshape(-1))
    return row_splits(np.diff(unit_splits)[pieces].sum(axis=1)), units[unit]


def joined_splits(parts: Sequence[IntArray]) -> IntArray:
    """The row splits of rows of several parts, one part after the other."""
    ends = np.cumsum([0, *(part[-1] for part in parts)])
    return np.concatenate([np.zeros(1, np.int64), *(part[1:] + end for part, end in zip(parts, ends))])


def equal_pronunciations(
    first: PronunciationTable, first_rows: IntArray, second: PronunciationTable, second_rows: IntArray
) -> BoolArray:
    """Whether pronunciations of one table have the units of some of another one ``(R,)``.

    Args:
      first_rows, second_rows: the numbers of the pronunciations that are compared ``(R,)`` each.
    """
    equal: BoolArray = first.lengths[first_rows] == second.lengths[second_rows]
    rows = np.flatnonzero(equal)
    pair, unit = gather_rows(first.unit_splits, first_rows[rows])
    _, other = gather_rows(second.unit_splits, second_rows[rows])
    differs = first.units[unit] != second.units[other]
    equal[rows[pair[differs]]] = False
    return equal


@lru_cache(maxsize=None)
def _place_weights() -> Array:
    """A random odd number for each place of a pronunciation, uint64."""
    random = np.random.default_rng(20).integers(2**64, size=_MOST_POSITIONS, dtype=np.uint64)
    return random | np.uint64(1)


class SoundIndex:
    """Finds the pronunciations of a table that are equal to given ones.

    Args:
      table: that is searched, such as the pronunciations of all words of a lexicon.
    """

    def __init__(self, table: PronunciationTable):
        self._table = table
        self.order: IntArray = np.argsort(table.hashes, kind="stable")
        """The numbers of the pronunciations in the order of their hashes ``(P,)``."""
        self.hashes: Array = table.hashes[self.order]
        """The hashes in their order, uint64 ``(P,)``."""

    @classmethod
    def stored(cls, table: PronunciationTable, order: IntArray, hashes: Array) -> "SoundIndex":
        """The index with :attr:`order` and :attr:`hashes` as they were made before."""
        index = cls.__new__(cls)
        index._table, index.order, index.hashes = table, order, hashes
        return index

    def find(self, wanted: PronunciationTable) -> Tuple[IntArray, IntArray]:
        """The pairs of equal pronunciations: the number of each in ``wanted``, never falling, and in the table ``(M,)`` each."""
        first, end = (np.searchsorted(self.hashes, wanted.hashes, side) for side in ("left", "right"))
        row = np.repeat(np.arange(len(first)), end - first)
        found = self.order[np.arange(len(row)) - np.repeat(row_splits(end - first)[:-1] - first, end - first)]
        is_equal = equal_pronunciations(wanted, row, self._table, found)
        return row[is_equal], found[is_equal]
