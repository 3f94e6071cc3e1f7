"""Partial phrases: the ways out of a list's phrases between two of their words, against an enumeration."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.enumeration import MAX_LENGTH, enumeration, one_boundary_between_words
from helpers.machines import language, same_language
from helpers.worlds import BOUNDARY, TOKENS, worlds_with_phrases
from wfst_bias.core.symbols import CLASS
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.nested import above_their_parts
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.entities.speller import Speller
from wfst_bias.entities.spelling import Spelling, Spellings, partial_spellings, spellings
from wfst_bias.fst.columns import ColumnLayout
from wfst_bias.fst.ctc import TOPOLOGIES
from wfst_bias.fst.wfst import WORD_END
from wfst_bias.graph.biasing_trie import splice
from wfst_bias.graph.compile import base_graph
from wfst_bias.graph.compile_list import compile_list
from wfst_bias.graph.listed import OPEN


def partial_by_definition(world, entities, whole):
    """Each pronunciation of the first words of a phrase, and of others that are unknown, and what it may be.

    Not those that are one of a whole phrase.
    """
    found = {}
    for phrase in {entity.words for entity in entities}:
        runs = [phrase[:length] for length in range(1, len(phrase))]
        for words in [*runs, *([word] for word in phrase[1:] if word not in world.unigrams)]:
            for parts in itertools.product(*(world.lexicon[word] for word in words)):
                units = parts[0]
                for part in parts[1:]:
                    units += ((world.boundary,) if world.boundary else ()) + part
                if units not in whole:
                    found.setdefault(units, set()).add(tuple(words))
    return found


@settings(max_examples=120, deadline=None)
@given(worlds_with_phrases())
def test_a_phrase_is_left_between_its_words_with_nothing_of_what_it_paid(drawn):
    world, entities, config = drawn
    words, token_graph = world.token_graph()
    base = base_graph(world.lang, words, token_graph, "standard")
    spelled = Speller(world.lang, base.known_words).spell(entities)
    compiled = compile_list(base, spelled, config)

    whole = spellings(spelled, config.bonus, config.length_bonus, world.lang.lexicon.mean_length)
    whole = above_their_parts(spelled, whole, compiled.entry_score, world.boundary)
    num_phrases = len(spelled.used)
    partial, texts = partial_spellings(spelled, whole, num_phrases, config.partial_cost)
    expected = partial_by_definition(world, entities, {spelling.units for spelling in whole})
    assert {one.units for one in partial} == expected.keys() and len(partial) == len(expected)
    assert all(texts[one.phrase - num_phrases] in expected[one.units] for one in partial)
    weight_of = {outcome.entity.words: min(outcome.entity.weight, 0.0) for outcome in spelled.used}
    for one in partial:
        text = texts[one.phrase - num_phrases]
        parts = [(word,) for word in text] + [text] * (len(text) > 1)
        assert one.score == -config.partial_cost + sum(weight_of.get(part, 0.0) for part in parts)
    assert compiled.partial_phrases == texts

    layout = ColumnLayout.of_lists(len(TOKENS), [OPEN], base.lang.units.marks_words)
    graph = splice(token_graph.fst, token_graph.class_arcs, base.expansions([compiled], [OPEN], layout))
    graph.ilabel[:] = layout.token(graph.ilabel)
    graph.olabel[:] = graph.olabel % WORD_END
    said = language(graph, MAX_LENGTH, allowed=one_boundary_between_words)
    said = {key: score for key, score in said.items() if not key[0] or key[0][-1] != TOKENS[BOUNDARY]}
    listed = {**world.spelled, CLASS: [*whole, *partial]}
    assert same_language(said, enumeration(replace(world, spelled=listed), compiled.entry_score, words))


@pytest.mark.parametrize("topology", TOPOLOGIES)
@settings(max_examples=40, deadline=None)
@given(worlds_with_phrases(), st.permutations(range(2)))
def test_outputs_of_several_lists_are_their_own_words(topology, drawn, gates):
    world, entities, config = drawn
    words, token_graph = world.token_graph()
    base = base_graph(world.lang, words, token_graph, topology)
    speller = Speller(world.lang, base.known_words)
    lists = [
        compile_list(base, speller.spell(part), config) for part in (entities, [Entity("dan eve ann"), Entity("eve")])
    ]
    graph = base.with_entities(*lists, gates=gates)
    assert [part.partial_phrases for part in graph.lists] == [one.partial_phrases for one in lists]
    outputs = np.unique(graph.outputs_of(np.arange(graph.num_arcs)))
    numbers = outputs[outputs >= graph.first_phrase] - graph.first_phrase
    texts = [
        *(entity.words for one in lists for entity in one.entities),
        *(p for one in lists for p in one.partial_phrases),
    ]
    assert graph.phrases == texts and numbers.max() < len(texts)
    assert [tuple(graph.words.symbols[i] for i in ids) for ids in graph.phrase_words] == texts
    is_whole = graph.is_phrase(numbers + graph.first_phrase)
    assert is_whole.tolist() == (numbers < len(graph.entities)).tolist()


def test_variants_cost_what_they_cost_in_the_phrase():
    """Of two ways to the same units the better one counts, whichever phrase has it."""
    from wfst_bias.entities.outcome import USED, Outcome, PartialPhrase

    def outcome(number, phrase, *partial):
        return Outcome(Entity(phrase, weight=9.0), USED, number, partial=tuple(PartialPhrase(*one) for one in partial))

    outcomes = [
        outcome(0, "ann bob", (("ann",), ("a",), -2.0), (("ann",), ("b",), -1.0)),
        outcome(1, "an bob", (("an",), ("a",), -0.5), (("an",), ("b",), -1.0)),
        outcome(2, "ann bob cab", (("ann",), ("a",), -2.0), (("ann", "bob"), ("a", "b"), 0.0)),
    ]
    rows, texts = partial_spellings(
        SpelledList.of(outcomes), Spellings.of([Spelling(2, ("a", "b"), -5.0)]), 3, cost=4.0
    )
    assert texts == (("an",), ("ann",))
    assert list(rows) == [Spelling(3, ("a",), -4.5), Spelling(4, ("b",), -5.0)]
