"""Where the words of a picture stand."""

import numpy as np
import pytest

from helpers.emissions import ANN_WHITTEMORE, CITY, ZELENSKYY, decoded
from wfst_bias.core.errors import InputError
from wfst_bias.lattice.draw import draw_lattice, layout
from wfst_bias.lattice.nbest import nbest_of


@pytest.fixture(scope="module", params=[CITY, ZELENSKYY, ANN_WHITTEMORE])
def lattice(request, decoder):
    _, (lattice,) = decoded(decoder, request.param, sharpness=1.0, output_beam=14.0)
    return lattice


def test_the_best_path_is_straight_and_nothing_else_is_on_it(lattice, decoder):
    plan = layout(lattice, decoder.graph.words)
    (best,) = nbest_of(lattice, 1, decoder.graph.words).hypotheses
    assert plan.best == best.arcs
    assert set(np.flatnonzero(plan.arc_lane == 0).tolist()) == set(best.arcs)
    assert not plan.lane[lattice.dst[list(best.arcs)]].any()


def test_no_two_words_stand_on_each_other(lattice, decoder):
    plan = layout(lattice, decoder.graph.words)
    for lane in set(plan.arc_lane.tolist()):
        arcs = np.flatnonzero(plan.arc_lane == lane)
        spans = sorted(zip(plan.x[lattice.src[arcs]].tolist(), plan.x[lattice.dst[arcs]].tolist()))
        assert all(end <= begin for (_, end), (begin, _) in zip(spans, spans[1:]))
        assert all(begin < end for begin, end in spans)


@pytest.mark.parametrize("form", ["svg", "pdf", "png"])
def test_a_picture_is_what_it_is_named(lattice, decoder, tmp_path, form):
    draw_lattice(lattice, decoder.graph.words, tmp_path / f"p.{form}")
    begin = (tmp_path / f"p.{form}").read_bytes()[:100]
    assert {"svg": b"<?xml", "pdf": b"%PDF", "png": b"PNG"}[form] in begin


def test_what_cannot_be_drawn_is_told(lattice, decoder, tmp_path):
    words = decoder.graph.words
    with pytest.raises(InputError, match="p.dot: ends in '.dot'; .svg, .pdf or .png was expected"):
        draw_lattice(lattice, words, tmp_path / "p.dot")
    arcs = np.resize(np.arange(lattice.num_arcs), 500)
    with pytest.raises(InputError, match="has 500 arcs; up to 400 can be drawn, give a narrower --beam"):
        draw_lattice(lattice.with_arcs(arcs, arcs, arcs), words, tmp_path / "p.svg")
    with pytest.raises(InputError, match="'utt0' has no path"):
        draw_lattice(lattice.with_arcs(arcs[:0], arcs[:0], arcs[:0]), words, tmp_path / "p.svg")
    assert not list(tmp_path.iterdir())
