"""Which phones sound more alike."""

import itertools

import pytest

from wfst_bias.g2p.phone_classes import ANOTHER, phone_distance
from wfst_bias.lang.phones import PHONES


@pytest.mark.parametrize(
    "phone, nearer, further",
    [
        ("S", "Z", "M"),
        ("T", "D", "G"),
        ("CH", "SH", "L"),
        ("P", "B", "NG"),
        ("IY", "IH", "AA"),
        ("AA", "AO", "IY"),
        ("R", "ER", "IY"),
        ("W", "UW", "AE"),
        ("T", "K", "AA"),
    ],
)
def test_nearer_and_further(phone, nearer, further):
    assert 0 < phone_distance(phone, nearer) < phone_distance(phone, further)


def test_every_phone_has_its_classes():
    for a, b in itertools.product(PHONES, repeat=2):
        assert phone_distance(a, b) == phone_distance(b, a)
        assert (phone_distance(a, b) == 0) == (a == b), (a, b)


def test_phones_of_other_languages_are_just_others():
    assert phone_distance("ts", "S") == ANOTHER
    assert phone_distance("ts", "ts") == 0
