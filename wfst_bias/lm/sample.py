"""Sentences drawn at random from an n-gram model."""

from dataclasses import dataclass
from typing import List

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.lm.arpa import BOS, EOS
from wfst_bias.lm.ngrams import Ngrams

_MOST_REDRAWN = 20  # times that a word is drawn again which its history knows, though it was drawn by backing off


@dataclass(frozen=True)
class _Children:
    """The words after each n-gram, which stand together.

    Args:
      first, last: the first of each node's, and the end of them, int64 ``(N,)``.
      sums: of the probabilities of all nodes before each, float64 ``(N + 1,)``.
    """

    first: IntArray
    last: IntArray
    sums: FloatArray

    @classmethod
    def of(cls, model: Ngrams) -> "_Children":
        nodes = np.arange(len(model.parent))
        first, last = (np.searchsorted(model.parent[1:], nodes, side=side) + 1 for side in ("left", "right"))
        return cls(first, last, np.cumsum(np.append([0.0, 0.0], np.exp(model.log_prob[1:]))))


def sampled_sentences(model: Ngrams, count: int, most: int, seed: int) -> List[str]:
    """Draw sentences with the probabilities of a model.

    Args:
      count: sentences.
      most: words of a sentence; longer ones are cut there.

    Raises:
      InputError: the model has no begin or no end of a sentence.
    """
    missing = [mark for mark in (BOS, EOS) if mark not in model.words]
    if missing:
        raise InputError(f"the language model has no {missing[0]}; one of whole sentences was expected")
    rng = np.random.default_rng(seed)
    children = _Children.of(model)
    begin, end = (model.words.index(mark) for mark in (BOS, EOS))
    history = np.full(count, model.history[model.begin[1] + begin])
    sentences: List[List[str]] = [[] for _ in range(count)]
    going = np.arange(count)
    for _ in range(most):
        word = _words_after(model, children, history[going], rng)
        going, word = going[word != end], word[word != end]
        for i, spoken in zip(going.tolist(), word.tolist()):
            sentences[i].append(model.words[spoken])
        history[going] = model.history[model.follow(history[going], word)[0]]
    return [" ".join(words) for words in sentences if words]


def _words_after(model: Ngrams, children: _Children, history: IntArray, rng: np.random.Generator) -> IntArray:
    """Draw a word after each history ``(N,)``; a word that the history knows is not drawn by backing off."""
    word = np.full(len(history), -1)
    node = history.copy()
    is_open = np.ones(len(history), bool)
    last, sums = children.last, children.sums
    for _ in range(_MOST_REDRAWN * model.order):
        some = np.flatnonzero(is_open)
        if not len(some):
            break
        low, high = sums[children.first[node[some]]], sums[last[node[some]]]
        at_root = node[some] == 0
        point = low + rng.random(len(some)) * np.where(at_root, high - low, 1.0)
        found = point < high
        chosen = np.minimum(np.searchsorted(sums, point[found], side="right") - 1, last[node[some[found]]] - 1)
        word[some[found]] = model.word[chosen]
        node[some[~found]] = model.shorter[node[some[~found]]]
        done = some[found]
        is_known = (node[done] != history[done]) & (model.child(history[done], word[done]) >= 0)
        node[done[is_known]] = model.shorter[history[done[is_known]]]
        is_open[done[~is_known]] = False
    return word
