"""Determinization that keeps alignments, held against an enumeration of all paths."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.machines import machine
from wfst_bias.fst.batch import WfstBatch
from wfst_bias.fst.wfst import from_arcs, trim
from wfst_bias.lattice.determinize import determinized

END = 9


def paths_of(lattice):
    """Every path as the numbers of its arcs."""
    paths, ends = [(0, ())], []
    while paths:
        state, arcs = paths.pop()
        if state == lattice.num_states - 1:
            ends.append(arcs)
        paths += [(lattice.dst[a], (*arcs, a)) for a in np.flatnonzero(lattice.src == state).tolist()]
    return ends


def best_of_each_string(lattice, paths):
    best = {}
    for arcs in map(list, paths):
        string = tuple(lattice.ilabel[arcs][lattice.ilabel[arcs] > 0].tolist())
        best[string] = max(best.get(string, -np.inf), float(lattice.score[arcs].sum()))
    return best


def paths_of_stretches(stretches):
    """Every path as the numbers of the lattice's arcs."""
    last = stretches.dst.max(initial=0)
    paths, ends = [(0, ())], []
    while paths:
        state, arcs = paths.pop()
        if state == last and arcs:
            ends.append(arcs)
        for i in np.flatnonzero(stretches.src == state).tolist():
            own = stretches.arcs[stretches.splits[i] : stretches.splits[i + 1]]
            paths.append((stretches.dst[i], (*arcs, *own.tolist())))
    return ends


def determinized_alone(lattice, beam):
    return determinized(WfstBatch.of(lattice), [beam])


@st.composite
def lattices(draw):
    num_states = draw(st.integers(3, 9))
    arc = st.tuples(st.integers(0, num_states - 3), st.integers(1, 4), st.integers(0, 2), st.integers(-40, 0))
    rows = [(s, min(s + step, num_states - 2), w, score / 8) for s, step, w, score in draw(st.lists(arc, max_size=16))]
    rows += [(num_states - 2, num_states - 1, END, -0.5)]
    rows += [(s, num_states - 1, END, -1.0) for s in draw(st.sets(st.integers(0, num_states - 3), max_size=2))]
    src, dst, label, score = zip(*rows)
    final = np.full(num_states, -np.inf)
    final[-1] = 0.0
    return trim(from_arcs(0, src, dst, label, label, score, final))


@given(lattices())
def test_each_string_has_one_path_its_best(lattice):
    expected = best_of_each_string(lattice, paths_of(lattice))
    stretches = determinized_alone(lattice, 1000.0)
    paths = paths_of_stretches(stretches)
    found = best_of_each_string(lattice, paths)
    assert len(paths) == len(found)  # no string twice
    assert found.keys() == expected.keys()
    assert all(found[string] == pytest.approx(expected[string], abs=1e-2) for string in expected)
    assert set(map(tuple, paths)) <= set(map(tuple, paths_of(lattice)))


@given(lattices())
def test_within_a_beam_none_is_missing(lattice):
    beam = 2.0
    expected = best_of_each_string(lattice, paths_of(lattice))
    found = best_of_each_string(lattice, paths_of_stretches(determinized_alone(lattice, beam)))
    within = {s for s, score in expected.items() if score >= max(expected.values()) - beam + 1e-2}
    assert within <= found.keys() <= expected.keys()
    assert all(found[string] == pytest.approx(expected[string], abs=1e-2) for string in within)


def test_a_stretch_ends_where_a_word_is_said():
    lattice = machine("""
        0 1 0 0 -1
        0 2 0 0 -2
        1 3 5 5 -1
        2 3 5 5 -0.5
        3 4 0 0 0
        4 5 9 9 0
        5 0
    """)
    stretches = determinized_alone(lattice, 10.0)
    assert stretches.label.tolist() == [5, END]
    assert [a.tolist() for a in np.split(stretches.arcs, stretches.splits[1:-1])] == [[0, 2], [4, 5]]
    assert (stretches.src.tolist(), stretches.dst.tolist()) == ([0, 1], [1, 2])


def test_nothing_says_nothing():
    none = np.zeros(0, np.int32)
    empty = determinized_alone(from_arcs(0, none, none, none, none, none, np.zeros(2, np.float32)), 8.0)
    assert (len(empty.src), empty.splits.tolist()) == (0, [0])
