import gzip
import math

import numpy as np
import pynini
import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BACKOFF, CLASS, EPS, SymbolTable
from wfst_bias.fst.wfst import to_openfst
from wfst_bias.lm.files import write_ngrams
from wfst_bias.lm.grammar import read_grammar
from wfst_bias.lm.kneser_ney import kneser_ney

WORDS = SymbolTable((EPS, "new", "york", CLASS, BACKOFF))
LN10 = math.log(10)

ARPA = """\\data\\
ngram 1=5
ngram 2=4

\\1-grams:
-99\t<s>\t-0.3
-1.0\t</s>
-0.7\tyork\t-0.2
-0.9\tnew\t-0.1
-1.2\tunheard\t-0.1

\\2-grams:
-0.2\t<s> new
-0.1\tnew york
-0.4\tyork </s>
-0.4\tnew unheard

\\end\\
"""


def test_reads_scores_and_counts_what_it_leaves_out(arpa):
    grammar = read_grammar(arpa(ARPA), WORDS)
    assert grammar.num_skipped == 2
    after_new = grammar.fst.dst[(grammar.fst.ilabel == WORDS["new"]) & (grammar.fst.src == grammar.fst.start)][0]
    row = (grammar.fst.src == after_new) & (grammar.fst.ilabel == WORDS["york"])
    assert grammar.fst.score[row] == pytest.approx([-0.1 * LN10])


def test_a_history_that_never_ended_ends_through_its_backoff(arpa):
    grammar = read_grammar(arpa(ARPA), WORDS)
    fst = grammar.fst
    after_new = fst.dst[(fst.ilabel == WORDS["new"]) & (fst.src == fst.start)][0]
    after_york = fst.dst[(fst.ilabel == WORDS["york"]) & (fst.src == after_new)][0]
    assert fst.final[after_new] == pytest.approx((-0.1 - 1.0) * LN10)
    assert fst.final[after_york] == pytest.approx(-0.4 * LN10)
    assert fst.final[grammar.unigram_state] == pytest.approx(-1.0 * LN10)


def test_the_unigram_state_is_where_backoff_ends(arpa):
    grammar = read_grammar(arpa(ARPA), WORDS)
    leaving = grammar.fst.ilabel[grammar.fst.src == grammar.unigram_state]
    assert sorted(leaving.tolist()) == [WORDS["new"], WORDS["york"]]


def test_a_unigram_model_is_one_state(arpa):
    text = "\\data\\\nngram 1=3\n\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-0.5\tnew\n\n\\end\\\n"
    grammar = read_grammar(arpa(text), WORDS)
    assert np.isfinite(grammar.fst.final[grammar.unigram_state])


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda t: t.replace("\\end\\\n", ""), "cut short"),
        (lambda t: t[: t.index("-0.4\tyork")], "cut short|ends after"),
        (lambda t: t.replace("ngram 2=4", "ngram 2=5"), "2-gram section ends after 4 of 5"),
        (lambda t: t.replace("-0.7\tyork", "high\tyork"), ":8: found 'high"),
        (lambda t: t.replace("-0.7\tyork", "nan\tyork"), ":8: found 'nan"),
        (lambda t: t.replace("-0.1\tnew york", "-0.1\tnew"), ":14: found .*; expected 'LOG10 WORD WORD .BACKOFF.'"),
        (lambda t: t.replace("-0.1\tnew york", "-0.1\tnew york -0.1 -0.2"), ":14: found"),
        (lambda t: t.replace("ngram 1=5", "ngram 1=four"), ":2: found 'ngram 1=four'"),
        (lambda t: t.replace("-99\t<s>\t-0.3\n", "").replace("ngram 1=5", "ngram 1=4"), "lm.arpa"),
        (lambda t: "hello\n", "no ARPA model"),
        (
            lambda t: (
                t.replace("-1.0\t</s>\n", "")
                .replace("ngram 1=5", "ngram 1=4")
                .replace("-0.4\tyork </s>\n", "")
                .replace("2=4", "2=3")
            ),
            "never end",
        ),
        (lambda t: t.replace("new", "nouveau").replace("york", "jorvik"), "no word of it is in the lexicon"),
    ],
)
def test_a_broken_model_is_told(arpa, change, message):
    with pytest.raises(InputError, match=message) as error:
        read_grammar(arpa(change(ARPA)), WORDS)
    assert "lm.arpa" in str(error.value)


def test_a_truncated_gzip_is_told(tmp_path):
    path = tmp_path / "lm.arpa.gz"
    path.write_bytes(gzip.compress(ARPA.encode())[:-20])
    with pytest.raises(InputError, match="gzip file is damaged"):
        read_grammar(path, WORDS)


def test_words_that_are_symbols_of_graphs_are_left_out(arpa):
    text = ARPA.replace("unheard", "#0")
    assert read_grammar(arpa(text), WORDS).num_skipped == 2


def test_a_weight_of_the_sentence_start_counts_in_a_model_without_bigrams(arpa):
    text = "\\data\\\nngram 1=3\nngram 2=0\n\n\\1-grams:\n-99\t<s>\t-0.5\n-1\t</s>\n-0.5\tnew\t0\n\n\\2-grams:\n\n\\end\\\n"
    grammar = read_grammar(arpa(text), WORDS)
    assert grammar.fst.final[grammar.fst.start] == pytest.approx((-0.5 - 1.0) * LN10)


def ngrams_of_text(text, known):
    """``{ngram: (nats, backoff)}`` of the n-grams of an ARPA file that have only known words, and the highest order."""
    ngrams, order = {}, 0
    for line in text.splitlines():
        if line.startswith("\\") and line.endswith("-grams:"):
            order = int(line[1:-7])
        elif order and "\t" in line:
            log10, ngram, *backoff = line.split("\t")
            if set(ngram.split()) <= known:
                ngrams[tuple(ngram.split())] = float(log10) * LN10, float(backoff[0]) * LN10 if backoff else 0.0
    return ngrams, order


def best_score(ngrams, order, words, history=("<s>",)):
    """The best score of a sentence where a history may back off whether it has seen the word or not."""
    is_state = lambda ngram: not ngram or (len(ngram) < order and ngram in ngrams)
    longest = lambda ngram: next(ngram[i:] for i in range(len(ngram) + 1) if is_state(ngram[i:]))
    history = longest(history)
    scores = [-math.inf]
    word, rest = (words[0], words[1:]) if words else ("</s>", ())
    if (*history, word) in ngrams:
        score, _ = ngrams[(*history, word)]
        scores.append(score + (best_score(ngrams, order, rest, (*history, word)) if words else 0.0))
    if history and (words or len(scores) == 1):
        scores.append(ngrams[history][1] + best_score(ngrams, order, words, history[1:]))
    return max(scores)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_sentences_have_the_scores_of_the_text(tmp_path, order):
    rng = np.random.default_rng(order)
    vocabulary = ["new", "york", "call", "the", "train"]
    sentences = [rng.choice(vocabulary, rng.integers(1, 7)).tolist() for _ in range(30)]
    model = kneser_ney(sentences, order)
    model = model.kept(rng.random(len(model.parent)) < 0.5).normalised()  # longer n-grams without their suffixes
    write_ngrams(tmp_path / "lm.arpa", model)
    words = SymbolTable((EPS, *vocabulary[:-1], BACKOFF))
    ngrams, highest = ngrams_of_text((tmp_path / "lm.arpa").read_text(), {*vocabulary[:-1], "<s>", "</s>"})
    grammar = read_grammar(tmp_path / "lm.arpa", words)
    fst = grammar.fst
    is_backoff = fst.ilabel == words[BACKOFF]
    assert grammar.num_skipped == sum(model.counts) - len(ngrams) and not fst.olabel[is_backoff].any()
    fst.ilabel[is_backoff] = 0
    machine = to_openfst(fst).arcsort()
    for _ in range(20):
        sentence = tuple(rng.choice(vocabulary[:-1], rng.integers(0, 6)).tolist())
        chain = pynini.accep("".join(f"[{words[word]}]" for word in sentence))
        score = -float(pynini.shortestdistance(chain @ machine, reverse=True)[0])
        assert score == pytest.approx(best_score(ngrams, highest, sentence), abs=1e-4)
