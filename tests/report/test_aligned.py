"""Words under words."""

from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.entities.entity import Entity
from wfst_bias.report.aligned import columns, num_errors
from wfst_bias.score.counts import count_errors, match_phrases
from wfst_bias.score.listed import ScoredPhrases

PHRASES = ScoredPhrases([("b",), ("a", "c")])
WORDS = st.lists(st.sampled_from("abcd"), max_size=6).map(tuple)


def shown(reference, *hypotheses, phrases=()):
    found = columns(
        reference.split(), [h.split() for h in hypotheses], ScoredPhrases(tuple(p.split()) for p in phrases)
    )
    marks = {"substituted": "~", "inserted": "+", "deleted": "-", "": ""}
    row = lambda k: " ".join(f"{c[k].word or '.'}{marks[c[k].error]}{c[k].entity and ':' + c[k].entity}" for c in found)
    return [row(k) for k in range(1 + len(hypotheses))]


def test_errors_are_marked():
    assert shown("we met him there", "we let him over there now", "met him there") == [
        "we met him . there .",
        "we let~ him over+ there now+",
        ".- met him . there .",
    ]


def test_entities_are_found_missed_and_invented():
    assert shown("call new york", "call new pork", "call quincy york", phrases=["new york", "quincy"]) == [
        "call new:phrase york:phrase",
        "call new:miss pork~:miss",
        "call quincy~:alarm york:miss",
    ]


def test_a_phrase_that_was_invented_between_words():
    assert shown("at noon", "at quincy noon", phrases=["quincy"])[1] == "at quincy+:alarm noon"


def test_written_and_spoken_forms_are_shown_as_they_are():
    phrases = ScoredPhrases.of([Entity("A320"), Entity("Dr. Ito")])
    texts = ("an a three twenty of doctor ito", "an a320 of dr ito", "an a three ten of doctor kato")
    reference, *hypotheses = (text.split() for text in texts)
    found = columns(tuple(reference), [tuple(words) for words in hypotheses], phrases)
    assert [column[1].word for column in found] == ["an", "a320", "", "", "of", "dr", "ito"]
    assert [column[1].error for column in found] == [""] * 7
    assert [num_errors(found, row) for row in (1, 2)] == [0, 2]
    found = columns(("an", "a320"), [("an", "a", "three", "twenty"), ("an", "a320")], phrases)
    assert [column[0].word for column in found if column[0].word] == ["an", "a320"]
    assert [column[1].word for column in found] == ["an", "a", "three", "twenty"]
    assert [num_errors(found, row) for row in (1, 2)] == [0, 0]


@given(WORDS, WORDS, WORDS)
def test_no_word_is_lost_and_errors_are_those_of_the_score(reference, before, after):
    found = columns(reference, (before, after), PHRASES)
    for row, text in enumerate((reference, before, after)):
        assert tuple(column[row].word for column in found if column[row].word) == text
    for row, text in ((1, before), (2, after)):
        counts = count_errors(reference, text, PHRASES)
        assert num_errors(found, row) == counts.biased_errors + counts.unbiased_errors


@given(WORDS, WORDS)
def test_every_phrase_is_a_hit_a_miss_or_a_false_alarm(reference, hypothesis):
    matches, counts = match_phrases(reference, hypothesis, PHRASES), count_errors(reference, hypothesis, PHRASES)
    assert sorted([*matches.hits, *matches.misses]) == PHRASES.exact_spans(reference)
    assert sorted([*matches.hits.values(), *matches.false_alarms]) == PHRASES.exact_spans(hypothesis)
    assert (counts.hits, counts.misses) == (len(matches.hits), len(matches.misses))
    for (first, end), (begin, behind) in matches.hits.items():
        assert reference[first:end] == hypothesis[begin:behind]
