"""Written to spoken: what people have in their lists, and how it is said."""

import json
import re
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.core.symbols import SymbolTable
from wfst_bias.core.text import words_of
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.lists import read_entities
from wfst_bias.entities.outcome import USED
from wfst_bias.entities.speller import Speller
from wfst_bias.entities.verbalize.phrases import forms_of_all, is_all_caps, spoken_forms
from wfst_bias.entities.verbalize.verbalizations import MOST
from wfst_bias.lang.lang import Lang, hama_units
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.lang.units import CHARS, Units

# every way, the likeliest first
EXACT = """
747             => seven forty seven | seven four seven | seven hundred forty seven | seven hundred and forty seven
1984            => nineteen eighty four | one nine eight four | one thousand nine hundred eighty four | one thousand nine hundred and eighty four
42              => forty two
3.14            => three point one four | three point fourteen
007             => oh oh seven | double oh seven
100%            => one hundred percent
$5 million      => five million dollars
3rd Street      => third street
12 km           => twelve kilometers | twelve k-m | twelve k m
10 a.m.         => ten a-m | ten a m
1990s           => nineteen nineties
'80s            => eighties
10:30           => ten thirty
9/11            => nine eleven | nine elevenths | nine slash eleven
24/7            => twenty four seven | twenty four sevenths | twenty four slash seven
#1              => number one
No. 5           => number five
7-Eleven        => seven eleven
Boeing 737-9    => boeing seven thirty seven nine | boeing seven three seven nine | boeing seven hundred thirty seven nine | boeing seven hundred and thirty seven nine
3M              => three m
U2              => u two
H2O             => h two o
H₂O             => h two o
C++             => c plus plus
C#              => c sharp
AT&T            => a-t and t | a t and t
R&D             => r and d
WFST            => w-f-s-t | w f s t
IBM             => i-b-m | i b m
WHO             => w-h-o | w h o
RAM             => r-a-m | r a m | ram
NATO            => nato | n-a-t-o | n a t o
NVIDIA          => nvidia | n-v-i-d-i-a | n v i d i a
IEEE            => ieee | i-e-e-e | i e e e | i triple e
CDs             => c-d's | c d's
NASA's          => nasa's | n-a-s-a's | n a s a's
A.B.C.          => a-b-c | a b c
J. K. Rowling   => j-k rowling | j k rowling
JFK             => j-f-k | j f k
Ph.D.           => p h d
β-carotene      => beta carotene
IL-1β           => i-l one beta | i l one beta
NFκB            => n-f kappa b | n f kappa b
η Νίκη          => η νίκη
COVID-19        => covid nineteen | c-o-v-i-d nineteen | c o v i d nineteen
mp3             => m-p three | m p three
iPhone          => i phone | i-phone | iphone
OpenAI          => open a-i | open-a-i | openai
YouTube         => youtube | you-tube | you tube
McDonald        => mcdonald | mc-donald | mc donald
B2B             => b two b
AC/DC           => a-c d-c | a-c d c | a-c slash d-c | a c d-c | a-c slash d c | a c d c
A$AP Rocky      => asap rocky | a-s-a-p rocky | a s a p rocky
Henry VIII      => henry the eighth | henry eight | henry v i i i
henry viii      => henry the eighth | henry eight | henry viii
Malcolm X       => malcolm x | malcolm the tenth | malcolm ten
St. Paul's      => saint paul's
Main St.        => main street
Fort St. John   => fort saint john | fort street john
Dr. Smith       => doctor smith
Mulholland Dr.  => mulholland drive
Smith & Sons Ltd => smith and sons limited
Mt Everest      => mount everest
Booking.com     => booking dot com
.NET            => dot n-e-t | dot n e t | dot net
٧٤٧             => seven forty seven | seven four seven | seven hundred forty seven | seven hundred and forty seven
日本 42          => 日本 forty two
Škoda 130       => škoda one thirty | škoda one hundred thirty | škoda a hundred thirty | škoda one three oh | škoda one hundred and thirty | škoda a hundred and thirty
"""

# said as they are written
PLAIN = [
    "New York",
    "new york",
    "Jean-Luc O’Brien",
    "Zelenskyy",
    "Škoda",
    "İstanbul",
    "George W. Bush",
    "Xi Jinping",
    "I Am Legend",
    "Strand",
    "coin",
    "日本",
    "Yahoo!",
    "...",
]


def forms(written, all_caps=False):
    return [" ".join(form) for form in spoken_forms(written, all_caps)]


@pytest.mark.parametrize("row", EXACT.strip().splitlines())
def test_written_to_spoken(row):
    written, said = row.split("=>")
    assert forms(written.strip()) == said.strip().split(" | ")


@pytest.mark.parametrize("written", PLAIN)
def test_what_is_written_as_it_is_said_stays(written):
    assert spoken_forms(written) == tuple(filter(None, [words_of(written)]))


PIECES = st.sampled_from(
    "747 1984 3rd 9/11 $5 50% #1 NATO WFST iPhone AT&T St. VIII X J. K. C++ O'Brien ½ Š & é 1,0 .5".split()
)


@settings(max_examples=150)
@given(st.lists(PIECES | st.text("aB5.'&/%$€@#-+ é²", max_size=6), min_size=1, max_size=5).map(" ".join), st.booleans())
def test_what_is_spoken_is_in_letters_and_not_too_much(written, all_caps):
    said = spoken_forms(written, all_caps)
    assert said == spoken_forms(written, all_caps) and len(set(said)) == len(said) <= MOST
    assert all(re.fullmatch(r"(?:[^\W\d_]|['-])+", word) for form in said for word in form)
    assert bool(said) or not re.search(r"[^\W_]", written)


@pytest.mark.parametrize(
    "written, first",
    [
        ("BắcNinh", "bắcninh"),
        ("Ẹ\u0301KÓ FM", "ẹ́kó f-m"),
        ("น้ำผึ้ง 7", "น้ำผึ้ง seven"),
        ("नरेंद्र 7", "नरेंद्र seven"),
        ("Café ７", "café seven"),
        ("ﬁt 7", "fit seven"),
        ("COL·LECCIÓ 7", "col·lecció seven"),
        ("O‘Brien & Co", "o'brien and co"),
        ("می\u200cخواهم 7", "می\u200cخواهم seven"),
        ("D\u00adA\u200b3", "d-a three"),
        ("BJØRN", "bjørn"),
    ],
)
def test_letters_of_all_scripts_beside_signs_and_capitals(written, first):
    said = spoken_forms(written)
    assert " ".join(said[0]) == first
    assert spoken_forms(unicodedata.normalize("NFD", written)) == said


def test_words_run_together_keep_all_letters():
    assert forms("BắcNinh") == ["bắcninh", "bắc-ninh", "bắc ninh"]


def test_in_a_list_in_capitals_they_mean_nothing():
    sherpa = ["HELLO WORLD", "NEW YORK", "SHERLOCK", "ALICE", "HENRY VIII", "WFST", "plain"]
    assert is_all_caps(sherpa) and not is_all_caps(["NASA", "IBM", "3M", "NVIDIA", "AT&T", "A.B.C.", "747"])
    assert not is_all_caps(["New York", "NATO", "NEW DELHI"]) and not is_all_caps(["747"]) and not is_all_caps([])
    assert [forms(phrase, all_caps=True) for phrase in sherpa[:4]] == [[p.lower()] for p in sherpa[:4]]
    assert forms("HENRY VIII", all_caps=True)[0] == "henry the eighth"
    assert forms("WFST", all_caps=True) == ["w-f-s-t", "w f s t"]  # what nobody can say as a word
    assert forms("NEW YORK TIMES") == ["new york times"]  # one such phrase tells it, too


def test_capitals_are_judged_by_the_whole_list(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("SHERLOCK HOLMES\nCALIFORNIA\nRAM\n")
    assert [entity.forms for entity in read_entities(path)] == [
        (("sherlock", "holmes"),),
        (("california",),),
        (("ram",),),
    ]
    path.write_text("Sherlock Holmes\nRAM\n")
    assert [len(entity.forms) for entity in read_entities(path)] == [1, 3]
    assert Entity.from_json(read_entities(path)[1].to_json()) == read_entities(path)[1]


def test_how_a_list_says_it_is_read_in_the_same_way():
    assert forms_of_all(["seven 47", "jumbo"])[:2] == (("seven", "forty", "seven"), ("jumbo",))
    assert Entity("747", spoken=("jumbo", "seven 47")).forms == (("jumbo",), ("seven", "forty", "seven"))
    many = tuple(f"way {letter}" for letter in "bcdefghjk")
    assert len(Entity("747", spoken=many).forms) == len(many)


def test_a_plain_list_is_read_without_the_normaliser():
    code = (
        "import sys; from wfst_bias.entities.entity import Entity; "
        "assert Entity('Zelenskyy').forms and Entity('NATO').forms and 'wetext' not in sys.modules; "
        "assert Entity('747').forms and 'wetext' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


LETTERS = {"a": (("EY",), ("AH",)), "b": (("B", "IY"),), "f": (("EH", "F"),), "i": (("AY",),), "t": (("T", "IY"),)}


def test_letters_of_an_acronym_are_said_in_one_breath_and_apart():
    (fbi,) = Speller(Lang(hama_units(), Lexicon(LETTERS))).spell([Entity("FBI")])
    assert fbi.status == USED and fbi.unknown_words == ()
    assert [" ".join(way) for way in fbi.pronunciations] == ["EH F B IY AY", "EH F <wb> B IY <wb> AY"]


def test_units_that_spell_write_an_acronym_as_one_word_too():
    units = Units(CHARS, SymbolTable(("<blk>", "|", *"ABFIT&")), boundary="|")
    spell = Speller(Lang(units, Lexicon({}))).spell
    assert ["".join(way) for way in spell([Entity("FBI")])[0].pronunciations] == ["FBI", "F|B|I"]
    assert "AT&T" in ["".join(way) for way in spell([Entity("AT&T", spoken=("a t",))])[0].pronunciations]


@pytest.fixture(scope="module")
def told(world, run, tmp_path_factory):
    """A list that is not written as it is said, found in synthetic speech."""
    from wfst_bias.synth.demo import speak_demo

    folder = tmp_path_factory.mktemp("told")
    speak_demo(
        ["We met the FBI at the station.", "The seven forty seven was late.", "She told us to send the report."], folder
    )
    (folder / "list.jsonl").write_text(
        '{"phrase": "FBI"}\n{"phrase": "747", "display": "Boeing 747"}\n{"phrase": "US"}\n{"phrase": "Henry VIII"}\n'
    )
    for command in (
        ("graph", "compile", world / "base", folder / "list.jsonl", folder / "graph", "--strict"),
        ("decode", folder / "graph", folder, folder / "decode"),
    ):
        result = run(*command)
        assert result.exit_code == 0, result.output
    return folder / "decode"


def test_it_comes_back_as_it_is_written(told):
    read = lambda name: [line.partition(" ")[2] for line in (told / name).read_text().splitlines()]
    text, display = read("text"), read("text.display")
    assert text[:2] == ["we met the fbi at the station", "the 747 was late"]
    assert display[:2] == ["we met the FBI at the station", "the Boeing 747 was late"]
    assert display[2] == text[2] == "she told us to send the report"  # a word of its own, not the letters U S
    found = [json.loads(line) for line in (told / "entities.jsonl").read_text().splitlines()]
    assert [(row["phrase"], row["display"]) for row in found] == [("FBI", "FBI"), ("747", "Boeing 747")]
