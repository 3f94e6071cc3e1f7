"""False alarms that verification expects, beside those that are counted."""

import json

import pytest

from wfst_bias.score.report import score_decoding

TEXTS = {"a": "call ann", "b": "call bob", "c": "the city"}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "text").write_text("a call ann\nb call bob\nc the kitty\n")
    (tmp_path / "meta.json").write_text(json.dumps({"audio_seconds": 1800.0}))
    (tmp_path / "names.txt").write_text("Ann\nBob\nKitty\n")
    rows = [("a", "Ann", 0.9), ("b", "Bob", 0.75), ("c", "Kitty", 0.55)]
    lines = [{"utterance": name, "phrase": phrase, "posterior": posterior} for name, phrase, posterior in rows]
    lines.append({"utterance": "c", "phrase": "Ann"})  # by the language model
    (tmp_path / "entities.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return tmp_path


def test_the_rate_is_what_the_posteriors_leave(folder):
    score = score_decoding(TEXTS, folder, folder / "names.txt")
    assert score.predicted == pytest.approx(0.1 + 0.25 + 0.45)
    assert (score.predicted_per_hour, score.false_alarms_per_hour) == pytest.approx((1.6, 2.0))
    assert "predicted" in score.table() and "1.60" in score.table()
    assert json.loads(score.to_json())["predicted_false_alarms_per_hour"] == pytest.approx(1.6)


def test_where_all_were_rejected_none_is_expected(folder):
    (folder / "entities.jsonl").rename(folder / "rejected.jsonl")
    score = score_decoding(TEXTS, folder, folder / "names.txt")
    assert score.predicted == 0.0 and "predicted" in score.table()


def test_without_verification_there_is_none(folder):
    (folder / "entities.jsonl").write_text(json.dumps({"utterance": "a", "phrase": "Ann"}) + "\n")
    score = score_decoding(TEXTS, folder, folder / "names.txt")
    assert score.predicted is None and "predicted" not in score.table()
    assert json.loads(score.to_json())["predicted_false_alarms_per_hour"] is None
