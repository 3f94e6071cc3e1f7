import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.machines import language, machine, same_language
from wfst_bias.fst.epsilon import remove_epsilons
from wfst_bias.fst.wfst import NO_SCORE, from_arcs


def removed(wfst):
    return remove_epsilons(wfst, wfst.ilabel == 0)


def test_backoff_is_folded_into_the_arcs_that_enter():
    wfst = machine(
        """
        0 1 5 9 -1
        1 2 0 0 -0.5
        1 3 6 0 0
        2 3 7 0 0
        3 0
        """
    )
    assert same_language(language(removed(wfst), 3), {((5, 6), (9,)): -1.0, ((5, 7), (9,)): -1.5})


def test_an_epsilon_hands_its_word_to_the_entering_arc():
    wfst = machine("0 1 5 0 0\n1 2 0 9 -1\n1 3 0 8 -2\n2 0\n3 0")
    assert language(removed(wfst), 2) == {((5,), (9,)): -1.0, ((5,), (8,)): -2.0}


def test_epsilons_of_the_start_are_expanded_forward_into_their_own_chains():
    wfst = machine("0 1 0 0 -1\n1 2 5 9 0\n2 3 0 0 -1\n3 4 6 0 0\n2 0\n4 0")
    assert language(removed(wfst), 2) == {((5,), (9,)): -1.0, ((5, 6), (9,)): -2.0}


def test_an_empty_sentence_keeps_its_score():
    wfst = machine("0 1 0 0 -1\n1 2 5 9 0\n1 -0.5\n2 0")
    assert language(removed(wfst), 1) == {((), ()): -1.5, ((5,), (9,)): -1.0}


def test_a_cycle_of_epsilons_is_an_error():
    with pytest.raises(ValueError, match="cycle"):
        removed(machine("0 1 5 0 0\n1 2 0 0 0\n2 1 0 0 0\n2 0"))


def test_two_words_on_one_arc_are_an_error():
    with pytest.raises(ValueError, match="two words"):
        removed(machine("0 1 5 9 0\n1 2 0 8 0\n2 0"))


@st.composite
def machines(draw):
    """Small machines whose epsilon arcs lead to higher states, so that they form no cycle."""
    num_states = draw(st.integers(2, 5))
    state = st.integers(0, num_states - 1)
    score = st.integers(-20, 0).map(lambda x: x / 4)
    real = draw(st.lists(st.tuples(state, state, st.integers(1, 3), st.integers(0, 2), score), min_size=1, max_size=7))
    epsilons = draw(st.lists(st.tuples(state, state, st.just(0), st.just(0), score), max_size=4))
    epsilons = [(min(a, b), max(a, b), *rest) for a, b, *rest in epsilons if a != b]
    final = np.full(num_states, NO_SCORE)
    for s in draw(st.sets(state, min_size=1, max_size=2)):
        final[s] = draw(score)
    return from_arcs(0, *zip(*(real + epsilons)), final)


@settings(max_examples=200, deadline=None)
@given(machines())
def test_removal_keeps_every_path_and_score(wfst):
    kept = removed(wfst)
    expected = language(wfst, 4, is_epsilon=wfst.ilabel == 0)
    assert (language(kept, 4) if kept.num_states else {}) == pytest.approx(expected)
    assert not (kept.ilabel == 0).any()


def test_a_loop_that_may_be_taken_behind_the_epsilon_needs_no_arc_before_it():
    wfst = machine("0 1 5 9 0\n1 1 4 0 -1\n1 2 0 0 -0.5\n2 2 4 0 -1\n2 3 6 0 0\n3 0")
    kept = removed(wfst)
    assert not ((kept.ilabel == 4) & (kept.src != kept.dst)).any()
    assert language(kept, 5) == pytest.approx(language(wfst, 5, is_epsilon=wfst.ilabel == 0))


@settings(max_examples=200, deadline=None)
@given(machines(), st.integers(-20, 0))
def test_loops_on_every_state_keep_every_path_and_score(wfst, score):
    """As pauses are: the same loop before and behind an epsilon."""
    states = np.arange(wfst.num_states)
    looped = from_arcs(
        wfst.start,
        *(np.append(getattr(wfst, name), states) for name in ("src", "dst")),
        np.append(wfst.ilabel, np.full(len(states), 4)),
        np.append(wfst.olabel, np.zeros(len(states))),
        np.append(wfst.score, score / 4 - (states % 2)),
        wfst.final,
    )
    kept = removed(looped)
    expected = language(looped, 4, is_epsilon=looped.ilabel == 0)
    assert (language(kept, 4) if kept.num_states else {}) == pytest.approx(expected)
