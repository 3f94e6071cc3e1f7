"""Scores of folders in which utterances failed, and of folders in another order than their references."""

import json

import numpy as np
import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.score.bootstrap import resampled
from wfst_bias.score.ladder import ladder, ladder_table
from wfst_bias.score.report import score_decoding

TEXTS = {"u1": "call whittemore", "u2": "the city", "u3": "we met zelenskyy there", "u4": "on time"}
FOUND = {"u1": "call whittemore", "u2": "the kitty", "u4": "on time"}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d/text").write_text("".join(f"{name} {text}\n" for name, text in FOUND.items()))
    (tmp_path / "d/failed.jsonl").write_text('{"utterance": "u3", "reason": "is not audio"}\n')
    (tmp_path / "d/meta.json").write_text('{"kind": "decode", "audio_seconds": 36}')
    (tmp_path / "names.txt").write_text("Whittemore\nZelenskyy\n")
    return tmp_path / "d"


def test_failed_utterances_are_named_and_counted_apart(folder):
    score = score_decoding(TEXTS, folder, folder.parent / "names.txt")
    assert score.rates["WER"].value == pytest.approx(100 / 6) and score.rates["recall"].value == 100.0
    assert (score.num_utterances, score.hours) == (3, 0.01)
    assert score.failed.utterances == ("u3",) and score.failed.num_words == 10
    assert score.failed.wer.value == pytest.approx(50.0)
    *_, row, _, note = score.table().splitlines()
    assert row.split()[:5] == ["WER,", "failed", "as", "deletions", "50.00"] and row.split()[-1] == "10"
    assert note == "1 utterance in failed.jsonl left out above: 'u3'"
    content = json.loads(score.to_json())["failed"]
    assert content["utterances"] == ["u3"] and content["WER_as_deletions"]["value"] == 50.0


def test_the_numbers_are_those_of_a_folder_without_failures(folder, tmp_path):
    score = score_decoding(TEXTS, folder, tmp_path / "names.txt")
    (folder / "failed.jsonl").write_text("")
    others = {name: text for name, text in TEXTS.items() if name in FOUND}
    assert score_decoding(others, folder, tmp_path / "names.txt").rates == score.rates
    assert "failed" not in score_decoding(others, folder).to_json()


def test_an_utterance_that_is_missing_and_did_not_fail_is_named(folder):
    (folder / "text").write_text("u2 the kitty\n")
    with pytest.raises(InputError, match="'u1' of the references is missing, and 1 more: 'u4'"):
        score_decoding(TEXTS, folder)


def test_a_ladder_names_them_once(folder):
    assert (
        ladder_table(ladder(TEXTS, [folder, folder])).count("d: 1 utterance in failed.jsonl left out above: 'u3'") == 1
    )


def test_only_the_failed_ones_that_are_scored_count(folder, tmp_path):
    (tmp_path / "some").write_text("u4\nu1\n")
    score = score_decoding(TEXTS, folder, utterances=tmp_path / "some")
    assert score.failed is None and score.num_utterances == 2


def test_nothing_but_failures(folder):
    (folder / "text").write_text("")
    (folder / "failed.jsonl").write_text("".join(json.dumps({"utterance": name}) + "\n" for name in TEXTS))
    with pytest.raises(InputError, match="holds no utterance"):
        score_decoding(TEXTS, folder)


def test_the_order_of_the_folder_changes_nothing(folder, tmp_path):
    score = score_decoding(TEXTS, folder, tmp_path / "names.txt").to_json()
    (folder / "text").write_text("".join(f"{name} {text}\n" for name, text in reversed(FOUND.items())))
    assert score_decoding(TEXTS, folder, tmp_path / "names.txt").to_json() == score


def test_replications_are_those_that_are_drawn_at_once():
    whole = np.random.default_rng(0).multinomial(7, np.full(7, 1 / 7), 1000)
    assert (np.stack(list(resampled(7))) == whole).all()
