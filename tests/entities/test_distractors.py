"""Lists of another size for utterances."""

import json

import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.entities.biasing import BiasingRow, read_biasing
from wfst_bias.entities.distractors import lists_with_distractors

WORDS = [f"word{chr(97 + i)}{chr(97 + j)}" for i in range(8) for j in range(25)]


@pytest.fixture
def biasing(tmp_path):
    rows = [
        BiasingRow("u1", f"hamlet saw {WORDS[0]}", ("hamlet", WORDS[0]), ("whittemore",)),
        BiasingRow("u2", "he came", (), ()),
    ]
    (tmp_path / "own.tsv").write_text("".join(row.serialize() for row in rows))
    (tmp_path / "words.txt").write_text("\n".join(["hamlet", *WORDS]))
    return tmp_path / "own.tsv", tmp_path / "words.txt"


def drawn(biasing, number, seed=0):
    return {row.utterance: row for row in lists_with_distractors(*biasing, number, seed)}


def test_a_list_has_the_rare_words_and_so_many_others(biasing):
    rows = drawn(biasing, 50)
    for row, rare in ((rows["u1"], {"hamlet", WORDS[0]}), (rows["u2"], set())):
        assert list(row.phrases) == sorted(set(row.phrases)) and len(row.phrases) == 50 + len(rare)
        assert rare <= set(row.phrases) <= rare | {"hamlet", *WORDS}
    assert drawn(biasing, 0)["u1"].phrases == ("hamlet", WORDS[0]) and drawn(biasing, 0)["u2"].phrases == ()


def test_lists_are_the_same_every_time_and_grow(biasing):
    assert drawn(biasing, 50) == drawn(biasing, 50) != drawn(biasing, 50, seed=1)
    assert set(drawn(biasing, 20)["u1"].phrases) < set(drawn(biasing, 50)["u1"].phrases)
    assert not set(drawn(biasing, 20)["u1"].phrases) >= set(drawn(biasing, 20)["u2"].phrases)


def test_the_list_of_an_utterance_does_not_depend_on_the_others(biasing):
    alone = biasing[0].with_name("alone.tsv")
    alone.write_text(biasing[0].read_text().splitlines(keepends=True)[1])
    assert drawn((alone, biasing[1]), 30)["u2"].phrases == drawn(biasing, 30)["u2"].phrases


def test_too_few_words(biasing):
    assert len(drawn(biasing, 199)["u1"].phrases) == 201
    with pytest.raises(InputError, match=r"words.txt: has 199 words that 'u1' does not say, and 200 were asked for"):
        drawn(biasing, 200)


def test_a_row_reads_as_it_was_written(tmp_path):
    row = BiasingRow("u1", "o'brien met müller", ("müller", "o'brien"), ("müller", "o'brien", "zoë"), 1)
    (tmp_path / "b.tsv").write_text(row.serialize())
    assert read_biasing(tmp_path / "b.tsv") == {"u1": row}
    assert json.loads(row.serialize().split("\t")[3]) == ["müller", "o'brien", "zoë"]
