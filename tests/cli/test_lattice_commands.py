"""``wfst-bias lattice`` on a decode folder."""

import json

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
    rows = rows_of(run("lattice", "nbest", folder, "--nbest", 3))
    assert [row["rank"] for row in rows if row["utterance"] == "demo_000"] == [1, 2, 3]
    assert rows[0]["entities"] == [{"phrase": "Zelenskyy", "first_word": 2, "num_words": 1}]
    assert rows[0]["list"] != 0


def test_pruning_leaves_the_best_and_what_is_close(folder, run, tmp_path):
    assert run("lattice", "prune", folder, tmp_path / "p", "--beam", 15).exit_code == 0
    rows, pruned = (rows_of(run("lattice", "nbest", source, "--nbest", 10000)) for source in (folder, tmp_path / "p"))
    best = {row["utterance"]: row["total"] for row in rows if row["rank"] == 1}
    near = {row["text"] for row in rows if row["total"] > best[row["utterance"]] - 14.99}
    assert near <= {row["text"] for row in pruned} < {row["text"] for row in rows}


def test_other_weights_change_the_scores_by_them(folder, run, tmp_path):
    options = ("--lm-scale", 0.5, "--word-penalty", 2)
    assert run("lattice", "rescore", folder, tmp_path / "r", *options).exit_code == 0
    before = {row["text"]: row for row in rows_of(run("lattice", "nbest", folder, "--nbest", 10000))}
    for row in rows_of(run("lattice", "nbest", tmp_path / "r", "--nbest", 20)):
        expected = 0.5 * before[row["text"]]["language_model"] - 2 * len(row["text"].split())
        assert row["language_model"] == pytest.approx(expected, abs=0.01)
        assert row["acoustic"] == pytest.approx(before[row["text"]]["acoustic"], abs=0.01)


def test_oracle_finds_what_was_said(folder, speech, run):
    result = run("lattice", "oracle", folder, speech)
    assert result.exit_code == 0 and result.output.startswith("0.00 % of 11 words; ")


def test_a_picture_has_the_phrases_in_colour(folder, run, tmp_path):
    assert run("lattice", "draw", folder, "demo_000", tmp_path / "d.dot", "--beam", 6).exit_code == 0
    coloured = [line for line in (tmp_path / "d.dot").read_text().splitlines() if "#c2410c" in line]
    assert coloured and all("zelenskyy" in line for line in coloured)
    result = run("lattice", "draw", folder, "nobody", tmp_path / "n.dot")
    assert result.exit_code == 1 and "has no utterance 'nobody'" in result.output


def test_nothing_is_left_of_an_archive_that_breaks_off(folder, run, tmp_path):
    content = (folder / "lat.1.gz").read_bytes()
    (tmp_path / "lat.gz").write_bytes(content[: len(content) // 2])
    result = run("lattice", "prune", tmp_path / "lat.gz", tmp_path / "p", "--beam", 3, "--words", folder / "words.txt")
    assert result.exit_code == 1 and "lat.gz:" in result.output and "damaged" in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lat.gz"]
