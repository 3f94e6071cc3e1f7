"""Confidences of words: posteriors with the list and without."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings

from helpers.emissions import ANN_WHITTEMORE, CITY, decoded
from helpers.sausages import PLACES, WORDS, confidences_of_text, paths, sausage, total
from wfst_bias.decode.search import Decoder
from wfst_bias.graph.compile import ListFile, compile_graph, graph_of_list
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.store import read_base, read_decoding
from wfst_bias.lattice.confidence import SCALE, Confidence
from wfst_bias.lattice.nbest import nbest_of

NO_LIST = SimpleNamespace(words=WORDS, lists=(), entry_scores=np.zeros(0))


def test_a_word_for_each_word_and_what_is_clear_is_sure(decoder):
    for transcript, lattice in zip(*decoded(decoder, CITY, ANN_WHITTEMORE, "", sharpness=8.0)):
        confidences = confidences_of_text(lattice, [w.text for w in transcript.words], decoder.graph)
        assert len(confidences) == len(transcript.words)
        assert all(c.plain > 0.95 for c in confidences)


@settings(max_examples=60, deadline=None)
@given(PLACES)
def test_it_is_the_share_of_all_paths_that_say_the_word_in_its_place(places):
    known = list(paths(places))
    words, terms = max(known, key=total)
    confidences = confidences_of_text(sausage(places, beam=6.0), words, NO_LIST)
    for kind, counted in (("plain", [0, 2, 3]), ("boosted", [0, 1, 2, 3])):
        scores = SCALE * np.array([path[1][counted].sum() for path in known])
        weights = np.exp(scores)
        cut_off = np.exp(scores.max() - SCALE * 6.0)
        for i, confidence in enumerate(confidences):
            says = [words[i] in path[0][max(i - 1, 0) : i + 2] for path in known]
            expected = weights[says].sum() / (weights.sum() + cut_off)
            assert getattr(confidence, kind) == pytest.approx(expected, abs=1e-5)


def test_of_a_search_it_is_the_share_of_the_hypotheses(decoder):
    _, (lattice,) = decoded(decoder, CITY, sharpness=2.0, output_beam=12.0)
    hypotheses = nbest_of(lattice, 10_000, decoder.graph.words).hypotheses
    weights = np.exp([SCALE * (hypothesis.total - hypotheses[0].total) for hypothesis in hypotheses])
    first = weights[[h.words[:1] == hypotheses[0].words[:1] for h in hypotheses]].sum()
    expected = first / (weights.sum() + np.exp(-SCALE * lattice.beam))
    assert confidences_of_text(lattice, ["the", "city"], decoder.graph)[0].boosted == pytest.approx(expected, abs=0.02)


def test_the_wider_the_beam_the_surer_is_what_has_no_rival():
    alone = [{"a": (0.0,) * 4}]
    narrow, wide = (confidences_of_text(sausage(alone, beam), ["a"], NO_LIST)[0].plain for beam in (4.0, 12.0))
    assert narrow == pytest.approx(1 / (1 + np.exp(-SCALE * 4.0))) and narrow < wide < 1.0


def test_words_that_came_in_behind_the_search_have_the_share_that_the_lattice_gives_them():
    places = [{"a": (0.0,) * 4}, {"b": (0.0,) * 4, "c": (-2.0, 0.0, 0.0, 0.0)}, {"d": (0.0,) * 4}]
    lattice = sausage(places)
    sure = lambda *words: [c.plain for c in confidences_of_text(lattice, words, NO_LIST)]
    b, c = sure("a", "b", "d")[1], sure("a", "c", "d")[1]
    assert c == pytest.approx(b * np.exp(-2.0 * SCALE))
    a, none, d = sure("a", "steels", "d")
    assert none == 0.0 and [a, d] == sure("a", "b", "d")[::2]
    assert sure("a", "steels", "b", "d")[1:3] == [0.0, b]
    assert sure("a", "d")[1] == d
    assert confidences_of_text(sausage([]), ["steels"], NO_LIST) == [Confidence(0.0, 0.0)]


def test_nothing_was_heard():
    assert confidences_of_text(sausage([]), [], NO_LIST) == []
    empty = sausage([{"a": (0.0,) * 4}])
    empty = type(empty)(**{**vars(empty), **{n: getattr(empty, n)[:0] for n in ("src", "dst", "words", "terms")}})
    assert confidences_of_text(empty, ["a"], NO_LIST) == [Confidence(0.0, 0.0)]


def test_a_phrase_that_wins_by_its_weight_is_not_sure(world, tmp_path):
    """The city was said."""
    (tmp_path / "names.txt").write_text("Kitty\t15\n")
    graph, _ = graph_of_list(read_base(world / "base"), tmp_path / "names.txt")
    (transcript,), (lattice,) = decoded(Decoder(graph), CITY, sharpness=3.0, output_beam=20.0)
    *_, kitty = confidences_of_text(lattice, transcript.text.split(), graph)
    assert transcript.words[-1].text == "kitty"
    assert kitty.boosted > 0.5 > 0.2 > kitty.plain


def test_the_prior_is_that_of_the_graph_and_no_bonus_counts(world, tmp_path):
    """The city was said; the bonus makes up for what entering the class costs."""
    (tmp_path / "names.txt").write_text("Kitty\t15\n")
    kitty_of = lambda graph: confidence_of_kitty(graph).plain
    base = read_base(world / "base")
    compiled = lambda prior, bonus: graph_of_list(base, tmp_path / "names.txt", ClassConfig(prior=prior, bonus=bonus))[0]
    rare, usual, common = compiled(0.005, 6.0), compiled(0.05, 5.0), compiled(0.5, 4.0)
    assert kitty_of(rare) < kitty_of(usual) < kitty_of(common)
    assert kitty_of(compiled(0.05, 7.0)) == pytest.approx(kitty_of(usual), rel=0.05)
    # one and the same lattice, at the price of another prior: the odds against all else are those of the priors
    unknown = replace(rare, lists=tuple(replace(part, costs=ClassConfig()) for part in rare.lists))
    sure, of_default = kitty_of(rare), kitty_of(unknown)
    assert sure / (1 - sure) == pytest.approx(of_default / (1 - of_default) * 0.1**SCALE, rel=0.1)


def confidence_of_kitty(graph):
    (transcript,), (lattice,) = decoded(Decoder(graph), CITY, sharpness=3.0, output_beam=20.0)
    assert transcript.words[-1].text == "kitty"
    return confidences_of_text(lattice, transcript.text.split(), graph)[-1]


def test_a_graph_folder_knows_the_costs_of_each_list_and_one_made_before_those_of_its_classes(world, tmp_path):
    folder, costs = tmp_path / "graph", ClassConfig(prior=0.005, bonus=6.0)
    (tmp_path / "names.txt").write_text("Kitty\t15\n")
    (tmp_path / "more.txt").write_text("Ann Whittemore\nZelenskyy\n")
    lists = [ListFile(tmp_path / name) for name in ("names.txt", "more.txt")]
    compile_graph(world / "base", lists, folder, config=costs)
    graph = read_decoding(folder)
    assert [(len(part.entities), part.costs) for part in graph.lists] == [(1, costs), (2, costs)]
    meta = json.loads((folder / "meta.json").read_text())
    written = lambda **others: (folder / "meta.json").write_text(json.dumps({**meta, **others}))
    del meta["lists"]
    written()
    assert [(len(part.entities), part.costs) for part in read_decoding(folder).lists] == [(3, costs)]
    written(classes={})
    assert [part.costs for part in read_decoding(folder).lists] == [ClassConfig()]
