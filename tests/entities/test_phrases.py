"""Phrases in running text: as they are listed, and in their possessive and plural."""

import pytest

from wfst_bias.entities.inflections import inflected_words
from wfst_bias.entities.phrases import PhraseList


@pytest.mark.parametrize(
    "phrase, forms",
    [
        ("oberon", {"oberon's", "oberons"}),
        ("new york", {"new york's", "new yorks"}),
        ("paris", {"paris's", "paris'", "parises"}),
        ("marx", {"marx's", "marxes"}),
        ("gomez", {"gomez's", "gomezes"}),
        ("bosch", {"bosch's", "bosches"}),
        ("bush", {"bush's", "bushes"}),
        ("kennedy", {"kennedy's", "kennedys", "kennedies"}),
        ("bombay", {"bombay's", "bombays"}),
        ("a380", {"a380's", "a380s"}),
        ("lloyd's", set()),
        ("legionnaires'", set()),
    ],
)
def test_the_possessive_and_the_plural(phrase, forms):
    assert {" ".join(words) for words in inflected_words(tuple(phrase.split()))} == forms


def found(text, *phrases):
    words = text.split()
    listed = PhraseList(tuple(phrase.split()) for phrase in phrases)
    return [(" ".join(words[first:end]), own) for first, end, own in listed.inflected(words)]


@pytest.mark.parametrize("phrase", ["oberon", "paris", "marx", "gomez", "bosch", "bush", "kennedy", "a380", "new york"])
def test_each_inflected_form_is_found_in_a_text(phrase):
    own = tuple(phrase.split())
    for form in inflected_words(own):
        text = " ".join(("in", *form, "then"))
        assert found(text, phrase, "oberonian") == [(" ".join(form), {own})]
    assert found(f"in {phrase} then", phrase) == []


def test_inflected_forms_of_a_phrase_in_another():
    text = "the new yorks and york's walls"
    assert found(text, "new york", "york") == [
        ("new yorks", {("new", "york")}),
        ("yorks", {("york",)}),
        ("york's", {("york",)}),
    ]


def test_a_word_may_be_a_form_of_several_phrases():
    assert found("the axes", "ax", "axe") == [("axes", {("ax",), ("axe",)})]


def test_phrases_that_overlap():
    phrases = PhraseList([("new", "york"), ("york",), ("york", "city")])
    words = "in new york city".split()
    assert phrases.occurrences(words) == [(1, 3)]
    assert phrases.all_occurrences(words) == [(1, 3), (2, 3), (2, 4)]
