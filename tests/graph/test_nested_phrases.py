"""Phrases that are made of other phrases of the list, against an enumeration of all paths."""

import itertools
from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings

from helpers.emissions import decoded
from helpers.enumeration import enumeration
from helpers.worlds import BOUNDARY, worlds_with_phrases
from wfst_bias.core.symbols import CLASS
from wfst_bias.decode.search import Decoder
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.nested import above_their_parts
from wfst_bias.entities.outcome import USED, Outcome
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.entities.speller import Speller
from wfst_bias.entities.spelling import TIE_BREAK, Spelling, Spellings, spellings
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.compile import graph_of_list
from wfst_bias.graph.store import read_base

ENTRY_SCORE = -1.5


@settings(max_examples=40, deadline=None)
@given(worlds_with_phrases())
def test_what_two_phrases_say_the_phrase_of_both_says_better_and_nothing_else_changes(drawn):
    world, entities, config = drawn
    words, _ = world.token_graph()
    spelled = Speller(world.lang, frozenset(world.unigrams)).spell(entities)
    plain = spellings(spelled, config.bonus, config.length_bonus, world.lang.lexicon.mean_length)
    raised = above_their_parts(spelled, plain, ENTRY_SCORE, world.boundary)
    used = [entity.words for entity in spelled.entities]
    weight_of = {entity.words: entity.weight for entity in spelled.entities}

    def said(spelled_so):
        """The best score and outputs of each (units, words)."""
        best = defaultdict(lambda: (float("-inf"), ()))
        for (units, outputs), score in enumeration(
            replace(world, spelled={**world.spelled, CLASS: list(spelled_so)}), ENTRY_SCORE, words
        ).items():
            texts = ((words.symbols[o],) if o < len(words) else used[o - len(words)] for o in outputs)
            text = tuple(itertools.chain.from_iterable(texts))
            best[units, text] = max(best[units, text], (score, outputs))
        return best

    before, after = said(plain), said(raised)
    assert before.keys() == after.keys()
    for key, (score, outputs) in after.items():
        assert score == pytest.approx(before[key][0], abs=1e-6 + 4 * TIE_BREAK)
        phrases = [used[output - len(words)] if output >= len(words) else None for output in outputs]
        for one, other in zip(phrases, phrases[1:]):
            assert not (one and other) or weight_of.get(one + other, -1.0) < 0.0


def test_pronunciations_of_the_parts_are_those_of_the_phrase():
    def outcome(number, phrase, *pronunciations, weight=0.0):
        entity = Entity(phrase, weight)
        return Outcome(entity, USED, number, pronunciations=pronunciations, scores=(0.0,) * len(pronunciations))

    outcomes = SpelledList.of(
        [
            outcome(0, "ann", ("a",), ("b",)),
            outcome(1, "bob", ("c",)),
            outcome(2, "ann bob", ("a", BOUNDARY, "c")),
            outcome(3, "bob ann", ("c", BOUNDARY, "a"), weight=-1.0),
            outcome(4, "bob bob bob", ("c", BOUNDARY, "c", BOUNDARY, "c")),
        ]
    )
    whole = [
        Spelling(0, ("a",), 6.0),
        Spelling(0, ("b",), 5.0),
        Spelling(1, ("c",), 4.0),
        Spelling(2, ("a", BOUNDARY, "c"), 7.0),
        Spelling(3, ("c", BOUNDARY, "a"), 6.0),
        Spelling(4, ("c", BOUNDARY, "c", BOUNDARY, "c"), 9.5),
    ]
    raised = {
        (one.phrase, one.units): one.score for one in above_their_parts(outcomes, Spellings.of(whole), -1.0, BOUNDARY)
    }
    assert raised == {
        **{(one.phrase, one.units): one.score for one in whole},
        (2, ("a", BOUNDARY, "c")): pytest.approx(6.0 - 1.0 + 4.0 + TIE_BREAK),
        (2, ("b", BOUNDARY, "c")): pytest.approx(5.0 - 1.0 + 4.0 + TIE_BREAK),
        (4, ("c", BOUNDARY, "c", BOUNDARY, "c")): pytest.approx(4.0 - 1.0 + 4.0 - 1.0 + 4.0 + 2 * TIE_BREAK),
    }


def test_a_short_list_with_a_name_and_both_its_words_finds_the_name(world):
    listed = [Entity(name) for name in ("Ann", "Whittemore", "Ann Whittemore", "Kitty")]
    graph, _ = graph_of_list(read_base(world / "base"), listed, g2g=G2GConfig(variants=0))
    said = ("K AO L <wb> AE N <wb> W IH T M AO R", "K AO L <wb> AE N <wb> K IH T IY", "K AO L <wb> W IH T M AO R")
    transcripts, _ = decoded(Decoder(graph), *said)
    assert [one.marked() for one in transcripts] == ["call [Ann Whittemore]", "call [Ann] [Kitty]", "call [Whittemore]"]
