"""ARPA files as other programs write them. What they mean was checked with KenLM 0.2; SRILM's and Kaldi's rules are in their sources."""

import bz2
import gzip
import lzma

import numpy as np
import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.core.notes import Notes
from wfst_bias.lm.arpa import arpa_ngrams
from wfst_bias.lm.files import read_ngrams

ARPA = """\\data\\
ngram 1=5
ngram 2=4

\\1-grams:
-1.5\t<unk>
-99\t<s>\t-0.3
-1.0\t</s>
-0.7\tharbor\t-0.2
-0.9\told\t-0.1

\\2-grams:
-0.2\t<s> old
-0.1\told harbor
-0.4\tharbor </s>
-0.4\told old

\\end\\
"""


def read(tmp_path, text, name="lm.arpa"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_ngrams(path)


def notes_of(tmp_path, text):
    notes = Notes()
    (tmp_path / "lm.arpa").write_bytes(text.encode())
    list(arpa_ngrams(tmp_path / "lm.arpa", notes))
    return notes.texts


def log10_of(model, words):
    """log10 of the probability of each word of a sentence."""
    node, scores = model.child(np.array([0]), np.array([model.words.index("<s>")])), []
    for word in words.split():
        node, log_prob = model.follow(node, np.array([model.words.index(word)]))
        scores.append(log_prob[0] / np.log(10))
    return scores


SAME = {
    "CRLF": lambda t: t.replace("\n", "\r\n"),
    "CR": lambda t: t.replace("\n", "\r"),
    "byte-order mark": lambda t: "\ufeff" + t,
    "text before": lambda t: "made by hand\nngram 1=77\n\\1-grams: are below\n# 2026\n" + t,
    "blank lines": lambda t: t.replace("\n", "\n\n \n\t\n"),
    "no blank lines": lambda t: t.replace("\n\n", "\n"),
    "blanks for tabs": lambda t: t.replace("\t", " "),
    "tabs for blanks": lambda t: t.replace("old harbor", "old\tharbor"),
    "many blanks": lambda t: t.replace("\t", " \t  ").replace("old harbor", "old   harbor"),
    "blanks at the ends": lambda t: t.replace("\n", " \t\n   "),
    "blanks in counts": lambda t: t.replace("ngram 1=5", "ngram 1 = 5").replace("ngram 2=4", "ngram  2= 4"),
    "capital keys": lambda t: (
        t.replace("-grams", "-GRAMS").replace("\\data\\", "\\DATA\\").replace("\\end\\", "\\END\\")
    ),
    "an empty highest order": lambda t: t.replace("2=4", "2=4\nngram 3=0").replace("\\end\\", "\\3-grams:\n\n\\end\\"),
    "an empty order without a section": lambda t: t.replace("2=4", "2=4\nngram 3=0"),
    "weights of 0": lambda t: t.replace("old harbor", "old harbor\t0").replace("</s>\n-0.7", "</s>\t0\n-0.7"),
    "scientific notation": lambda t: t.replace("-0.2\t<s>", "-2e-1\t<s>").replace("-0.4", "-4.0E-01"),
    "nothing after the end": lambda t: t.rstrip("\n"),
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_files_that_mean_the_same(tmp_path, change):
    assert read(tmp_path, change(ARPA)).arpa() == read(tmp_path, ARPA).arpa()
    assert notes_of(tmp_path, change(ARPA)) == ()


@pytest.mark.parametrize("pack, name", [(gzip.compress, "lm"), (bz2.compress, "lm.arpa.bz2"), (lzma.compress, "lm.xz")])
def test_packed_files(tmp_path, pack, name):
    assert read(tmp_path, pack(ARPA.encode()), name).arpa() == read(tmp_path, ARPA).arpa()
    with pytest.raises(InputError, match=f"{name}.* file is damaged"):
        read(tmp_path, pack(ARPA.encode())[:-9], name)


@pytest.mark.parametrize("first", ["0\t<s>", "-inf\t<s>", "-99\t<s>", "-1e2\t<s>"])
def test_the_probability_of_the_beginning_is_never_used(tmp_path, first):
    model = read(tmp_path, ARPA.replace("-99\t<s>", first))
    assert log10_of(model, "old harbor harbor") == pytest.approx([-0.2, -0.1, -0.9])


def test_the_logarithm_of_zero(tmp_path):
    model = read(tmp_path, ARPA.replace("-0.9\told\t-0.1", "-inf\told\t-inf"))
    assert log10_of(model, "harbor old </s>") == pytest.approx([-1.0, -0.2 - 99, -99 - 1.0])


@pytest.mark.parametrize("space", "\u00a0 \u2028 \u0085 \u3000 \x1c \x1f \x0b \x0c".split(" "), ids=ascii)
def test_only_blanks_and_tabs_divide_words(tmp_path, space):
    model = read(tmp_path, ARPA.replace("old", f"o{space}ld"))
    assert model.words == ("<unk>", "<s>", "</s>", "harbor", f"o{space}ld")
    assert log10_of(model, "harbor") == pytest.approx([-0.3 - 0.7])
    assert read(tmp_path, model.arpa()).arpa() == model.arpa()


def test_a_number_behind_a_no_break_space_is_no_weight(tmp_path):
    model = read(tmp_path, ARPA.replace("-1.5\t<unk>", "-1.5\told\u00a0-0.5"))
    assert "old\u00a0-0.5" in model.words


def test_what_is_not_read_as_it_is_written_is_told(tmp_path):
    text = ARPA.replace("-0.1\told harbor", "0.25\told harbor\t-0.3") + "\nCITY 1.0 harbor\n"
    assert notes_of(tmp_path, text) == (
        "probabilities above 1, which are read as 1: 1 (line 14: 0.25)",
        "backoff weights of n-grams of the highest order, which are not used: 1 (line 14)",
        "lines after \\end\\ that are not read: 1 (line 20: 'CITY 1.0 harbor')",
    )
    model = read(tmp_path, text)
    assert log10_of(model, "old harbor harbor") == pytest.approx([-0.2, 0.0, -0.9])


BROKEN = {
    "no end": (lambda t: t.replace("\\end\\\n", ""), "ends before .end."),
    "fewer than announced": (lambda t: t.replace("2=4", "2=5"), r":18: the 2-gram section ends after 4 of 5 n-grams"),
    "more than announced": (lambda t: t.replace("2=4", "2=3"), r"ends after 4 of 3 n-grams; .* correct its count"),
    "an order that is not there": (
        lambda t: t.replace("2=4", "2=4\nngram 3=2"),
        "the 2 3-grams that .data. announces are not",
    ),
    "an order that is not announced": (lambda t: t.replace("ngram 2=4\n", ""), "2-grams:' was not announced"),
    "orders exchanged": (
        lambda t: t.replace("\\1-", "\\x-").replace("\\2-", "\\1-").replace("\\x-", "\\2-"),
        "the 5 1-grams that .* are not there",
    ),
    "an order twice": (lambda t: t.replace("\\2-grams", "\\1-grams:\n\\2-grams"), "come after|ends after"),
    "counts without order": (lambda t: t.replace("ngram 2=4", "ngram 3=4"), "expected the count of order 2"),
    "no number": (lambda t: t.replace("-0.2\t<s>", "O.2\t<s>"), ":13: found 'O.2"),
    "not a number": (lambda t: t.replace("-0.2\t<s>", "nan\t<s>"), ":13: found 'nan"),
    "infinite": (lambda t: t.replace("-0.9\told\t-0.1", "-0.9\told\tinf"), ":10: found .*inf'; expected 'LOG10 WORD"),
    "no 1-gram": (lambda t: t.replace("old old", "old pier"), ":16: word 'pier' has no 1-gram"),
    "twice": (lambda t: t.replace("old old", "old harbor"), "'old harbor' stands twice"),
    "two models": (lambda t: t.replace("\\end\\\n", "") + t, "second .data."),
    "a line of another kind": (lambda t: t.replace("ngram 2=4", "codebook 256"), "found 'codebook 256'"),
    "KenLM": (lambda t: b"mmap lm http://kheafield.com/code format version 5\n\0\xff", "binary model of KenLM"),
    "KenLM, packed": (
        lambda t: gzip.compress(b"mmap lm http://kheafield.com/code format\n\0\xff"),
        "binary model of KenLM",
    ),
    "SRILM": (lambda t: b"SRILM_BINARY_NGRAM_002\nmaxorder 3\n\xff", "binary model of SRILM; convert it, 'ngram -lm"),
    "pocketsphinx": (lambda t: b"Trie Language Model\x03\xff", "binary model of pocketsphinx"),
    "IRSTLM": (lambda t: "iARPA\n" + t, "an iARPA file of IRSTLM"),
    "OpenFst": (lambda t: b"\xd6\xfd\xb2\x7e\x06\x00\x00\x00vector", "a machine of OpenFst"),
    "other text": (lambda t: "old harbor\n", "is no ARPA model"),
    "nothing": (lambda t: "", "is no ARPA model"),
    "only a header": (lambda t: "\\data\\\n", "is no ARPA model"),
}


@pytest.mark.parametrize("change, message", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_told(tmp_path, change, message):
    with pytest.raises(InputError, match=message) as error:
        read(tmp_path, change(ARPA))
    assert "lm.arpa" in str(error.value)
