import numpy as np
import pytest

from wfst_bias.lang.pronunciation_table import PronunciationTable, SoundIndex

SYMBOLS = tuple("abcde")
IDS = {symbol: i for i, symbol in enumerate(SYMBOLS)}
ITEMS = [[(("a", "b"), 0.0), (("c",), -1.5)], [], [(("a", "b"), -2.0), (("a",), -3.0), (("a", "b"), -4.0)]]


def _random_items(rng, num_items=50):
    def pronunciation():
        return tuple(rng.choice(SYMBOLS[:3], rng.integers(1, 4)).tolist())

    return [[(pronunciation(), float(-rng.random())) for _ in range(rng.integers(0, 5))] for _ in range(num_items)]


@pytest.fixture
def table():
    return PronunciationTable.of_pairs(ITEMS, IDS)


def test_pairs_come_back(table):
    assert table.to_pairs(SYMBOLS) == ITEMS
    assert len(table) == 3 and table.num_pronunciations == 5
    assert table.texts(SYMBOLS) == ["a b", "c", "a b", "a", "a b"]
    assert PronunciationTable.of_pairs([[], []], IDS).to_pairs(SYMBOLS) == [[], []]
    assert PronunciationTable.empty(2).to_pairs(SYMBOLS) == [[], []]


def test_items_are_taken_and_joined(table):
    assert table.take(np.array([2, 1, 2])).to_pairs(SYMBOLS) == [ITEMS[2], [], ITEMS[2]]
    assert PronunciationTable.joined([table, table.take(np.array([0]))]).to_pairs(SYMBOLS) == [*ITEMS, ITEMS[0]]
    assert table.where(table.scores > -2.5).to_pairs(SYMBOLS) == [ITEMS[0], [], ITEMS[2][:1]]


def test_equal_pronunciations_have_one_identity(table):
    assert table.identity.tolist() == [0, 1, 0, 3, 0]
    assert table.is_first.tolist() == [True, True, True, True, False]


def test_identity_is_exact_where_hashes_are_not(table):
    vars(table)["hashes"] = np.zeros(5, np.uint64)
    assert table.identity.tolist() == [0, 1, 0, 3, 0]


def test_more_pronunciations_follow_those_that_are_there():
    rng = np.random.default_rng(1)
    first, second = _random_items(rng), _random_items(rng)
    expected = []
    for own, others in zip(first, second):
        scores = {}
        for pronunciation, score in [*own, *others]:
            scores.setdefault(pronunciation, score)
        expected.append(list(scores.items()))
    tables = (PronunciationTable.of_pairs(items, IDS) for items in (first, second))
    assert next(tables).with_more(next(tables)).to_pairs(SYMBOLS) == expected


def test_index_finds_all_equal_pronunciations():
    rng = np.random.default_rng(2)
    known, wanted = (PronunciationTable.of_pairs(_random_items(rng), IDS) for _ in range(2))
    found = set(zip(*(rows.tolist() for rows in SoundIndex(known).find(wanted))))
    known_units, wanted_units = known.pronunciations(SYMBOLS), wanted.pronunciations(SYMBOLS)
    assert found == {
        (i, j) for i, one in enumerate(wanted_units) for j, other in enumerate(known_units) if one == other
    }
