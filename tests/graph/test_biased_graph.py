"""The biased graph against an enumeration of everything that it should say."""

from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.enumeration import MAX_LENGTH, enumeration, one_boundary_between_words
from helpers.machines import language, same_language
from helpers.worlds import BOUNDARY, TOKENS, World, lowered_words, with_lowered_words, worlds
from wfst_bias.entities.spelling import Spelling, Spellings
from wfst_bias.fst.columns import ColumnLayout
from wfst_bias.fst.wfst import WORD_END
from wfst_bias.graph.biasing_trie import ClassExpansion, compile_trie, splice


@settings(max_examples=120, deadline=None)
@given(worlds(), st.integers(-12, 4).map(lambda x: x / 2), st.data())
def test_biased_graph_says_exactly_what_the_enumeration_says(world, entry_score, data):
    words, base = world.token_graph()
    lowered = data.draw(lowered_words(world))
    fst = with_lowered_words(base.fst, words, lowered)
    graph = splice(fst, base.class_arcs, world.expansions(words, entry_score))
    graph.ilabel[:] = ColumnLayout(len(TOKENS)).token(graph.ilabel)
    graph.olabel[:] = graph.olabel % WORD_END
    said = language(graph, MAX_LENGTH, allowed=one_boundary_between_words)
    said = {key: score for key, score in said.items() if not key[0] or key[0][-1] != TOKENS[BOUNDARY]}
    assert same_language(said, enumeration(world, entry_score, words, lowered))


def test_only_the_first_unit_of_an_entity_is_not_boosted():
    world = World(BOUNDARY, {"ann": (("a",),)}, {"ann": (-1.0, -1.0)}, {("<s>", "ann"): -1.0}, -1.0, -1.0, {})
    words, base = world.token_graph()
    trie = compile_trie(Spellings.of([Spelling(0, ("b", "c", BOUNDARY, "c"))]), TOKENS, [BOUNDARY])
    graph = splice(base.fst, base.class_arcs, [ClassExpansion(trie, 0, 0.0, len(words))])
    boosted = len(TOKENS)
    b, c, boundary = TOKENS["b"], TOKENS["c"], TOKENS[BOUNDARY]
    assert ((b, boosted + c, boundary, boosted + c), (len(words),)) in language(graph, 4)
    assert not any((c in units) or (boosted + b in units) for units, _ in language(graph, 4))
