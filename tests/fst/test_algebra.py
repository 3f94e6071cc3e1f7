"""The operations against those of pynini on random machines."""

import numpy as np
import pynini
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.fst.algebra import (
    INPUT,
    OUTPUT,
    concatenation,
    final_scores,
    joined_arcs,
    linear_acceptor,
    project,
    relabel,
    renumber,
    sort_arcs,
    start_first,
    union,
    with_arcs,
    with_own_start,
)
from wfst_bias.fst.wfst import NO_SCORE, Wfst, from_arcs, to_openfst


@st.composite
def machines(draw):
    num_states = draw(st.integers(1, 4))
    state = st.integers(0, num_states - 1)
    score = st.integers(-8, 0).map(lambda x: x / 4)
    arcs = draw(st.lists(st.tuples(state, state, st.integers(0, 3), st.integers(0, 3), score), max_size=6))
    final = draw(st.lists(st.one_of(score, st.just(float(NO_SCORE))), min_size=num_states, max_size=num_states))
    return from_arcs(draw(state), *(zip(*arcs) if arcs else [[]] * 5), final)


def equivalent(wfst: Wfst, expected: pynini.Fst) -> bool:
    """Whether all pairs of input and output sequences have the same scores: as acceptors of pairs, determinized."""
    return paths(to_openfst(wfst)) == paths(expected)


def paths(fst, longest=4):
    """Best score of each pair of label sequences, of paths with up to ``longest`` arcs that are not both epsilon."""
    best, found = {}, {}
    todo = [(fst.start(), (), (), 0.0, 0)] if fst.start() >= 0 else []
    while todo:
        state, ins, outs, cost, length = todo.pop()
        key = (state, ins, outs, length)
        if best.get(key, np.inf) <= cost:
            continue
        best[key] = cost
        final = float(fst.final(state))
        if np.isfinite(final):
            found[ins, outs] = min(found.get((ins, outs), np.inf), cost + final)
        for arc in fst.arcs(state):
            more = length + bool(arc.ilabel or arc.olabel)
            if more <= longest:
                ilabel, olabel = (arc.ilabel,) * (arc.ilabel > 0), (arc.olabel,) * (arc.olabel > 0)
                todo.append((arc.nextstate, ins + ilabel, outs + olabel, cost + float(arc.weight), more))
    return {key: round(cost, 4) for key, cost in found.items()}


@settings(max_examples=60, deadline=None)
@given(st.lists(machines(), min_size=1, max_size=3))
def test_union_and_concatenation_are_those_of_pynini(parts):
    fsts = [to_openfst(part) for part in parts]
    assert equivalent(union(parts), pynini.union(*fsts) if len(fsts) > 1 else fsts[0])
    together = fsts[0].copy()
    for fst in fsts[1:]:
        together.concat(fst)
    assert equivalent(concatenation(parts), together)


def test_a_union_may_tell_its_machines_apart():
    both = union([linear_acceptor([1]), linear_acceptor([1, 2])], outputs=[7, 8])
    assert paths(to_openfst(both)) == {((1,), (7, 1)): 0.0, ((1, 2), (8, 1, 2)): 0.0}


@given(st.lists(st.integers(1, 5), max_size=5))
def test_a_linear_acceptor_has_one_path(labels):
    assert paths(to_openfst(linear_acceptor(labels)), 5) == {(tuple(labels), tuple(labels)): 0.0}


@settings(max_examples=60, deadline=None)
@given(machines(), st.randoms(use_true_random=False))
def test_numbers_of_states_and_the_order_of_arcs_do_not_matter(machine, random):
    number = np.array(random.sample(range(machine.num_states), machine.num_states))
    expected = to_openfst(machine)
    for other in (renumber(machine, number), sort_arcs(machine), start_first(machine), with_own_start(machine)):
        assert equivalent(other, expected) and (np.diff(other.src) >= 0).all()
    sorted_ = sort_arcs(machine)
    assert all((np.diff(sorted_.ilabel[sorted_.src == state]) >= 0).all() for state in range(machine.num_states))
    assert start_first(machine).start == 0
    own = with_own_start(machine)
    assert own.start == 0 and not (own.dst == 0).any()


@settings(max_examples=60, deadline=None)
@given(machines())
def test_projection_is_that_of_pynini_and_labels_are_mapped(machine):
    for side in (INPUT, OUTPUT):
        assert equivalent(project(machine, side), to_openfst(machine).project(side))
    table = np.array([0, 5, 6, 7])
    pairs = [(i, i + 4) for i in (1, 2, 3)]
    assert equivalent(relabel(machine, ilabel=table), to_openfst(machine).relabel_pairs(ipairs=pairs))
    assert equivalent(relabel(machine, olabel=table), to_openfst(machine).relabel_pairs(opairs=pairs))


def test_more_arcs_stand_behind_those_of_their_state():
    chain = with_arcs(linear_acceptor([1, 2]), [0, 1], [0, 1], ilabel=3, score=[-1.0, -2.0])
    assert chain.ilabel.tolist() == [1, 3, 2, 3] and chain.score.tolist() == [0.0, -1.0, 0.0, -2.0]
    assert chain.olabel.tolist() == [1, 0, 2, 0]


def test_machines_of_the_same_states_are_joined():
    machine = linear_acceptor([1, 2])
    joined = joined_arcs([machine.arcs(np.array([1])), machine.arcs(np.array([0]))])
    assert joined.ilabel.tolist() == [1, 2] and joined.src.tolist() == [0, 1] and joined.num_states == 3


def test_final_scores_are_minus_infinity_elsewhere():
    assert final_scores(3, [0, 2], [1.0, 2.0]).tolist() == [1.0, NO_SCORE, 2.0]
    assert final_scores(2, -1).dtype == np.float32


def test_a_side_that_is_none_is_an_error():
    with pytest.raises(ValueError, match="found side 'left'; expected 'input' or 'output'"):
        project(linear_acceptor([1]), "left")
