import numpy as np
import pynini
import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BACKOFF, EPS, SymbolTable
from wfst_bias.fst.wfst import to_openfst
from wfst_bias.lm.arpa import BOS, EOS, read_arpa
from wfst_bias.lm.ngrams import read_ngrams
from wfst_bias.lm.train import train_lm

SENTENCES = """\
Call New York on Monday.
The train to New York is late --
the train from the station is on time!
"""


@pytest.fixture
def text(tmp_path):
    (tmp_path / "sentences.txt").write_text(SENTENCES)
    return tmp_path / "sentences.txt"


def word_table(model):
    return SymbolTable((EPS, *sorted(set(model.words) - {BOS, EOS}), BACKOFF))


def best_score(grammar, labels):
    chain = pynini.accep("".join(f"[{label}]" for label in labels)).arcsort()
    return -float(pynini.shortestdistance(chain @ to_openfst(grammar), reverse=True)[0])


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_kaldilm_reads_of_a_model_what_its_own_acceptor_says(text, tmp_path, order):
    model = train_lm(text, tmp_path / "lm.arpa.gz", order)
    words = word_table(model)
    grammar, acceptor = read_arpa(tmp_path / "lm.arpa.gz", words).fst, model.acceptor()
    # the symbols for backoff: #0 in G, 0 in the acceptor
    backoff = grammar.ilabel == words[BACKOFF]
    grammar.ilabel[backoff] = grammar.olabel[backoff] = 0
    for sentence in ("call new york", "the train is late", "york york on the", ""):
        ours = best_score(acceptor, [model.words.index(word) + 1 for word in sentence.split()])
        assert best_score(grammar, [words[word] for word in sentence.split()]) == pytest.approx(ours, abs=1e-4)


def test_the_file_has_a_weight_for_every_history_and_no_word_more(text, tmp_path):
    model = train_lm(text, tmp_path / "lm.arpa", order=3)
    lines = (tmp_path / "lm.arpa").read_text().splitlines()
    weighted = {fields[1] for line in lines if len(fields := line.split("\t")) == 3}
    ngrams = {fields[1] for line in lines if len(fields := line.split("\t")) > 1}
    assert weighted == {ngram.rsplit(" ", 1)[0] for ngram in ngrams if " " in ngram}
    assert set(model.words) == {BOS, EOS, *SENTENCES.lower().replace(".", "").replace("!", "").split()} - {"--"}
    assert read_ngrams(tmp_path / "lm.arpa").counts == model.counts


def test_it_sums_to_one_as_it_is_written(text, tmp_path):
    train_lm(text, tmp_path / "lm.arpa", order=3)
    model = read_ngrams(tmp_path / "lm.arpa")
    np.testing.assert_allclose(model.backoff, model.normalised().backoff, atol=1e-4)


def test_a_text_without_words_is_told(tmp_path):
    (tmp_path / "empty.txt").write_text("\n--\n")
    with pytest.raises(InputError, match="empty.txt: holds no word"):
        train_lm(tmp_path / "empty.txt", tmp_path / "lm.arpa")


def test_names_of_classes_stay_as_they_are(tmp_path):
    (tmp_path / "text").write_text(
        "Take two of $DRUG, please\nTake $DRUG now\ncall #nonterm:contact at <unk>\nGive me $5\n"
    )
    words = train_lm(tmp_path / "text", tmp_path / "lm.arpa", 2).words
    assert {"$DRUG", "#nonterm:contact", "<unk>", "take", "$5"} <= set(words)


def test_the_text_is_not_written_over(tmp_path):
    (tmp_path / "text").write_text("new york\n")
    with pytest.raises(InputError, match="text: is the input, too, and would be lost"):
        train_lm(tmp_path / "text", tmp_path / "text")
    assert (tmp_path / "text").read_text() == "new york\n"
