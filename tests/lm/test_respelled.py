"""Words of a language model that differ from those of the lexicon in case or form of Unicode only."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BACKOFF, EPS, OOV, SymbolTable
from wfst_bias.lm.files import read_known_ngrams, read_ngrams
from wfst_bias.lm.grammar import read_grammar
from wfst_bias.lm.kneser_ney import kneser_ney
from wfst_bias.lm.respelled import respelled

ARPA = """\\data\\
ngram 1=6
ngram 2=5

\\1-grams:
-99\t<s>\t-0.3
-0.6\t</s>
-0.7\tEarl\t-0.2
-1.0\tearl\t-0.1
-0.9\tGREY\t-0.5
-1.5\t<UNK>

\\2-grams:
-0.4\t<s> Earl
-0.5\tEarl GREY
-0.3\tearl </s>
-0.2\tGREY </s>
-1.1\tGREY Earl

\\end\\
"""
KNOWN = {"<s>", "</s>", "earl", "grey"}


def write(tmp_path, text):
    (tmp_path / "lm.arpa").write_text(text, encoding="utf-8")
    return tmp_path / "lm.arpa"


def prob(model, *words):
    """P(the last word | the words before)."""
    node = np.array([0])
    for word in words[:-1]:
        node, _ = model.follow(node, np.array([model.words.index(word)]))
    return float(np.exp(model.predict(node, np.array([model.words.index(words[-1])]))[0]))


def test_capital_words_are_those_of_the_lexicon(tmp_path):
    found = read_known_ngrams(write(tmp_path, ARPA), KNOWN)
    assert found.model.words == ("<s>", "</s>", "earl", "grey")
    ten = lambda log10: 10.0**log10
    assert prob(found.model, "grey", "</s>") == pytest.approx(ten(-0.2))
    assert prob(found.model, "earl") == pytest.approx(ten(-0.7) + ten(-1.0))
    assert prob(found.model, "<s>", "earl") == pytest.approx(ten(-0.4) + ten(-0.3 - 1.0))
    assert prob(found.model, "grey", "earl") == pytest.approx(ten(-1.1) + ten(-0.5 - 1.0))
    share = ten(-0.7) / (ten(-0.7) + ten(-1.0))  # how often an 'earl' is 'Earl'
    assert prob(found.model, "earl", "grey") == pytest.approx(share * ten(-0.5) + (1 - share) * ten(-0.1 - 0.9))
    assert prob(found.model, "earl", "</s>") == pytest.approx(share * ten(-0.2 - 0.6) + (1 - share) * ten(-0.3))
    assert found.notes == (
        "words read as those of the lexicon, from which they differ in case or Unicode form: 2 (Earl as earl, GREY as grey)",
        "words that are one word of the lexicon with others, with the sum of their probabilities: 2 (Earl, earl)",
        "n-grams left out because of the word for all unknown words: 1 (<UNK>)",
    )


def test_a_grammar_of_a_model_in_capitals(tmp_path):
    capitals = (
        ARPA.upper()
        .replace("NGRAM", "ngram")
        .replace("\tEARL\t-0.1", "\tCOUNT\t-0.1")
        .replace("\tEARL </S>", "\tCOUNT </S>")
    )
    words = SymbolTable((EPS, "earl", "grey", "count", OOV, BACKOFF))
    grammar = read_grammar(write(tmp_path, capitals), words)
    plain = read_grammar(write(tmp_path, capitals.lower()), words)
    assert grammar.num_skipped == plain.num_skipped == 1
    assert sorted(grammar.fst.score.tolist()) == sorted(plain.fst.score.tolist())
    assert grammar.fst.final.tolist() == plain.fst.final.tolist()


def test_forms_of_unicode_and_apostrophes(tmp_path):
    text = ARPA.replace("\tearl", "\tcafe\u0301").replace("GREY", "O\u2019Hara").replace("<UNK>", "o\u00a0hara")
    found = read_known_ngrams(write(tmp_path, text), {"<s>", "</s>", "caf\u00e9", "o'hara"})
    assert found.model.words == ("<s>", "</s>", "caf\u00e9", "o'hara")
    assert found.skipped == {"Earl": 4, "o\u00a0hara": 1}
    assert found.notes[-2:] == (
        "n-grams left out because of words that are not in the lexicon: 4 (Earl)",
        "n-grams left out because of words with a no-break or other space in them: 1 (o\u00a0hara)",
    )


def test_a_word_that_the_lexicon_has_in_both_cases_is_not_changed(tmp_path):
    found = read_known_ngrams(write(tmp_path, ARPA), KNOWN | {"Earl"})
    assert found.model.words == ("<s>", "</s>", "Earl", "earl", "grey")


def test_symbols_are_no_words_in_another_case(tmp_path):
    found = read_known_ngrams(write(tmp_path, ARPA.replace("<UNK>", "<OOV>")), KNOWN | {"<oov>"})
    assert found.skipped == {"<OOV>": 1}


def test_the_class_of_unknown_words_may_be_written_as_in_either_case(tmp_path):
    found = read_known_ngrams(write(tmp_path, ARPA), KNOWN | {"<unk>"})
    assert prob(found.model, "<unk>") == pytest.approx(10**-1.5) and not found.skipped


def test_other_words_stay_where_the_spelling_is_that_of_a_lattice(tmp_path):
    assert read_ngrams(write(tmp_path, ARPA), {"earl", "tea"}).words == ("<s>", "</s>", "earl", "GREY", "<UNK>")
    assert read_ngrams(write(tmp_path, ARPA)).words == ("<s>", "</s>", "Earl", "earl", "GREY", "<UNK>")


def test_a_longer_ngram_needs_the_1_gram_in_its_own_spelling(tmp_path):
    with pytest.raises(InputError, match=":17: word 'grey' has no 1-gram"):
        read_known_ngrams(write(tmp_path, ARPA.replace("GREY </s>", "grey </s>")), KNOWN)


sentences = st.lists(
    st.lists(st.sampled_from("Earl earl EARL GREY grey tea".split()), max_size=5), min_size=2, max_size=12
)


@given(sentences)
def test_what_may_follow_a_history_of_a_bigram_model_sums_to_one(text):
    model = kneser_ney(text, 2)
    merged = respelled(model, [word.lower() for word in model.words])
    for node in np.flatnonzero(merged.is_history):
        words = np.flatnonzero([word != "<s>" for word in merged.words])
        assert np.exp(merged.predict(np.full(len(words), node), words)).sum() == pytest.approx(1.0)


@given(sentences, st.integers(1, 4))
def test_each_ngram_is_there_once_and_nothing_else_changes(text, order):
    model = kneser_ney(text, order)
    lower = [word.lower() for word in model.words]
    merged = respelled(model, lower)

    def ngrams(one):
        texts = [()]
        for node in range(1, len(one.parent)):
            texts.append((*texts[one.parent[node]], one.words[one.word[node]].lower()))
        return texts[1:]

    assert len(set(ngrams(merged))) == len(ngrams(merged)) and set(ngrams(merged)) == set(ngrams(model))
    first = merged.nodes(1)
    total = {
        word: sum(np.exp(model.log_prob[model.nodes(1)][i]) for i, w in enumerate(lower) if w == word) for word in lower
    }
    for node in first:
        assert np.exp(merged.log_prob[node]) == pytest.approx(min(total[merged.words[merged.word[node]]], 1.0))
    if len(set(lower)) == len(lower):
        assert np.array_equal(merged.log_prob, model.log_prob) and np.array_equal(merged.backoff, model.backoff)
