import numpy as np
import pynini
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.fst.wfst import to_openfst
from wfst_bias.lm.kneser_ney import kneser_ney
from wfst_bias.lm.prune import pruned

TEXT = ["new york", "new york city", "new jersey", "city"]

texts = st.lists(st.lists(st.sampled_from(["new", "york", "jersey", "city"]), max_size=5), min_size=1, max_size=12)
orders = st.integers(1, 5)
thresholds = st.sampled_from([0.0, 1e-3, 1e-2])


def estimate(text, order):
    return kneser_ney([sentence.split() for sentence in text], order)


def log_prob(model, history, word):
    """log P(word | history), one word after the other, nats."""
    node = np.array([0])
    for each in history:
        node, _ = model.follow(node, np.array([model.words.index(each)]))
    return model.predict(node, np.array([model.words.index(word)]))[0]


def by_definition(text, history, word, order):
    """Interpolated Kneser-Ney by sets and counts, as the paper has it; ``<s>`` is never predicted."""
    ngrams = [
        tuple(words[i : i + n])
        for words in (["<s>", *sentence, "</s>"] for sentence in text)
        for n in range(1, order + 1)
        for i in range(len(words) - n + 1)
    ]
    types = {ngram for ngram in ngrams if ngram != ("<s>",)}
    vocabulary = {ngram[0] for ngram in types if len(ngram) == 1}
    behind = lambda ngram: len({g[0] for g in types if len(g) == len(ngram) + 1 and g[1:] == ngram})
    weight = {g: ngrams.count(g) if len(g) == order or g[0] == "<s>" else behind(g) for g in types}

    def probability(history, word):
        if history is None:
            return 1 / len(vocabulary)
        n = len(history) + 1
        of_order = [w for g, w in weight.items() if len(g) == n]
        once, twice = of_order.count(1), of_order.count(2)
        discount = once / (once + 2 * twice) if once else 0.5
        lower = probability(history[1:] if history else None, word)
        followers = {g: w for g, w in weight.items() if len(g) == n and g[:-1] == history}
        if not followers:
            return lower
        total = sum(followers.values())
        seen = max(followers.get((*history, word), 0) - discount, 0)
        return seen / total + discount * len(followers) / total * lower

    return probability(history, word)


@given(texts, orders)
def test_every_word_after_every_history_is_as_likely_as_the_definition_says(text, order):
    model = kneser_ney(text, order)
    for sentence in text:
        words = ["<s>", *sentence, "</s>"]
        for i in range(1, len(words)):
            history = tuple(words[max(0, i + 1 - order) : i])
            for word in model.words[1:]:
                expected = by_definition(text, history, word, min(order, max(map(len, text)) + 2))
                assert np.exp(log_prob(model, history, word)) == pytest.approx(expected)


@given(texts, orders, thresholds)
def test_what_may_follow_a_history_sums_to_one(text, order, threshold):
    model = pruned(kneser_ney(text, order), threshold)
    for node in range(len(model.parent)):
        words = np.arange(1, len(model.words))
        assert np.exp(model.predict(np.full(len(words), node), words)).sum() == pytest.approx(1.0)


@given(texts, orders, thresholds)
def test_the_acceptor_takes_a_sentence_at_its_probability_or_backs_off_for_more(text, order, threshold):
    model = pruned(kneser_ney(text, order), threshold)
    grammar = to_openfst(model.acceptor()).arcsort()
    for sentence in text:
        score = sum(log_prob(model, ["<s>", *sentence[:i]], word) for i, word in enumerate([*sentence, "</s>"]))
        chain = pynini.Fst()
        chain.add_states(len(sentence) + 1)
        chain.set_start(0).set_final(len(sentence))
        for i, word in enumerate(sentence):
            label = model.words.index(word) + 1
            chain.add_arc(i, pynini.Arc(label, label, 0, i + 1))
        best = float(pynini.shortestdistance(pynini.compose(chain, grammar), reverse=True)[0])
        assert -best > score - 1e-3


def test_a_word_behind_many_words_is_likelier_than_one_that_only_follows_new():
    model = estimate(TEXT, 2)
    assert log_prob(model, ["jersey"], "city") > log_prob(model, ["jersey"], "york")


def test_no_ngram_is_longer_than_the_longest_sentence():
    assert estimate(["new york"], 5).counts == [4, 3, 2, 1]


def test_nothing_predicts_the_start_of_a_sentence():
    assert estimate(TEXT, 2).arpa().splitlines()[5].startswith("-99\t<s>\t-0.")
