import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.fst.ragged import gather_rows, positions, row_ids, row_splits, splits_of_ids

sizes = st.lists(st.integers(0, 4), max_size=6)


@given(sizes)
def test_rows_are_those_of_a_loop(sizes):
    splits = row_splits(np.array(sizes, int))
    rows = [(row, place) for row, size in enumerate(sizes) for place in range(size)]
    assert splits.tolist() == [sum(sizes[:i]) for i in range(len(sizes) + 1)]
    assert list(zip(row_ids(splits).tolist(), positions(splits).tolist())) == rows
    assert splits_of_ids(row_ids(splits), len(sizes)).tolist() == splits.tolist()


@given(sizes.filter(len), st.data())
def test_gathered_rows_are_those_of_a_loop(sizes, data):
    wanted = data.draw(st.lists(st.integers(0, len(sizes) - 1), max_size=5))
    splits = row_splits(np.array(sizes))
    index, elements = gather_rows(splits, np.array(wanted, int))
    expected = [(i, splits[row] + place) for i, row in enumerate(wanted) for place in range(sizes[row])]
    assert list(zip(index.tolist(), elements.tolist())) == expected


def test_rows_are_those_of_k2():
    k2 = pytest.importorskip("k2")
    shape = k2.RaggedTensor([[1, 2], [], [3, 4, 5]]).shape
    splits = row_splits([2, 0, 3])
    assert splits.tolist() == shape.row_splits(1).tolist() and row_ids(splits).tolist() == shape.row_ids(1).tolist()
