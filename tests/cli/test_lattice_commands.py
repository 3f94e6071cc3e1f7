"""``wfst-bias lattice`` on a decode folder."""

import gzip
import json
import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def folder(world, speech, run, tmp_path_factory):
    """A decode folder of two sentences with a name each."""
    made = tmp_path_factory.mktemp("decoded")
    (made / "names.txt").write_text("Zelenskyy\nWhittemore\n")
    assert run("graph", "compile", world / "base", made / "names.txt", made / "graph").exit_code == 0
    result = run("decode", made / "graph", speech, made / "d", "--search-output-beam", 40, "--search-beam", 40)
    assert result.exit_code == 0, result.output
    return made / "d"


def rows_of(result):
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_the_best_of_what_was_written_is_what_was_decoded(folder, run):
    assert run("lattice", "best", folder).output == (folder / "text").read_text()


def test_the_archive_alone_says_the_same(folder, run):
    result = run("lattice", "best", folder / "lat.1.gz", "--words", folder / "words.txt", "--acoustic-scale", 1.8)
    assert result.output == (folder / "text").read_text()
    result = run("lattice", "best", folder / "lat.1.gz")
    assert result.exit_code == 1 and "lat.1.gz: is an archive without a table" in result.output


def test_nbest_has_terms_and_entities(folder, run):
    rows = rows_of(run("lattice", "best", folder, "--nbest", 3))
    assert [row["rank"] for row in rows if row["utterance"] == "demo_000"] == [1, 2, 3]
    assert rows[0]["entities"] == [{"phrase": "Zelenskyy", "first_word": 2, "num_words": 1}]
    assert rows[0]["list"] != 0


def test_pruning_leaves_the_best_and_what_is_close(folder, run, tmp_path):
    assert run("lattice", "prune", folder, tmp_path / "p", "--beam", 15).exit_code == 0
    rows, pruned = (rows_of(run("lattice", "best", source, "--nbest", 10000)) for source in (folder, tmp_path / "p"))
    best = {row["utterance"]: row["total"] for row in rows if row["rank"] == 1}
    near = {row["text"] for row in rows if row["total"] > best[row["utterance"]] - 14.99}
    assert near <= {row["text"] for row in pruned} < {row["text"] for row in rows}


def test_other_weights_change_the_scores_by_them(folder, run, tmp_path):
    options = ("--lm-scale", 0.5, "--word-penalty", 2)
    assert run("lattice", "rescore", folder, tmp_path / "r", *options).exit_code == 0
    before = {row["text"]: row for row in rows_of(run("lattice", "best", folder, "--nbest", 10000))}
    for row in rows_of(run("lattice", "best", tmp_path / "r", "--nbest", 20)):
        expected = 0.5 * before[row["text"]]["language_model"] - 2 * len(row["text"].split())
        assert row["language_model"] == pytest.approx(expected, abs=0.01)
        assert row["acoustic"] == pytest.approx(before[row["text"]]["acoustic"], abs=0.01)


def test_oracle_finds_what_was_said(folder, speech, run):
    result = run("lattice", "oracle", folder, speech)
    assert result.exit_code == 0 and result.output.startswith("0.00 % of 11 words; ")


def test_a_picture_has_the_phrases_in_colour(folder, run, tmp_path):
    result = run("lattice", "draw", folder, "demo_000", tmp_path / "d.svg", "--beam", 6, "--frame-shift", 0.02)
    assert result.exit_code == 0, result.output
    svg = (tmp_path / "d.svg").read_text()
    assert svg.count('<g id="phrase-') == svg.count(">zelenskyy</text>") >= 1
    assert ">0.00 s</text>" in svg
    result = run("lattice", "draw", folder, "nobody", tmp_path / "n.svg")
    assert result.exit_code == 1 and "has no utterance 'nobody'" in result.output


def contents_of(folder):
    """Text of archive and terms."""
    return [gzip.decompress((folder / name).read_bytes()).decode() for name in ("lat.1.gz", "terms.1.jsonl.gz")]


def test_what_went_through_k2_is_what_was_copied(folder, run, tmp_path):
    words = ("--words", folder / "words.txt")
    for source, out, *options in (
        (folder, tmp_path / "lat.pt"),
        (tmp_path / "lat.pt", tmp_path / "back", *words),
        (folder, tmp_path / "copy"),
        (folder, tmp_path / "lat.gz"),
        (folder, tmp_path / "lat.txt"),
    ):
        result = run("lattice", "copy", source, out, *options)
        assert result.exit_code == 0 and result.output == f"{out}: 2 lattices\n", result.output
    assert contents_of(tmp_path / "back") == contents_of(tmp_path / "copy")
    archive, _ = contents_of(tmp_path / "copy")
    assert gzip.decompress((tmp_path / "lat.gz").read_bytes()).decode() == archive
    assert (tmp_path / "lat.txt").read_text() == archive
    of_k2, own = (
        rows_of(run("lattice", "best", source, *options, "--nbest", 50))
        for source, options in ((tmp_path / "lat.pt", words), (tmp_path / "copy", ()))
    )
    assert of_k2 == own
    assert run("lattice", "copy", tmp_path / "lat.pt", tmp_path / "lat.pt", *words).exit_code == 1


def test_another_language_model_takes_the_place_of_the_first(folder, world, run, tmp_path):
    (tmp_path / "sentences.txt").write_text("we met at the station\nplease call before friday\n" * 3)
    assert run("lm", "train", tmp_path / "sentences.txt", tmp_path / "lm.arpa.gz", "--order", 3).exit_code == 0
    options = ("--lm", tmp_path / "lm.arpa.gz", "--lm-scale", 0.5)
    result = run("lattice", "rescore", folder, tmp_path / "r", *options)
    assert result.exit_code == 0, result.output
    (before, *_), (after, *_) = (rows_of(run("lattice", "best", source, "--nbest", 10)) for source in (folder, tmp_path / "r"))
    assert after["text"] == before["text"] and after["language_model"] > 0.5 * before["language_model"]
    assert after["list"] == pytest.approx(before["list"], abs=0.01)
    assert json.loads((tmp_path / "r" / "meta.json").read_text())["lm"] == str(tmp_path / "lm.arpa.gz")
    result = run("lattice", "rescore", folder, tmp_path / "n", "--lm", folder / "text")
    assert result.exit_code == 1 and "is no ARPA model" in result.output and not (tmp_path / "n").exists()


def copied(folder, tmp_path):
    return Path(shutil.copytree(folder, tmp_path / "copied"))


def cut_archive(folder):
    text = gzip.decompress((folder / "lat.1.gz").read_bytes()).decode()
    (folder / "lat.1.gz").write_bytes(gzip.compress(text[: text.index("\n\n") + 2].encode()))


def cut_words(folder):
    table = (folder / "words.txt").read_text().splitlines(keepends=True)
    (folder / "words.txt").write_text("".join(table[:5]))


@pytest.mark.parametrize(
    "spoil, told",
    [
        (lambda f: (f / "lat.1.gz").unlink(), "lat.1.gz: no such file"),
        (lambda f: (f / "terms.1.jsonl.gz").unlink(), "terms.1.jsonl.gz: no such file"),
        (cut_archive, "ends before the lattice of 'demo_001'"),
        (cut_words, "the table of words ends with 4"),
        (lambda f: (f / "meta.json").write_text("{}"), "is no folder with lattices"),
    ],
)
def test_a_folder_with_a_part_missing_is_told(folder, run, tmp_path, spoil, told):
    spoilt = copied(folder, tmp_path)
    spoil(spoilt)
    for command in (
        ("best", spoilt),
        ("copy", spoilt, tmp_path / "new"),
        ("draw", spoilt, "demo_001", tmp_path / "d.svg"),
    ):
        result = run("lattice", *command)
        assert result.exit_code == 1 and told in result.output, (command, result.output)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copied"]


def test_empty_lattices_go_through_all_verbs(folder, run, tmp_path):
    (tmp_path / "lat").write_text("demo_000\n\n0_quiet\n\n")
    (tmp_path / "text").write_text("0_quiet no word\ndemo_000 is here\n")
    words = ("--words", folder / "words.txt")
    for out in ("lat.pt", "copy"):
        assert run("lattice", "copy", tmp_path / "lat", tmp_path / out, *words).exit_code == 0
    assert run("lattice", "rescore", tmp_path / "lat.pt", tmp_path / "r", "--lm-scale", 2, *words).exit_code == 0
    assert run("lattice", "prune", tmp_path / "lat.pt", tmp_path / "p", "--beam", 2, *words).exit_code == 0
    for source in ("copy", "r", "p"):
        assert run("lattice", "best", tmp_path / source).output == "demo_000\n0_quiet\n"
        assert run("lattice", "best", tmp_path / source, "--nbest", 10).output == ""
    assert run("lattice", "oracle", tmp_path / "copy", tmp_path).output.startswith("100.00 % of 4 words")
    result = run("lattice", "draw", tmp_path / "copy", "0_quiet", tmp_path / "d.svg")
    assert result.exit_code == 1 and "'0_quiet' has no path" in result.output


def test_nothing_is_left_of_an_archive_that_breaks_off(folder, run, tmp_path):
    content = (folder / "lat.1.gz").read_bytes()
    (tmp_path / "lat.gz").write_bytes(content[: len(content) // 2])
    result = run("lattice", "prune", tmp_path / "lat.gz", tmp_path / "p", "--beam", 3, "--words", folder / "words.txt")
    assert result.exit_code == 1 and "lat.gz:" in result.output and "damaged" in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lat.gz"]
