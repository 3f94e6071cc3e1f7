import numpy as np
import pytest

from wfst_bias.lm.ngrams import ngrams_of_rows
from wfst_bias.lm.perplexity import perplexity

MODEL = ngrams_of_rows(
    ("<s>", "</s>", "new", "york"),
    rows=[np.array([[0], [1], [2], [3]]), np.array([[2, 3]])],
    log_probs=[np.log([1e-99, 0.25, 0.25, 0.5]), np.log([0.8])],
)


@pytest.mark.parametrize(
    "sentences, probs",
    [
        (["new york"], [0.25, 0.8, 0.25]),
        (["new jersey york"], [0.25, 0.5, 0.25]),  # 'jersey' is not counted, nor known as a history
        (["new york", "", "york"], [0.25, 0.8, 0.25, 0.25, 0.5, 0.25]),
    ],
)
def test_perplexity_is_the_inverse_of_the_mean_probability(sentences, probs):
    expected = np.prod(probs) ** (-1 / len(probs))
    assert perplexity(MODEL, [sentence.split() for sentence in sentences]) == pytest.approx(expected)
