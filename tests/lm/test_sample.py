"""Sentences drawn from a language model come as often as it says."""

from collections import Counter

import numpy as np
import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.lm.files import read_ngrams
from wfst_bias.lm.sample import sampled_sentences

# after "a" comes "b" in half of the cases; else the model backs off, and "b" may not come by that way
ARPA = """\\data\\
ngram 1=4
ngram 2=2

\\1-grams:
-99 <s> 0
-0.30103 </s>
-0.60206 a -0.1760913
-0.60206 b 0

\\2-grams:
-0.30103 a b
-0.30103 <s> a

\\end\\
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("lm") / "toy.arpa"
    path.write_text(ARPA)
    return read_ngrams(path).normalised()


def test_words_come_as_often_as_the_model_says(model):
    sentences = [s.split() for s in sampled_sentences(model, 20000, 30, seed=1)]
    after = Counter((one, other) for words in sentences for one, other in zip(words, [*words[1:], "</s>"]))
    ids = {word: i for i, word in enumerate(model.words)}
    for history in "ab":
        total = sum(count for (one, _), count in after.items() if one == history)
        node = model.child(np.array([0]), np.array([ids[history]]))
        for word in ("a", "b", "</s>"):
            expected = float(np.exp(model.predict(node, np.array([ids[word]])))[0])
            assert after[history, word] / total == pytest.approx(expected, abs=0.015)


def test_long_sentences_are_cut_and_the_same_seed_gives_the_same(model):
    one, two, other = (sampled_sentences(model, 200, 3, seed) for seed in (1, 1, 2))
    assert one == two != other
    assert max(len(sentence.split()) for sentence in one) == 3


def test_a_model_of_no_sentences_is_rejected(tmp_path):
    path = tmp_path / "toy.arpa"
    path.write_text("\\data\\\nngram 1=1\n\n\\1-grams:\n0 a\n\n\\end\\\n")
    with pytest.raises(InputError, match="the language model has no <s>; one of whole sentences was expected"):
        sampled_sentences(read_ngrams(path), 3, 3, seed=1)
