"""The nodes of a prefix tree in arrays, against a tree of dictionaries."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.graph.prefix_nodes import END, START, PrefixNodes, lexicographic_order

row = st.lists(st.integers(1, 3), min_size=1, max_size=5).map(tuple)


def _matrix(rows):
    units = np.full((len(rows), max(map(len, rows))), -1, np.int32)
    for i, one in enumerate(rows):
        units[i, : len(one)] = one
    return units, np.array(list(map(len, rows)))


@settings(deadline=None)
@given(st.lists(row, min_size=1, max_size=12), st.data())
def test_every_inner_prefix_is_one_node(rows, data):
    rows = sorted(rows)
    scores = [data.draw(st.integers(-8, 8)) / 2 for _ in rows]
    nodes = PrefixNodes.of(*_matrix(rows))
    number = {(): START}
    for one in rows:
        for length in range(1, len(one)):
            number.setdefault(one[:length], END + len(number))
    prefixes = list(number)
    made = [rows[r][: depth + 1] for r, depth in zip(nodes.row.tolist(), nodes.depth.tolist())]
    assert made == prefixes[1:]
    assert nodes.parent.tolist() == [number[one[:-1]] for one in made]
    assert nodes.last.tolist() == [number[one[:-1]] for one in rows]
    best = nodes.best(np.array(scores, np.float32))
    for prefix, state in number.items():
        behind = [score for one, score in zip(rows, scores) if one[: len(prefix)] == prefix and len(one) > len(prefix)]
        assert best[state] == (max(behind) if prefix else 0.0)


@given(st.lists(row, min_size=1, max_size=12), st.sampled_from([4, 255, 256, 70_000]))
def test_rows_are_ordered_by_their_units(rows, num_tokens):
    units, _ = _matrix(rows)
    units = np.where(units == 3, num_tokens - 1, units)
    order = lexicographic_order(units, num_tokens)
    assert [rows[i] for i in order.tolist()] == sorted(rows)
