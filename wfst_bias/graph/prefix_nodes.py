"""The inner nodes of a prefix tree, from its rows in lexicographic order, without a look at any prefix twice."""

from dataclasses import dataclass

import numpy as np

from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.fst.ragged import positions, row_ids, row_splits
from wfst_bias.fst.wfst import NO_SCORE

START, END = 0, 1  # states of the tree


@dataclass(frozen=True)
class PrefixNodes:
    """The states of the prefixes that are no whole row, numbered from ``END + 1`` on in the order of the rows.

    Args:
      row, depth: the row that a node was made for, and the place of its last unit there, int64 ``(N,)`` each.
      parent: the state before each, :data:`START` for prefixes of one unit, int64 ``(N,)``.
      last: the state before the last unit of each row, int64 ``(P,)``.
      length: of each row ``(P,)``.
    """

    row: IntArray
    depth: IntArray
    parent: IntArray
    last: IntArray
    length: IntArray

    @classmethod
    def of(cls, units: IntArray, length: IntArray) -> "PrefixNodes":
        """Make the nodes of rows ``(P, L)``, ``(P,)`` in lexicographic order, a prefix of another one before it."""
        shared = _shared(units, length)
        splits = row_splits(length - 1 - shared)
        first = END + 1 + splits[:-1]
        row, place = row_ids(splits).astype(np.int64), positions(splits)
        hook = np.full(len(length), START)  # where a row departs from the tree of those before it
        for depth in range(int(shared.max(initial=0))):
            made_here = np.flatnonzero((shared <= depth) & (depth < length - 1))
            departing = np.flatnonzero(shared == depth + 1)
            maker = made_here[np.searchsorted(made_here, departing) - 1]
            hook[departing] = first[maker] + depth - shared[maker]
        parent = np.where(place == 0, hook[row], END + np.arange(len(row)))
        last = np.where(np.diff(splits) == 0, hook, first + np.diff(splits) - 1)
        return cls(row, shared[row] + place, parent, last, length)

    def best(self, score: FloatArray) -> FloatArray:
        """Return the best score of the rows behind each state, 0 for the start, float32 ``(END + 1 + N,)``.

        Args:
          score: of each row, float32 ``(P,)``.
        """
        best = np.full(END + 1 + len(self.parent), NO_SCORE)
        for depth in range(int(self.length.max()) - 2, -1, -1):
            rows = np.flatnonzero(self.length == depth + 2)
            _raise(best, self.last[rows], score[rows])
            nodes = np.flatnonzero(self.depth == depth + 1)
            _raise(best, self.parent[nodes], best[END + 1 + nodes])
        best[START] = 0.0
        return best


def _shared(units: IntArray, length: IntArray) -> IntArray:
    """How many inner units each row has in common with the row before it, int64 ``(P,)``."""
    equal = units[1:] == units[:-1]
    first_other = np.where(equal.all(axis=1), units.shape[1], np.argmin(equal, axis=1))
    shared = np.zeros(len(length), np.int64)
    shared[1:] = np.minimum(first_other, np.minimum(length[1:], length[:-1]) - 1)
    return shared


def _raise(best: FloatArray, state: IntArray, score: FloatArray) -> None:
    """Raise the scores of states, which never fall ``(K,)``, to the best of some ``(K,)``."""
    if len(state):
        first = np.flatnonzero(np.append(True, state[1:] != state[:-1]))
        best[state[first]] = np.maximum(best[state[first]], np.maximum.reduceat(score, first))


def lexicographic_order(units: IntArray, num_tokens: int) -> IntArray:
    """Order of the rows by their units, a prefix first, ``(P,)``; several units are compared as one number.

    Args:
      units: padded with -1 ``(P, L)``.
      num_tokens: more than any of them.
    """
    bytes_a_unit = next(size for size in (1, 2, 4) if num_tokens < 256**size)
    num_words = -(-units.shape[1] * bytes_a_unit // 8)
    digits = np.zeros((len(units), num_words * 8 // bytes_a_unit), f">u{bytes_a_unit}")
    digits[:, : units.shape[1]] = units + 1
    words = digits.view(">u8").astype(np.uint64)
    order: IntArray = np.lexsort(words.T[::-1])
    return order
