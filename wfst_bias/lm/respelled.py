"""A language model in the spelling of a lexicon: what is one word there becomes one word, its probability the sum."""

from functools import cached_property
from typing import AbstractSet, Dict, Sequence, Tuple

import numpy as np

from wfst_bias.core.text import comparable
from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.fst.ragged import row_splits
from wfst_bias.lm.arpa import BOS, EOS
from wfst_bias.lm.ngrams import Ngrams, history_log_probs

_UNKNOWN = "<unk>"
_PAIRS = 1 << 22  # pairs of a history and a word that are predicted at once


class Spellings:
    """The spelling of each word in a lexicon, found under the key that compares words.

    Args:
      words: of the lexicon. Symbols among them, such as ``<class>``, are found as they are written only.
    """

    def __init__(self, words: AbstractSet[str]):
        self._words = words

    def __getitem__(self, word: str) -> str:
        """The spelling of a word that the lexicon has in another one; empty where it does not have it."""
        key = comparable(word)
        if _is_symbol(key):
            return key if key in (BOS, EOS) or key == _UNKNOWN and key in self._words else ""
        return key if key in self._words else self._by_key.get(key, "")

    @cached_property
    def _by_key(self) -> Dict[str, str]:
        """The words that are not their own keys; the first one of a key counts."""
        others = [word for word in self._words if not (word.isascii() and word.islower()) and not _is_symbol(word)]
        return {comparable(word): word for word in sorted(others, reverse=True)}


def _is_symbol(word: str) -> bool:
    return word[:1] in ("<", "#", "$")


def respelled(model: Ngrams, spellings: Sequence[str]) -> Ngrams:
    r"""The model with another spelling of each word; words of the same spelling are one word.

    Its probability after a history :math:`H`, itself several histories :math:`h` where it has such words, is

    .. math:: P(W | H) = \sum_h P(h | H) \sum_{w \in W} P(w | h)

    through backoff where :math:`w` was not seen, and its backoff weight the mean of theirs. What may follow a history
    sums to one as before in a bigram model, and nearly so in longer ones. Histories that the model does not have do
    not count.

    Args:
      spellings: of each word id.
    """
    words = tuple(dict.fromkeys(spellings))
    if len(words) == len(spellings):
        return Ngrams(words, model.begin, model.parent, model.word, model.log_prob, model.backoff)
    id_of = {word: i for i, word in enumerate(words)}
    new_word = np.array([id_of[word] for word in spellings])
    merged = np.zeros(len(model.parent), np.int64)  # the new node of each node
    begin, parents, lasts = [0, 1], [np.array([-1])], [np.array([-1])]
    for order in range(1, model.order + 1):
        nodes = model.nodes(order)
        keys, merged[nodes] = np.unique(
            merged[model.parent[nodes]] * len(words) + new_word[model.word[nodes]], return_inverse=True
        )
        merged[nodes] += begin[-1]
        parent, last = np.divmod(keys, len(words))
        parents.append(parent)
        lasts.append(last)
        begin.append(begin[-1] + len(keys))
    parent, last = np.concatenate(parents), np.concatenate(lasts)
    log_prob, backoff = _scores(model, merged, new_word, parent, last)
    return Ngrams(words, np.array(begin), parent, last, log_prob, backoff)


def _scores(
    model: Ngrams, merged: IntArray, new_word: IntArray, parent: IntArray, last: IntArray
) -> Tuple[FloatArray, FloatArray]:
    """Log-probabilities and backoff weights of the new nodes, nats.

    Args:
      merged: the new node of each node ``(N,)``.
      new_word: the new id of each word ``(V,)``.
      parent, last: of the new nodes.
    """
    by_new, first_node = _grouped(merged)
    variants, first_variant = _grouped(new_word)
    of_history = history_log_probs(model)
    total = np.logaddexp.reduceat(of_history[by_new], first_node[:-1])
    weights = of_history - total[merged]  # log of the share of a history in the one that it becomes a part of
    backoff = np.logaddexp.reduceat((weights + model.backoff)[by_new], first_node[:-1])
    log_prob = model.log_prob[by_new[first_node[:-1]]]
    num_nodes, num_variants = np.diff(first_node), np.diff(first_variant)
    several = 1 + np.flatnonzero(num_nodes[parent[1:]] * num_variants[last[1:]] > 1)
    size = num_nodes[parent[several]] * num_variants[last[several]]
    done = 0
    while done < len(several):
        stop = done + max(1, int(np.searchsorted(np.cumsum(size[done:]), _PAIRS, "right")))
        ngrams, sizes = several[done:stop], size[done:stop]
        ends = np.cumsum(sizes)
        pair = np.arange(ends[-1]) - np.repeat(ends - sizes, sizes)
        of_pair = np.repeat(ngrams, sizes)
        node, variant = np.divmod(pair, num_variants[last[of_pair]])
        history = by_new[first_node[parent[of_pair]] + node]
        word = variants[first_variant[last[of_pair]] + variant]
        scores = weights[history] + model.predict(history, word)
        log_prob[ngrams] = np.minimum(np.logaddexp.reduceat(scores, ends - sizes), 0.0)
        done = stop
    return log_prob, backoff


def _grouped(group: IntArray) -> Tuple[IntArray, IntArray]:
    """The elements of each group, one group after the other, and where each begins, ``(G + 1,)``."""
    return np.argsort(group, kind="stable"), row_splits(np.bincount(group))
