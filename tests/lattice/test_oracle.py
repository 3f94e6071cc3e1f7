"""The oracle, held against all hypotheses of a lattice."""

import itertools

import kaldialign
import numpy as np
import pytest

from helpers.emissions import CITY, ZELENSKYY, decoded
from wfst_bias.lattice.nbest import nbest_of
from wfst_bias.lattice.oracle import oracle_errors, oracle_errors_of_segments


@pytest.mark.parametrize(
    "reference", ["we met zelenskyy", "we met the city", "", "zelenskyy", "call me", "we we met met zelenskyy on time"]
)
def test_the_nearest_of_all_hypotheses(decoder, reference):
    _, (lattice,) = decoded(decoder, ZELENSKYY, sharpness=2.0, output_beam=12.0)
    hypotheses = nbest_of(lattice, 10_000, decoder.graph.words).hypotheses
    errors = [kaldialign.edit_distance(reference.split(), list(h.words))["total"] for h in hypotheses]
    assert oracle_errors(lattice, reference.split(), decoder.graph.words) == min(errors)


@pytest.mark.parametrize(
    "reference",
    [
        "we met zelenskyy the city we met zelenskyy",
        "we met zelenskyy we met zelenskyy",
        "the city",
        "",
        "met city met",
        "a b c d e f we met zelenskyy in the little city where we met zelenskyy g h i j",
    ],
)
def test_the_nearest_paths_of_segments(decoder, reference):
    _, lattices = decoded(decoder, ZELENSKYY, CITY, "", ZELENSKYY, sharpness=2.0, output_beam=11.0)
    words = decoder.graph.words
    hypotheses = [{h.words for h in nbest_of(one, 1000, words).hypotheses} for one in lattices]
    assert 10 < np.prod([len(some) for some in hypotheses]) < 100_000
    texts = {sum(parts, ()) for parts in itertools.product(*hypotheses)}
    least = min(kaldialign.edit_distance(reference.split(), list(text))["total"] for text in texts)
    assert oracle_errors_of_segments(lattices, reference.split(), words) == least


def test_a_segment_alone_is_its_lattice(decoder):
    _, (lattice,) = decoded(decoder, ZELENSKYY, sharpness=2.0, output_beam=12.0)
    for text in ("", "we met zelenskyy", "we we met the city on time"):
        found = oracle_errors_of_segments([lattice], text.split(), decoder.graph.words)
        assert found == oracle_errors(lattice, text.split(), decoder.graph.words)
