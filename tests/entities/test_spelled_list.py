"""The speller and the list that it makes: stored whole, and taken over where it was spelled with the same."""

import dataclasses

import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.outcome import DUPLICATE, UNUSABLE, USED, Outcome
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.entities.speller import Speller
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.compile import ListFile, compile_graph
from wfst_bias.graph.store import folder_key, graph_list, read_base, read_decoding, report_rows
from wfst_bias.lang.lang import read_lang
from wfst_bias.second_pass.pronunciations import Pronunciations

ENTITIES = [
    Entity("Kaity Olson", 1.5, 1, gate=0.25),
    Entity("Jean-Luc", line=2, display="Jean-Luc P."),
    Entity("...", line=3),
    Entity("kaity olson", line=4),
    Entity("NATO", line=5, spoken=("nato", "north atlantic")),
    Entity("Doctor", line=6, entity_class="$TITLE", pronunciations=(("D", "AA1", "K"), ("Q7",))),
]


@pytest.fixture(scope="module")
def speller(world):
    return Speller(read_lang(world / "lang"), {"doctor", "nato"}, G2GConfig(variants=3))


def test_a_stored_list_comes_back_with_all_digits(speller, tmp_path):
    spelled = speller.spell(ENTITIES)
    assert spelled.counts == {USED: 4, UNUSABLE: 1, DUPLICATE: 1}
    assert any(-10 < score < 0 for outcome in spelled for score in outcome.scores)
    spelled.write(tmp_path / "spelled.jsonl")
    assert SpelledList.read(tmp_path / "spelled.jsonl") == spelled


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "is empty; compile the graph again"),
        ("line\tphrase\n", ":1: is no line of a spelled list"),
        ('{"format": "spelled-list-7", "key": ""}\n', "format 'spelled-list-7', 'spelled-list-1' was expected"),
        ('{"format": "spelled-list-1", "key": ""}\n{"status": "used"}\n', ":2: is no line of a spelled list"),
    ],
)
def test_a_damaged_file_is_an_error(tmp_path, text, message):
    (tmp_path / "spelled.jsonl").write_text(text)
    with pytest.raises(InputError, match=message):
        SpelledList.read(tmp_path / "spelled.jsonl")


def test_phrases_are_compared_within_their_class_or_across_classes(speller):
    entities = [Entity("Olson", line=1), Entity("Olson", line=2, entity_class="$NAME"), Entity("olson", line=3)]
    by_class = speller.spell(entities)
    assert [(o.entity.line, o.status, o.phrase) for o in by_class] == [(1, USED, 0), (3, DUPLICATE, -1), (2, USED, 0)]
    assert {name: part.entities for name, part in by_class.used_by_class().items()} == {
        entities[0].entity_class: (entities[0],),
        "$NAME": (entities[1],),
    }
    across = speller.spell(entities, across_classes=True)
    assert [(o.entity.line, o.status) for o in across] == [(1, USED), (2, DUPLICATE), (3, DUPLICATE)]


def test_the_key_is_that_of_lexicon_words_and_variants(world, speller):
    lang = read_lang(world / "lang")
    assert Speller(lang, {"nato", "doctor"}, G2GConfig(variants=3)).key == speller.key != ""
    assert Speller(lang, g2g=G2GConfig(variants=0, cost=7.0)).key == Speller(lang).key
    others = [Speller(lang, {"nato"}, G2GConfig(variants=3)), Speller(lang, {"doctor", "nato"}, G2GConfig(variants=2))]
    assert speller.key not in [other.key for other in others]


def test_what_is_remembered_is_not_pronounced_again(world, speller):
    lang = read_lang(world / "lang")
    spelled = speller.spell(ENTITIES[:1])
    (true,) = spelled.used
    altered = dataclasses.replace(true, pronunciations=(("W",),), scores=(0.0,), homophones=((),))
    stored = SpelledList.of((altered,), spelled.key)
    for key, found in ((spelled.key, altered), ("another", true)):
        other = Speller(lang, {"doctor", "nato"}, G2GConfig(variants=3))
        other.remember(dataclasses.replace(stored, key=key))
        assert other.spell(ENTITIES[:1]).outcomes == (found,)


def test_the_list_of_a_graph_is_that_of_the_second_pass(world, tmp_path):
    (tmp_path / "names.txt").write_text("Whittemore\nKaity Olson\n")
    compiled = compile_graph(world / "base", [ListFile(tmp_path / "names.txt")], tmp_path / "graph")
    spelled = graph_list(tmp_path / "graph")
    assert [spelled] == list(compiled.values())
    graph, lang = read_decoding(tmp_path / "graph"), read_lang(world / "lang")
    assert Speller(lang, graph.known_words, G2GConfig()).key == spelled.key
    anew = Pronunciations(lang, graph.entities, graph.known_words, G2GConfig())
    taken = Pronunciations(lang, graph.entities, graph.known_words, G2GConfig(), spelled=spelled)
    texts = [["we", "met", "kaity", "olson", "and", "whittemore", "of", "olson"]]
    assert taken.of_lists((), 1) == anew.of_lists((), 1)
    assert taken.pieces(texts) == anew.pieces(texts)


def test_a_graph_folder_without_its_list_is_read_and_compiled_anew(world, tmp_path):
    (tmp_path / "names.txt").write_text("Whittemore\nNATO\n...\n")
    lists = [ListFile(tmp_path / "names.txt")]
    compile_graph(world / "base", lists, tmp_path / "graph")
    rows = report_rows(tmp_path / "graph")
    assert [row.status for row in rows] == [USED, USED, UNUSABLE]
    (tmp_path / "graph/spelled.jsonl").unlink()
    assert report_rows(tmp_path / "graph") == rows and len(graph_list(tmp_path / "graph")) == 0
    compile_graph(world / "base", lists, tmp_path / "graph")
    assert len(graph_list(tmp_path / "graph")) == 3


def test_a_row_of_the_report():
    columns = (("A", "B"), ("C",)), (0.0, -1.25), (("ab",), ("ab", "c"))
    outcome = Outcome(Entity("Ab", line=7), USED, 0, ("ab",), *columns, note="noted")
    assert SpelledList.of((outcome,)).report == f"{Outcome.HEADER}7\tAb\tused\tab\tA B | C (-1.2)\tab c\tnoted\n"


def test_base_and_graph_have_the_same_known_words(world, tmp_path):
    (tmp_path / "names.txt").write_text("Whittemore\n")
    compile_graph(world / "base", [ListFile(tmp_path / "names.txt")], tmp_path / "graph")
    assert read_decoding(tmp_path / "graph").known_words == read_base(world / "base").known_words


def test_a_graph_of_phrases_is_that_of_a_file(world, tmp_path):
    (tmp_path / "names.txt").write_text("Whittemore\nNATO\n")
    from_file = compile_graph(world / "base", [str(tmp_path / "names.txt")], tmp_path / "file")
    from_python = compile_graph(world / "base", [["Whittemore", Entity("NATO", line=2)]], tmp_path / "python")
    assert list(from_file.values()) == list(from_python.values())
    assert folder_key(tmp_path / "file") == folder_key(tmp_path / "python")
    with pytest.raises(InputError, match="give several lists, as in"):
        compile_graph(world / "base", str(tmp_path / "names.txt"), tmp_path / "graph")
