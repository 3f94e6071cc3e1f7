"""The least expected word errors."""

import kaldialign
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.errors import InputError
from wfst_bias.lattice.nbest import Hypothesis, NBest
from wfst_bias.lattice.terms import Terms
from wfst_bias.stages.config import MbrConfig
from wfst_bias.stages.mbr import edit_distances, expected_errors, least_risk


def nbest(**totals):
    return NBest(
        "u", tuple(Hypothesis(tuple(name.split("_")), (), Terms(total, 0, 0, 0)) for name, total in totals.items())
    )


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=7).map(tuple), min_size=1, max_size=12))
def test_distances_are_those_of_each_pair(texts):
    expected = [[kaldialign.edit_distance(one, other)["total"] for other in texts] for one in texts]
    assert edit_distances(texts).tolist() == expected


def test_what_most_agree_on_is_chosen_over_the_likeliest():
    # 'the cat sat' has a word of all the others in each place
    texts = dict(a_dog_ran=0.0, the_cat_sat=-0.1, the_cat_sad=-0.2, the_bat_sat=-0.2)
    assert least_risk(nbest(**texts), MbrConfig(scale=1.0)).text == "the cat sat"
    assert least_risk(nbest(**texts), MbrConfig(scale=100.0)).text == "a dog ran"
    assert least_risk(nbest(**texts), MbrConfig(num_best=1, scale=1.0)).text == "a dog ran"


def test_expected_errors_by_hand():
    texts = [("a", "b"), ("a", "c"), ("a",)]
    errors = expected_errors(texts, np.log([0.5, 0.25, 0.25]), scale=1.0)
    assert errors.tolist() == pytest.approx([0.5, 0.75, 0.75])


def test_of_equal_risks_the_likeliest_and_of_nothing_none():
    assert least_risk(nbest(b=0.0, a=0.0)).text == "b"
    assert least_risk(nbest(a=-3.0)).text == "a"
    assert least_risk(NBest("u", ())) is None


def test_a_hypothesis_without_words_is_one():
    silent = NBest("u", (Hypothesis((), (), Terms(0, 0, 0, 0)), *nbest(a=-0.1, b=-0.2).hypotheses))
    assert least_risk(silent).words == ()


@pytest.mark.parametrize("config", [dict(num_best=0), dict(scale=0.0), dict(scale=float("inf"))])
def test_configs_are_checked(config):
    with pytest.raises(InputError, match="--mbr-"):
        MbrConfig(**config)
