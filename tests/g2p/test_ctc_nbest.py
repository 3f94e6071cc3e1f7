"""The n-best search against all paths of small CTC outputs."""

from functools import lru_cache
from itertools import groupby, product

import numpy as np
import pytest

from wfst_bias.g2p.ctc_nbest import BeamConfig, concatenated, nbest, without_blanks

WIDE = BeamConfig(beam=400, labels=3, certain=2.0)  # no frame is left out


def _random_probs(num_words, num_frames, seed, sharpness=1.0):
    logits = sharpness * np.random.default_rng(seed).normal(size=(num_words, num_frames, 4))
    probs = np.exp(logits)
    return (probs / probs.sum(axis=2, keepdims=True)).astype(np.float32)


@lru_cache(None)
def _paths(num_frames, num_labels):
    """All paths ``(P, T)``, and the label sequence of each."""
    paths = list(product(range(num_labels), repeat=num_frames))
    return np.array(paths), [tuple(label for label, _ in groupby(path) if label) for path in paths]


def _brute_force(probs):
    """Label sequences of a word and their probabilities, the likeliest first."""
    paths, sequences = _paths(*probs.shape)
    found = {}
    of_paths = probs[np.arange(len(probs)), paths].prod(axis=1, dtype=np.float64)
    for labels, probability in zip(sequences, of_paths.tolist()):
        found[labels] = found.get(labels, 0.0) + probability
    return sorted(found.items(), key=lambda pair: -pair[1])


def _found(sequences, word):
    rows = range(sequences.row_splits[word], sequences.row_splits[word + 1])
    splits = sequences.label_splits
    return [(tuple(sequences.labels[splits[row] : splits[row + 1]].tolist()), sequences.scores[row]) for row in rows]


@pytest.mark.parametrize("num_frames", [1, 2, 3, 4, 5])
def test_probabilities_are_those_of_all_paths(num_frames):
    probs = _random_probs(8, num_frames, seed=num_frames)
    found = nbest(without_blanks(probs, WIDE.certain), 5, WIDE)
    for word in range(8):
        expected = _brute_force(probs[word])[:5]
        got = _found(found, word)
        assert [labels for labels, _ in got] == [labels for labels, _ in expected]
        np.testing.assert_allclose([score for _, score in got], np.log([p for _, p in expected]), rtol=1e-4, atol=1e-4)


def test_words_of_different_lengths_keep_their_order():
    parts = [_random_probs(2, num_frames, seed=num_frames) for num_frames in (3, 1, 4)]
    frames = concatenated([without_blanks(part, WIDE.certain) for part in parts])
    found = nbest(frames, 3, WIDE)
    for word, probs in enumerate(probs for part in parts for probs in part):
        assert [labels for labels, _ in _found(found, word)] == [labels for labels, _ in _brute_force(probs)[:3]]


def test_frames_that_are_certainly_blank_separate_equal_labels():
    """a-blank-a is two labels, and a-a one; the probability of the blank counts."""
    sure, blank = [0.0, 1.0, 0.0], [0.99, 0.01, 0.0]
    config = BeamConfig(certain=0.98)
    probs = np.array([[sure, blank, sure], [sure, sure, blank]], np.float32)
    frames = without_blanks(probs, config.certain)
    assert np.diff(frames.splits).tolist() == [2, 2]
    found = nbest(frames, 1, config)
    assert [_found(found, word)[0][0] for word in (0, 1)] == [(1, 1), (1,)]
    np.testing.assert_allclose(found.scores, np.log(0.99), atol=1e-6)


def test_a_narrow_beam_finds_distinct_sequences_of_sharp_outputs():
    probs = _random_probs(200, 6, seed=1, sharpness=4.0)
    config = BeamConfig(beam=8, labels=3, certain=0.998)
    found = nbest(without_blanks(probs, config.certain), 4, config)
    best = 0
    for word in range(len(probs)):
        got = _found(found, word)
        expected = _brute_force(probs[word])
        assert len({labels for labels, _ in got}) == len(got)
        exact = dict(expected)
        assert all(score <= np.log(exact[labels]) + 1e-2 for labels, score in got)
        best += got[0][0] == expected[0][0]
    assert best >= 195


def test_words_without_frames_have_the_empty_sequence():
    probs = np.array([[[1.0, 0.0]], [[0.1, 0.9]]], np.float32)
    found = nbest(without_blanks(probs, 0.99), 2, BeamConfig())
    assert _found(found, 0) == [((), 0.0)]
    assert _found(found, 1)[0][0] == (1,)
    nothing = nbest(without_blanks(np.zeros((0, 1, 2), np.float32), 0.99), 2, BeamConfig())
    assert len(nothing.scores) == 0 and nothing.row_splits.tolist() == [0]
