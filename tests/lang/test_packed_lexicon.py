"""Lexicons that are mapped into memory: the same as their text, which is parsed once."""

import itertools

import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.lang import packed_lexicon
from wfst_bias.lang.lang import Lang, hama_units, read_lang
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.lang.packed_lexicon import PackedLexicon, read_packed_lexicon
from wfst_bias.lang.phones import PHONES

WORDS = ["".join(letters) for letters in itertools.product("bcdfgh", "aeiou", "klmn", "aeiou", "prst")] + ["zoë", "über"]
ENTRIES = {
    word: tuple((PHONES[i % 39], PHONES[(i * 7 + j) % 39], PHONES[(i + j) % 39]) for j in range(1 + i % 2))
    for i, word in enumerate(reversed(WORDS))
}
UNITS = hama_units()


@pytest.fixture
def lang_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("WFST_BIAS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(packed_lexicon, "_SMALL", 0)
    Lang(UNITS, Lexicon(ENTRIES)).write(tmp_path / "lang")
    return tmp_path / "lang"


def _read(lang_dir):
    return read_packed_lexicon(lang_dir / "lexicon.txt", UNITS.tokens)


def test_lookups_parse_no_text(lang_dir):
    first = _read(lang_dir)
    assert not isinstance(first, PackedLexicon) and first.entries == ENTRIES
    packed = _read(lang_dir)
    assert isinstance(packed, PackedLexicon)
    for word in WORDS[:30]:
        assert word in packed and packed[word] == packed.get(word) == ENTRIES[word]
    assert "xyz" not in packed and packed.get("xyz") == ()
    with pytest.raises(KeyError):
        packed["xyz"]
    assert packed.rows_of(["xyz", *ENTRIES]).tolist() == [-1, *range(len(ENTRIES))]
    for pronunciation in [ENTRIES[word][0] for word in WORDS[:30]] + [("AA",), (), ("none",), ("<blk>",)]:
        assert list(packed.words_with(pronunciation)) == list(first.words_with(pronunciation))
    assert "entries" not in vars(packed), "lookups made all words"


def test_a_packed_lexicon_is_the_same_as_its_text(lang_dir):
    plain, packed = _read(lang_dir), _read(lang_dir)
    assert isinstance(packed, PackedLexicon) and packed == plain and plain == packed
    assert tuple(packed.words) == plain.words and sorted(packed.words_not_ascii) == sorted(plain.words_not_ascii)
    assert packed.units == plain.units and packed.mean_length == plain.mean_length
    assert packed.pairs == plain.pairs and packed.text() == plain.text() and packed.words_of == plain.words_of
    other = Lexicon({"new": (("N", "UW"),)})
    assert packed.merged(other).entries == plain.merged(other).entries
    lang = read_lang(lang_dir)
    assert isinstance(lang.lexicon, PackedLexicon) and lang.words.symbols == Lang(UNITS, plain).words.symbols


def test_a_changed_text_is_another_lexicon(lang_dir):
    _read(lang_dir)
    path = lang_dir / "lexicon.txt"
    path.write_text(path.read_text() + "new N UW\n")
    assert _read(lang_dir)["new"] == (("N", "UW"),)
    with pytest.raises(InputError, match="changed"):
        read_lang(lang_dir)
    path.write_text("new N UW\nnew ?\n")
    with pytest.raises(InputError, match="is not in tokens.txt") as raised:
        _read(lang_dir)
    assert raised.value.line == 2


def test_damaged_arrays_are_made_again(lang_dir, tmp_path):
    _read(lang_dir)
    (made,) = (tmp_path / "cache").glob("lexicon-*")
    (made / "units.npy").write_bytes(b"nothing")
    assert _read(lang_dir).entries == ENTRIES
    assert isinstance(_read(lang_dir), PackedLexicon)


def test_without_a_cache_the_text_is_parsed_each_time(lang_dir, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WFST_BIAS_CACHE", str(tmp_path / "file"))
    for _ in range(2):
        assert not isinstance(_read(lang_dir), PackedLexicon)


def test_old_lexicons_leave_the_cache(lang_dir, tmp_path, monkeypatch):
    monkeypatch.setattr(packed_lexicon, "_KEPT", 2)
    for word in ("one", "two", "six"):
        (lang_dir / "lexicon.txt").write_text(f"{word} W AH N\n")
        _read(lang_dir)
    assert len(list((tmp_path / "cache").glob("lexicon-*"))) == 2
