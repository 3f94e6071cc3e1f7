"""The one form of text: what goes in comes out, in every script, and what is one word compares as one."""

import sys
import unicodedata

import pytest

from wfst_bias.core.text import clean, comparable, comparable_words, is_letter, latin, lower, marks, words_of

APOSTROPHES = "ʹʻʼʽʾʿ\u0374Ꞌꞌߴߵˈˊˋ"  # letters by category that stand for an apostrophe
IGNORABLE = {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x3164, 0xFFA0}
IGNORABLE |= {*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}


def all_letters_and_numbers():
    """Every letter and number, and every mark on a letter, but what nobody sees and what is an apostrophe."""
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        category = unicodedata.category(char)[0]
        if category in "LMN" and code not in IGNORABLE and char not in APOSTROPHES and char != "İ":
            yield char if category != "M" else f"a{char}"


def words_of_all_scripts(size=40):
    chars = list(all_letters_and_numbers())
    return ["".join(chars[start : start + size]) for start in range(0, len(chars), size)]


@pytest.fixture(scope="module")
def all_scripts():
    words = words_of_all_scripts()
    assert sum(map(len, words)) > 130_000
    return words


def test_words_of_every_script_come_out_as_they_go_in(all_scripts):
    for word in all_scripts:
        (same,) = words_of(word)
        dotted = unicodedata.normalize("NFC", word).lower().replace("i\u0307", "i")
        assert same == unicodedata.normalize("NFC", dotted)
        assert words_of(same) == (same,)
        assert clean(clean(word)) == clean(word) == unicodedata.normalize("NFC", word)


def test_the_form_of_unicode_makes_no_difference_in_any_script(all_scripts):
    for word in all_scripts:
        key, words = comparable(word), words_of(word)
        assert comparable(key) == key
        for form in ("NFC", "NFD"):
            other = unicodedata.normalize(form, word)
            assert words_of(other) == words and clean(other) == clean(word) and comparable(other) == key


def test_case_makes_no_difference_in_any_script(all_scripts):
    for word in all_scripts:
        keys = {comparable(form) for form in (word, word.upper(), word.lower(), word.title(), word.casefold())}
        assert keys == {comparable(word)}


@pytest.mark.parametrize(
    "text, words",
    [
        ("New York", ("new", "york")),
        ("Jean-Luc O’Brien, Jr.", ("jean", "luc", "o'brien", "jr")),
        ("Škoda", ("škoda",)),
        ("İstanbul", ("istanbul",)),
        ("AT&T 50% #1 @home C++", ("at&t", "50%", "#1", "@home", "c++")),
        ("...", ()),
        ("snake_case", ("snake", "case")),
        ("नमस्ते दुनिया", ("नमस्ते", "दुनिया")),
        ("ภาษาไทยที่นี่", ("ภาษาไทยที่นี่",)),
        ("வணக்கம்", ("வணக்கம்",)),
        ("العَرَبِيَّة", ("العَرَبِيَّة",)),
        ("שָׁלוֹם", ("שָׁלוֹם",)),
        ('צה"ל', ("צה״ל",)),
        ("col·lecció", ("col·lecció",)),
        ("ΟΔΥΣΣΕΥΣ", ("οδυσσευς",)),
        ("東京・大阪", ("東京", "大阪")),
        ("1914–1918, Foo‑Bar", ("1914", "1918", "foo", "bar")),
        ("Ab\u00adc D\u200be\ufeffF \u200egh\u200f", ("abc", "def", "gh")),
        ("a\u00a0b\u2009c\u3000d\u202fe", ("a", "b", "c", "d", "e")),
        ("e\u200d\u0301a", ("éa",)),
        ("ស្រី\u200bស្អាត", ("ស្រី", "ស្អាត")),
    ],
)
def test_words_of(text, words):
    assert words_of(text) == words


@pytest.mark.parametrize("sign", "'‘’ʼʻʽʹ′`´＇՚ꞌʿ‛")
def test_what_looks_like_an_apostrophe_is_one_between_letters(sign):
    assert words_of(f"D{sign}Arcy") == ("d'arcy",) and clean(f"D{sign}Arcy") == "D'Arcy"
    assert comparable(f"D{sign}ARCY") == "d'arcy" and latin(f"d{sign}arcy") == "d'arcy"


@pytest.mark.parametrize(
    "text, words",
    [
        ("the nurses’ ward", ("the", "nurses'", "ward")),
        ("rock ‘n’ roll", ("rock", "'n'", "roll")),
        ("rock 'n' roll", ("rock", "'n'", "roll")),
        ("‘em", ("'em",)),
        ("Will-o’-the-wisp", ("will", "o'", "the", "wisp")),
        ("she said ‘good day’ to me", ("she", "said", "good", "day", "to", "me")),
        ("‘they don’t’", ("they", "don't")),
        ("‚guten Tag‘", ("guten", "tag")),
        ("the word 'yes'", ("the", "word", "yes")),
        ("“yes” ``no''", ("yes", "no")),
        ("6′ 2″", ("6", "2")),
        ("' a '", ("a",)),
        ("Dwayne 'The Rock' Johnson", ("dwayne", "the", "rock", "johnson")),
        ("'I don't know,' he said: 'come in!'", ("i", "don't", "know", "he", "said", "come", "in")),
        ("'the boys' hat", ("'the", "boys'", "hat")),  # the last quote may be an apostrophe
        ("'tis the lads' turn", ("'tis", "the", "lads'", "turn")),
        ("goin' down an' out", ("goin'", "down", "an'", "out")),
        ("rock 'n' roll 'n' soul", ("rock", "'n'", "roll", "'n'", "soul")),
        ("in the '80s an' '90s", ("in", "the", "'80s", "an'", "'90s")),
        ("'हिन्दी का' नाम", ("हिन्दी", "का", "नाम")),
    ],
)
def test_apostrophes_and_quotes_at_the_edges_of_words(text, words):
    assert words_of(text) == words


@pytest.mark.parametrize(
    "one, other",
    [
        ("Straße", "STRASSE"),
        ("ẞ", "ss"),
        ("Kılıç", "KILIÇ"),
        ("İzmir", "i̇zmir"),
        ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("ᾼ͂", "ᾷ"),
        ("ﬁﬂ", "FIFL"),
        ("ǅ", "ǆ"),
        ("ŉ", "ʼN"),
        ("ＡＢｃ", "abc"),
        ("한국", unicodedata.normalize("NFD", "한국")),
        ("می\u200cخواهم", "میخواهم"),
        ("ක්\u200dෂ", "ක්ෂ"),
        ("محمـــد", "محمد"),
        ("so\u00adft", "soft"),
        ("Phở", "PHO\u031b\u0309"),
    ],
)
def test_two_spellings_of_a_word_have_one_key(one, other):
    assert comparable(one) == comparable(other) != ""


@pytest.mark.parametrize("one, other", [("कि", "की"), ("กา", "กำ"), ("resume", "résumé"), ("ill", "i'll"), ("й", "и")])
def test_other_words_have_other_keys(one, other):
    assert comparable(one) != comparable(other)


def test_joiners_belong_to_the_spelling_only():
    assert words_of("می\u200cخواهم") == ("می\u200cخواهم",) and comparable_words("می\u200cخواهم") == ("میخواهم",)
    assert words_of("a\u200cb \u200dक\u200d") == ("ab", "क")
    assert clean("क्\u200dष") == "क्\u200dष"


@pytest.mark.parametrize(
    "word, plain",
    [
        ("škoda", "skoda"),
        ("straße", "strasse"),
        ("łódź", "lodz"),
        ("đà", "da"),
        ("smørrebrød", "smorrebrod"),
        ("ılıca", "ilica"),
        ("þór", "thor"),
        ("sœur", "soeur"),
        ("ærø", "aero"),
        ("ħal", "hal"),
        ("col·lecció", "colleccio"),
        ("ŀl", "ll"),
        ("ﬁn", "fin"),
        ("日本", ""),
        ("мир", ""),
        ("3m", ""),
        ("o'brien", "o'brien"),
    ],
)
def test_latin(word, plain):
    assert latin(word) == plain == latin(unicodedata.normalize("NFD", word))


def test_marks_are_letters():
    assert all(map(is_letter, "aß\u0301ि้")) and not any(map(is_letter, "1 -'"))
    assert lower("É") == "é" and "\u0300" in marks()
