"""The prior of a corpus, on simulated candidates."""

import math

import numpy as np
import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.evidence.prior import SIZE_EXPONENT, Background, prior_of, repetition_bonuses

LIST = (2000, 0)
KNOWN = Background(false_per_hour=(100.0 / 2**SIZE_EXPONENT, 40.0 / 2**SIZE_EXPONENT), true_per_hour=60.0, hours=0.02)


def _prior(ratios, hours=1.0, num_phrases=LIST, is_known=False):
    return prior_of(ratios, np.full(len(ratios), is_known), hours, num_phrases, KNOWN)


def _ratios(num_true, num_false, seed=0):
    """Log likelihood ratios of candidates whose evidence is normal, 3 apart."""
    rng = np.random.default_rng(seed)
    x = np.concatenate([rng.normal(1.5, 1.0, num_true), rng.normal(-1.5, 1.0, num_false)])
    return 3.0 * x


@pytest.mark.parametrize("num_true", [20, 200, 1000])
def test_it_recovers_the_number_of_spoken_phrases(num_true):
    prior = _prior(_ratios(num_true, 200))
    assert prior.true_per_hour[0] == pytest.approx(num_true, rel=0.2, abs=5)
    assert prior.false_per_hour[0] == pytest.approx(200, rel=0.15)


def test_speech_without_the_phrases_has_hardly_any():
    ratios = _ratios(0, 100)
    prior = _prior(ratios)
    kept = int((prior.posteriors(ratios, np.zeros(100, bool)) > 0.5).sum())
    assert prior.true_per_hour[0] < 5 and kept <= 1
    assert int((ratios > 0).sum()) > 3  # that even odds would keep


def test_what_a_list_always_brings_is_explained_first():
    ratios = np.full(30, -0.5)  # hardly anything tells them from spoken ones
    prior, short = _prior(ratios), _prior(ratios, num_phrases=(20, 0))
    assert prior.true_per_hour[0] < 5 < 8 < short.true_per_hour[0]


def _num_kept(ratios, hours, num_phrases):
    prior = _prior(ratios, hours, (num_phrases, 0))
    return int((prior.posteriors(ratios, np.zeros(len(ratios), bool)) > 0.5).sum())


def test_clear_speech_has_fewer_false_candidates_and_keeps_what_was_spoken():
    """A list of 2,000 brings a hundred in an hour; this hour has thirty, and sixty spoken ones."""
    false = np.linspace(-6.0, -1.0, 30)
    assert _num_kept(np.concatenate([np.full(60, 3.5), false]), 1.0, 2000) == 60
    assert _num_kept(np.concatenate([np.full(20, 3.5), false]), 1.0, 2000) == 20


def test_unclear_speech_has_more_and_keeps_hardly_any_of_them():
    false = np.random.default_rng(0).normal(-2.0, 1.5, 1000)
    assert (false > 0).sum() >= 80
    assert _num_kept(false, 1.0, 2000) < 10
    assert _num_kept(false[:100], 5 / 60, 2000) < 5
    assert _num_kept(false[:60], 5 / 60, 100) < 10


def test_a_single_sentence_has_the_prior_of_the_background():
    sentence = _prior(np.zeros(0), hours=5 / 3600)
    assert sentence.log_odds(False) == pytest.approx(math.log(60 / 100), abs=0.1)
    few = _prior(np.zeros(0), hours=5 / 3600, num_phrases=(12, 0))
    assert few.log_odds(False) == pytest.approx(math.log(60 / (100.0 * (12 / 2000) ** SIZE_EXPONENT)), abs=0.1)
    assert few.posteriors(np.array([-few.log_odds(False)]), np.array([False]))[0] == pytest.approx(0.5)


def test_rates_are_positive():
    with pytest.raises(InputError, match=r"false_per_hour\[0\] is 0"):
        Background(false_per_hour=(0.0, 1.0))


def test_more_candidates_than_any_speech_gives_false_ones_were_spoken():
    """A short list has ten in half a minute, each with evidence against it."""
    prior = _prior(np.full(10, -1.5), hours=30 / 3600, num_phrases=(2, 0))
    assert prior.posteriors(np.full(1, -1.5), np.array([False]))[0] > 0.9
    long_list = _prior(np.full(10, -1.5), hours=30 / 3600, num_phrases=(20_000, 0))
    assert long_list.posteriors(np.full(1, -1.5), np.array([False]))[0] < 0.5


def test_phrases_of_each_kind_have_their_own_prior():
    """All known phrases were spoken and no other; evidence between the two goes with the kind."""
    ratios = np.concatenate([np.full(50, 3.0), np.full(50, -3.0), [0.0, 0.0]])
    is_known = np.concatenate([np.full(50, True), np.full(50, False), [True, False]])
    prior = prior_of(ratios, is_known, 1.0, (1000, 1000), KNOWN)
    assert prior.log_odds(True) > 0.3 and prior.log_odds(False) < -1.5
    assert prior.posteriors(ratios, is_known)[-2] > 0.5 > prior.posteriors(ratios, is_known)[-1]
    # where no list has any of a kind, its prior decides nothing and is a number
    assert math.isfinite(prior_of(ratios[:0], is_known[:0], 1.0, (0, 0), KNOWN).log_odds(True))


def test_a_phrase_found_with_certainty_is_likelier_elsewhere():
    phrases, posteriors = ["ann", "bob", "ann", "bob", "eve"], np.array([0.95, 0.5, 0.2, 0.6, 0.99])
    assert repetition_bonuses(phrases, posteriors) == {"ann": pytest.approx(math.log(1 + 4 * 0.95))}
