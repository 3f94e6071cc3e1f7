"""Words as the public score.py of the biasing lists counts them; the numbers are worked out by its definitions."""

import json
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.core.errors import InputError
from wfst_bias.score.counts import Counts
from wfst_bias.score.librispeech import align, count_rare_errors
from wfst_bias.score.listed import ScoredPhrases
from wfst_bias.score.report import score_decoding


def counted(reference, hypothesis, *rare, listed=()):
    phrases = ScoredPhrases((word,) for word in (*rare, *listed))
    return count_rare_errors(tuple(reference.split()), tuple(hypothesis.split()), set(rare), phrases)


def pairs(reference, hypothesis):
    expected, found = reference.split(), hypothesis.split()
    word = lambda words, position: "-" if position is None else words[position]
    return " ".join(f"{word(expected, i)}:{word(found, j)}" for i, j in align(tuple(expected), tuple(found)))


@pytest.mark.parametrize(
    "hypothesis, counts",
    [
        ("hamlet slings arrows", Counts(2, 1, 0, 0, hits=2)),
        ("hamlet swings arrows", Counts(2, 1, 1, 0, misses=1, hits=1)),
        ("hamlet arrows", Counts(2, 1, 1, 0, misses=1, hits=1)),
        ("hamlet slings slings arrows", Counts(2, 1, 1, 0, hits=2, false_alarms=1)),
        ("hamlet slings at arrows", Counts(2, 1, 0, 1, hits=2)),
        ("", Counts(2, 1, 2, 1, misses=2)),
    ],
)
def test_errors_in_rare_words_and_in_others(hypothesis, counts):
    assert counted("hamlet slings arrows", hypothesis, "hamlet", "slings") == counts


def test_a_distractor_counts_where_it_was_inserted_and_is_a_false_alarm():
    distractors = ["whittemore"]
    assert counted("the air", "the whittemore air", listed=distractors) == Counts(0, 2, 0, 1, false_alarms=1)
    assert counted("hamlet was", "whittemore was", "hamlet", listed=distractors) == Counts(
        1, 1, 1, 0, misses=1, false_alarms=1
    )


@pytest.mark.parametrize(
    "reference, hypothesis, aligned",
    [
        ("the air", "the air", "the:the air:air"),
        ("a b", "c", "a:- b:c"),  # 7 each: a pair of words at the end before a deletion
        ("a", "b c", "-:b a:c"),
        ("a b", "b c", "a:- b:b -:c"),  # 6, two substitutions 8
        # 18 for 20: six errors where five would do
        ("p q r a b", "a b x y z", "p:- q:- r:- a:a b:b -:x -:y -:z"),
        # 12 each: three substitutions before two deletions and two insertions
        ("a b c", "c x y", "a:c b:x c:y"),
        ("a b", "b a", "a:- b:b -:a"),  # 6 each: an insertion at the end before a deletion
    ],
)
def test_alignments_at_prices_of_three_and_four(reference, hypothesis, aligned):
    assert pairs(reference, hypothesis) == aligned


def test_the_cheapest_alignment_may_have_more_errors_than_the_fewest():
    counts = counted("p q r a b", "a b x y z", "a", "b", "x")
    assert (counts.biased_words, counts.unbiased_words, counts.biased_errors, counts.unbiased_errors) == (2, 3, 1, 5)


def cheapest(reference, hypothesis):
    """The alignment by its definition, from the last words on."""

    @lru_cache(None)
    def cost(i, j):
        return min((price + cost(*there) for price, there in steps(i, j)), default=0)

    def steps(i, j):
        if i and j:
            yield 0 if reference[i - 1] == hypothesis[j - 1] else 4, (i - 1, j - 1)
        if j:
            yield 3, (i, j - 1)
        if i:
            yield 3, (i - 1, j)

    place, found = (len(reference), len(hypothesis)), []
    while place != (0, 0):
        before = next(there for price, there in steps(*place) if price + cost(*there) == cost(*place))
        found.append(tuple(b if b < p else None for b, p in zip(before, place)))
        place = before
    return found[::-1]


words = st.lists(st.sampled_from("abc"), max_size=8).map(tuple)


@given(words, words)
def test_alignments_are_those_of_the_definition(reference, hypothesis):
    assert align(reference, hypothesis) == cheapest(reference, hypothesis)


@given(words, words, st.sets(st.sampled_from("abc")))
def test_rare_words_and_others_are_all_words(reference, hypothesis, rare):
    counts = count_rare_errors(reference, hypothesis, rare, ScoredPhrases([]))
    assert (counts.biased_words, counts.unbiased_words) == (
        sum(word in rare for word in reference),
        sum(word not in rare for word in reference),
    )
    assert counts.biased_errors + counts.unbiased_errors >= abs(len(reference) - len(hypothesis))
    assert (counts.biased_errors + counts.unbiased_errors == 0) == (reference == hypothesis)


@pytest.fixture
def decoded(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "text").write_text("u1 the whittemore air\nu2 hamlet\n")
    return tmp_path / "d"


def lists(tmp_path, *rows):
    path = tmp_path / "biasing.tsv"
    columns = ((*row[:2], *map(json.dumps, row[2:])) for row in rows)
    path.write_text("".join("\t".join(row) + "\n" for row in columns))
    return path


def test_rates_of_a_decode_folder(tmp_path, decoded):
    biasing = lists(
        tmp_path,
        ("u1", "the air", [], ["whittemore"]),
        ("u2", "hamlet slings", ["hamlet", "slings"], ["hamlet", "slings", "whittemore"]),
    )
    texts = {"u1": "THE AIR", "u2": "HAMLET SLINGS"}
    public = score_decoding(texts, decoded, biasing=biasing, librispeech=True)
    assert {name: public.rates[name].value for name in ("WER", "U-WER", "B-WER", "F1")} == {
        "WER": 50.0,
        "U-WER": 50.0,
        "B-WER": 50.0,
        "F1": 50.0,
    }
    ours = score_decoding(texts, decoded, biasing=biasing)
    assert (ours.rates["U-WER"].value, ours.rates["B-WER"].value) == (0.0, 100.0)


def test_lists_of_another_text(tmp_path, decoded):
    biasing = lists(tmp_path, ("u1", "the air", [], []), ("u2", "hamlet", ["hamlet"], ["hamlet"]))
    with pytest.raises(
        InputError, match=r"biasing.tsv:2: utterance 'u2' has the text 'hamlet' here and 'hamlet slings' in"
    ):
        score_decoding({"u1": "the air", "u2": "hamlet slings"}, decoded, biasing=biasing, librispeech=True)
