"""Rivals of words of a transcript, against all paths of a lattice."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.emissions import ANN_WHITTEMORE, CITY, ZELENSKYY, decoded
from helpers.sausages import PLACES, WORDS, competitors_of, confidences_of_text, paths, sausage, total
from wfst_bias.lattice.nbest import nbest_of
from wfst_bias.lattice.terms import Terms
from wfst_bias.lattice.word_places import path_of


@settings(max_examples=60, deadline=None)
@given(PLACES, st.data())
def test_it_is_the_best_of_all_paths_that_lack_a_word_of_the_span(places, data):
    best = max(paths(places), key=total)
    first = data.draw(st.integers(0, len(places) - 1))
    length = data.draw(st.integers(1, len(places) - first))
    inside = range(first, first + length)

    def says_all(words):
        # the place of a word reaches to the ends of the words before and behind it
        return all(best[0][i] in words[max(i - 1, 0) : i + 2] for i in inside)

    others = [path for path in paths(places) if not says_all(path[0])]
    (competitor,) = competitors_of(sausage(places), best[0], [(first, length)], WORDS)
    if not others:
        assert competitor is None
        return
    expected = max(map(total, others))
    assert competitor.lead.total == pytest.approx(total(best) - expected)
    assert any(total(path) == expected and path[1][0] == best[1][0] - competitor.lead.acoustic for path in others)


def test_it_tells_what_differs_and_by_how_much():
    here = {"a": (-1.0, 0.5, -2.0, 0.25), "b": (-4.0, 0.0, -1.0, 0.0)}
    places = [{"c": (0.0,) * 4}, here, {"d": (0.0,) * 4}]
    (competitor,) = competitors_of(sausage(places), ("c", "a", "d"), [(1, 1)], WORDS)
    assert (competitor.words, competitor.instead_of) == (("b",), ("a",))
    assert competitor.lead == Terms(3.0, 0.5, -1.0, 0.25)
    assert competitor.to_json() == {"words": "b", "instead_of": "a", "acoustic": 3.0, "total": 2.75}


def test_where_nothing_else_was_heard_there_is_none():
    places = [{"a": (0.0,) * 4}, {"b": (0.0,) * 4, "c": (-1.0,) * 4}]
    assert competitors_of(sausage(places), ("a", "b"), [(0, 1), (1, 1)], WORDS)[0] is None
    assert competitors_of(sausage(places), ("a", "d"), [(0, 1)], WORDS) == [None]  # not of the lattice
    assert competitors_of(sausage([]), (), [], WORDS) == []


def test_another_path_than_the_best_has_a_rival_above_it():
    places = [{"a": (0.0,) * 4, "b": (-1.0, 0.0, 0.0, 0.0)}]
    (competitor,) = competitors_of(sausage(places), ("b",), [(0, 1)], WORDS)
    assert competitor.words == ("a",) and competitor.lead.total == -1.0


def says(hypothesis, ends, word, first, last):
    return any(w == word and first <= end <= last for w, end in zip(hypothesis.words, ends))


@pytest.mark.parametrize("text", [CITY, ZELENSKYY, ANN_WHITTEMORE])
def test_of_a_search_it_is_the_best_hypothesis_without_the_word(decoder, text):
    (transcript,), (lattice,) = decoded(decoder, text, sharpness=1.5, output_beam=14.0)
    table = decoder.graph.words
    hypotheses = nbest_of(lattice, 10_000, table).hypotheses
    words = tuple(word.text for word in transcript.words)
    frames = np.diff(lattice.splits)
    ends = [np.cumsum(frames[list(h.arcs)]) for h in hypotheses]  # of the words; of the last state, too
    found = competitors_of(lattice, words, [(i, 1) for i in range(len(words))], table)
    for word, end, competitor in zip(words, ends[0], found):
        own = ends[0][: len(words)]
        first, last = max([-1, *own[own < end]]), min([np.inf, *own[own > end]])
        others = [h.total for h, times in zip(hypotheses, ends) if not says(h, times, word, first, last)]
        assert len(others) < len(hypotheses)
        assert bool(others) == bool(competitor)
        if competitor:
            assert competitor.lead.total == pytest.approx(hypotheses[0].total - max(others), abs=1e-3)
            assert competitor.words != competitor.instead_of
    assert any(found)


def test_each_hypothesis_is_a_path(decoder):
    _, (lattice,) = decoded(decoder, ZELENSKYY, sharpness=2.0, output_beam=10.0)
    for hypothesis in nbest_of(lattice, 50, decoder.graph.words).hypotheses:
        arcs = path_of(lattice, hypothesis.words, decoder.graph.words)
        assert lattice.terms[arcs].sum() == pytest.approx(hypothesis.total, abs=1e-3)
        assert np.array_equal(arcs, hypothesis.arcs)
    assert path_of(lattice, ["nobody", "says", "this"], decoder.graph.words) is None


def test_what_memory_has_room_for_changes_nothing(decoder, monkeypatch):
    (transcript,), (lattice,) = decoded(decoder, ANN_WHITTEMORE, sharpness=1.5, output_beam=14.0)
    words = [word.text for word in transcript.words]
    results = lambda: (
        competitors_of(lattice, words, [(0, 1), (1, 2), (0, 3)], decoder.graph.words),
        confidences_of_text(lattice, words, decoder.graph),
    )
    together = results()
    monkeypatch.setattr("wfst_bias.lattice.word_places._MOST_ARCS", 2 * lattice.num_arcs)
    assert results() == together
