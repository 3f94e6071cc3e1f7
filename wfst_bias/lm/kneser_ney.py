"""Interpolated Kneser-Ney estimation of n-grams.

Chen and Goodman, *An empirical study of smoothing techniques for language modeling*, Computer Speech and Language
1999, section 2.7, interpolated as in section 4.
"""

from dataclasses import replace
from typing import Iterable, Sequence, Tuple

import numpy as np

from wfst_bias.core.types import IntArray
from wfst_bias.fst.ragged import positions, row_splits
from wfst_bias.lm.arpa import BOS, EOS
from wfst_bias.lm.ngrams import LOG_ZERO, Ngrams


def kneser_ney(sentences: Iterable[Sequence[str]], order: int) -> Ngrams:
    """Estimate a model: every history sums to one over the words of the sentences and ``</s>``.

    Args:
      sentences: words, without ``<s>`` and ``</s>``.
      order: longest n-gram; it is less where no sentence is as long.
    """
    model, count = _counted(sentences, order)
    num_nodes = len(model.parent)
    begin = model.child(np.array([0]), np.array([model.words.index(BOS)]))
    # a shorter n-gram weighs as much as the number of words it was seen behind; at the start there are none
    behind = np.bincount(model.shorter[model.begin[2] :], minlength=num_nodes)
    weight = np.where(behind > 0, behind, count)
    weight[begin] = 0  # never predicted
    prob, left = np.ones(num_nodes), np.ones(num_nodes)
    prob[0] = 1.0 / (len(model.words) - 1)  # without a history, every word is as likely
    for n in range(1, model.order + 1):
        nodes = model.nodes(n)
        history = model.parent[nodes]
        once, twice = (weight[nodes] == 1).sum(), (weight[nodes] == 2).sum()
        discount = once / (once + 2.0 * twice) if once else 0.5
        total = np.bincount(history, weight[nodes], num_nodes)[history]
        left[history] = discount * np.bincount(history, weight[nodes] > 0)[history] / total
        prob[nodes] = np.maximum(weight[nodes] - discount, 0.0) / total + left[history] * prob[model.shorter[nodes]]
    log_prob, backoff = np.log(prob), np.log(left)
    log_prob[0] = backoff[0] = 0.0
    log_prob[begin] = LOG_ZERO
    return replace(model, log_prob=log_prob, backoff=backoff)


def _counted(sentences: Iterable[Sequence[str]], order: int) -> Tuple[Ngrams, IntArray]:
    """The n-grams of the sentences, without scores, and how often each occurs, ``(N,)``."""
    sentences = [(BOS, *sentence, EOS) for sentence in sentences]
    words = (BOS, EOS, *sorted({word for sentence in sentences for word in sentence} - {BOS, EOS}))
    word_id = {word: i for i, word in enumerate(words)}
    text = np.array([word_id[word] for sentence in sentences for word in sentence])
    lengths = np.array([len(sentence) for sentence in sentences])
    position = positions(row_splits(lengths))
    begin, columns = [0, 1], [(np.array([-1]), np.array([-1]), np.array([0]))]
    ending = np.zeros(len(text), np.int64)  # node of the n-gram that ends at each place
    for n in range(min(order, lengths.max())):
        at = np.flatnonzero(position >= n)
        history = ending[at - 1] if n else ending[at]
        keys, rows, count = np.unique(history * len(words) + text[at], return_inverse=True, return_counts=True)
        columns.append((*np.divmod(keys, len(words)), count))
        ending[at] = begin[-1] + rows
        begin.append(begin[-1] + len(keys))
    parent, word, count = map(np.concatenate, zip(*columns))
    no_scores = np.zeros(len(parent))
    return Ngrams(words, np.array(begin), parent, word, no_scores, no_scores), count
