"""The oracle, held against all hypotheses of a lattice."""

import kaldialign
import pytest

from helpers.emissions import ZELENSKYY, decoded
from wfst_bias.lattice.nbest import nbest_of
from wfst_bias.lattice.oracle import oracle_errors


@pytest.mark.parametrize(
    "reference", ["we met zelenskyy", "we met the city", "", "zelenskyy", "call me", "we we met met zelenskyy on time"]
)
def test_the_nearest_of_all_hypotheses(decoder, reference):
    _, (lattice,) = decoded(decoder, ZELENSKYY, sharpness=2.0, output_beam=12.0)
    hypotheses = nbest_of(lattice, 10_000, decoder.graph.words).hypotheses
    errors = [kaldialign.edit_distance(reference.split(), list(h.words))["total"] for h in hypotheses]
    assert oracle_errors(lattice, reference.split(), decoder.graph.words) == min(errors)
