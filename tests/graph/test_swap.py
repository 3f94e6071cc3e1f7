"""Lists swapped into a base graph, against the same graph built anew."""

import gc
import weakref
from dataclasses import replace

import k2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.worlds import (
    BOUNDARY,
    CLASSES,
    TOKENS,
    World,
    compiled_lists,
    lowered_words,
    with_lowered_words,
    worlds,
)
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.spelling import Spelling, Spellings
from wfst_bias.fst.columns import ColumnLayout
from wfst_bias.fst.ctc import TOPOLOGIES, ctc_product
from wfst_bias.fst.wfst import from_arcs, trim
from wfst_bias.graph import arena as arena_module
from wfst_bias.graph.base import CompiledList
from wfst_bias.graph.biasing_trie import compile_trie, gated, splice
from wfst_bias.graph.compile import base_graph


def machine_of(rows, olabels):
    """A table of arcs as a trimmed machine."""
    last = rows[:, 1].max()
    ends = rows[:, 2] == -1
    final = np.full(last + 1, -np.inf, np.float32)
    final[rows[ends, 0]] = rows[ends, 3].view(np.float32)
    inner = rows[~ends]
    score = np.ascontiguousarray(inner[:, 3]).view(np.float32)
    return trim(from_arcs(0, inner[:, 0], inner[:, 1], inner[:, 2], olabels[~ends], score, final))


def outgoing(machine):
    """What leaves each state and what it enters with, in an order that does not depend on the numbers."""
    arcs = zip(machine.src, machine.ilabel, machine.olabel, np.round(machine.score, 3))
    leaving = [[] for _ in range(machine.num_states)]
    for src, *arc in arcs:
        leaving[src].append(tuple(map(float, arc)))
    return sorted(sorted(arcs) for arcs in leaving)


def best(fsa, olabels, emissions):
    """Score and output of the best path, by a search that keeps all paths."""
    dense = k2.DenseFsaVec(emissions[None], torch.tensor([[0, 0, len(emissions)]], dtype=torch.int32))
    lattice = k2.intersect_dense_pruned(fsa, dense, 1000.0, 1000.0, 10000, 20000)
    if not (lattice.labels == -1).any():
        return None
    path = k2.shortest_path(lattice, use_double_scores=True)
    said = olabels[path.graph_arc.numpy()]
    return float(path.scores.sum()), said[said > 0].tolist()


@pytest.mark.parametrize("topology", TOPOLOGIES)
@settings(max_examples=60, deadline=None)
@given(worlds(), worlds(), st.integers(0, 1000), st.data())
def test_a_swap_is_the_graph_built_anew(topology, world, other, seed, data):
    words, token_graph = world.token_graph()
    base = base_graph(world.lang, words, token_graph, topology)
    before = base.table.arcs.copy()
    if other.boundary == world.boundary:  # a list that was there before leaves nothing behind
        base.with_entities(*compiled_lists(other, words, -2.0, data.draw(lowered_words(world))))
    lowered = data.draw(lowered_words(world))
    graph = base.with_entities(*compiled_lists(world, words, -1.0, lowered))
    fst = with_lowered_words(token_graph.fst, words, lowered)
    spliced = trim(splice(fst, token_graph.class_arcs, world.expansions(words, -1.0, marked=True)))
    rebuilt = ctc_product(spliced, len(TOKENS), topology)
    assert np.array_equal(base.table.arcs, before)
    swapped = machine_of(graph.arcs.numpy(), graph.olabels)
    anew = machine_of(rebuilt.arcs, rebuilt.olabels)
    assert (swapped.num_states, swapped.num_arcs) == (anew.num_states, anew.num_arcs)
    assert outgoing(swapped) == outgoing(anew)
    emissions = torch.randn(7, graph.num_columns, generator=torch.Generator().manual_seed(seed)).log_softmax(-1)
    assert k2.Fsa(graph.arcs.clone()).properties & 1  # valid, by a scan of its arcs
    theirs = k2.Fsa(torch.from_numpy(rebuilt.arcs))
    theirs.graph_arc = torch.arange(rebuilt.num_arcs, dtype=torch.int32)
    mine, expected = best(graph.fsa, graph.olabels, emissions), best(theirs, rebuilt.olabels, emissions)
    assert (mine is None) == (expected is None)
    if mine:
        assert mine[0] == pytest.approx(expected[0], abs=1e-4)


WORLD = World(BOUNDARY, {"ann": (("a",),)}, {"ann": (-1.0, -1.0)}, {("<s>", "ann"): -1.0}, -1.0, -1.0, {})


def base_and_list(*spellings):
    words, token_graph = WORLD.token_graph()
    base = base_graph(WORLD.lang, words, token_graph, "standard")
    spelled = [Spelling(i, tuple(units.split())) for i, units in enumerate(spellings)]
    entities = tuple(Entity(units) for units in spellings)
    return base, CompiledList(entities, compile_trie(Spellings.of(spelled), TOKENS, [BOUNDARY]), 0, -1.0)


def test_two_graphs_at_a_time_do_not_share_their_lists():
    base, one = base_and_list("b")
    _, two = base_and_list("c", "c b")
    first = base.with_entities(one)
    arcs = first.arcs.clone()
    second = base.with_entities(two)
    assert torch.equal(first.arcs, arcs) and len(second.arcs) != len(arcs)


def test_a_graph_that_is_gone_leaves_its_arena_to_the_next():
    base, entities = base_and_list("b", "c")
    memory = {base.with_entities(entities).arcs.data_ptr() for _ in range(20)}
    gc.collect()
    assert len(memory) == 1 and len(base._free) == 1


def test_a_copy_of_a_graph_keeps_its_arena(monkeypatch):
    base, one = base_and_list("b")
    graph = base.with_entities(one)
    copy, fsa = replace(graph), graph.fsa
    arcs, olabels = copy.arcs.clone(), copy.olabels.copy()
    del graph
    _, two = base_and_list("c", "c b")
    other = base.with_entities(two)
    assert torch.equal(copy.arcs, arcs) and np.array_equal(copy.olabels, olabels)
    del copy
    assert torch.equal(fsa.arcs.values(), arcs) and other.num_arcs != len(arcs)


def test_bases_on_two_devices_share_no_arena():
    base, entities = base_and_list("b")
    base.with_entities(entities)
    there = replace(base, device=torch.device("meta"))
    assert there._free is base._free and torch.device("meta") not in base._free


def test_a_list_that_outgrows_the_arena_gets_a_larger_one(monkeypatch):
    for name in ("_LEAST_STATES", "_LEAST_ARCS", "_LEAST_ENTRIES"):
        monkeypatch.setattr(arena_module, name, 4)
    base, small = base_and_list("b")
    _, large = base_and_list(*(" ".join(u) for u in ("bc", "cb", "abab", "cccc", "bcbcb", "ccab")))
    first = machine_of(*(lambda g: (g.arcs.numpy(), g.olabels))(base.with_entities(large)))
    again = machine_of(*(lambda g: (g.arcs.numpy(), g.olabels))(base.with_entities(large)))
    assert outgoing(first) == outgoing(again)
    assert base.with_entities(small).num_arcs < base.with_entities(large).num_arcs


def test_a_base_can_be_forgotten():
    base, entities = base_and_list("b")
    base.with_entities(entities)
    reference = weakref.ref(base)
    del base
    gc.collect()
    assert reference() is None


def test_a_gated_branch_is_entered_through_its_own_columns():
    _, entities = base_and_list("b c")
    first_column = ColumnLayout(len(TOKENS)).gated(0, 0)
    trie = gated(entities.trie, first_column)
    assert trie.ilabel.tolist() == [first_column + TOKENS["b"], len(TOKENS) + TOKENS["c"]]


def test_classes_are_numbered():
    _, token_graph = WORLD.token_graph()
    assert [(c.name, c.in_model) for c in token_graph.classes] == [(CLASSES[0], False), (CLASSES[1], False)]
