"""The whole way on real speech, where it is there: a list finds its words and spares the others."""

import json
from itertools import islice

import pytest

from wfst_bias.data.cuts import read_data
from wfst_bias.recognize.transcribe import default_base


@pytest.fixture(scope="module")
def few(kathleen, tmp_path_factory):
    """The first forty utterances as a cut manifest, and the default base graph."""
    folder = tmp_path_factory.mktemp("real")
    cuts = read_data(kathleen)
    type(cuts).from_cuts(list(islice(cuts, 40))).to_file(folder / "cuts.jsonl.gz")
    return folder


def test_a_list_of_rare_words_and_a_thousand_others(few, kathleen, run, cache, monkeypatch):
    monkeypatch.setenv("WFST_BIAS_CACHE", str(cache))
    base = default_base()
    assert (
        run("entities", "sample", few / "list.txt", "--biasing", kathleen / "biasing_1000.tsv", "--distractors", 1000).exit_code == 0
    )
    assert run("graph", "compile", base, few / "list.txt", few / "graph").exit_code == 0
    scores = {}
    for name, graph in (("none", base), ("list", few / "graph")):
        assert run("decode", graph, few / "cuts.jsonl.gz", few / name).exit_code == 0
        searched = few / name / "text.search"  # before verification
        text = searched if searched.is_file() else few / name / "text"
        assert run("lattice", "best", few / name).output == text.read_text()
        command = (
            "score",
            few / "cuts.jsonl.gz",
            few / name,
            "--entities",
            few / "list.txt",
            "--json",
            few / f"{name}.json",
        )
        assert run(*command).exit_code == 0
        scores[name] = json.loads((few / f"{name}.json").read_text())
    value = lambda name, rate: scores[name][rate]["value"]
    assert value("list", "F1") > value("none", "F1") + 5
    assert value("list", "WER") < value("none", "WER")
    assert value("list", "U-WER") <= value("none", "U-WER") + 1.0
