import numpy as np
import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.lm.arpa import BOS, EOS
from wfst_bias.lm.files import read_ngrams
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


def test_words_of_all_scripts_and_forms_are_learned(tmp_path):
    text, out = tmp_path / "text", tmp_path / "lm.arpa"
    text.write_text("‘we saw’ Café $NAME नरेंद्र می\u200cخواهم\nCafe\u0301 O‘Brien\n", encoding="utf-8")
    words = train_lm(text, out, order=1).words
    assert {*words} - {"<s>", "</s>"} == {"we", "saw", "café", "$NAME", "नरेंद्र", "می\u200cخواهم", "o'brien"}


def test_the_text_is_not_written_over(tmp_path):
    (tmp_path / "text").write_text("new york\n")
    with pytest.raises(InputError, match="text: is the input, too, and would be lost"):
        train_lm(tmp_path / "text", tmp_path / "text")
    assert (tmp_path / "text").read_text() == "new york\n"
