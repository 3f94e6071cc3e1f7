"""The way of ``egs/librispeech``: texts of public lists spoken, lists of another size, decoded and scored as the public do."""

import json
import shutil

import pytest

from wfst_bias.entities.biasing import BiasingRow, read_biasing

ROWS = (
    BiasingRow("61-70968-0002", "we met zelenskyy at the station", ("zelenskyy",), ()),
    BiasingRow("121-121726-0001", "please call whittemore before friday", ("whittemore",), ()),
)


@pytest.fixture(scope="module")
def lists(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists")
    (folder / "own.tsv").write_text("".join(row.serialize() for row in ROWS))
    (folder / "words.txt").write_text("\n".join(["zelenskyy", "whittemore", "hamlet", "aubigny", "keller", "brandsma"]))
    (folder / "texts").write_text("".join(f"{row.utterance}\t{row.text}\n" for row in ROWS))
    return folder


@pytest.fixture(scope="module")
def decoded(world, lists, run):
    voice = "flite:slt" if shutil.which("flite") else "hibari"
    for command in (
        ("entities", "sample", lists / "words.txt", lists / "lists_3.tsv", "--biasing", lists / "own.tsv")
        + ("--distractors", 3),
        ("data", "synthesize", lists / "texts", lists / "data", "--named", "--voice", voice),
        ("data", "cuts", lists / "data", lists / "cuts.jsonl.gz"),
        ("decode", world / "base", lists / "cuts.jsonl.gz", lists / "none"),
        ("decode", world / "base", lists / "cuts.jsonl.gz", lists / "own", "--stages", "none", "--biasing", lists / "lists_3.tsv"),
    ):
        result = run(*command)
        assert result.exit_code == 0, result.output
    return lists


def test_each_utterance_has_its_rare_words_and_the_distractors(decoded):
    rows = read_biasing(decoded / "lists_3.tsv")
    assert {row.utterance: row.text for row in ROWS} == {key: row.text for key, row in rows.items()}
    assert all(set(row.rare) < set(row.phrases) and len(row.phrases) == 4 for row in rows.values())


def test_utterances_are_found_by_their_names_in_any_order(decoded):
    assert [line.split()[0] for line in (decoded / "data" / "text").read_text().splitlines()] == [
        "121-121726-0001",
        "61-70968-0002",
    ]


def test_the_ladder_in_the_words_of_the_public_score(decoded, run, tmp_path):
    options = ("--biasing", decoded / "lists_3.tsv", "--librispeech", "--json", tmp_path / "ladder.json")
    result = run("score", decoded / "cuts.jsonl.gz", decoded / "none", decoded / "own", "--ladder", *options)
    assert result.exit_code == 0, result.output
    none, own = json.loads((tmp_path / "ladder.json").read_text())
    assert none["counts"]["biased_words"] == own["counts"]["biased_words"] == 2
    assert (none["B-WER"]["value"], own["B-WER"]["value"]) == (100.0, 0.0)
    assert own["U-WER"]["value"] == 0.0


def test_librispeech_needs_the_lists(decoded, run):
    result = run("score", decoded / "cuts.jsonl.gz", decoded / "own", "--librispeech")
    assert result.exit_code == 2 and "--librispeech needs the lists" in result.output
    (decoded / "other.tsv").write_text(BiasingRow("61-70968-0002", "he came", (), ()).serialize())
    result = run("score", decoded / "data", decoded / "own", "--librispeech", "--biasing", decoded / "other.tsv")
    assert result.exit_code == 1 and "has no row for utterance '121-121726-0001'" in result.stderr
