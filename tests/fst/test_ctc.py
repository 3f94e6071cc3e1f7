"""The CTC product against k2's own composition."""

import k2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.machines import machine
from wfst_bias.fst.ctc import MODIFIED, STANDARD, TOPOLOGIES, ctc_product
from wfst_bias.fst.wfst import NO_SCORE, from_arcs, k2_arcs, k2_rows, trim

NUM_TOKENS = 4  # blank and three more


def as_k2(wfst):
    """A token graph for k2, its words as ``aux_labels``."""
    fsa = k2.Fsa(torch.from_numpy(k2_arcs(wfst)))
    rows, _ = k2_rows(wfst)
    fsa.aux_labels = torch.full((fsa.num_arcs,), -1, dtype=torch.int32)
    fsa.aux_labels[torch.from_numpy(rows)] = torch.from_numpy(wfst.olabel)
    return fsa


def ours(graph, topology=STANDARD):
    table = ctc_product(graph, NUM_TOKENS, topology)
    fsa = k2.Fsa(torch.from_numpy(table.arcs))  # with a scan of its arcs, so that k2 checks them
    assert fsa.properties & 1 and table.splits.tolist() == [
        int(np.searchsorted(table.arcs[:, 0], s)) for s in range(len(table.splits))
    ]
    fsa.aux_labels = torch.from_numpy(table.olabels)
    return fsa


def by_k2(graph, topology=STANDARD):
    topology = k2.ctc_topo(NUM_TOKENS - 1, modified=topology == MODIFIED)
    return k2.connect(k2.compose(k2.arc_sort(topology), k2.arc_sort(as_k2(graph))))


def best(fsa, emissions):
    """Best score and its words; all paths are searched."""
    num_frames = emissions.shape[0]
    segment = torch.tensor([[0, 0, num_frames]], dtype=torch.int32)
    dense = k2.DenseFsaVec(emissions[None], segment)
    lattice = k2.intersect_dense(k2.create_fsa_vec([fsa]), dense, output_beam=1000.0)
    if lattice.num_arcs == 0:
        return None
    path = k2.shortest_path(lattice, use_double_scores=True)
    return float(path.scores.sum()), [w for w in path.aux_labels.tolist() if w > 0]


@st.composite
def graphs(draw):
    num_states = draw(st.integers(1, 4))
    state = st.integers(0, num_states - 1)
    score = st.integers(-20, 0).map(lambda x: x / 4)
    arcs = draw(
        st.lists(
            st.tuples(state, state, st.integers(1, NUM_TOKENS - 1), st.integers(0, 9), score), min_size=1, max_size=8
        )
    )
    final = np.full(num_states, NO_SCORE)
    for s in draw(st.sets(state, min_size=1)):
        final[s] = draw(score)
    return trim(from_arcs(0, *zip(*arcs), final))


@pytest.mark.parametrize("topology", TOPOLOGIES)
@settings(max_examples=150, deadline=None)
@given(graphs(), st.integers(1, 6), st.integers(0, 1000))
def test_product_says_what_k2_compose_says(topology, graph, num_frames, seed):
    if not graph.num_arcs:
        return
    emissions = torch.randn(num_frames, NUM_TOKENS, generator=torch.Generator().manual_seed(seed)).log_softmax(-1)
    mine, theirs = best(ours(graph, topology), emissions), best(by_k2(graph, topology), emissions)
    assert (mine is None) == (theirs is None)
    if mine:
        assert mine[0] == pytest.approx(theirs[0], abs=1e-4)


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_product_has_as_many_arcs_as_that_of_k2(topology):
    graph = trim(machine("0 1 1 7 -1\n1 0 2 8 0\n1 1 1 9 0\n0 2 3 5 0\n2 1 1 4 0\n1 -1\n2 0"))
    assert ours(graph, topology).num_arcs == by_k2(graph, topology).num_arcs


def test_a_repeated_token_needs_a_blank_between():
    graph = machine("0 1 1 7 0\n1 2 1 8 0\n2 0")
    always_one = torch.log(torch.tensor([[0.1, 0.9, 1e-9, 1e-9]])).repeat(2, 1)
    assert best(ours(graph), always_one) is None
    assert best(ours(graph), always_one.repeat(2, 1)[:3])[1] == [7, 8]
    assert best(ours(graph, MODIFIED), always_one)[1] == [7, 8]


def test_a_token_and_its_twin_column_are_the_same_token():
    graph = machine(f"0 1 1 7 0\n1 2 {1 + NUM_TOKENS} 8 0\n2 0")
    assert best(ours(graph), torch.zeros(2, 2 * NUM_TOKENS)) is None
    assert best(ours(graph), torch.zeros(3, 2 * NUM_TOKENS))[1] == [7, 8]
