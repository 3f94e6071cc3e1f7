"""Inflected forms of listed phrases in graphs: their scores, what follows them, and what is written."""

import math

import numpy as np
import pytest

from helpers.emissions import decoded, emissions
from helpers.machines import language
from wfst_bias.core.symbols import CLASS, SymbolTable
from wfst_bias.decode.paths import best_paths
from wfst_bias.decode.search import Decoder
from wfst_bias.decode.transcript import LANGUAGE_MODEL, LIST
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.inflections import PLURAL, POSSESSIVE, Endings, InflectedForm, inflected_forms
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.entities.speller import Speller
from wfst_bias.fst.columns import ColumnLayout
from wfst_bias.fst.wfst import WORD_END
from wfst_bias.graph.biasing_trie import splice
from wfst_bias.graph.compile import base_graph
from wfst_bias.graph.compile_list import compile_list
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.listed import OPEN
from wfst_bias.graph.store import read_decoding, write_graph
from wfst_bias.graph.token_graph import compile_token_graph
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.lang.pronunciation_table import PronunciationTable
from wfst_bias.lang.units import CHARS, PHONES, Units
from wfst_bias.lattice.nbest import nbest_of
from wfst_bias.lm.grammar import read_grammar

TOKENS = SymbolTable(["<blk>", "<wb>", *"ADHILMPS", "Z", "IH", "T"])
# a phone a word, so that all texts of a few words can be enumerated
LEXICON = {
    "his": ("H",),
    "people": ("P",),
    "letter": ("L",),
    "met": ("M",),
    "dads": ("D", "Z"),
    "unused": ("S", "T", "IH"),
}
ARPA = """\\data\\
ngram 1={count}
ngram 2=4

\\1-grams:
-99 <s> -0.3
-1.5 </s>
-1.1 his -0.4
-1.2 people -0.2
-1.3 letter -0.1
-1.4 met -0.1
{more}
\\2-grams:
-0.1 his letter
-0.2 people met
-0.5 people </s>
-0.3 met his

\\end\\
"""
CONFIG = ClassConfig(prior=0.5, bonus=2.0, length_bonus=0.0, inflection_cost=1.5)


def world(tmp_path, boundary="<wb>", lexicon=LEXICON, more=""):
    path = tmp_path / "lm.arpa"
    path.write_text(ARPA.format(count=6 + more.count("\n"), more=more))
    lang = Lang(Units(PHONES, TOKENS, boundary), Lexicon({word: (units,) for word, units in lexicon.items()}))
    words = lang.words.extended((CLASS,))
    token_graph = compile_token_graph(lang, read_grammar(path, words), words, (CLASS,))
    return token_graph, base_graph(lang, words, token_graph, "standard")


def spelled(base, *phrases):
    """Each phrase with its pronunciation, ``NAME D AH``."""
    rows = [(name, tuple(units)) for name, *units in map(str.split, phrases)]
    entities = [Entity(name, pronunciations=(units,)) for name, units in rows]
    return Speller(base.lang, base.known_words, g2p=_Silent()).spell(entities)


class _Silent:
    """Reads no word: the lists give the pronunciations."""

    spells = False

    def pronounce(self, words):
        return {}


def nats(log10):
    return log10 * math.log(10)


@pytest.mark.parametrize("boundary", ["<wb>", ""])
def test_what_follows_a_form_has_the_history_of_a_word_of_its_kind(tmp_path, boundary):
    token_graph, base = world(tmp_path, boundary)
    assert base.has_inflections
    compiled = compile_list(base, spelled(base, "Ted D"), CONFIG)
    assert [form.text for form in compiled.inflected] == ["ted's", "teds"]
    layout = ColumnLayout.of_lists(len(TOKENS), [OPEN], base.lang.units.marks_words)
    graph = splice(token_graph.fst, token_graph.class_arcs, base.expansions([compiled], [OPEN], layout))
    graph.ilabel[:] = layout.token(graph.ilabel)
    graph.olabel[:] = graph.olabel % WORD_END
    between = [TOKENS[boundary]] if boundary else []
    names = [*base.words.symbols, "ted", "ted's", "teds"]
    said = {}
    for (units, outputs), score in language(graph, 3 + 2 * len(between)).items():
        if not units or units[-1] not in between:
            key = " ".join(names[i] for i in outputs)
            said[key] = max(said.get(key, -math.inf), score)
    start = nats(-0.3)
    phrase = math.log(0.5) + 2.0  # the class, one phrase, and the bonus
    form = phrase - 1.5
    plural = form - 2.0 - 1e-3  # of a name
    end = nats(-1.5)
    after_letter, after_met = nats(-0.1) + end, nats(-0.1) + end
    expected = {
        "ted letter": start + phrase + nats(-1.3) + after_letter,
        "ted's letter": start + form + nats(-0.1) + after_letter,
        "teds letter": start + plural + nats(-0.2 - 1.3) + after_letter,
        "ted's met": start + form + nats(-0.4 - 1.4) + after_met,
        "teds met": start + plural + nats(-0.2) + after_met,
        "teds": start + plural + nats(-0.5),
        "ted's": start + form + nats(-0.4) + end,
    }
    assert {text: said[text] for text in expected} == pytest.approx(expected, abs=1e-3)


def test_a_form_that_sounds_like_a_word_is_paid_no_bonus_and_one_that_is_listed_is_no_form(tmp_path):
    _, base = world(tmp_path, more="-1.6 dads -0.1\n")
    compiled = compile_list(base, spelled(base, "Ted D"), CONFIG)
    other = compile_list(base, spelled(base, "Ted T"), CONFIG)

    def score_of(one):
        first, last = (one.trie.src == 0) & (one.trie.olabel == 0), one.trie.olabel == 2
        return one.trie.score[first].max() + one.trie.score[last].max()

    assert score_of(other) - score_of(compiled) == pytest.approx(2.0, abs=1e-3)
    both = compile_list(base, spelled(base, "Ted D", "Teds D Z", "Mister M IH S"), CONFIG)
    assert [form.text for form in both.inflected] == ["teds's", "tedses", "mister's", "misters"]


def test_without_them_or_without_english_there_are_none(tmp_path):
    _, base = world(tmp_path)
    assert not compile_list(base, spelled(base, "Ted D"), ClassConfig(inflections=False)).inflected
    german = {"sein": ("H",), "leute": ("P",), "letter": ("L",), "met": ("M",), "die": ("D",)}
    path = tmp_path / "other"
    path.mkdir()
    text = ARPA.replace("his", "sein").replace("people", "leute")
    (path / "lm.arpa").write_text(text.format(count=6, more=""))
    lang = Lang(Units(PHONES, TOKENS, "<wb>"), Lexicon({word: (units,) for word, units in german.items()}))
    words = lang.words.extended((CLASS,))
    token_graph = compile_token_graph(lang, read_grammar(path / "lm.arpa", words), words, (CLASS,))
    other = base_graph(lang, words, token_graph, "standard")
    assert not other.has_inflections and not compile_list(other, spelled(other, "Ted D"), CONFIG).inflected


def graph_of(tmp_path, more="", config=CONFIG, phrases=("Ted D",)):
    _, base = world(tmp_path, more=more)
    return base.with_entities(compile_list(base, spelled(base, *phrases), config))


def test_transcripts_lattices_and_folders_have_the_form_and_its_phrase(tmp_path):
    graph = graph_of(tmp_path)
    decoder = Decoder(graph)
    said = ["D Z <wb> L", "D Z <wb> M", "D <wb> L"]
    transcripts, lattices = decoded(decoder, *said)
    assert [one.text for one in transcripts] == ["ted's letter", "teds met", "ted letter"]
    assert [[(e.phrase, e.display, e.form, e.found_by) for e in one.entities] for one in transcripts] == [
        [("Ted", "Ted's", "ted's", LIST)],
        [("Ted", "Teds", "teds", LIST)],
        [("Ted", "Ted", "", LIST)],
    ]
    rows = [one.entities[0].to_json() for one in transcripts]
    assert [row.get("form") for row in rows] == ["ted's", "teds", None]
    best = nbest_of(lattices[0], 2, graph.words).hypotheses
    assert [" ".join(one.words) for one in best] == ["ted's letter", "teds letter"]  # both are in the lattice
    assert {graph.phrase_names[span.phrase] for one in best for span in one.phrases} == {"Ted"}

    write_graph(tmp_path / "graph", graph, SpelledList(), "key", {})
    again = read_decoding(tmp_path / "graph")
    assert again.lists[0].inflected == graph.lists[0].inflected and again.phrases == graph.phrases
    (first,) = best_paths(Decoder(again).lattices(emissions(graph.tokens, said[0])), Decoder(again))
    assert first.text == "ted's letter" and first.entities == transcripts[0].entities


def test_a_form_that_the_language_model_writes_is_one_of_its_phrase(tmp_path):
    config = ClassConfig(prior=1e-6, bonus=0.0, length_bonus=0.0)
    graph = graph_of(tmp_path, "-0.5 dads -0.1\n", config, ["Dad D"])
    (transcript,), _ = decoded(Decoder(graph), "D Z <wb> M")
    (found,) = transcript.entities
    assert transcript.text == "dads met"
    assert (found.phrase, found.form, found.display, found.found_by) == ("Dad", "dads", "Dads", LANGUAGE_MODEL)


@pytest.mark.parametrize(
    "phrase, possessive, plural",
    [
        ("Tesla", "tesla's", "teslas"),
        ("Angela Merkel", "angela merkel's", "angela merkels"),
        ("Kennedy", "kennedy's", "kennedys"),
        ("baby", "baby's", "babies"),
        ("Max", "max's", "maxes"),
        ("bus", "bus's", "buses"),
        ("A380", "a380's", "a380s"),
        ("McDonald's", None, None),
        ("Legionnaires'", None, None),
        ("日本", None, None),
    ],
)
def test_written_forms(phrase, possessive, plural):
    known = dict(inflected_forms(Entity(phrase)))
    forms = [known.get(kind) for kind in (POSSESSIVE, PLURAL)]
    assert forms == [form and tuple(form.split()) for form in (possessive, plural)]


def test_a_form_is_shown_as_its_phrase_is():
    entity = Entity("beta blocker", display="Beta-Blocker")
    assert InflectedForm(0, PLURAL, ("beta", "blockers")).shown(entity) == "Beta-Blockers"
    assert InflectedForm(0, PLURAL, ("babies",)).shown(Entity("baby")) == "babies"


@pytest.mark.parametrize(
    "kind, tokens, last, expected",
    [
        (PHONES, "Z S IH T IY", ("IY",), ("Z",)),
        (PHONES, "Z S IH T", ("T",), ("S",)),
        (PHONES, "Z S IH T", ("S",), ("IH", "Z")),
        (PHONES, "z s ɪ ʃ", ("ʃ",), ("ɪ", "z")),
        (PHONES, "a b", ("a",), None),
        (CHARS, "a s '", ("a",), ("'", "s")),
        (CHARS, "A S '", ("A",), ("'", "S")),
        (CHARS, "a s", ("a",), None),
    ],
)
def test_endings_by_the_units_of_a_model(kind, tokens, last, expected):
    endings = Endings(Units(kind, SymbolTable(["<blk>", *tokens.split()])))
    number = endings.number(Entity("ma"), POSSESSIVE)
    if expected is None:
        assert number == -1
    else:
        ids = {symbol: i for i, symbol in enumerate(endings.symbols)}
        table = PronunciationTable.of_pairs([[(last, 0.0)]], ids)
        (found,) = endings.behind(table, np.array([0]), np.array([number])).pronunciations(endings.symbols)
        assert found == last + expected
