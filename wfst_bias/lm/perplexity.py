"""How well a language model expects a text."""

from itertools import zip_longest
from typing import Iterable, Sequence

import numpy as np

from wfst_bias.lm.arpa import BOS, EOS
from wfst_bias.lm.ngrams import Ngrams


def perplexity(model: Ngrams, sentences: Iterable[Sequence[str]]) -> float:
    """Perplexity of a word or a sentence end; a word that the model does not have is not counted, its history is lost."""
    word_id = {word: i for i, word in enumerate(model.words)}
    ids = [[word_id.get(word, -1) for word in (*sentence, EOS)] for sentence in sentences]
    node = np.repeat(model.child(np.array([0]), np.array([word_id[BOS]])), len(ids))
    total, count = 0.0, 0
    for words in map(np.array, zip_longest(*ids, fillvalue=-1)):  # [position][sentence]
        known = words >= 0
        node[~known] = 0
        node[known], log_probs = model.follow(node[known], words[known])
        total, count = total + log_probs.sum(), count + known.sum()
    return float(np.exp(-total / count))
