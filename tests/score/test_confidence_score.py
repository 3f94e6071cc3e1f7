"""Scores of confidences: cases whose figures are known."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.core.errors import InputError
from wfst_bias.score.calibration import calibration
from wfst_bias.score.confidence import score_confidence
from wfst_bias.score.separation import separation

TRUTHS = st.lists(st.booleans(), min_size=1, max_size=60)


def entropy(p):
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def test_the_share_of_right_words_alone_has_no_cross_entropy_and_no_error():
    right = np.arange(100) < 80
    scored = calibration(np.full(100, 0.8), right)
    assert scored.nce == pytest.approx(0.0, abs=1e-9)
    assert scored.ece == pytest.approx(0.0, abs=1e-9)
    assert (scored.num_words, scored.num_right) == (100, 80)


def test_two_groups_that_are_as_right_as_they_say():
    # 50 words of which 90 % are right and 50 of which 60 %
    sure = np.repeat([0.9, 0.6], 50)
    right = np.concatenate([np.arange(50) < 45, np.arange(50) < 30])
    scored = calibration(sure, right)
    expected = 1 - (entropy(0.9) + entropy(0.6)) / 2 / entropy(0.75)
    assert scored.nce == pytest.approx(expected)
    assert scored.ece == pytest.approx(0.0, abs=1e-9)
    assert [(b.low, b.confidence, b.right, b.num_words) for b in scored.bins] == [
        (0.6, pytest.approx(0.6), 0.6, 50),
        (0.9, pytest.approx(0.9), 0.9, 50),
    ]


def test_who_is_sure_and_wrong_is_worse_than_chance():
    right = np.arange(10) < 5
    scored = calibration(np.full(10, 0.95), right)
    assert scored.nce == pytest.approx(1 + (math.log2(0.95) + math.log2(0.05)) / 2)
    assert scored.nce < -1
    assert scored.ece == pytest.approx(0.45)


def test_certainty_is_finite():
    right = np.array([True, False])
    assert calibration(np.array([1.0, 0.0]), right).nce == pytest.approx(1.0, abs=1e-3)
    assert -20 < calibration(np.array([0.0, 1.0]), right).nce < -10


@given(TRUTHS)
def test_where_all_are_right_or_none_there_is_no_cross_entropy(truths):
    right = np.array(truths)
    nce = calibration(np.full(len(right), 0.7), right).nce
    assert math.isnan(nce) == (right.all() or not right.any())


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=30))
def test_the_area_is_the_share_of_pairs_in_order(rows):
    values, hits = np.array([v for v, _ in rows], float), np.array([h for _, h in rows])
    pairs = [(a > b) + (a == b) / 2 for a in values[hits] for b in values[~hits]]
    area = separation(values, hits, np.arange(len(rows)), len(rows)).area
    assert area == pytest.approx(sum(pairs) / len(pairs)) if pairs else math.isnan(area)


def test_the_interval_is_that_of_utterances():
    rng = np.random.default_rng(0)
    hits = np.arange(200) < 150
    values = rng.normal(size=200) + hits
    scored = separation(values, hits, np.arange(200), 200)
    assert scored.low < scored.area < scored.high
    assert scored.area == pytest.approx(0.76, abs=0.07)  # of two normal distributions, one standard deviation apart
    # the standard error by Hanley and McNeil 1982 is 0.04
    assert scored.high - scored.low == pytest.approx(4 * 0.04, abs=0.05)
    # all in one utterance: the same in each replication
    one = separation(values, hits, np.zeros(200, int), 1)
    assert one.low == one.high == one.area == scored.area


def test_what_has_no_competitor_is_above_all_others():
    scored = separation(np.array([math.inf, math.inf, 3.0]), np.array([True, True, False]), np.arange(3), 3)
    assert scored.area == 1.0 and scored.hits == math.inf and scored.false_alarms == 3.0


ENTITY = {"num_words": 1, "confidence_with_list": 0.9, "evidence": 1.0, "rival": {"acoustic": 1.0, "total": 2.0}}


@pytest.fixture
def folder(tmp_path):
    """'call steels now' was recognized as 'call steals steels'; new york was recognized."""
    ctm = ["u1 1 0 1 call 0.9", "u1 1 1 1 steals 0.2", "u1 1 2 1 steels 0.4", "u2 1 0 1 new 0.8", "u2 1 1 1 york 0.8"]
    for name in ("ctm", "ctm.with_list"):
        (tmp_path / name).write_text("\n".join(ctm) + "\n")
    rows = [
        {**ENTITY, "utterance": "u1", "first_word": 1, "confidence": 0.2},
        {**ENTITY, "utterance": "u2", "first_word": 0, "num_words": 2, "confidence": 0.8, "rival": None},
    ]
    (tmp_path / "entities.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


TEXTS = {"u1": "call steels now", "u2": "New York", "u3": "nothing"}


def test_words_and_entities_are_aligned_with_the_reference(folder):
    scored = score_confidence(TEXTS, folder)
    words = scored.words["ctm"]
    assert (words.num_words, words.num_right) == (5, 4)
    assert (scored.num_hits, scored.num_false_alarms) == (1, 1)
    assert scored.entities["confidence"].area == 1.0
    assert scored.entities["evidence"].area == 0.5
    assert scored.entities["rival.acoustic"].area == 1.0
    content = json.loads(json.dumps(scored.content(), allow_nan=False))
    assert content["entities"]["rival.acoustic"]["hits"] is None
    assert "0.8 - 0.9" in scored.table()


def test_only_the_utterances_that_are_named(folder):
    (folder / "half").write_text("u2\nu3\n")
    scored = score_confidence(TEXTS, folder, folder / "half")
    assert (scored.words["ctm"].num_words, scored.num_hits, scored.num_false_alarms) == (2, 1, 0)
    assert math.isnan(scored.words["ctm"].nce) and math.isnan(scored.entities["confidence"].area)
    assert scored.table()


def test_nothing_was_recognized(folder):
    for name in ("ctm", "ctm.with_list", "entities.jsonl"):
        (folder / name).write_text("")
    scored = score_confidence(TEXTS, folder)
    assert scored.words["ctm"].num_words == 0 and scored.num_hits == 0
    assert scored.table() and json.dumps(scored.content(), allow_nan=False)


@pytest.mark.parametrize(
    "name, text, message",
    [
        ("ctm", "u1 1 0 1 call\n", "ctm:1: found 'u1 1 0 1 call'; expected"),
        ("ctm", "u1 1 0 1 call sure\n", "ctm:1: found"),
        ("ctm.with_list", "u1 1 0 1 call 0.9\n", "ctm.with_list: has 1 words, ctm 5"),
        ("entities.jsonl", '{"utterance": "u1"}\n', "entities.jsonl:1: has an entity without confidence"),
        ("entities.jsonl", "{\n", "entities.jsonl:1: is not JSON"),
    ],
)
def test_folders_without_confidences_are_rejected(folder, name, text, message):
    (folder / name).write_text(text)
    with pytest.raises(InputError, match=message):
        score_confidence(TEXTS, folder)
