"""Pronunciations of phrases in arrays, against one phrase after the other."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.entities import phrase_pronunciations
from wfst_bias.entities.phrase_pronunciations import MOST_PRONUNCIATIONS, NO_UNIT, in_a_row, of_phrases, with_boundaries
from wfst_bias.fst.ragged import row_splits
from wfst_bias.lang.pronunciation_table import PronunciationTable

SYMBOLS = ("a", "b", "|", "#")
IDS = {symbol: i for i, symbol in enumerate(SYMBOLS)}

pronunciation = st.lists(st.sampled_from("ab"), min_size=1, max_size=2).map(tuple)
scored = st.tuples(pronunciation, st.sampled_from([0.0, -0.5, -1.0, -2.0]))
words = st.lists(st.lists(scored, max_size=4), min_size=1, max_size=4)
sequences = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=4), min_size=1, max_size=4)


def rows_by_definition(parts, between):
    """All pronunciations of some words in a row, the best first, those of equal scores in their order."""
    found = parts[0]
    for part in parts[1:]:
        pairs = [(a + between + b, x + y) for (a, x), (b, y) in itertools.product(found, part)]
        found = sorted(pairs, key=lambda pair: -pair[1])[:MOST_PRONUNCIATIONS]
    return found


@settings(deadline=None)
@given(words, sequences, st.sampled_from([(NO_UNIT, ()), (2, ("|",))]))
def test_words_in_a_row(listed, rows, between):
    rows = [[word % len(listed) for word in row] for row in rows]
    table = PronunciationTable.of_pairs(listed, IDS)
    found = in_a_row(table, np.concatenate(rows), row_splits(np.array(list(map(len, rows)))), between[0])
    assert found.to_pairs(SYMBOLS) == [rows_by_definition([listed[i] for i in row], between[1]) for row in rows]


def test_many_pairs_are_made_in_parts(monkeypatch):
    rng = np.random.default_rng(0)
    listed = [[(tuple(rng.choice(["a", "b"], 3)), float(-rng.random())) for _ in range(9)] for _ in range(6)]
    table, rows = PronunciationTable.of_pairs(listed, IDS), np.arange(6)
    whole = in_a_row(table, rows, np.array([0, 3, 6]), 2)
    monkeypatch.setattr(phrase_pronunciations, "_MOST_PAIRS", 100)
    assert in_a_row(table, rows, np.array([0, 3, 6]), 2).to_pairs(SYMBOLS) == whole.to_pairs(SYMBOLS)


def test_no_phrase():
    table = PronunciationTable.of_pairs([[(("a",), 0.0)]], IDS)
    assert len(in_a_row(table, np.zeros(0, np.int64), np.zeros(1, np.int64), NO_UNIT)) == 0


def test_breaks_become_boundaries():
    table = PronunciationTable.of_pairs([[(("a", "#", "b"), 0.0), (("a",), -1.0)]], IDS)
    assert with_boundaries(table, 3, 2).to_pairs(SYMBOLS) == [[(("a", "|", "b"), 0.0), (("a",), -1.0)]]
    assert with_boundaries(table, 3, NO_UNIT).to_pairs(SYMBOLS) == [[(("a", "b"), 0.0), (("a",), -1.0)]]


@given(st.lists(st.lists(scored, max_size=8), min_size=1, max_size=4), st.integers(0, 3))
def test_each_pronunciation_once_with_its_best_score(phrases, num_variants):
    table = PronunciationTable.of_pairs(phrases, IDS)
    found = of_phrases(table, table.item, len(phrases), num_variants)
    expected = []
    for some in phrases:
        best = {}
        for units, score in some:
            best[units] = max(score, best.get(units, score))
        exact = [(units, score) for units, score in best.items() if score == 0]
        variants = sorted((pair for pair in best.items() if pair[1] < 0), key=lambda pair: -pair[1])
        expected.append([*exact, *variants[:num_variants]])
    assert found.to_pairs(SYMBOLS) == expected
