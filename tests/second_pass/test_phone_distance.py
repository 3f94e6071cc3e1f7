"""The edit distance against a table that is filled cell by cell."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.g2p.phone_classes import phone_distance
from wfst_bias.lang.lang import hama_units
from wfst_bias.second_pass.distance import INDEL, PhoneDistance
from wfst_bias.second_pass.pronunciations import Piece

UNITS = hama_units()
DISTANCE, WIDE = PhoneDistance(UNITS), PhoneDistance(UNITS, bound=30)


def by_hand(recognized, spoken):
    """Wagner and Fischer's table."""
    table = np.add.outer(np.arange(len(recognized) + 1.0), np.arange(len(spoken) + 1.0)) * INDEL
    for i, j in itertools.product(range(len(recognized)), range(len(spoken))):
        table[i + 1, j + 1] = min(
            table[i, j + 1] + INDEL, table[i + 1, j] + INDEL, table[i, j] + phone_distance(recognized[i], spoken[j])
        )
    return table[-1, -1]


def piece(*pronunciations):
    return Piece(0, 1, tuple((tuple(one.split()), 0.0) for one in pronunciations))


strings = st.lists(st.sampled_from("S Z T IY IH AA".split()), max_size=6).map(tuple)
words = st.lists(st.lists(strings.filter(bool), min_size=1, max_size=3, unique=True), max_size=3)


@given(strings, st.lists(words, min_size=1, max_size=3))
def test_it_is_that_of_the_nearest_pronunciation(recognized, texts):
    pieces = [[Piece(0, 1, tuple((one, 0.0) for one in some)) for some in text] for text in texts]
    for text, distance in zip(texts, WIDE.distances(recognized, pieces)):
        pronunciations = (sum(some, ()) for some in itertools.product(*text))
        assert distance == pytest.approx(min(by_hand(recognized, one) for one in pronunciations), abs=1e-4)


def test_similar_phones_are_near():
    recognized = tuple("Z EH L EH N S K IY".split())
    texts = [[piece("Z EH L EH N S K IY")], [piece("S EH L"), piece("L EH N Z"), piece("K IY")], [piece("M AA M AA")]]
    same, near, far = DISTANCE.distances(recognized, texts)
    assert same == 0 < near < far
    assert near == pytest.approx(INDEL + 2 * phone_distance("S", "Z"))


def test_boundaries_do_not_count_and_costs_do():
    recognized = tuple("AE N W IH T M AO R".split())
    pronunciations = ((("AE", "N", UNITS.boundary, *"W IH T M AO R".split()), -0.5),)
    assert DISTANCE.distances(recognized, [[Piece(0, 2, pronunciations)]]) == pytest.approx([0.5])


def test_what_is_beyond_the_bound_is_as_if_nothing_were_the_same():
    recognized, spoken = ("AA",), "AA B AA B AA"
    near, far = (PhoneDistance(UNITS, bound).distances(recognized, [[piece(spoken)]])[0] for bound in (4, 3))
    assert (near, far) == (pytest.approx(4 * INDEL), 6 * INDEL)


def test_empty_phone_strings_empty_texts_and_unpronounceable_words():
    assert DISTANCE.distances((), [[], [piece("AA B")]]).tolist() == [0.0, 2.0]
    assert DISTANCE.distances(("AA", "B"), [[]]).tolist() == [2.0]
    assert DISTANCE.distances(("AA", "B"), []).tolist() == []
    assert DISTANCE.distances(("AA", "B"), [[Piece(0, 1, ())]]).tolist() == [2.0]
