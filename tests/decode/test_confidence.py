"""Confidences of words: posteriors with the list and without."""

import numpy as np
import pytest
from test_nbest import decoded, decoder  # noqa: F401
from test_search import ANN_WHITTEMORE, CITY

from wfst_bias.decode.confidence import SCALE, word_confidences
from wfst_bias.decode.nbest import nbest_of
from wfst_bias.decode.search import Decoder
from wfst_bias.graph.compile import graph_of_list
from wfst_bias.graph.decoding import OPEN
from wfst_bias.graph.store import read_base


def test_a_word_for_each_word_and_what_is_clear_is_sure(decoder):  # noqa: F811
    for transcript, lattice in zip(*decoded(decoder, CITY, ANN_WHITTEMORE, "", sharpness=8.0)):
        confidences = word_confidences(
            lattice, nbest_of(lattice, 1, decoder.graph.words).hypotheses[0], OPEN, decoder.graph
        )
        assert len(confidences) == len(transcript.words)
        assert all(c.plain > 0.95 for c in confidences)


def test_of_a_word_it_is_the_share_of_the_hypotheses_that_say_it(decoder):  # noqa: F811
    _, (lattice,) = decoded(decoder, CITY, sharpness=2.0, output_beam=12.0)
    hypotheses = nbest_of(lattice, 10_000, decoder.graph.words).hypotheses
    weights = np.exp([SCALE * hypothesis.total for hypothesis in hypotheses])
    first = weights[[h.words[:1] == hypotheses[0].words[:1] for h in hypotheses]].sum() / weights.sum()
    assert word_confidences(lattice, hypotheses[0], OPEN, decoder.graph)[0].boosted == pytest.approx(first, abs=0.02)


def test_a_phrase_that_wins_by_its_weight_is_not_sure(world, tmp_path):
    """The city was said."""
    (tmp_path / "names.txt").write_text("Kitty\t15\n")
    graph, _ = graph_of_list(read_base(world / "base"), tmp_path / "names.txt")
    (transcript,), (lattice,) = decoded(Decoder(graph), CITY, sharpness=3.0, output_beam=20.0)
    *_, kitty = word_confidences(lattice, nbest_of(lattice, 1, graph.words).hypotheses[0], OPEN, graph)
    assert transcript.words[-1].text == "kitty"
    assert kitty.boosted > 0.5 > 0.2 > kitty.plain
