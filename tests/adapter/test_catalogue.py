"""The catalogue: which phrases can be said, how, and what their beginnings share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.adapter.catalogue import MOST_UNITS, catalogue_of, catalogue_of_list, trie_of
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.speller import Speller


@pytest.fixture(scope="module")
def catalogue(lang):
    speller = Speller(lang)
    return lambda *phrases: catalogue_of_list(speller.spell([Entity(p) for p in phrases]), lang.units)


def ways(lang, catalogue):
    """``phrase: units`` lines."""
    return [
        f"{catalogue.entities[int(entity)].written}: "
        + " ".join(lang.tokens.symbols[unit] for unit in units[:length].tolist())
        for units, length, entity in zip(catalogue.units, catalogue.lengths, catalogue.entity)
    ]


def test_each_phrase_stands_between_boundaries(lang, catalogue):
    assert ways(lang, catalogue("Call Keller", "Olson")) == [
        "Call Keller: <wb> K AO L <wb> K EH L ER <wb>",
        "Olson: <wb> OW L S AH N <wb>",
    ]


def test_units_without_a_boundary_have_no_edges(lang):
    import dataclasses

    units = dataclasses.replace(lang.units, boundary="")
    said = Speller(dataclasses.replace(lang, units=units)).spell([Entity("Olson")])
    assert ways(lang, catalogue_of_list(said, units)) == ["Olson: OW L S AH N"]


def test_what_cannot_be_said_is_left_out(lang, catalogue):
    found = catalogue("日本", "Keller", "keller", "...")
    assert [entity.written for entity in found.entities] == ["Keller"] and len(found) == 1
    nothing = catalogue("日本")
    assert (len(nothing), nothing.units.shape[0], nothing.trie.unit) == (0, 0, [])


def test_numbers_of_another_catalogue(lang, catalogue):
    all_of_them = [Entity("Quincy"), Entity("Keller"), Entity("Olson")]
    said = Speller(lang).spell(all_of_them[1:])
    found = catalogue_of_list(said, lang.units, {entity: i for i, entity in enumerate(all_of_them)})
    assert len(found) == 3 and set(found.entity.tolist()) == {1, 2}


def test_of_many_ways_the_first_are_kept():
    found = catalogue_of(["either", "route"], [[[1, 2], [3, 2], [4], [5]], [[6]]], most_pronunciations=2)
    assert found.units.tolist() == [[1, 2], [3, 2], [6, 0]]
    assert (found.lengths.tolist(), found.entity.tolist()) == ([2, 2, 1], [0, 0, 1])


def test_a_long_phrase_is_known_by_its_beginning():
    long = [1 + i % 7 for i in range(100)]
    assert catalogue_of(["long"], [[long]]).units.tolist() == [long[:MOST_UNITS]]


def test_levels_of_a_trie():
    """cat, cab, coat, at"""
    k, ae, t, b, ow = 1, 2, 3, 4, 5
    trie = catalogue_of("cat cab coat at".split(), [[[k, ae, t]], [[k, ae, b]], [[k, ow, t]], [[ae, t]]]).trie
    assert [x.tolist() for x in trie.unit] == [[k, ae], [ae, ow, t], [t, b, t]]
    assert [x.tolist() for x in trie.parent] == [[0, 0], [0, 0, 1], [0, 0, 1]]
    assert [ways.tolist() for _, ways in trie.ends] == [[], [3], [0, 1, 2]]


@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=5), min_size=1, max_size=12))
def test_each_way_can_be_read_back_from_the_trie(some):
    catalogue = catalogue_of(range(len(some)), [[way] for way in some])
    trie = trie_of(catalogue.units.numpy(), catalogue.lengths.numpy())
    read = {}
    for level, (nodes, ways) in enumerate(trie.ends):
        for node, way in zip(nodes.tolist(), ways.tolist()):
            units = []
            for above in range(level, -1, -1):
                units.insert(0, int(trie.unit[above][node]))
                node = int(trie.parent[above][node])
            read[way] = units
    assert [read[way] for way in range(len(some))] == some
    assert sum(map(len, trie.unit)) == len({tuple(way[:i]) for way in some for i in range(1, len(way) + 1)})
