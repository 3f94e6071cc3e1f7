"""Strings in arrays of bytes, and tables of symbols that are made of them."""

import numpy as np
import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.core.packed_strings import MoreStrings, PackedStrings
from wfst_bias.core.symbols import EPS, SymbolTable

STRINGS = ["b", "a", "ab", "übung", "", "zoë's", "日本", "aa"]
MISSING = ["c", "", "abc", "u", "日", "b 1", "\n", "a\nab"]


def _of_table(tmp_path, words):
    SymbolTable((EPS, *words)).write(tmp_path / "words.txt")
    return SymbolTable.mapped(tmp_path / "words.txt", EPS)


def test_packed_strings_are_a_sequence():
    packed = PackedStrings.of(STRINGS)
    assert list(packed) == STRINGS and packed == STRINGS and len(packed) == len(STRINGS)
    assert [packed[i] for i in range(-len(STRINGS), len(STRINGS))] == STRINGS * 2
    assert packed[2:4] == STRINGS[2:4]
    with pytest.raises(IndexError):
        packed[len(STRINGS)]
    assert sorted(packed.not_ascii) == ["zoë's", "übung", "日本"]


@pytest.mark.parametrize("has_order", [True, False])
def test_strings_are_found_one_by_one_and_many_at_once(has_order):
    packed = PackedStrings.of(STRINGS)
    packed = packed if has_order else PackedStrings.of_lines(packed.text)
    absent = [string for string in MISSING if string]
    assert [packed.find(string) for string in STRINGS + absent] == [*range(len(STRINGS))] + [-1] * len(absent)
    assert "übung" in packed and "ubung" not in packed and 1 not in packed
    many = (STRINGS + absent) * 40
    assert packed.find_all(many).tolist() == ([*range(len(STRINGS))] + [-1] * len(absent)) * 40
    assert packed.find("zoë's") == 5  # by the dictionary of all


def test_none_and_one():
    assert list(PackedStrings.of([])) == [] and PackedStrings.of([]).find("a") == -1
    assert PackedStrings.of_lines(np.zeros(0, np.uint8)).find("a") == -1
    assert PackedStrings.of(["a"]).find("a") == 0


def test_a_few_strings_more():
    more = MoreStrings(PackedStrings.of(STRINGS), ["x"]).extended(["y"])
    assert list(more) == [*STRINGS, "x", "y"] and more[-1] == "y" and more[8] == "x" and more[0] == "b" and more[7:9] == ["aa", "x"]
    assert [more.find(string) for string in ("y", "aa", "z")] == [9, 7, -1]


def test_a_table_is_the_same_mapped_and_read(tmp_path):
    words = [string for string in STRINGS if string] + [f"w{i}" for i in range(1200)]
    mapped, read = _of_table(tmp_path, words), SymbolTable.read(tmp_path / "words.txt", EPS)
    assert isinstance(mapped.symbols, PackedStrings) and isinstance(read.symbols, tuple)
    assert [mapped[word] for word in words[:20]] == [read[word] for word in words[:20]]
    assert "w1" in mapped and "w" not in mapped and mapped.find("w1200") == -1 and mapped[EPS] == 0
    with pytest.raises(KeyError):
        mapped["none"]
    assert mapped.checksum == read.checksum and mapped == read and mapped.ids == read.ids
    longer = mapped.extended(["w7", "new", "newer"])
    assert longer.symbols == (*read.symbols, "new", "newer") and longer["newer"] == len(read) + 1
    assert longer.extended(["new"]) is longer and longer.extended(["last"])["last"] == len(read) + 2


@pytest.mark.parametrize(
    "text",
    [
        f"{EPS} 0\na 1\na 1\n",
        f"{EPS} 0\na 2\n",
        f"{EPS} 0\na\n",
        "a 0\n",
        f"{EPS} 0\na b 1\n",
        "",
        "".join(f"{EPS if not i else i} {i}\n" for i in range(12)) + "x 13\n",
    ],
)
def test_what_is_no_table_is_told_as_before(tmp_path, text):
    path = tmp_path / "words.txt"
    path.write_text(text)
    with pytest.raises(InputError) as expected:
        SymbolTable.read(path, EPS)
    with pytest.raises(InputError) as found:
        SymbolTable.mapped(path, EPS)
    assert str(found.value) == str(expected.value)


def test_tables_in_other_forms_are_read(tmp_path):
    path = tmp_path / "words.txt"
    path.write_bytes(f"{EPS}\t0\r\na\t1\r\n".encode())
    assert SymbolTable.mapped(path, EPS).symbols == (EPS, "a")
    path.write_bytes(f"{EPS} 0\na 1".encode())
    assert SymbolTable.mapped(path, EPS).symbols == (EPS, "a")
