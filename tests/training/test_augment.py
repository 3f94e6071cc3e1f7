"""Augmentation: what each change does to features, and that the same generator gives the same."""

import numpy as np
import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.training.conformer.augment import AugmentConfig, at_speed, augmented, colored_noise, masked, with_noise

NOTHING = AugmentConfig(speed=0.0, noise_share=0.0, num_time_masks=0, num_frequency_masks=0)


@pytest.fixture
def features():
    return np.random.default_rng(5).normal(-8.0, 3.0, (200, 80)).astype(np.float32)


def quiet(num_frames):
    return np.full((num_frames, 80), -15.0, np.float32)


def test_nothing_changes_nothing(features):
    assert np.allclose(augmented(features, NOTHING, np.random.default_rng(0), quiet), features, atol=1e-4)


def test_the_same_chance_gives_the_same(features):
    first, again = (augmented(features, AugmentConfig(), np.random.default_rng(7), quiet) for _ in range(2))
    other = augmented(features, AugmentConfig(), np.random.default_rng(8), quiet)
    assert np.array_equal(first, again) and (other.shape != first.shape or not np.array_equal(first, other))


def test_faster_is_shorter_and_higher():
    tone = np.full((100, 80), -10.0, np.float32)
    tone[:, 40] = 0.0
    faster, slower = at_speed(tone, 1.1), at_speed(tone, 0.9)
    assert (len(faster), len(slower)) == (91, 111)
    assert faster[50].argmax() > 40 > slower[50].argmax()


@pytest.mark.parametrize("snr", [0.0, 10.0, 20.0])
def test_noise_has_the_energy_that_was_asked_for(features, snr):
    noise = colored_noise(*features.shape, np.random.default_rng(2))
    added = np.exp(with_noise(features, noise, snr)).mean() / np.exp(features).mean() - 1.0
    assert 10 * np.log10(added) == pytest.approx(-snr, abs=0.05)


def test_masks_hide_behind_the_mean_and_no_more_than_allowed(features):
    config = AugmentConfig(
        num_time_masks=4, time_mask=40, time_mask_share=0.2, num_frequency_masks=2, frequency_mask=20
    )
    for seed in range(20):
        hidden = masked(features, config, np.random.default_rng(seed)) != features
        assert hidden.all(axis=1).sum() <= 40 and hidden.all(axis=0).sum() <= 40
    assert hidden.any()
    assert np.allclose(
        masked(features, config, np.random.default_rng(seed))[hidden],
        np.broadcast_to(features.mean(axis=0), features.shape)[hidden],
    )


def test_two_frames_are_enough():
    assert len(augmented(np.zeros((2, 80), np.float32), AugmentConfig(), np.random.default_rng(0), quiet)) == 2


def test_a_config_that_cannot_be_is_rejected():
    with pytest.raises(InputError, match="low_snr 30.0 is above high_snr 25.0; exchange them"):
        AugmentConfig(low_snr=30.0)
