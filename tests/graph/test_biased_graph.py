"""The biased graph against an enumeration of everything that it should say."""

import math
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from machines import language, same_language

from wfst_bias.entities.spelling import Spelling
from wfst_bias.graph.base import compile_token_graph
from wfst_bias.graph.branch import compile_branch, splice
from wfst_bias.lang.arpa import read_arpa
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.symbols import SymbolTable

TOKENS = SymbolTable(("<blk>", "<wb>", "a", "b", "c"))
BOUNDARY = "<wb>"
MAX_LENGTH = 5
LN10 = math.log(10)

log10 = st.integers(1, 12).map(lambda x: -x / 4)
pronunciation = st.lists(st.sampled_from("abc"), min_size=1, max_size=2).map(tuple)


@st.composite
def worlds(draw):
    """A lexicon, a bigram language model over some of its words, and a list."""
    words = ["ann", "bob", "cab"][: draw(st.integers(1, 3))]
    lexicon = {w: tuple(draw(st.sets(pronunciation, min_size=1, max_size=2))) for w in words}
    unigrams = {w: (draw(log10), draw(log10)) for w in words}
    pairs = draw(st.sets(st.tuples(st.sampled_from(["<s>", *words]), st.sampled_from([*words, "</s>"])), max_size=4))
    bigrams = {pair: draw(log10) for pair in sorted(pairs)}
    starts_with, ends_with = draw(log10), draw(log10)
    two_words = st.tuples(pronunciation, pronunciation).map(lambda words: (*words[0], BOUNDARY, *words[1]))
    spellings = draw(st.sets(st.tuples(st.integers(0, 1), pronunciation | two_words), min_size=1, max_size=3))
    weight = st.integers(-8, 8).map(lambda x: x / 4)
    spelled = [Spelling(phrase, units, draw(weight)) for phrase, units in sorted(spellings)]
    return lexicon, unigrams, bigrams, starts_with, ends_with, spelled


def arpa_text(unigrams, bigrams, starts_with, ends_with) -> str:
    rows = [f"-99\t<s>\t{starts_with}", f"{ends_with}\t</s>"] + [f"{p}\t{w}\t{b}" for w, (p, b) in unigrams.items()]
    pairs = [f"{p}\t{a} {b}" for (a, b), p in bigrams.items()]
    lines = [
        "\\data\\",
        f"ngram 1={len(rows)}",
        f"ngram 2={len(pairs)}",
        "",
        "\\1-grams:",
        *rows,
        "",
        "\\2-grams:",
        *pairs,
    ]
    return "\n".join([*lines, "", "\\end\\", ""])


def enumeration(world, entry_score, num_words):
    """Best score of each (units, outputs), from the definitions of backoff and of the class alone."""
    lexicon, unigrams, bigrams, starts_with, ends_with, spelled = world
    backoff = {"<s>": starts_with, **{w: b for w, (_, b) in unigrams.items()}, None: 0.0}
    ids = {word: i for i, word in enumerate(lexicon, 1)}

    def steps(history):
        """Everything that may follow: (pronunciation, output, log10 score, next history)."""
        for word in unigrams:
            for said in lexicon[word]:
                if (history, word) in bigrams:
                    yield said, ids[word], bigrams[history, word], word
                yield said, ids[word], backoff[history] + unigrams[word][0], word
        for s in spelled:
            yield s.units, num_words + s.phrase, backoff[history] + (entry_score + s.score) / LN10, None

    def end(history):
        through_backoff = backoff[history] + ends_with
        # the start state follows its backoff arc before anything is said, as in every backoff acceptor
        explicit = bigrams.get((history, "</s>"), through_backoff)
        return max(explicit, through_backoff) if history == "<s>" else explicit

    found = defaultdict(lambda: -math.inf)
    paths = [("<s>", (), (), 0.0)]
    while paths:
        history, units, outputs, score = paths.pop()
        found[units, outputs] = max(found[units, outputs], (score + end(history)) * LN10)
        for said, output, step, following in steps(history):
            longer = units + ((BOUNDARY,) if units else ()) + said
            if len(longer) <= MAX_LENGTH:
                paths.append((following, longer, outputs + (output,), score + step))
    return {(tuple(TOKENS[u] for u in units), outputs): score for (units, outputs), score in found.items()}


def one_boundary_between_words(labels) -> bool:
    boundary = TOKENS[BOUNDARY]
    return not labels or (labels[0] != boundary and not any(a == b == boundary for a, b in zip(labels, labels[1:])))


@settings(max_examples=60, deadline=None)
@given(worlds(), st.integers(-12, 4).map(lambda x: x / 2))
def test_biased_graph_says_exactly_what_the_enumeration_says(world, entry_score):
    lexicon, unigrams, bigrams, starts_with, ends_with, spelled = world
    lang = Lang("phones", BOUNDARY, TOKENS, Lexicon(lexicon))
    with tempfile.TemporaryDirectory() as folder:
        arpa = Path(folder) / "lm.arpa"
        arpa.write_text(arpa_text(unigrams, bigrams, starts_with, ends_with))
        grammar = read_arpa(arpa, lang.words)
    base = compile_token_graph(lang, grammar)
    num_words = len(lang.words)
    branch = compile_branch(spelled, TOKENS, first_label=num_words)
    has_twin = np.array([symbol != BOUNDARY for symbol in TOKENS.symbols])
    graph = splice(base.fst, base.class_arcs, branch, entry_score, has_twin, len(TOKENS))
    plain = graph.arcs(np.arange(graph.num_arcs))
    plain.ilabel[:] = plain.ilabel % len(TOKENS)
    said = language(plain, MAX_LENGTH, allowed=one_boundary_between_words)
    said = {key: score for key, score in said.items() if not key[0] or key[0][-1] != TOKENS[BOUNDARY]}
    assert same_language(said, enumeration(world, entry_score, num_words))


def test_only_the_first_unit_of_an_entity_is_not_boosted():
    lexicon = Lexicon({"ann": (("a",),)})
    lang = Lang("phones", BOUNDARY, TOKENS, lexicon)
    with tempfile.TemporaryDirectory() as folder:
        arpa = Path(folder) / "lm.arpa"
        arpa.write_text(arpa_text({"ann": (-1.0, -1.0)}, {("<s>", "ann"): -1.0}, -1.0, -1.0))
        grammar = read_arpa(arpa, lang.words)
    base = compile_token_graph(lang, grammar)
    branch = compile_branch([Spelling(0, ("b", "c", BOUNDARY, "c"))], TOKENS, len(lang.words))
    has_twin = np.array([symbol != BOUNDARY for symbol in TOKENS.symbols])
    graph = splice(base.fst, base.class_arcs, branch, 0.0, has_twin, len(TOKENS))
    twin = len(TOKENS)
    b, c, boundary = TOKENS["b"], TOKENS["c"], TOKENS[BOUNDARY]
    assert ((b, twin + c, boundary, twin + c), (len(lang.words),)) in language(graph, 4)
    assert not any((c in units) or (twin + b in units) for units, _ in language(graph, 4))
