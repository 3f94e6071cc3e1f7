"""Graphs under a condition against the paths of the graph that keep it."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.machines import language, same_language
from helpers.worlds import compiled_lists, worlds
from wfst_bias.fst.ctc import TOPOLOGIES
from wfst_bias.fst.wfst import NO_SCORE, trim
from wfst_bias.graph.compile import base_graph
from wfst_bias.graph.constrain import stopping_anywhere, with_outputs, without_outputs
from wfst_bias.graph.exchange import plain_machine

MAX_LENGTH = 4
topologies = st.sampled_from(TOPOLOGIES)


def graph_of(world, topology):
    words, token_graph = world.token_graph()
    base = base_graph(world.lang, words, token_graph, topology)
    return base.with_entities(*compiled_lists(world, words, -1.0))


def sentences(graph):
    """Best score of each (columns, outputs); what no path can take is none."""
    machine = plain_machine(graph)
    said = language(machine, MAX_LENGTH) if machine.num_states else {}
    return {path: score for path, score in said.items() if score > NO_SCORE}


@settings(max_examples=30)
@given(worlds(), topologies, st.integers(0, 1))
def test_paths_with_a_phrase_and_without(world, topology, number):
    graph = graph_of(world, topology)
    phrase = graph.first_phrase + number
    said = sentences(graph)
    assert same_language(sentences(with_outputs(graph, [phrase])), {k: v for k, v in said.items() if phrase in k[1]})
    assert same_language(sentences(without_outputs(graph, [phrase])), {k: v for k, v in said.items() if phrase not in k[1]})


@settings(max_examples=30)
@given(worlds(), topologies)
def test_arcs_of_the_second_copy_are_those_of_the_first(world, topology):
    graph = graph_of(world, topology)
    twice = with_outputs(graph, [graph.first_phrase])
    arcs = np.arange(twice.num_arcs)
    both = twice.arcs.numpy().reshape(2, graph.num_arcs, 4)
    assert (both[:, :, 2] == graph.arcs[:, 2].numpy()).all()
    assert (twice.outputs_of(arcs) == np.tile(graph.outputs_of(np.arange(graph.num_arcs)), 2)).all()
    assert (np.repeat(np.arange(twice.num_states), np.diff(twice.splits.numpy())) == twice.arcs[:, 0].numpy()).all()


@settings(max_examples=30)
@given(worlds(), topologies)
def test_paths_that_may_stop_anywhere(world, topology):
    graph = graph_of(world, topology)
    machine = plain_machine(graph)
    everywhere = language(trim(replace(machine, final=np.zeros(machine.num_states, np.float32))), MAX_LENGTH - 1)
    rest = graph.num_columns
    expected = {}
    for (columns, said), score in everywhere.items():
        for num_rests in range(MAX_LENGTH + 1 - len(columns)):
            expected[columns + (rest,) * num_rests, said] = score
    stopped = {(c, said): s for (c, said), s in sentences(stopping_anywhere(graph)).items() if rest in c}
    assert same_language(stopped, {(c, said): s for (c, said), s in expected.items() if rest in c})


@settings(max_examples=30)
@given(worlds(), topologies)
def test_where_arcs_stand_in_the_graph_that_may_stop_anywhere(world, topology):
    graph = graph_of(world, topology)
    stopping = stopping_anywhere(graph)
    inner = np.flatnonzero(graph.arcs[:, 2].numpy() >= 0)
    there = inner + graph.arcs[inner, 0].numpy()
    assert (stopping.arcs[there].numpy() == graph.arcs[inner].numpy()).all()
    assert (stopping.outputs_of(there) == graph.outputs_of(inner)).all()
    state = np.repeat(np.arange(stopping.num_states), np.diff(stopping.splits.numpy()))
    assert (state == stopping.arcs[:, 0].numpy()).all()
