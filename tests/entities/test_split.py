"""Parts of a list, and lists for a test set."""

import random

import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.lists import read_entities
from wfst_bias.entities.pool import sample_list
from wfst_bias.entities.split import Part, split_list


def entities(*phrases):
    return [Entity(phrase) for phrase in phrases]


def written(phrases):
    return {entity.written for entity in phrases}


def parts_of(phrases, of):
    return [written(split_list(phrases, Part(k, of))[0]) for k in range(1, of + 1)]


def test_phrases_that_contain_each_other_are_in_one_part():
    chain = ["Merkel", "Angela Merkel", "Angela Merkel's deputy", "Angela", "Angela Davis"]
    for fill in range(20):
        parts = parts_of(entities(*chain, f"Keller {fill}", f"Olson {fill}"), 2)
        assert any(part >= set(chain) - {"Angela Merkel's deputy"} for part in parts)


def test_each_phrase_is_in_one_part_whatever_the_order_of_the_list():
    phrases = read_entities("parliament")
    parts = parts_of(phrases, 3)
    assert sum(map(len, parts)) == len(written(phrases)) and set().union(*parts) == written(phrases)
    assert min(map(len, parts)) > len(phrases) / 5
    random.Random(0).shuffle(phrases)
    assert parts_of(phrases, 3) == parts
    inside, others = split_list(phrases, Part(2, 3))
    assert written(inside) == parts[1] and written(others) == parts[0] | parts[2]


@pytest.mark.parametrize("domain", ["medicine", "parliament"])
def test_no_phrase_of_a_part_contains_one_of_another(domain):
    inside, others = split_list(read_entities(domain), Part(1, 2))
    for these, those in ((inside, others), (others, inside)):
        known = {entity.words for entity in those}
        for entity in these:
            words = entity.words
            assert not any(words[i:j] in known for i in range(len(words)) for j in range(i + 1, len(words) + 1))


@pytest.mark.parametrize("text", ["", "2", "0/2", "1/0", "a/b", "1/2/3", "-1/2", "2/1"])
def test_a_part_that_is_none_is_told(text):
    with pytest.raises(InputError, match="part"):
        Part.parse(text)


def test_a_list_is_what_is_said_and_distractors():
    phrases = entities("Angela Merkel", "Merkel", "Paris", "Rome", "paris", "New York")
    texts = ["we met angela merkel in paris", "york is new"]
    assert [e.written for e in sample_list(phrases, texts, 0)] == ["Angela Merkel", "Paris"]
    longer = sample_list(phrases, texts, 2)
    assert written(longer) == {"Angela Merkel", "Paris", "Rome", "New York"}  # of Merkel, only the longer one is said
    assert written(sample_list(phrases, texts, 2, with_spoken=False)) == {"Rome", "New York"}
    assert sample_list(phrases, texts, 1) == longer[:3]
    with pytest.raises(InputError, match="has 2 phrases that nobody says, 3 were asked for"):
        sample_list(phrases, texts, 3)
