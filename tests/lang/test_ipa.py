"""IPA: one phone for each symbol, in text and in the frames of the phone network."""

import pytest

from wfst_bias.lang.ipa import _DIPHTHONGS, _ROWS, IPA_TO_PHONE, arpabet_of_ipa
from wfst_bias.lang.phones import PHONES

KOREAN_DIPHTHONGS = set("je we wi jo ju ɯi wa wʌ ja jʌ".split())


@pytest.mark.parametrize(
    "ipa, phones",
    [
        ("ˈpeɾes", "P EY R EY S"),
        ("xoˈse", "HH OW S EY"),
        ("nɜːs", "N ER S"),
        ("ˈɡøːtə", "G ER T AH"),
        ("bœf", "B ER F"),
        ("ˈkaɲon", "K AA N Y OW N"),
        ("nɪə", "N IH R"),
        ("skweə", "S K W EH R"),
        ("kjʊə", "K Y UH R"),
        ("weɪ", "W EY"),
    ],
)
def test_foreign_and_british_sounds(ipa, phones):
    assert " ".join(arpabet_of_ipa(ipa)) == phones


@pytest.mark.parametrize("symbol", sorted(set(IPA_TO_PHONE) - KOREAN_DIPHTHONGS))
def test_text_and_frames_agree(symbol):
    first, *others = arpabet_of_ipa(symbol)
    assert first == IPA_TO_PHONE[symbol]
    assert {first, *others} <= set(PHONES)


def test_no_symbol_is_in_two_rows():
    rows = [row.split()[1:] for row in _ROWS.strip().splitlines() + _DIPHTHONGS.split("|")]
    symbols = [symbol for row in rows for symbol in row]
    assert len(symbols) == len(set(symbols)) == len(IPA_TO_PHONE)


def test_every_phone_of_english_has_a_symbol():
    assert set(IPA_TO_PHONE.values()) == set(PHONES)
