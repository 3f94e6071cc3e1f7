"""The domains that come with the project, and those of users."""

import re
from pathlib import Path

import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import CLASS
from wfst_bias.core.text import latin
from wfst_bias.entities.domains import GRAPHS, domain_names, find_domain, read_domain
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.lists import read_classed_entities, read_entities, read_list
from wfst_bias.entities.outcome import UNUSABLE
from wfst_bias.entities.speller import Speller
from wfst_bias.graph.store import read_decoding
from wfst_bias.lang.lang import read_lang
from wfst_bias.lang.phones import PHONES

LISTS = [(name, part) for name in domain_names() for part in read_domain(GRAPHS / name).lists]
each_list = pytest.mark.parametrize("name, part", LISTS, ids=[part.path.stem for _, part in LISTS])
# what is no name in the mouth of most
COMMON = (
    "nice reading bath split tours hull male cork may brown king long fox hill cook acid oral other today of oil water"
)


def test_medicine_and_parliament_are_there():
    assert domain_names() == ("medicine", "parliament")
    assert find_domain("medicine").classes == {"$DRUG", "$DISEASE"}
    assert find_domain("parliament").classes == {"$PERSON", "$CITY", "$COUNTRY"}


@each_list
def test_a_list_tells_its_origin_and_licence(name, part):
    assert part.origin and re.match(r"CC0-1\.0$|CC-BY-4\.0, ", part.licence)


@each_list
def test_a_list_is_of_names_that_people_say(name, part):
    entities = read_entities(part.path, part.format_name)
    assert 200 < len(entities) < 3000
    for entity in entities:
        assert re.fullmatch(r"'?[^\W\d_]+(?:[ '-]+[^\W\d_]+)*", entity.written), entity
        assert len(entity.written) > 2 and len(entity.words) <= 6, entity
        assert -3.0 <= entity.weight <= 0.0, entity
    assert {entity.words for entity in entities}.isdisjoint((word,) for word in COMMON.split())


@pytest.mark.parametrize("name", domain_names())
def test_no_phrase_is_twice_in_a_class(name):
    phrases = [(entity.entity_class, entity.words) for entity in read_entities(name)]
    assert len(phrases) == len(set(phrases))


@pytest.mark.parametrize("name", domain_names())
def test_phrases_can_be_said(world, name):
    some = read_entities(name)[::7]
    outcomes = Speller(read_lang(world / "lang")).spell(some)
    assert [outcome.entity.written for outcome in outcomes if outcome.status == UNUSABLE] == []


def test_the_readme_counts_the_phrases():
    counts = dict(re.findall(r"`(\w+\.txt)` \| `\$\w+` \| ([\d,]+) \|", (GRAPHS / "README.md").read_text()))
    assert counts == {part.path.name: f"{len(read_entities(part.path, 'plain')):,}" for _, part in LISTS}


def test_a_domain_is_one_list_of_classes():
    entities = read_entities("parliament")
    assert {entity.entity_class for entity in entities} == {"$PERSON", "$CITY", "$COUNTRY"}
    lines = [entity.line for entity in entities]
    assert lines == sorted(set(lines))
    assert entities[0].written == "Abkhazia" and ("Ursula von der Leyen", "$PERSON") in [
        (entity.written, entity.entity_class) for entity in entities
    ]


def test_phrases_go_into_the_classes_that_there_are():
    both = read_classed_entities("medicine", (CLASS, "$DRUG", "$DISEASE"))
    assert {e.entity_class for e in both} == {"$DRUG", "$DISEASE"}
    drugs = read_classed_entities("medicine", (CLASS, "$DRUG"))
    classes = {entity.written: entity.entity_class for entity in drugs}
    assert (classes["Metformin"], classes["Lipitor"]) == ("$DRUG", "$DRUG")
    assert (classes["whooping cough"], classes["sarcoidosis"]) == (CLASS, CLASS)
    assert {e.entity_class for e in read_classed_entities("medicine", (CLASS,))} == {CLASS}


def domain(folder: Path, toml: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "domain.toml").write_text(toml)
    (folder / "staff.txt").write_text("Keller\nOlson\t2\n")
    (folder / "formulary.csv").write_text("Name,Stock\nCozaar,3\n")
    return folder


OWN = """[[lists]]
file = "staff.txt"
weight = 0.5
[[lists]]
file = "formulary.csv"
class = "$DRUG"
format = "csv:Name"
"""


def test_a_folder_of_ones_own_is_a_domain(tmp_path):
    assert read_entities(domain(tmp_path / "ward", OWN)) == [
        Entity("Keller", 0.5, 1),
        Entity("Olson", 2.5, 2),
        Entity("Cozaar", 0.0, 4, "$DRUG"),
    ]


def test_a_file_of_the_name_of_a_domain_wins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("medicine").write_text("Keller\n")
    assert read_entities("medicine") == [Entity("Keller", 0.0, 1)]


def test_an_unknown_domain_is_told():
    with pytest.raises(InputError, match="^medicin: is no file and no domain; the domains are medicine, parliament$"):
        read_entities("medicin")
    with pytest.raises(InputError, match="^lists/medicin: no such file"):
        read_entities("lists/medicin")


@pytest.mark.parametrize(
    "toml, message",
    [
        ("lists = 3\n", "names no list; write [[lists]] and below it file ="),
        ("[[list]]\n", "has no key 'list'; write [[lists]] above each list"),
        ("[[lists]]\n", "a list has no file; write file ="),
        (
            '[[lists]]\nfile = "staff.txt"\ntype = "x"\n',
            "[[lists]] has no key 'type'; it has file, class, weight, format",
        ),
        ('[[lists]]\nfile = "staff.txt"\nweight = "x"\n', "[[lists]] weight is 'x'; a number of nats was expected"),
        ('[[lists]]\nfile = "staff.txt"\nweight = 99\n', "[[lists]] weight is 99; nats from -20 to 20 were expected"),
        ("[[lists\n", "is not TOML ("),
    ],
)
def test_a_domain_that_cannot_be_is_told(tmp_path, toml, message):
    with pytest.raises(InputError) as told:
        read_entities(domain(tmp_path / "ward", toml))
    assert str(told.value).startswith(f"{tmp_path / 'ward' / 'domain.toml'}: {message}")


@pytest.mark.parametrize(
    "classes, told",
    [
        ((), "3 where any word may stand; the base has no class $DRUG: see 'wfst-bias graph base --class'\n"),
        (("--class", "$DRUG"), "2 where any word may stand, 1 in $DRUG\n"),
    ],
)
def test_a_domain_is_compiled_beside_a_list(world, run, tmp_path, classes, told):
    ward = domain(tmp_path / "ward", OWN)
    (tmp_path / "more.txt").write_text("Zelenskyy\n")
    run("graph", "base", world / "lang", world / "lm.arpa.gz", tmp_path / "base", *classes)
    result = run("graph", "compile", tmp_path / "base", ward, tmp_path / "more.txt", tmp_path / "graph")
    assert result.exit_code == 0, result.output
    assert f"{ward}: {told}" in result.output and "4 used" in result.output
    found = {(entity.written, entity.entity_class) for entity in read_decoding(tmp_path / "graph").entities}
    assert ("Cozaar", "$DRUG" if classes else CLASS) in found and ("Keller", CLASS) in found


@pytest.mark.parametrize("name", domain_names())
def test_a_shipped_domain_has_the_pronunciations_of_its_unknown_words(world, name):
    lexicon, read = read_lang(world / "lang").lexicon, read_list(name)
    words = {part for one in read.entities for form in one.forms for word in form for part in word.split("-")}
    unknown = {latin(word) for word in words if latin(word).strip("'") not in lexicon} - {""}
    assert len(unknown) > 500 and unknown <= read.lexicon.keys()
    assert {phone for some in read.lexicon.values() for p in some for phone in p} <= set(PHONES)


def test_the_lexicon_of_a_domain_pronounces_its_words(world, tmp_path):
    (tmp_path / "domain.toml").write_text('lexicon = "said.txt"\n[[lists]]\nfile = "names.txt"\n')
    (tmp_path / "names.txt").write_text("Xqzt\nMary Xqzt\n")
    (tmp_path / "said.txt").write_text("xqzt ˈkiːzɪ\nmary P AA\n")
    read = read_list(tmp_path)
    lang = read_lang(world / "lang")
    name, both = Speller(lang).spell(read.entities, lexicon=read.lexicon)
    assert name.pronunciations == (("K", "IY", "Z", "IH"),)
    # the lexicon of the model has Mary
    assert {" ".join(p) for p in both.pronunciations} == {f"{' '.join(p)} <wb> K IY Z IH" for p in lang.lexicon["mary"]}


def test_a_lexicon_that_is_not_there_is_named(tmp_path):
    (tmp_path / "domain.toml").write_text('lexicon = "said.txt"\n[[lists]]\nfile = "names.txt"\n')
    (tmp_path / "names.txt").write_text("Xqzt\n")
    with pytest.raises(InputError, match="said.txt"):
        read_list(tmp_path)
