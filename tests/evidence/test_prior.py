"""The prior of a corpus, on simulated candidates."""

import math

import numpy as np
import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.evidence.prior import Background, prior_of

LIST = 2000
KNOWN = Background(false_per_hour=50.0, true_per_hour=60.0, hours=0.02)


def _ratios(num_true, num_false, seed=0):
    """Log likelihood ratios of candidates whose evidence is normal, 3 apart."""
    rng = np.random.default_rng(seed)
    x = np.concatenate([rng.normal(1.5, 1.0, num_true), rng.normal(-1.5, 1.0, num_false)])
    return 3.0 * x


@pytest.mark.parametrize("num_true", [20, 200, 1000])
def test_it_recovers_the_number_of_spoken_phrases(num_true):
    prior = prior_of(_ratios(num_true, 200), hours=1.0, num_phrases=LIST, background=KNOWN)
    assert prior.true_per_hour == pytest.approx(num_true, rel=0.2, abs=5)
    assert prior.false_per_hour == pytest.approx(200, rel=0.15)


def test_speech_without_the_phrases_has_hardly_any():
    ratios = _ratios(0, 100)
    prior = prior_of(ratios, hours=1.0, num_phrases=LIST, background=KNOWN)
    kept = int((prior.posteriors(ratios) > 0.5).sum())
    assert prior.true_per_hour < 5 and kept <= 1
    assert int((ratios > 0).sum()) > 3  # that even odds would keep


def test_false_candidates_are_never_fewer_than_the_list_always_brings():
    ratios = np.full(100, 0.5)  # nothing tells them from false ones
    prior = prior_of(ratios, hours=1.0, num_phrases=LIST, background=KNOWN)
    assert prior.false_per_hour >= 100 - 1e-9
    short = prior_of(ratios, hours=1.0, num_phrases=20, background=KNOWN)
    assert short.true_per_hour > 90 > prior.true_per_hour  # a short list does not explain so many


def test_a_single_sentence_has_the_prior_of_the_background():
    sentence = prior_of(np.zeros(0), hours=5 / 3600, num_phrases=LIST, background=KNOWN)
    assert sentence.log_odds == pytest.approx(math.log(60 / 100), abs=0.1)
    few = prior_of(np.zeros(0), hours=5 / 3600, num_phrases=12, background=KNOWN)
    assert few.log_odds == pytest.approx(math.log(60 / 0.6), abs=0.1)
    assert few.posteriors(np.array([-few.log_odds]))[0] == pytest.approx(0.5)


def test_rates_are_positive():
    with pytest.raises(InputError, match="false_per_hour is 0"):
        Background(false_per_hour=0.0)
