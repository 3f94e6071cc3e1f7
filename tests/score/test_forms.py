"""Written, spoken and inflected forms in references and hypotheses; the counts are worked out by hand."""

import json
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.core.text import words_of
from wfst_bias.entities.entity import Entity
from wfst_bias.score.alignment import AlignedText, align
from wfst_bias.score.alternatives import fewest_errors
from wfst_bias.score.counts import Counts, count_errors, match_phrases
from wfst_bias.score.listed import Alternative, ScoredPhrases
from wfst_bias.score.report import score_decoding
from wfst_bias.score.separation import SpokenWords


def entity(phrase):
    """``WRITTEN``, ``WRITTEN = SPOKEN | SPOKEN`` or ``WRITTEN -> DISPLAY``."""
    if "=" in phrase:
        written, spoken = phrase.split(" = ")
        return Entity(written, spoken=tuple(spoken.split(" | ")))
    written, _, display = phrase.partition(" -> ")
    return Entity(written, display=display)


def listed(*phrases, **options):
    return ScoredPhrases.of(map(entity, phrases), **options)


def counted(reference, hypothesis, *phrases, **options):
    return count_errors(words_of(reference), words_of(hypothesis), listed(*phrases, **options))


@pytest.mark.parametrize(
    "phrase, spoken, written",
    [
        ("A320", "a three twenty", "a320"),
        ("A320", "a three hundred and twenty", "a320"),
        ("COVID-19", "covid nineteen", "covid 19"),
        ("Dr. Nguyen", "doctor nguyen", "dr nguyen"),
        ("ESA", "e s a", "esa"),
        ("A$AP", "a s a p", "a$ap"),
        ("R2-D2", "r two d two", "r2 d2"),
        ("ngx = engine x | n g x", "engine x", "ngx"),
        ("ngx = engine x | n g x", "n g x", "ngx"),
        ("net flix -> NetFlix", "net flix", "netflix"),
    ],
)
def test_a_written_form_equals_each_spoken_form(phrase, spoken, written):
    (num_spoken, num_written) = len(spoken.split()), len(written.split())
    assert counted(f"we saw {spoken} today", f"we saw {written} today", phrase) == Counts(num_spoken, 3, hits=1)
    assert counted(f"we saw {written} today", f"we saw {spoken} today", phrase) == Counts(num_written, 3, hits=1)
    assert counted(f"we saw {written} today", f"we saw {written} today", phrase) == Counts(num_written, 3, hits=1)
    assert counted(f"we saw {spoken} today", f"we saw {spoken} today", phrase) == Counts(num_spoken, 3, hits=1)


def test_only_what_the_list_says_is_equal():
    assert counted("the a three twenty", "the a320", "A340") == Counts(0, 4, 0, 3)
    assert counted("the a three twenty", "the a320") == Counts(0, 4, 0, 3)


def test_the_same_words_twice_are_not_found_twice():
    # "a three twenty" is deleted once
    assert counted("a three twenty a three twenty", "a320", "A320") == Counts(6, 0, 3, 0, hits=1, misses=1)
    assert counted("a three twenty", "a320 a320", "A320") == Counts(3, 0, 1, 0, hits=1, false_alarms=1)


def test_a_written_form_is_compared_by_its_nearest_spoken_form():
    # a three twenty: one of four words is wrong; as it is written, two are missing and one is wrong
    assert counted("a three thirty now", "a320 now", "A320") == Counts(0, 4, 0, 1, false_alarms=1)
    assert counted("a320 now", "a three thirty now", "A320") == Counts(1, 1, 1, 0, misses=1)
    assert counted("a three twenty now", "a340 now", "A320", "A340") == Counts(3, 1, 1, 0, misses=1, false_alarms=1)


def test_two_spoken_forms_are_different_words_of_the_same_phrase():
    counts = counted("the a three twenty", "the a three hundred and twenty", "A320")
    assert counts == Counts(3, 1, 2, 0, hits=1)


def test_each_text_may_have_written_forms():
    reference, hypothesis = "a320 met doctor nguyen", "a three twenty met dr nguyen"
    assert counted(reference, hypothesis, "A320", "Dr. Nguyen") == Counts(3, 1, hits=2)


def test_a_pronoun_is_no_acronym_unless_it_is_written_like_one():
    assert counted("give it to us", "give it to us", "IT") == Counts(1, 3, hits=1)
    assert counted("the i t crowd", "the it crowd", "IT") == Counts(2, 2, hits=1)
    assert counted("the i t crowd", "the it crowd", "it") == Counts(0, 4, 0, 2, false_alarms=1)


@pytest.mark.parametrize(
    "reference, hypothesis, counts",
    [
        # the word is wrong, the entity is right
        ("men of oberon's stamp", "men of oberon stamp", Counts(0, 4, 0, 1, hits=1, inflected=1)),
        ("men of oberon here", "men of oberon's here", Counts(1, 3, 1, 0, hits=1, inflected=1)),
        ("two oberons met", "two oberon's met", Counts(0, 3, 0, 1, hits=1, inflected=1)),
        ("two oberons met", "two oberons met", Counts(0, 3, hits=1, inflected=1)),
        # it is split: both words of it are errors
        ("men of oberon's stamp", "men of oberon s stamp", Counts(0, 4, 0, 2, hits=1, inflected=1)),
        ("men of oberon's stamp", "men of iron stamp", Counts(0, 4, 0, 1, misses=1)),
        ("men of iron stamp", "men of oberon's stamp", Counts(0, 4, 0, 1, false_alarms=1)),
        ("oberon's men saw oberon", "oberon men saw oberon", Counts(1, 3, 0, 1, hits=2, inflected=1)),
    ],
)
def test_inflected_forms(reference, hypothesis, counts):
    assert counted(reference, hypothesis, "Oberon") == counts


def test_inflected_forms_of_longer_phrases_and_of_spoken_forms():
    assert counted("the ann arbor's mayor", "the ann arbor mayor", "Ann Arbor") == Counts(
        0, 4, 0, 1, hits=1, inflected=1
    )
    assert counted("two a three twenties", "two a320s", "A320") == Counts(0, 4, hits=1, inflected=1)
    assert counted("the a320's wing", "the a three twenty's wing", "A320") == Counts(0, 3, hits=1, inflected=1)
    assert counted("from doctor ito's", "from dr ito's", "Dr. Ito") == Counts(0, 3, hits=1, inflected=1)
    # a plural is no possessive
    assert counted("two a three twenties", "two a320's", "A320") == Counts(0, 4, 0, 1, hits=1, inflected=1)
    assert counted("the a three twenty's wing", "the a320 wing", "A320") == Counts(0, 5, 0, 1, hits=1, inflected=1)


def test_without_inflections_they_are_other_words():
    options = {"has_inflections": False}
    assert counted("oberon's stamp", "oberon stamp", "Oberon", **options) == Counts(0, 2, 0, 1, false_alarms=1)
    assert counted("oberon's stamp", "oberon's stamp", "Oberon", **options) == Counts(0, 2)


def test_a_form_that_the_list_has_itself_is_another_phrase():
    counts = counted("oberon's stamp", "oberon stamp", "Oberon", "Oberon's")
    assert counts == Counts(1, 1, 1, 0, misses=1, false_alarms=1)


def test_positions_are_those_of_the_texts():
    matches = match_phrases(words_of("an a three twenty landed"), words_of("an a320 landed"), listed("A320"))
    assert matches.hits == {(1, 4): (1, 2)}


def test_words_and_phrases_that_were_spoken():
    spoken = SpokenWords(
        words_of("an a three twenty of oberon's"), words_of("an a320 of oberon"), listed("A320", "Oberon")
    )
    assert spoken.is_right.tolist() == [True, True, True, False]
    assert [spoken.is_hit(first, 1) for first in range(4)] == [True, True, True, True]
    spoken = SpokenWords(words_of("doctor ito"), words_of("dr kato"), listed("Dr. Kato"))
    assert spoken.is_right.tolist() == [True, False] and not spoken.is_hit(0, 2)


WORDS = st.lists(st.sampled_from("abc"), min_size=1, max_size=5).map(tuple)


@st.composite
def texts_with_alternatives(draw):
    words = draw(WORDS)
    found = {}
    for _ in range(draw(st.integers(0, 3))):
        first = draw(st.integers(0, len(words) - 1))
        end = draw(st.integers(first + 1, len(words)))
        found[Alternative(first, end, draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(tuple)))] = None
    return words, list(found)


def choices(alternatives, start=0):
    """All sequences of alternatives that do not overlap."""
    yield ()
    for one in alternatives:
        if one.first >= start:
            for rest in choices(alternatives, one.end):
                yield (one, *rest)


def errors(reference, hypothesis):
    pairs = align(reference, hypothesis).is_right
    return len(pairs) - pairs.sum()


@settings(max_examples=150, deadline=None)
@given(texts_with_alternatives(), texts_with_alternatives())
def test_no_choice_of_alternatives_leaves_fewer_errors(one, other):
    (reference, own), (hypothesis, others) = one, other
    costs = {
        (errors(AlignedText.of(reference, a).words, AlignedText.of(hypothesis, b).words), len(a) + len(b))
        for a, b in product(choices(own), choices(others))
    }
    taken = fewest_errors(reference, hypothesis, own, others)
    texts = (AlignedText.of(words, some).words for words, some in zip((reference, hypothesis), taken))
    assert (errors(*texts), sum(map(len, taken))) == min(costs)


def test_one_form_of_text_for_list_references_and_hypotheses(tmp_path):
    composed = ["Dr. M\u00fcller", "O\u2019Brien", "COVID-19", "Oberon"]
    (tmp_path / "names.txt").write_text("\n".join(composed) + "\n")
    (tmp_path / "text").write_text("u1 dr mu\u0308ller met o'brien\nu2 covid 19 and oberon\n")
    texts = {"u1": "DOCTOR MU\u0308LLER met O\u02bcBrien.", "u2": "covid\u00a0nineteen, and Oberon\u2019s"}
    score = score_decoding(texts, tmp_path, entities=tmp_path / "names.txt")
    assert score.counts == Counts(5, 3, 0, 1, hits=4, inflected=1)
    assert ["inflected", "hits", "1"] in [line.split() for line in score.table().splitlines()]
    assert json.loads(score.to_json())["counts"]["inflected"] == 1
    plain = score_decoding(texts, tmp_path, entities=tmp_path / "names.txt", has_inflections=False)
    assert plain.counts == Counts(5, 3, 0, 1, hits=3, false_alarms=1)
    assert "inflected" not in plain.table()


def test_lists_of_single_utterances_have_spoken_forms(tmp_path):
    (tmp_path / "lists.tsv").write_text('u1\t\t[]\t["A320", "oberon"]\nu2\t\t[]\t["oberon"]\n')
    (tmp_path / "text").write_text("u1 an a320\nu2 an a320\n")
    texts = dict.fromkeys(["u1", "u2"], "an a three twenty")
    score = score_decoding(texts, tmp_path, biasing=tmp_path / "lists.tsv")
    assert score.counts == Counts(3, 5, 0, 3, hits=1)
