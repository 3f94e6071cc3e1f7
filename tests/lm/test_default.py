import numpy as np
import pytest

from wfst_bias.lang.lang import hama_lang
from wfst_bias.lm.default import default_lm, is_contraction


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


def probability(model, history, word):
    ids = [model.words.index(w) for w in (history, word)]
    node = model.child(np.array([0]), np.array(ids[:1]))
    return np.exp(model.predict(node, np.array(ids[1:])))[0]


def unigram(model, word):
    return np.exp(model.log_prob[1 + model.words.index(word)])


@pytest.mark.parametrize("history", ["i", "don't", "it's", "o'clock", "how're", "<s>"])
def test_what_may_follow_or_contain_a_contraction_sums_to_one(model, history):
    words = np.arange(len(model.words))
    node = model.child(np.array([0]), np.array([model.words.index(history)]))[0]
    assert np.exp(model.predict(np.full(len(words), node), words)).sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    "contraction, sounds_like, factor",
    [
        ("don't", "doughnut", 1000.0),
        ("can't", "cant", 10.0),
        ("won't", "wont", 10.0),
        ("we've", "weave", 10.0),
        ("you'll", "yule", 10.0),
        ("he'll", "heel", 5.0),
        ("it's", "it", 0.5),
    ],
)
def test_a_contraction_is_as_likely_as_in_speech(model, contraction, sounds_like, factor):
    assert unigram(model, contraction) > factor * unigram(model, sounds_like)


@pytest.mark.parametrize(
    "history, likely, unlikely",
    [
        ("i", "don't", "doesn't"),
        ("she", "doesn't", "don't"),
        ("don't", "know", "knows"),
        ("i'm", "sure", "are"),
        ("don't", "you", "your"),
        ("<s>", "there's", "shouldn't"),
    ],
)
def test_contractions_have_their_neighbors(model, history, likely, unlikely):
    assert probability(model, history, likely) > 2.0 * probability(model, history, unlikely)


@pytest.mark.parametrize("pair", ["i don't", "don't know", "it's a", "what's the", "<s> i'm", "six o'clock"])
def test_pairs_with_contractions_are_known(model, pair):
    first, second = (np.array([model.words.index(word)]) for word in pair.split())
    assert model.child(model.child(np.array([0]), first), second)[0] > 0


def test_contractions_with_neighbors_have_pronunciations(model):
    lexicon = hama_lang().lexicon
    missing = {word for word in model.words if is_contraction(word) and word not in lexicon}
    assert missing <= {"how'll"}  # counted by symspellpy, in neither CMUdict nor the G2P's words


def test_a_contraction_is_no_likelier_after_words_that_it_rarely_follows(model):
    assert probability(model, "of", "its") > 2.0 * probability(model, "of", "it's")


def test_odds_of_one_leave_the_spoken_probabilities(model):
    assert probability(model, "i", "don't") > 1.5 * probability(default_lm(contraction_odds=1.0), "i", "don't")


@pytest.mark.parametrize("word", ["don't", "i'm", "let's", "that'll", "o'clock", "somebody's"])
def test_a_contraction_is_told(word):
    assert is_contraction(word)


@pytest.mark.parametrize("word", ["o'brien", "father's", "it", "its", "don't's", "will'm", "he're"])
def test_possessives_and_names_are_no_contractions(word):
    assert not is_contraction(word)
