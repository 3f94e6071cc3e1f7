"""Words that nobody listed, and decoding without a language model."""

import itertools
import math

import numpy as np
import pytest

from helpers.emissions import best_transcript, frames_of
from helpers.machines import language
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.graph.compile import ListFile, compile_graph, compile_loop, spelled_list, speller_of
from wfst_bias.graph.compile_list import compile_list, compile_open_vocabulary
from wfst_bias.graph.config import OpenVocabulary
from wfst_bias.graph.open_vocabulary import ANY_WORD, unit_trie
from wfst_bias.graph.store import read_base, read_decoding
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.lang.units import Units
from wfst_bias.lm.kneser_ney import kneser_ney

PHONES = SymbolTable(("<blk>", "<wb>", "a", "b", "c"))
LEXICON = Lexicon({w: (tuple(w),) for w in ("ab", "abc", "cab", "b", "bab")})


@pytest.mark.parametrize("order", [2, 3])
def test_the_branch_says_words_at_the_price_of_their_units(order):
    """An n-gram may also be backed off from, so the trie is the model's probability or a little more."""
    trie = unit_trie(Lang(Units("phones", PHONES, "<wb>"), LEXICON), order)
    said = language(trie, 3)
    model = kneser_ney([p for (p,) in LEXICON.entries.values()], order)
    ids = {word: i for i, word in enumerate(model.words)}
    for word in itertools.chain.from_iterable(itertools.product("abc", repeat=n) for n in (1, 2, 3)):
        history, expected = model.child(np.array([0]), np.array([ids["<s>"]])), 0.0
        for unit in (*word, "</s>"):
            history, score = model.follow(history, np.array([ids[unit]]))
            expected += float(score[0])
        score = said[tuple(PHONES[u] for u in word), (ANY_WORD,)]
        assert score >= expected - 1e-3
        if word in LEXICON.entries.values():
            assert score == pytest.approx(expected, abs=0.7)
    assert all(outputs == (ANY_WORD,) and units for units, outputs in said)


def test_without_n_grams_all_units_are_equally_likely():
    trie = unit_trie(Lang(Units("phones", PHONES, "<wb>"), LEXICON), 0)
    said = language(trie, 2)
    assert len(said) == 3 + 9
    assert all(score == pytest.approx(-len(units) * math.log(3)) for (units, _), score in said.items())


@pytest.mark.parametrize("order", [0, 2])
def test_subwords_begin_a_word_where_they_say_so(order):
    pieces = SymbolTable(("<blk>", "▁us", "e", "ful", "▁a"))
    lexicon = Lexicon({"useful": (("▁us", "e", "ful"),), "a": (("▁a",),), "ause": (("▁a", "ful", "e"),)})
    trie = unit_trie(Lang(Units("subwords", pieces, word_start="▁"), lexicon), order)
    starts = {pieces["▁us"], pieces["▁a"]}
    said = language(trie, 3)
    assert ((pieces["▁us"], pieces["ful"]), (ANY_WORD,)) in said
    assert all(units[0] in starts and not starts & set(units[1:]) for units, _ in said)


@pytest.mark.parametrize("order, message", [(1, "--order of units is 1"), (-2, "--order of units is -2")])
def test_bad_orders(order, message):
    with pytest.raises(InputError, match=message):
        OpenVocabulary(order=order)


ZORBAN = "W IY <wb> M EH T <wb> Z AO R B AH N"


def test_a_word_that_nobody_knows_is_spelled(world):
    base = read_base(world / "base")
    frames = frames_of(base.lang.tokens, ZORBAN)
    closed = best_transcript(base.plain, base.lang.tokens, frames).text
    opened = base.with_entities(compile_open_vocabulary(base, OpenVocabulary(cost=8.0)))
    transcript = best_transcript(opened, base.lang.tokens, frames)
    assert transcript.text.startswith("we met zor") and len(transcript.words) == 3
    assert transcript.text != closed and transcript.entities == ()


def test_what_the_model_knows_and_what_the_list_knows_is_not_spelled(world, tmp_path):
    base = read_base(world / "base")
    (tmp_path / "names.txt").write_text("Zorban\n")
    speller = speller_of(base)
    compiled = compile_list(base, spelled_list(tmp_path / "names.txt", speller))
    graph = base.with_entities(compiled, compile_open_vocabulary(base, OpenVocabulary(cost=8.0)))
    ways = compiled.entities[0], spelled_list(tmp_path / "names.txt", speller)[0].pronunciations[0]
    transcript = best_transcript(
        graph, base.lang.tokens, frames_of(base.lang.tokens, "W IY <wb> M EH T <wb> " + " ".join(ways[1]))
    )
    assert transcript.marked() == "we met [Zorban]"


def test_a_high_cost_closes_the_vocabulary(world):
    base = read_base(world / "base")
    frames = frames_of(base.lang.tokens, ZORBAN)
    closed = best_transcript(base.plain, base.lang.tokens, frames).text
    barely = base.with_entities(compile_open_vocabulary(base, OpenVocabulary(cost=200.0)))
    assert best_transcript(barely, base.lang.tokens, frames).text == closed


@pytest.fixture(scope="module")
def chars(tmp_path_factory, run):
    folder = tmp_path_factory.mktemp("chars")
    (folder / "tokens").write_text("\n".join(" abcdefghijklmnopqrstuvwxyz'") + "\n")
    (folder / "words").write_text("the\nmeeting\nwith\ndoctor\nis\non\nmonday\nplease\ncall\nher\n")
    command = ("lang", "chars", folder / "lang", "--tokens", folder / "tokens", "--words", folder / "words")
    assert run(*command).exit_code == 0
    for order in (0, 3):
        result = run("graph", "loop", folder / "lang", folder / f"loop{order}", "--order", order)
        assert result.exit_code == 0, result.output
    return folder


def said(text):
    return " ".join("|" if c == " " else c for c in text)


@pytest.mark.parametrize("order", [0, 3])
def test_without_a_language_model_the_best_units_are_written(chars, order):
    base = read_base(chars / f"loop{order}")
    text = "qwertz meets the doctor"
    assert best_transcript(base.plain, base.lang.tokens, frames_of(base.lang.tokens, said(text), 9.0)).text == text


def test_without_a_language_model_a_list_is_followed(chars, run, tmp_path):
    (tmp_path / "names.txt").write_text("Zelenskyy\nAnn Whittemore\n")
    result = run("graph", "compile", chars / "loop3", tmp_path / "names.txt", tmp_path / "names")
    assert result.exit_code == 0, result.output
    graph = read_decoding(tmp_path / "names")
    frames = frames_of(graph.tokens, said("call zelenski with ann whitemor"), 5.0)
    assert best_transcript(read_base(chars / "loop3").plain, graph.tokens, frames).text == "call zelenski with ann whitemor"
    assert (
        best_transcript(graph, graph.tokens, frames_of(graph.tokens, said("call zelenskyy now"), 4.0)).marked()
        == "call [Zelenskyy] now"
    )


def test_the_modified_topology_says_the_same(chars, tmp_path):
    compile_loop(chars / "lang", tmp_path / "loop", 3, "modified")
    base = read_base(tmp_path / "loop")
    text = "please call her"
    assert best_transcript(base.plain, base.lang.tokens, frames_of(base.lang.tokens, said(text), 9.0)).text == text


def test_a_graph_folder_with_an_open_vocabulary(world, tmp_path):
    (tmp_path / "names.txt").write_text("Whittemore\n")
    compile_graph(
        world / "base", [ListFile(tmp_path / "names.txt")], tmp_path / "open", open_vocabulary=OpenVocabulary(8.0)
    )
    graph = read_decoding(tmp_path / "open")
    frames = frames_of(graph.tokens, ZORBAN.replace("Z AO R B AH N", "W IH T M AO R <wb> Z AO R B AH N"))
    transcript = best_transcript(graph, graph.tokens, frames)
    assert transcript.marked().startswith("we met [Whittemore] zor")
