"""``wfst-bias evidence train`` and decoding with its model."""

import json
import math

import pytest

from wfst_bias.evidence.features import FeatureTable
from wfst_bias.evidence.model import EvidenceModel
from wfst_bias.evidence.prior import Background


def test_speech_without_false_alarms_is_named(world, speech, run, tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("quokka\nzyzzyva\n")
    options = ("--base", world / "base", "--words", words, "--list-size", 2, "--lists", 1)
    result = run("evidence", "train", speech, tmp_path / "evidence.json", *options)
    assert result.exit_code == 1 and "and 0 false candidates; some of both were expected" in result.output
    assert not (tmp_path / "evidence.json").exists()
    assert run("evidence", "train", tmp_path / "evidence.json").exit_code == 2


@pytest.fixture
def graph(world, run, tmp_path):
    (tmp_path / "names.txt").write_text("Zelenskyy\nWhittemore\n")
    result = run("graph", "compile", world / "base", tmp_path / "names.txt", tmp_path / "graph")
    assert result.exit_code == 0, result.output
    return tmp_path / "graph"


def test_decoding_with_a_model_gives_reasons(graph, speech, run, tmp_path):
    wide = ("--search-output-beam", 40, "--search-beam", 40)
    for bias, is_kept in ((20.0, True), (-20.0, False)):
        path = tmp_path / "evidence.json"
        EvidenceModel({}, bias, Background(false_per_hour=(1e5, 1e5))).write(path)
        options = ("--stages", "verify", "--verify-evidence", path, *wide)
        result = run("decode", graph, speech, tmp_path / "d", *options)
        assert result.exit_code == 0, result.output
        rows = {
            name: [json.loads(line) for line in (tmp_path / "d" / name).read_text().splitlines()]
            for name in ("entities.jsonl", "rejected.jsonl")
        }
        assert bool(rows["entities.jsonl"]) == is_kept and bool(rows["rejected.jsonl"]) != is_kept
        for row in rows["entities.jsonl"] + rows["rejected.jsonl"]:
            ratio = math.log(0.9 * math.exp(bias) + 0.1)
            assert row["log_likelihood_ratio"] == pytest.approx(ratio, abs=1e-3) and (row["posterior"] > 0.5) == is_kept
            assert len(row["features"]) == FeatureTable.joined([]).values.shape[1]
        row = (rows["entities.jsonl"] or rows["rejected.jsonl"])[0]
        explained = run("explain", tmp_path / "d", row["utterance"], row["phrase"])
        assert explained.exit_code == 0, explained.output
        outcome = "kept" if is_kept else "rejected"
        assert f"Verification {outcome} it at {row['start']:.2f}-{row['end']:.2f} s" in explained.output
        assert f"with probability {row['posterior']:.2f}" in explained.output
        assert "gap_per_unit" in explained.output
        as_json = json.loads(run("explain", tmp_path / "d", row["utterance"], row["phrase"], "--json").output)
        assert as_json["weighed"][0]["posterior"] == row["posterior"]
        meta = json.loads((tmp_path / "d" / "meta.json").read_text())
        assert meta["verify"]["evidence"] == str(path)
