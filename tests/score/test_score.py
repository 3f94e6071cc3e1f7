import json
import subprocess
import sys

import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.entities.biasing import read_biasing
from wfst_bias.score.counts import Counts, count_errors
from wfst_bias.score.listed import ScoredPhrases
from wfst_bias.score.report import score_change, score_counts, score_decoding


def counted(reference, hypothesis, *phrases):
    return count_errors(
        tuple(reference.split()), tuple(hypothesis.split()), ScoredPhrases(tuple(p.split()) for p in phrases)
    )


def test_a_found_entity():
    assert counted("call steels now", "call steels now", "steels") == Counts(1, 2, 0, 0, hits=1)


def test_a_missed_entity_is_a_biased_error():
    assert counted("call steels now", "call steals now", "steels") == Counts(1, 2, 1, 0, misses=1)


def test_one_entity_recognised_as_another_is_a_miss_and_a_false_alarm():
    assert counted("call steels", "call whittemore", "steels", "whittemore") == Counts(
        1, 1, 1, 0, misses=1, false_alarms=1
    )


def test_an_inserted_word_counts_where_it_belongs():
    assert counted("call now", "call steels now", "steels") == Counts(0, 2, 1, 0, false_alarms=1)
    assert counted("call now", "call me now", "steels") == Counts(0, 2, 0, 1)


def test_a_phrase_is_found_as_a_whole():
    assert counted("in new york", "in new york", "new york") == Counts(2, 1, 0, 0, hits=1)
    assert counted("in new york", "in new pork", "new york") == Counts(2, 1, 1, 0, misses=1)
    assert counted("a new car", "a new car", "new york") == Counts(0, 3)


def test_the_longest_phrase_wins():
    phrases = ScoredPhrases([("new",), ("new", "york"), ("york",)])
    assert phrases.exact_spans("new york new".split()) == [(0, 2), (2, 3)]


def test_the_same_phrase_elsewhere_is_no_hit():
    counts = counted("steels went home again today", "he went home steels again today", "steels")
    assert (counts.hits, counts.misses, counts.false_alarms) == (0, 1, 1)


def test_rates_are_taken_over_all_utterances():
    score = score_counts([Counts(1, 3, 1, 0, misses=1), Counts(1, 5, 0, 1, hits=1)], hours=0.5)
    assert score.rates["WER"].value == pytest.approx(20.0)
    assert score.rates["U-WER"].value == pytest.approx(12.5)
    assert score.rates["B-WER"].value == pytest.approx(50.0)
    assert score.rates["F1"].value == pytest.approx(200 / 3)
    assert score.rates["WER"].low <= 20.0 <= score.rates["WER"].high
    assert score.false_alarms_per_hour == 0.0


def test_what_cannot_be_counted_is_null_not_zero():
    score = json.loads(score_counts([Counts(0, 3)]).to_json())
    assert score["B-WER"]["value"] is None and score["F1"]["value"] is None and score["WER"]["value"] == 0.0


def test_intervals_are_the_same_every_time():
    counts = [Counts(1, 3, i % 2, 0) for i in range(20)]
    assert score_counts(counts).to_json() == score_counts(counts).to_json()


def test_a_change_is_that_of_the_same_utterances():
    before = [Counts(1, 3, i % 2, i % 3, misses=1) for i in range(30)]
    after = [Counts(1, 3, 0, i % 3, hits=1) for i in range(30)]
    added = score_change(before, after)
    assert added["WER"].value == pytest.approx(-12.5) and added["WER"].low < -12.5 < added["WER"].high < 0
    assert (added["U-WER"].value, added["U-WER"].low, added["U-WER"].high) == (0.0, 0.0, 0.0)
    assert added["recall"].value == 100.0


def decoded(folder, text):
    folder.mkdir(exist_ok=True)
    (folder / "text").write_text(text)
    return folder


def test_each_utterance_has_its_own_list(tmp_path):
    biasing = tmp_path / "biasing.tsv"
    biasing.write_text('u1\t\t[]\t["steels"]\nu2\t\t[]\t["whittemore"]\n')
    hypotheses = decoded(tmp_path / "d", "u1 steels\nu2 steels\n")
    score = score_decoding({"u1": "Steels.", "u2": "STEELS"}, hypotheses, biasing=biasing)
    assert (score.counts.hits, score.counts.biased_words, score.counts.unbiased_words) == (1, 1, 1)


@pytest.mark.parametrize(
    "references, text, message",
    [
        ({"u1": "a", "u2": "b"}, "u1 a\n", "'u2' of the references is missing"),
        ({"u1": "a"}, "u1 a\nu2 b\n", "'u2' has no reference"),
        ({"u1": "a"}, "u1 a\nu1 b\n", "each utterance once"),
    ],
)
def test_utterances_must_be_the_same(tmp_path, references, text, message):
    with pytest.raises(InputError, match=message):
        score_decoding(references, decoded(tmp_path / "d", text))


def test_bad_biasing_row(tmp_path):
    path = tmp_path / "biasing.tsv"
    path.write_text('u1\ttext\t[]\t["a"]\nu2\ttext\n')
    with pytest.raises(InputError, match=r"biasing.tsv:2: found 2 columns"):
        read_biasing(path)


def test_only_the_utterances_that_are_named(tmp_path):
    hypotheses = decoded(tmp_path / "d", "u1 a\nu2 x\n")
    (tmp_path / "held_out").write_text("u1\n")
    score = score_decoding({"u1": "a", "u2": "b"}, hypotheses, utterances=tmp_path / "held_out")
    assert (score.num_utterances, score.rates["WER"].value) == (1, 0.0)
    (tmp_path / "held_out").write_text("u1\nu3\n")
    with pytest.raises(InputError, match="held_out:2: 'u3' is no utterance"):
        score_decoding({"u1": "a", "u2": "b"}, hypotheses, utterances=tmp_path / "held_out")


def test_a_tab_behind_the_key_is_a_space(tmp_path):
    score = score_decoding({"u1": "new york"}, decoded(tmp_path / "d", "u1\tnew york\n"))
    assert score.rates["WER"].value == 0.0


def test_scoring_loads_neither_torch_nor_k2():
    code = (
        "import importlib, pkgutil, sys, wfst_bias.score as score\n"
        "for module in pkgutil.iter_modules(score.__path__):\n"
        "    importlib.import_module(f'wfst_bias.score.{module.name}')\n"
        "print([name for name in ('torch', 'k2', 'lhotse') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True).stdout == "[]\n"
