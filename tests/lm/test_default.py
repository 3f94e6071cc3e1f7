import numpy as np
import pytest

from wfst_bias.lm.default import default_lm


@pytest.fixture(scope="module")
def model():
    return default_lm()


@pytest.mark.parametrize("history", ["", "new", "the", "zoo", "aardvark"])
def test_what_may_follow_a_word_sums_to_one(model, history):
    words = np.arange(len(model.words))
    node = model.child(np.array([0]), np.array([model.words.index(history)]))[0] if history else 0
    assert np.exp(model.predict(np.full(len(words), node), words)).sum() == pytest.approx(1.0)


def test_york_is_expected_after_new(model):
    york = np.array([model.words.index("york")])
    after = lambda word: model.predict(model.child(np.array([0]), np.array([model.words.index(word)])), york)
    assert after("new") > after("old") + 3.0
