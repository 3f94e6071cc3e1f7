import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BACKOFF, CLASS, EPS, SymbolTable
from wfst_bias.lm.files import read_ngrams, write_ngrams
from wfst_bias.lm.grammar import read_grammar
from wfst_bias.lm.kneser_ney import kneser_ney
from wfst_bias.lm.ngrams import ngrams_of_rows
from wfst_bias.lm.perplexity import perplexity
from wfst_bias.lm.prune import history_log_probs, perplexity_rises, prune_lm, pruned

WORDS = ("<s>", "</s>", "new", "york", "$DRUG", "call")
PREDICTED = range(1, len(WORDS))


@st.composite
def models(draw):
    """Normalised trigram models with any n-grams, but that only unigrams end in 'call'."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, log_probs = [np.arange(len(WORDS))[:, None]], [np.log([1e-99, *rng.dirichlet(np.ones(len(PREDICTED)))])]
    histories = [(w,) for w in range(len(WORDS)) if w != 1]
    for order in (2, 3):
        ngrams, shares = [], []
        for history in histories:
            seen = [w for w in PREDICTED[:-1] if rng.random() < 0.6]
            ngrams += [(*history, w) for w in seen]
            shares += list(rng.dirichlet(np.ones(len(seen) + 1))[1:])
        rows.append(np.array(ngrams, int).reshape(-1, order))
        log_probs.append(np.log(shares))
        histories = [ngram for ngram in ngrams if ngram[-1] != 1]
    return ngrams_of_rows(WORDS, rows, log_probs).normalised()


def spelled(model, node):
    return spelled(model, model.parent[node]) + (model.words[model.word[node]],) if node else ()


def ngrams(model):
    return {spelled(model, node) for node in range(1, len(model.parent))}


def distributions(model):
    """P(word | node), ``(N, V - 1)``; nobody predicts ``<s>``."""
    nodes = np.arange(len(model.parent))
    history, word = np.array(list(itertools.product(nodes, PREDICTED))).T
    return np.exp(model.predict(history, word)).reshape(len(nodes), -1)


@settings(max_examples=50, deadline=None)
@given(models(), st.sampled_from([0.0, 1e-4, 1e-2, np.inf]))
def test_every_history_sums_to_one(model, threshold):
    np.testing.assert_allclose(distributions(pruned(model, threshold)).sum(axis=1), 1.0, atol=1e-6)


@settings(max_examples=100, deadline=None)
@given(models(), st.randoms())
def test_the_rise_of_the_perplexity_is_that_of_the_definition(model, random):
    """An n-gram is really taken out, and the divergence summed over all words after its history."""
    leaves = np.setdiff1d(np.arange(model.begin[2], len(model.parent)), model.parent)
    if len(leaves):
        node = random.choice(leaves)
        without = model.kept(np.arange(len(model.parent)) != node).normalised()
        history = model.parent[node]  # stands before the node, so keeps its number
        before, after = distributions(model)[history], distributions(without)[history]
        divergence = np.exp(history_log_probs(model)[history]) * np.sum(before * np.log(before / after))
        assert perplexity_rises(model)[node] == pytest.approx(np.expm1(divergence), rel=1e-5, abs=1e-10)


@settings(max_examples=50, deadline=None)
@given(models())
def test_a_higher_threshold_keeps_a_part_of_what_a_lower_one_keeps(model):
    kept = [ngrams(pruned(model, threshold)) for threshold in (0.0, 1e-4, 1e-3, 1e-2, np.inf)]
    assert all(more >= less for more, less in zip(kept, kept[1:]))
    assert kept[0] == ngrams(model) and kept[-1] == {(word,) for word in WORDS}


SENTENCES = """\
call new york on monday
call me from the station in new york
the train to new york is late
the train from the station is on time
we met on monday in new york
call the doctor on monday
"""


SPLIT = [sentence.split() for sentence in SENTENCES.splitlines()]


@pytest.fixture
def trigrams(tmp_path):
    write_ngrams(tmp_path / "lm.arpa", kneser_ney(SPLIT, 3))
    return tmp_path / "lm.arpa"


def test_perplexity_rises_with_the_threshold(trigrams, tmp_path):
    rising = []
    for threshold in (0.0, 1e-3, 1e-2, 3e-2, np.inf):
        prune_lm(trigrams, tmp_path / "small.arpa.gz", threshold)
        rising.append(perplexity(read_ngrams(tmp_path / "small.arpa.gz"), SPLIT))
    assert rising[0] == pytest.approx(perplexity(read_ngrams(trigrams), SPLIT), rel=1e-5)
    assert all(low < high for low, high in zip(rising, rising[1:]))


def test_no_threshold_keeps_all_of_a_model_that_does_not_sum_to_one(trigrams, tmp_path):
    model = read_ngrams(trigrams)
    write_ngrams(tmp_path / "raw.arpa", replace(model, backoff=np.zeros(len(model.parent))))
    before, left = prune_lm(tmp_path / "raw.arpa", tmp_path / "small.arpa", 0.0)
    assert left.counts == before.counts


def test_sentence_starts_count_as_often_as_sentence_ends(tmp_path):
    """P(<s>) is -99 in ARPA: taken for the probability of the history, no ``<s> w`` would ever be kept."""
    text = (
        "\\data\\\nngram 1=4\nngram 2=2\n\n\\1-grams:\n-99\t<s>\t-0.7\n-0.4\t</s>\n-0.4\tcall\t-0.3\n-0.7\tnew\n\n"
        "\\2-grams:\n-0.05\t<s> call\n-0.4\tcall </s>\n\n\\end\\\n"
    )
    (tmp_path / "lm.arpa").write_text(text)
    _, left = prune_lm(tmp_path / "lm.arpa", tmp_path / "small.arpa", 1e-3)
    assert ngrams(left) == {(w,) for w in ("<s>", "</s>", "call", "new")} | {("<s>", "call")}


def test_the_grammar_has_what_is_left_names_and_all(tmp_path):
    text = """\\data\\
ngram 1=6
ngram 2=3
ngram 3=1

\\1-grams:
-99\t<s>\t-0.1
-0.7\t</s>
-0.6\tcall\t-0.3
-0.7\t<unk>
-0.8\t$DRUG
-0.65\t#nonterm:contact

\\2-grams:
-0.3\t<s> call\t-0.2
-0.2\tcall #nonterm:contact
-0.8\tcall $DRUG

\\3-grams:
-0.19\t<s> call #nonterm:contact

\\end\\
"""
    (tmp_path / "lm.arpa").write_text(text)
    before, left = prune_lm(tmp_path / "lm.arpa", tmp_path / "small.arpa.gz", 0.04)
    assert ngrams(before) - ngrams(left) == {("call", "$DRUG"), ("<s>", "call", "#nonterm:contact")}
    words = SymbolTable((EPS, "call", "<unk>", "$DRUG", "#nonterm:contact", CLASS, BACKOFF))
    grammar = read_grammar(tmp_path / "small.arpa.gz", words)
    assert grammar.num_skipped == 0
    fst = grammar.fst
    after_call = fst.dst[(fst.src == fst.start) & (fst.ilabel == words["call"])][0]
    said = {words.symbols[i]: score for i, score in zip(*(a[fst.src == after_call] for a in (fst.ilabel, fst.score)))}
    assert said["#nonterm:contact"] == pytest.approx(-0.2 * math.log(10))


@pytest.mark.parametrize("threshold", [-1e-8, math.nan])
def test_a_threshold_that_is_none_is_told(trigrams, tmp_path, threshold):
    with pytest.raises(InputError, match="--threshold is .*; expected 0 or more"):
        prune_lm(trigrams, tmp_path / "small.arpa", threshold)


def test_a_model_without_sentence_ends_is_told(tmp_path):
    (tmp_path / "lm.arpa").write_text("\\data\\\nngram 1=2\n\n\\1-grams:\n-99\t<s>\n-0.1\tnew\n\n\\end\\\n")
    with pytest.raises(InputError, match="lm.arpa: has no 1-gram </s>"):
        prune_lm(tmp_path / "lm.arpa", tmp_path / "small.arpa", 1e-8)
    assert not (tmp_path / "small.arpa").exists()
