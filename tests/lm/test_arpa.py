import gzip
import math

import numpy as np
import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BACKOFF, CLASS, EPS, SymbolTable
from wfst_bias.lm.arpa import read_arpa

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


@pytest.fixture(params=["lm.arpa", "lm.arpa.gz"])
def arpa(request, tmp_path):
    def write(text):
        path = tmp_path / request.param
        path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
        return path

    return write


def test_reads_scores_and_counts_what_it_leaves_out(arpa):
    grammar = read_arpa(arpa(ARPA), WORDS)
    assert grammar.num_skipped == 2
    after_new = grammar.fst.dst[(grammar.fst.ilabel == WORDS["new"]) & (grammar.fst.src == grammar.fst.start)][0]
    row = (grammar.fst.src == after_new) & (grammar.fst.ilabel == WORDS["york"])
    assert grammar.fst.score[row] == pytest.approx([-0.1 * LN10])


def test_a_history_that_never_ended_ends_through_its_backoff(arpa):
    grammar = read_arpa(arpa(ARPA), WORDS)
    fst = grammar.fst
    after_new = fst.dst[(fst.ilabel == WORDS["new"]) & (fst.src == fst.start)][0]
    after_york = fst.dst[(fst.ilabel == WORDS["york"]) & (fst.src == after_new)][0]
    assert fst.final[after_new] == pytest.approx((-0.1 - 1.0) * LN10)
    assert fst.final[after_york] == pytest.approx(-0.4 * LN10)
    assert fst.final[grammar.unigram_state] == pytest.approx(-1.0 * LN10)


def test_the_unigram_state_is_where_backoff_ends(arpa):
    grammar = read_arpa(arpa(ARPA), WORDS)
    leaving = grammar.fst.ilabel[grammar.fst.src == grammar.unigram_state]
    assert sorted(leaving.tolist()) == [WORDS["new"], WORDS["york"]]


def test_a_unigram_model_is_one_state(arpa):
    text = "\\data\\\nngram 1=3\n\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-0.5\tnew\n\n\\end\\\n"
    grammar = read_arpa(arpa(text), WORDS)
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
        read_arpa(arpa(change(ARPA)), WORDS)
    assert "lm.arpa" in str(error.value)


def test_a_truncated_gzip_is_told(tmp_path):
    path = tmp_path / "lm.arpa.gz"
    path.write_bytes(gzip.compress(ARPA.encode())[:-20])
    with pytest.raises(InputError, match="gzip file is damaged"):
        read_arpa(path, WORDS)
