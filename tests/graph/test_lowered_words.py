"""Words of the language model that a list lowers: on the paths of the search, in lattices, explanations and folders."""

import numpy as np
import pytest

from helpers.emissions import CITY, ZELENSKYY, decoded, emissions
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.decode.arcs import best_path_arcs
from wfst_bias.decode.paths import best_paths
from wfst_bias.decode.search import Decoder
from wfst_bias.decode.transcript import LIST
from wfst_bias.entities.entity import Entity
from wfst_bias.explain.explanation import explain
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.compile import graph_of_list, speller_of
from wfst_bias.graph.compile_list import compile_list
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.lowered_words import ArcsOfWords, weights_of_outputs
from wfst_bias.graph.store import read_base, read_decoding
from wfst_bias.lattice.lm_rescoring import RescoringLM, with_lm
from wfst_bias.lattice.nbest import nbest_of
from wfst_bias.lm.files import read_ngrams
from wfst_bias.recognize.emissions import BatchEmissions
from wfst_bias.recognize.recognition import SearchedBatch

WEIGHT = -6.5
SAID = f"{CITY} <wb> {ZELENSKYY}"  # the city we met Zelenskyy
ONE_WAY = G2GConfig(variants=0)


@pytest.fixture(scope="module")
def base(world):
    return read_base(world / "base")


def decoder_of(base, *phrases, **options):
    entities = [Entity(*phrase) if isinstance(phrase, tuple) else Entity(phrase) for phrase in phrases]
    graph, _ = graph_of_list(base, entities, g2g=ONE_WAY, **options)
    return Decoder(graph)


def hypotheses(decoder, text=SAID, sharpness=1.0, output_beam=30.0):
    """The terms of each hypothesis of the word lattice, by its words and phrases."""
    _, (lattice,) = decoded(decoder, text, sharpness=sharpness, output_beam=output_beam)
    nbest = nbest_of(lattice, 10_000, decoder.graph.words)
    phrases = lambda one: tuple((span.first_word, span.num_words) for span in one.phrases)
    return {(one.words, phrases(one)): one.terms for one in nbest.hypotheses}


def test_every_hypothesis_has_the_weight_of_each_lowered_word_in_the_term_of_the_list(base):
    plain, lowered = (
        hypotheses(decoder_of(base, "Zelenskyy", *((word, weight) for word in ("City", "met"))))
        for weight in (0.0, WEIGHT)
    )
    both = plain.keys() & lowered.keys()
    assert len(both) > 20 and any("city" in words for words, _ in both)
    for words, phrases in both:
        before, after = plain[words, phrases], lowered[words, phrases]
        num_words = sum(word in ("city", "met") for word in words)
        assert after.list == pytest.approx(before.list + WEIGHT * num_words, abs=2e-3)
        assert after.language_model == pytest.approx(before.language_model, abs=2e-3)
        assert after.acoustic + after.boost == pytest.approx(before.acoustic + before.boost, abs=2e-3)


def test_the_weight_decides_between_words_whichever_path_has_them(base):
    city = "DH AH <wb> S IH T IY"
    said = {}
    for weight in (0.0, -15.0):
        (said[weight],), _ = decoded(decoder_of(base, ("City", weight), "Kitty"), city, sharpness=2.0)
    assert said[0.0].marked() == "the [City]" and said[0.0].entities[0].found_by == LIST
    assert said[-15.0].marked() == "the [Kitty]"


def test_terms_of_arcs_add_up_to_their_scores(base):
    decoder = decoder_of(base, ("city", WEIGHT), ("Zelenskyy", -1.0), "City Station")
    lattices = decoder.lattices(emissions(base.lang.tokens, SAID, CITY, sharpness=2.0))
    terms, weights = lattices.arcs.terms(), lattices.arcs.word_weights
    assert terms.sum(dim=1).tolist() == pytest.approx(lattices.fsas.scores.tolist(), abs=1e-3)
    is_city = lattices.arcs.outputs == decoder.graph.base_words["city"]
    assert is_city.any() and set(weights[is_city].tolist()) == {WEIGHT} and not weights[~is_city].any()
    for transcript, path in zip(best_paths(lattices, decoder), best_path_arcs(lattices.fsas)):
        assert terms[path].sum().item() == pytest.approx(transcript.score, abs=1e-2)


def test_an_explanation_counts_the_weight_as_the_lists(base):
    def explained(weight):
        decoder = decoder_of(base, "Kitty", ("city", weight), config=ClassConfig(bonus=0.0, length_bonus=0.0))
        spoken = BatchEmissions.precomputed(emissions(base.lang.tokens, CITY, sharpness=3.0))
        return explain(SearchedBatch.search(spoken, decoder, [-1]), [0])

    before, after = explained(0.0), explained(-2.0)
    assert before.transcript.text == after.transcript.text == "the city"
    for path in (before.comparison, after.comparison):
        assert path.competitor.text == "city"
    weight = after.comparison.competitor.terms - before.comparison.competitor.terms
    assert weight.list == pytest.approx(-2.0, abs=1e-3) and weight.language_model == pytest.approx(0.0, abs=1e-3)


def test_words_of_a_list_for_some_utterances_stay(base):
    speller = speller_of(base, g2g=ONE_WAY)
    lists = [compile_list(base, speller.spell([Entity(*phrase)])) for phrase in (("city", WEIGHT), ("Kitty", 1.0))]
    assert dict(lists[0].lowered_words) == {"city": WEIGHT}
    own, shared = base.with_entities(*lists, gates=[0, 1]), base.with_entities(*lists)
    assert own.lowered_words == {} and shared.lowered_words == {"city": WEIGHT}


def test_a_graph_folder_keeps_the_weights(world, run, base, tmp_path):
    (tmp_path / "list.txt").write_text(f"City\t{WEIGHT}\nto the city\t-2\nWhittemore\t-1\n")
    made = run("graph", "compile", world / "base", tmp_path / "list.txt", tmp_path / "graph")
    assert made.exit_code == 0
    warning = "'to the city': the weight -2 does not lower what the language model writes by itself, 'to the city'"
    assert f"{tmp_path / 'list.txt'}:2: {warning}" in made.output
    assert made.output.count("does not lower") == 1
    report = (tmp_path / "graph" / "report.tsv").read_text().splitlines()
    assert [("does not lower" in line) for line in report[1:]] == [False, True, False]
    graph = read_decoding(tmp_path / "graph")
    assert graph.lowered_words == {"city": WEIGHT}
    read, made = Decoder(graph), decoder_of(base, ("City", WEIGHT), ("to the city", -2.0), ("Whittemore", -1.0))
    scores = [decoded(one, SAID)[0][0].score for one in (read, Decoder(read_decoding(tmp_path / "graph")))]
    assert scores[0] == scores[1] and made.graph.lowered_words == graph.lowered_words


def test_another_language_model_leaves_the_weights(world, base):
    decoder = decoder_of(base, "Zelenskyy", ("city", WEIGHT))
    words = decoder.graph.words
    _, (lattice,) = decoded(decoder, SAID, sharpness=1.0, output_beam=14.0)
    other = RescoringLM.of(read_ngrams(world / "lm.arpa.gz"), words, decoder.graph.lowered_words)
    rescored = with_lm(lattice, other)
    before, after = ({h.words: h for h in nbest_of(one, 10_000, words).hypotheses} for one in (lattice, rescored))
    same = [text for text in after if before[text].terms.acoustic == pytest.approx(after[text].terms.acoustic, abs=1e-3)]
    assert len(same) > 10
    for text in same:
        assert after[text].terms.list == pytest.approx(before[text].terms.list, abs=1e-2) or not after[text].phrases


def test_decoding_tells_of_weights_of_lists_of_utterances(world, run, speech, tmp_path):
    (tmp_path / "a.txt").write_text("Zelenskyy\nstation\t-8\n")
    (tmp_path / "map").write_text("demo_000 a.txt\ndemo_001 -\n")
    decoding = run("decode", world / "base", speech, tmp_path / "d", "--entities-by", "utterance", tmp_path / "map")
    assert decoding.exit_code == 0, decoding.output
    message = "'station': the weight -8 does not lower what the language model writes by itself, 'station'"
    assert f"{message}: there it is that of a list for some utterances only" in decoding.output
    report = (tmp_path / "d" / "report.tsv").read_text().splitlines()
    assert ["does not lower" in line for line in report[1:]] == [False, True]


def test_lattices_of_a_folder_keep_the_weights_under_another_language_model(world, run, speech, tmp_path):
    (tmp_path / "list.txt").write_text("Zelenskyy\nstation\t-2\n")
    for command in (
        ("graph", "compile", world / "base", tmp_path / "list.txt", tmp_path / "graph"),
        ("decode", tmp_path / "graph", speech, tmp_path / "d"),
        ("lattice", "rescore", tmp_path / "d", tmp_path / "r", "--lm", world / "lm.arpa.gz"),
    ):
        assert run(*command).exit_code == 0
    best = run("lattice", "best", tmp_path / "r").output
    assert best.splitlines()[0].endswith("at the station") and best == run("lattice", "best", tmp_path / "d").output


def test_the_arcs_of_words():
    arcs = ArcsOfWords(np.array([0, 3, 2, 3 + (1 << 30), 0, 7], np.int32))
    assert [rows.tolist() for rows in arcs.of([3, 9, 2])] == [[1, 3], [], [2]]
    assert [rows.tolist() for rows in arcs.of([2, 7])] == [[2], [5]]
    words = SymbolTable(("<eps>", "ann", "bob"))
    outputs = np.array([0, 2, 1, 7])
    assert weights_of_outputs(outputs, words, {"bob": -2.0}).tolist() == [0.0, -2.0, 0.0, 0.0]
    assert weights_of_outputs(outputs[:1], words, {"bob": -2.0}).tolist() == [0.0]
