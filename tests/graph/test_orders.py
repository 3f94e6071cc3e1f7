"""Longer n-grams, classes in the language model by the commands, and limits."""

import json

import numpy as np
import pynini
import pytest

from helpers.emissions import best_transcript, frames_of
from helpers.phone_bases import phones_folder
from wfst_bias.core.errors import InputError
from wfst_bias.fst import ctc
from wfst_bias.fst.wfst import Wfst, from_arcs, to_openfst
from wfst_bias.graph import arena as arena_module
from wfst_bias.graph.compile import ListFile, compile_graph, speller_of
from wfst_bias.graph.store import read_base, read_decoding, read_token_graph
from wfst_bias.lm.files import read_ngrams

SENTENCES = """
we met the doctor at the station on monday
we met the doctor at the station late
the doctor met the man at the station
please call the doctor at the station
"""

FORMS = {"inflections": True, "inflection_cost": 4.0}


@pytest.mark.parametrize("order", [3, 4])
def test_long_n_grams_are_scored_as_the_model_does(world, run, tmp_path, order):
    (tmp_path / "sentences.txt").write_text(SENTENCES)
    arpa = tmp_path / "lm.arpa"
    assert run("lm", "train", tmp_path / "sentences.txt", arpa, "--order", order).exit_code == 0
    assert run("graph", "base", world / "lang", arpa, tmp_path / "base").exit_code == 0
    graph, base, model = read_token_graph(tmp_path / "base").fst, read_base(tmp_path / "base"), read_ngrams(arpa)
    machine = to_openfst(Wfst(**{name: np.array(getattr(graph, name)) for name in graph.__dataclass_fields__}))
    for sentence in SENTENCES.strip().splitlines():
        history, expected = model.child(np.array([0]), np.array([model.words.index("<s>")])), 0.0
        for word in [*sentence.split(), "</s>"]:
            history, score = model.follow(history, np.array([model.words.index(word)]))
            expected += float(score[0])
        units = " <wb> ".join(" ".join(base.lang.lexicon[word][0]) for word in sentence.split()).split()
        ids = [base.lang.tokens[unit] for unit in units]
        places = np.arange(len(ids))
        end = np.full(len(ids) + 1, -np.inf, np.float32)
        end[-1] = 0.0
        said = to_openfst(from_arcs(0, places, places + 1, ids, ids, np.zeros(len(ids)), end))
        best = pynini.shortestpath(pynini.compose(said, machine))
        words = [base.words.symbols[label] for label in best.paths().olabels() if label]
        assert words == sentence.split()
        score = -float(pynini.shortestdistance(best, reverse=True)[best.start()])
        assert score == pytest.approx(
            expected, abs=1e-3
        )  # the sentences are of the n-grams that backing off does not beat


DRUG_ARPA = """
\\data\\
ngram 1=9
ngram 2=7

\\1-grams:
-1.0 </s>
-99 <s> -0.5
-1.5 take -0.5
-1.5 of -0.5
-1.5 call -0.5
-1.5 doctor -0.5
-2.0 $DRUG -0.5
-1.5 two -0.5
-1.5 a -0.5

\\2-grams:
-0.3 <s> take
-0.3 <s> call
-0.3 of $DRUG
-0.2 take two
-0.3 two of
-0.2 $DRUG a
-0.3 call doctor

\\end\\
"""


@pytest.fixture(scope="module")
def ward(world, run, tmp_path_factory):
    """A base whose language model has a class of its own, and one that it does not know."""
    folder = tmp_path_factory.mktemp("ward")
    (folder / "lm.arpa").write_text(DRUG_ARPA)
    (folder / "drugs.txt").write_text("Zelboraf\nCozaar\n")
    (folder / "people.txt").write_text("Zelenskyy\nCozart\n")
    classes = ("--class", "$DRUG", "--class", "#nonterm:contact")
    result = run("graph", "base", world / "lang", folder / "lm.arpa", folder / "base", *classes)
    assert result.exit_code == 0, result.output
    assert "class $DRUG: by its n-grams" in result.output
    assert "class #nonterm:contact: where any word may stand" in result.output
    return folder


def spoken(base, *phrases):
    """Units of words, of phrases that the lexicon does not have as they are read."""
    from wfst_bias.entities.entity import Entity

    outcomes = speller_of(base).spell([Entity(phrase) for phrase in phrases])
    return " <wb> ".join(" ".join(outcome.pronunciations[0]) for outcome in outcomes)


def test_lists_go_into_their_classes_with_their_weights(ward, run, tmp_path):
    lists = (f"$DRUG={ward / 'drugs.txt'}", f"#nonterm:contact={ward / 'people.txt'}")
    command = ("graph", "compile", ward / "base", *lists, tmp_path / "ward", "--class", "$DRUG", 0.5, 2)
    result = run(*command)
    assert result.exit_code == 0, result.output
    meta = json.loads((tmp_path / "ward" / "meta.json").read_text())
    assert meta["classes"]["$DRUG"] == {"prior": 0.5, "bonus": 2.0, "length_bonus": 2.5, "partial_cost": 5.0, **FORMS}
    assert meta["classes"]["#nonterm:contact"] == {
        "prior": 0.05,
        "bonus": 5.0,
        "length_bonus": 2.5,
        "partial_cost": 5.0,
        **FORMS,
    }
    base, graph = read_base(ward / "base"), read_decoding(tmp_path / "ward")
    for said, marked, name in (
        (("take", "two", "of", "Cozaar", "a"), "take two of [Cozaar] a", "$DRUG"),
        (("call", "doctor", "Zelenskyy"), "call doctor [Zelenskyy]", "#nonterm:contact"),
    ):
        transcript = best_transcript(graph, graph.tokens, frames_of(graph.tokens, spoken(base, *said), 9.0))
        assert transcript.marked() == marked
        assert transcript.entities[0].entity_class == name


MIXED = (
    "phrase\tclass\tweight\n"
    "Zelboraf\t$DRUG\t\nZelenskyy\t#nonterm:contact\t\nCozaar\t$DRUG\t1\nCozaar\t#nonterm:contact\t\nKeytruda\t\t\n"
)


def test_the_rows_of_one_list_go_into_their_own_classes(ward, run, tmp_path):
    (tmp_path / "mixed.tsv").write_text(MIXED)
    command = ("graph", "compile", ward / "base", tmp_path / "mixed.tsv", tmp_path / "ward", "--class", "$DRUG", 0.5, 2)
    result = run(*command)
    assert result.exit_code == 0 and "5 used" in result.output
    meta = json.loads((tmp_path / "ward" / "meta.json").read_text())
    assert meta["classes"]["$DRUG"] == {"prior": 0.5, "bonus": 2.0, "length_bonus": 2.5, "partial_cost": 5.0, **FORMS}
    assert (
        meta["classes"]["<class>"]
        == meta["classes"]["#nonterm:contact"]
        == {"prior": 0.05, "bonus": 5.0, "length_bonus": 2.5, "partial_cost": 5.0, **FORMS}
    )
    base, graph = read_base(ward / "base"), read_decoding(tmp_path / "ward")
    assert [(e.written, e.entity_class) for e in graph.entities] == [
        ("Zelboraf", "$DRUG"),
        ("Cozaar", "$DRUG"),
        ("Zelenskyy", "#nonterm:contact"),
        ("Cozaar", "#nonterm:contact"),
        ("Keytruda", "<class>"),
    ]
    for said, marked, name in (
        (("take", "two", "of", "Cozaar", "a"), "take two of [Cozaar] a", "$DRUG"),
        (("call", "doctor", "Zelenskyy"), "call doctor [Zelenskyy]", "#nonterm:contact"),
        (("call", "Keytruda"), "call [Keytruda]", "<class>"),
    ):
        transcript = best_transcript(graph, graph.tokens, frames_of(graph.tokens, spoken(base, *said), 9.0))
        assert transcript.marked() == marked
        assert transcript.entities[0].entity_class == name


def test_a_list_by_its_rows_is_the_lists_of_its_classes(ward, tmp_path):
    (tmp_path / "mixed.tsv").write_text(MIXED)
    (tmp_path / "drugs.txt").write_text("Zelboraf\nCozaar\t1\n")
    (tmp_path / "people.txt").write_text("Zelenskyy\nCozaar\n")
    (tmp_path / "others.txt").write_text("Keytruda\n")
    lists = [
        ListFile(tmp_path / "drugs.txt", "$DRUG"),
        ListFile(tmp_path / "people.txt", "#nonterm:contact"),
        ListFile(tmp_path / "others.txt"),
    ]
    compile_graph(ward / "base", [ListFile(tmp_path / "mixed.tsv")], tmp_path / "one")
    compile_graph(ward / "base", lists, tmp_path / "three")
    for name in ("arcs", "olabels", "splits"):
        assert np.array_equal(*(np.load(tmp_path / graph / f"{name}.npy") for graph in ("one", "three")))


@pytest.mark.parametrize(
    "text, given, message",
    [
        ("phrase\tclass\nParis\t$CITY\n", "", ":2: the base has no class '$CITY' (it has: $DRUG, #nonterm:contact)"),
        ("phrase\tclass\nAnn\t#nonterm:contact\n", "$DRUG=", ":2: 'Ann' is of class '#nonterm:contact', its list of"),
        ("phrase\tclass\nCozaar\t$DRUG\nAnn\t\n", "$DRUG=", ""),
        ("phrase\tclass\n日本\t$DRUG\nAnn\t\n", "", ""),
    ],
)
def test_a_class_of_a_row(ward, run, tmp_path, text, given, message):
    (tmp_path / "list.tsv").write_text(text)
    result = run("graph", "compile", ward / "base", f"{given}{tmp_path / 'list.tsv'}", tmp_path / "out")
    assert result.exit_code == bool(message), result.output
    assert f"{tmp_path / 'list.tsv'}{message}" in result.output or not message
    assert (tmp_path / "out").exists() != bool(message)


def test_an_unknown_class_is_told(ward, run, tmp_path):
    result = run("graph", "compile", ward / "base", f"$CITY={ward / 'drugs.txt'}", tmp_path / "out")
    assert result.exit_code == 1
    assert "the base has no class '$CITY' (it has: $DRUG, #nonterm:contact)" in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["#0", "the", "<oov>", "<eps>", "a b", ""])
def test_names_that_no_class_can_have(world, ward, run, tmp_path, name):
    result = run("graph", "base", world / "lang", ward / "lm.arpa", tmp_path / "base", "--class", name)
    assert result.exit_code == 1 and f"class {name!r} cannot be" in result.output


def test_a_base_that_lost_a_file_is_made_anew(run, tmp_path):
    phones_folder(run, tmp_path, "standard")
    command = ("graph", "base", tmp_path / "lang", tmp_path / "lm.arpa", tmp_path / "base")
    assert "is up to date" in run(*command).output
    for lost in ("frontier/blank.npy", "lexicon.txt", "entities.jsonl"):
        (tmp_path / "base" / lost).unlink()
        assert "compiled" in run(*command).output and read_base(tmp_path / "base").words


def test_weights_without_a_list_are_told(ward, run, tmp_path):
    result = run("graph", "compile", ward / "base", ward / "drugs.txt", tmp_path / "out", "--class", "$DRUG", 1, 1)
    assert result.exit_code == 1 and "no list is put into the class '$DRUG'" in result.output
    assert not (tmp_path / "out").exists()


def test_a_graph_too_large_to_count_is_told_before_it_is_made(ward, monkeypatch):
    monkeypatch.setattr(ctc, "MAX_INT32", 100)
    with pytest.raises(InputError, match=r"would have [\d,]+ arcs, k2 counts to 100; prune the language model"):
        ctc.ctc_product(read_token_graph(ward / "base").fst, 41)
    monkeypatch.setattr(arena_module, "_LEAST_ARCS", 10**6)
    with pytest.raises(InputError, match="prune the language model"):
        compile_graph(ward / "base", [ListFile(ward / "drugs.txt")], ward / "never")
    assert not (ward / "never").exists()
