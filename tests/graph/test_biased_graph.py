"""The biased graph against an enumeration of everything that it should say."""

import math
from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.machines import language, same_language
from helpers.worlds import BOUNDARY, DRUG, TOKENS, World, worlds
from wfst_bias.core.symbols import CLASS
from wfst_bias.entities.spelling import Spelling
from wfst_bias.fst.columns import ColumnLayout
from wfst_bias.fst.wfst import WORD_END
from wfst_bias.graph.biasing_trie import ClassExpansion, compile_trie, splice

MAX_LENGTH = 5
LN10 = math.log(10)


def enumeration(world, entry_score, words):
    """Best score of each (units, outputs), from the definitions of backoff and of the classes alone."""
    backoff = {"<s>": world.starts_with, **{w: b for w, (_, b) in world.unigrams.items()}, None: 0.0}
    first = len(words) + 2 * bool(world.spelled[CLASS])

    def steps(history):
        """Everything that may follow: (pronunciation, output, log10 score, next history)."""
        for word, (unigram, _) in world.unigrams.items():
            scores = [backoff[history] + unigram]
            if (history, word) in world.bigrams:
                scores.append(world.bigrams[history, word])
            for score in scores:
                if word == DRUG:
                    for s in world.spelled[DRUG]:
                        yield s.units, first + s.phrase, score + (entry_score + s.score) / LN10, DRUG
                else:
                    for said in world.lexicon[word]:
                        yield said, words[word], score, word
        unigram_classes = [(CLASS, len(words))] + [(DRUG, first)] * (DRUG not in world.unigrams)
        for name, label in unigram_classes:
            for s in world.spelled[name]:
                yield s.units, label + s.phrase, backoff[history] + (entry_score + s.score) / LN10, None

    def end(history):
        through_backoff = backoff[history] + world.ends_with
        # the start state follows its backoff arc before anything is said, as in every backoff acceptor
        explicit = world.bigrams.get((history, "</s>"), through_backoff)
        # without a token between words, every backoff arc is followed before the sentence ends
        return max(explicit, through_backoff) if history == "<s>" or not world.boundary else explicit

    found = defaultdict(lambda: -math.inf)
    paths = [("<s>", (), (), 0.0)]
    while paths:
        history, units, outputs, score = paths.pop()
        found[units, outputs] = max(found[units, outputs], (score + end(history)) * LN10)
        for said, output, step, following in steps(history):
            longer = units + ((world.boundary,) if units and world.boundary else ()) + said
            if len(longer) <= MAX_LENGTH:
                paths.append((following, longer, outputs + (output,), score + step))
    return {(tuple(TOKENS[u] for u in units), outputs): score for (units, outputs), score in found.items()}


def one_boundary_between_words(labels) -> bool:
    boundary = TOKENS[BOUNDARY]
    return not labels or (labels[0] != boundary and not any(a == b == boundary for a, b in zip(labels, labels[1:])))


@settings(max_examples=120, deadline=None)
@given(worlds(), st.integers(-12, 4).map(lambda x: x / 2))
def test_biased_graph_says_exactly_what_the_enumeration_says(world, entry_score):
    words, base = world.token_graph()
    graph = splice(base.fst, base.class_arcs, world.expansions(words, entry_score))
    graph.ilabel[:] = ColumnLayout(len(TOKENS)).token(graph.ilabel)
    graph.olabel[:] = graph.olabel % WORD_END
    said = language(graph, MAX_LENGTH, allowed=one_boundary_between_words)
    said = {key: score for key, score in said.items() if not key[0] or key[0][-1] != TOKENS[BOUNDARY]}
    assert same_language(said, enumeration(world, entry_score, words))


def test_only_the_first_unit_of_an_entity_is_not_boosted():
    world = World(BOUNDARY, {"ann": (("a",),)}, {"ann": (-1.0, -1.0)}, {("<s>", "ann"): -1.0}, -1.0, -1.0, {})
    words, base = world.token_graph()
    trie = compile_trie([Spelling(0, ("b", "c", BOUNDARY, "c"))], TOKENS, [BOUNDARY])
    graph = splice(base.fst, base.class_arcs, [ClassExpansion(trie, 0, 0.0, len(words))])
    boosted = len(TOKENS)
    b, c, boundary = TOKENS["b"], TOKENS["c"], TOKENS[BOUNDARY]
    assert ((b, boosted + c, boundary, boosted + c), (len(words),)) in language(graph, 4)
    assert not any((c in units) or (boosted + b in units) for units, _ in language(graph, 4))
