
import numpy as np
import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.lm.files import read_ngrams

# A weight of -0.05 for 'call new' only, names that are no words of a lexicon, a unigram of log 0.
ARPA = """\\data\\
ngram 1=7
ngram 2=5
ngram 3=2

\\1-grams:
-99\t<s>\t-0.1
-0.8\t</s>
-0.7\tcall\t-0.2
-0.9\tnew\t-0.5
-0.8\tyork
-1.2\t$DRUG
-0.39\t#nonterm:contact

\\2-grams:
-0.3\t<s> call
-0.6\tcall new\t-0.05
-0.5\tcall #nonterm:contact
-0.1\tnew york
-0.2\tyork </s>

\\3-grams:
-0.35\t<s> call #nonterm:contact
-0.07\tcall new york

\\end\\
"""


def node_of(model, ngram):
    node = np.array([0])
    for word in ngram.split():
        node = model.child(node, np.array([model.words.index(word)]))
    return node[0]


def log10_of(model, ngram):
    """log10 P(last word | the words before)."""
    *history, word = ngram.split()
    nats = model.predict(np.array([node_of(model, " ".join(history))]), np.array([model.words.index(word)]))
    return nats[0] / np.log(10)


def test_arpa_comes_back_as_it_was_with_the_weights_of_its_histories(arpa):
    expected = ARPA.replace("\tyork\n-1.2", "\tyork\t0\n-1.2").replace("<s> call\n", "<s> call\t0\n")
    assert read_ngrams(arpa(ARPA)).arpa() == expected


def test_blanks_for_tabs_and_weights_on_the_longest_ngrams_are_read(arpa):
    model = read_ngrams(arpa(ARPA.replace("\t", " ").replace("call new york", "call new york 0")))
    assert model.counts == [7, 5, 2] and log10_of(model, "call new york") == pytest.approx(-0.07)


@pytest.mark.parametrize(
    "ngram, log10_prob",
    [
        ("call new york", -0.07),
        ("call new </s>", -0.05 - 0.5 - 0.8),  # through 'new' to the unigram
        ("new york </s>", -0.2),  # 'new york' has no weight of its own: 0
        ("<s> $DRUG", -0.1 - 1.2),
    ],
)
def test_a_word_is_predicted_by_the_longest_history_that_has_seen_it(arpa, ngram, log10_prob):
    assert log10_of(read_ngrams(arpa(ARPA)), ngram) == pytest.approx(log10_prob)


def test_a_suffix_that_an_earlier_pruning_took_is_skipped(arpa):
    model = read_ngrams(arpa(ARPA.replace("-0.1\tnew york\n", "").replace("ngram 2=5", "ngram 2=4")))
    assert model.shorter[node_of(model, "call new york")] == node_of(model, "york")


def test_a_history_that_has_seen_all_probability_never_backs_off(arpa):
    text = ARPA.replace("-0.07\tcall new york", "0\tcall new york")
    model = read_ngrams(arpa(text)).normalised()
    assert log10_of(model, "call new york") == 0.0 and log10_of(model, "call new call") < -90
    assert "\tcall new\t-9" in model.arpa()


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda t: t.replace("-0.8\tyork\n", "").replace("1=7", "1=6"), ":18: word 'york' has no 1-gram"),
        (
            lambda t: t.replace("-0.6\tcall new\t-0.05\n", "").replace("2=5", "2=4"),
            "'call new york' stands without 'call new'",
        ),
        (lambda t: t.replace("york </s>", "new york"), "'new york' stands twice"),
        (lambda t: t.replace("ngram 3=2", "ngram 3=3"), "3-gram section ends after 2 of 3"),
    ],
)
def test_a_broken_model_is_told(arpa, change, message):
    with pytest.raises(InputError, match=message) as error:
        read_ngrams(arpa(change(ARPA)))
    assert "lm.arpa" in str(error.value)


def test_a_weight_of_a_history_without_words_of_its_own_is_kept(arpa):
    model = read_ngrams(arpa(ARPA.replace("-0.07\tcall new york\n", "").replace("ngram 3=2", "ngram 3=1")))
    assert "\tcall new\t-0.05\n" in model.arpa()


def test_the_acceptor_backs_off_to_the_longest_history_that_has_seen_the_word(arpa):
    model = read_ngrams(arpa(ARPA))
    fst = model.acceptor()
    assert fst.num_states == 7  # '', '<s>', 'call', 'new', 'york', '<s> call', 'call new'
    scores, state = [], fst.start
    for word in ("call", None, "new", "york"):  # '<s> call' has not seen 'new'
        label = model.words.index(word) + 1 if word else 0
        (arc,) = np.flatnonzero((fst.src == state) & (fst.ilabel == label))
        scores.append(fst.score[arc] / np.log(10))
        state = fst.dst[arc]
    assert scores == pytest.approx([-0.3, 0.0, -0.6, -0.07])
    assert fst.final[state] == pytest.approx(-0.2 * np.log(10))  # after 'york': 'new york' tells nothing more
