"""Rows of different lengths in one array, as in k2: where each row begins, and which row each element is in.

``row_splits`` ``[0, 2, 2, 5]`` and ``row_ids`` ``[0, 0, 2, 2, 2]`` describe the same three rows.
"""

from typing import Tuple

import numpy as np

from wfst_bias.core.types import Array, IntArray


def row_splits(sizes: Array) -> IntArray:
    """Where each row begins and, last, the number of elements, int64 ``(R + 1,)``; of the sizes of the rows ``(R,)``."""
    splits = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=splits[1:])
    return splits


def row_ids(splits: IntArray) -> IntArray:
    """The row of each element, int32 ``(N,)``."""
    return np.repeat(np.arange(len(splits) - 1, dtype=np.int32), np.diff(splits))


def splits_of_ids(ids: IntArray, num_rows: int) -> IntArray:
    """The row splits of elements that are sorted by their rows, int64 ``(num_rows + 1,)``.

    Args:
      ids: the row of each element, never falling ``(N,)``.
    """
    return row_splits(np.bincount(ids, minlength=num_rows))


def positions(splits: IntArray) -> IntArray:
    """The position of each element within its row, int64 ``(N,)``."""
    return np.arange(splits[-1]) - np.repeat(splits[:-1], np.diff(splits))


def gather_rows(splits: IntArray, rows: IntArray) -> Tuple[IntArray, IntArray]:
    """The elements of some rows, one row after the other.

    Args:
      splits: of all rows ``(R + 1,)``.
      rows: the wanted ones, in any order, repeats allowed ``(W,)``.

    Returns:
      for each element the index into ``rows`` and its number among all elements, int64 ``(N,)`` each.
    """
    wanted = row_splits((splits[1:] - splits[:-1])[rows])
    index = np.repeat(np.arange(len(rows)), np.diff(wanted))
    return index, np.arange(wanted[-1]) + np.repeat(splits[:-1][rows] - wanted[:-1], np.diff(wanted))
