"""N-grams of a backoff model as the arrays of a trie: as ARPA text, and as an acceptor."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import List, Optional, Sequence, Tuple

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.types import Array, BoolArray, FloatArray, IntArray
from wfst_bias.fst.algebra import final_scores
from wfst_bias.fst.ragged import row_splits
from wfst_bias.fst.wfst import Wfst, from_arcs
from wfst_bias.lm.arpa import BOS, EOS

LN10 = np.log(10.0)
LOG_ZERO = -99.0 * LN10  # how ARPA writes log 0, nats
_BLOCK = 1 << 16  # n-grams looked up at once
_ABSENT = -2  # id of a word that a model does not have; -1 is the word of the empty n-gram


@dataclass(frozen=True)
class Ngrams:
    """A node for each n-gram: its parent is the n-gram without the last word, node 0 has no words.

    The nodes stand by order, within an order by parent and word. ``<s>`` and ``</s>`` are words. Scores are nats.

    Args:
      words: spelling of each word id.
      begin: first node of each order from 0 on, and the number of nodes, ``(order + 2,)``.
      parent: of each node, int64 ``(N,)``; -1 for node 0.
      word: last word of each node, int64 ``(N,)``; -1 for node 0.
      log_prob: of the last word after the others, float64 ``(N,)``.
      backoff: weight of a node as a history that has not seen a word, float64 ``(N,)``.
    """

    words: Tuple[str, ...]
    begin: IntArray
    parent: IntArray
    word: IntArray
    log_prob: FloatArray
    backoff: FloatArray

    @property
    def order(self) -> int:
        return len(self.begin) - 2

    @property
    def counts(self) -> List[int]:
        """How many n-grams of each order from 1 on there are."""
        counts: List[int] = np.diff(self.begin)[1:].tolist()
        return counts

    def nodes(self, order: int) -> IntArray:
        return np.arange(self.begin[order], self.begin[order + 1])

    def child(self, node: IntArray, word: IntArray) -> IntArray:
        """The node of a word after each node, -1 where there is none."""
        child = np.empty(np.broadcast(node, word).shape, np.int64)
        for begin in range(0, len(child), _BLOCK):  # in blocks, to save memory
            block = slice(begin, begin + _BLOCK)
            child[block] = _find(self._keys, node[block] * len(self.words) + word[block])
        return child

    def predict(self, history: IntArray, word: IntArray) -> FloatArray:
        """Log-probability of each word after each history, through backoff where it was not seen."""
        return self.follow(history, word)[1]

    def follow(self, history: IntArray, word: IntArray) -> Tuple[IntArray, FloatArray]:
        """The longest n-gram that each word makes with the end of its history, and the word's log-probability."""
        node, weight = self._back_off(history, word, self.shorter)
        return node, weight + self.log_prob[node]

    @cached_property
    def shorter(self) -> IntArray:
        """The longest proper suffix of each n-gram that is a node: where it backs off to, int64 ``(N,)``."""
        shorter = np.zeros(len(self.parent), np.int64)
        if self.order >= 2:  # each word has a 1-gram, in the order of the words
            np.add(self.word[self._slice(2)], self.begin[1], out=shorter[self._slice(2)])
        for order in range(3, self.order + 1):
            nodes = self._slice(order)
            shorter[nodes] = self._back_off(shorter[self.parent[nodes]], self.word[nodes], shorter)[0]
        return shorter

    @cached_property
    def is_history(self) -> BoolArray:
        """Which nodes tell something of the next word, bool ``(N,)``."""
        has_children: BoolArray = np.bincount(self.parent[1:], minlength=len(self.parent)) > 0
        has_weight: BoolArray = self.backoff != 0.0
        return np.logical_or(has_children, has_weight)

    @cached_property
    def history(self) -> IntArray:
        """The longest suffix of each n-gram on which the next word depends, int64 ``(N,)``."""
        return self.longest_suffix(self.is_history)

    def longest_suffix(self, marked: BoolArray) -> IntArray:
        """The longest marked suffix of each n-gram, itself included, int64 ``(N,)``; node 0 must be marked."""
        longest = np.arange(len(self.parent))
        is_open = ~marked
        while is_open.any():
            longest[is_open] = self.shorter[longest[is_open]]
            is_open = ~marked[longest]
        return longest

    @cached_property
    def forgetting(self) -> FloatArray:
        """Log of what is left of a word's probability by backing off from each history to none, nats ``(N,)``."""
        weight = self.backoff.copy()
        for order in range(2, self.order + 1):
            nodes = self.nodes(order)
            weight[nodes] += weight[self.shorter[nodes]]
        return weight

    def normalised(self) -> "Ngrams":
        """The same n-grams with the backoff weights that make each history sum to one."""
        model = replace(self, backoff=np.zeros(len(self.parent)))
        for order in range(2, self.order + 1):  # a history needs the weights of the shorter ones
            nodes = self.nodes(order)
            history = self.parent[nodes]
            lower = model.predict(model.shorter[history], self.word[nodes])
            left, lower_left = (self.left(history, log_prob) for log_prob in (self.log_prob[nodes], lower))
            seen = np.unique(history)
            # a history that has seen every word never backs off
            weight = np.log(np.maximum(left, 1e-99)) - np.log(np.where(lower_left > 0, lower_left, 1.0))
            model.backoff[seen] = weight[seen]
        return model

    def left(self, history: IntArray, log_prob: FloatArray) -> FloatArray:
        """The probability that the listed words of each history leave to others, 0 or more ``(N,)``."""
        left: FloatArray = np.maximum(1.0 - np.bincount(history, np.exp(log_prob), len(self.parent)), 0.0)
        return left

    def kept(self, keep: BoolArray) -> "Ngrams":
        """Only the marked n-grams, those that they prolong, and the 1-grams."""
        keep = keep.copy()
        keep[: self.begin[2]] = True
        for order in range(self.order, 1, -1):
            nodes = self.nodes(order)
            keep[self.parent[nodes[keep[nodes]]]] = True
        number = row_splits(keep)
        begin = row_splits(keep)[self.begin]
        full = np.append(True, np.diff(begin) > 0)  # an order without n-grams is none
        parent = self.parent[keep]
        parent[1:] = number[parent[1:]]
        return Ngrams(self.words, begin[full], parent, self.word[keep], self.log_prob[keep], self.backoff[keep])

    def arpa(self) -> str:
        """The model as the text of an ARPA file."""
        lines = ["\\data\\", *(f"ngram {order}={count}" for order, count in enumerate(self.counts, 1))]
        names = [""]
        for order in range(1, self.order + 1):
            nodes = slice(self.begin[order], self.begin[order + 1])
            heads = (self.parent[nodes] - self.begin[order - 1]).tolist()
            names = [f"{names[head]} {self.words[w]}".lstrip() for head, w in zip(heads, self.word[nodes].tolist())]
            tails = np.where(self.is_history[nodes], _log10_texts(self.backoff[nodes]), "").tolist()
            lines += ["", f"\\{order}-grams:"]
            probs = _log10_texts(self.log_prob[nodes]).tolist()
            lines += [f"{p}\t{name}\t{b}".rstrip() for p, name, b in zip(probs, names, tails)]
        return "\n".join([*lines, "", "\\end\\", ""])

    def acceptor(self, is_state: Optional[BoolArray] = None) -> Wfst:
        """The model as a machine: word id + 1 on both sides of an arc, 0 for backoff, which comes first in its state.

        Backoff may be taken where a longer n-gram is known: the best path is the model's only as far as backing off
        costs more than it gives.

        Args:
          is_state: which n-grams have a state of their own, bool ``(N,)``; by default those on which the next word
            depends. Arcs that leave other n-grams are left out.
        """
        if is_state is None:
            is_state = self.is_history
        begin, end = (self.words.index(word) if word in self.words else _ABSENT for word in (BOS, EOS))
        state = np.cumsum(is_state, dtype=np.int32) - np.int32(1)
        target = state[self.longest_suffix(is_state)]
        leaves = is_state[self.parent] & (self.word >= 0)
        ends = np.flatnonzero(leaves & (self.word == end))
        read = np.flatnonzero(leaves & (self.word != end) & (self.word != begin)).astype(np.int32)
        back = np.flatnonzero(is_state)[1:]
        final = final_scores(state[-1] + 1, state[self.parent[ends]], self.log_prob[ends])
        labels = np.append(np.zeros(len(back), np.int32), (self.word[read] + 1).astype(np.int32))
        score = np.append(self.backoff[back].astype(np.float32), self.log_prob[read].astype(np.float32))
        src = np.append(state[back], state[self.parent[read]])
        dst = np.append(target[self.shorter[back]], target[read])
        start = target[self.begin[1] + begin]
        del state, target, read, leaves  # memory
        return from_arcs(start, src, dst, ilabel=labels, olabel=labels, score=score, final=final)

    def _slice(self, order: int) -> slice:
        return slice(int(self.begin[order]), int(self.begin[order + 1]))

    @cached_property
    def _keys(self) -> IntArray:
        return self.parent * len(self.words) + self.word

    def _back_off(self, history: IntArray, word: IntArray, shorter: IntArray) -> Tuple[IntArray, FloatArray]:
        """The node that knows each word, and the weights on the way to it."""
        weight, node = np.zeros(len(history)), self.child(history, word)
        unseen = np.flatnonzero(node < 0)
        history = history[unseen]
        while len(unseen):
            weight[unseen] += self.backoff[history]
            history = shorter[history]
            node[unseen] = self.child(history, word[unseen])
            is_open = node[unseen] < 0
            unseen, history = unseen[is_open], history[is_open]
        return node, weight


def ngrams_of_rows(
    words: Sequence[str],
    rows: Sequence[IntArray],
    log_probs: Sequence[FloatArray],
    backoffs: Optional[Sequence[FloatArray]] = None,
) -> Ngrams:
    """The trie of n-grams in any order.

    Args:
      words: spelling of each word id; each has a 1-gram.
      rows: for each order, the word ids of its n-grams, ``(N, order)``.
      log_probs, backoffs: for each order, of its n-grams, nats, ``(N,)``; without backoffs they are 0.

    Raises:
      InputError: an n-gram stands twice, or without the n-gram that it prolongs.
    """
    V = len(words)
    begin = row_splits(np.array([1, *map(len, rows)]))
    parents, last = np.empty(begin[-1], np.int64), np.empty(begin[-1], np.int64)
    parents[0] = last[0] = -1
    log_prob, backoff = np.zeros(begin[-1]), np.zeros(begin[-1])

    def spell(row: IntArray) -> str:
        return repr(" ".join(words[w] for w in row))

    for n, ids in enumerate(rows, 1):
        parent = np.zeros(len(ids), np.int64)
        for column in range(n - 1):
            known = slice(begin[column + 1], begin[column + 2])
            parent = _find(parents[known] * V + last[known], parent * V + ids[:, column])
            parent[parent >= 0] += begin[column + 1]
            if (parent < 0).any():
                row = ids[np.argmin(parent)]
                raise InputError(f"{spell(row)} stands without {spell(row[: column + 1])}; add it")
        parent *= V
        key = np.add(parent, ids[:, -1], out=parent)
        order = np.argsort(key, kind="stable")
        key = key[order]
        twice = np.flatnonzero(key[1:] == key[:-1])
        if len(twice):
            raise InputError(f"{spell(ids[order[twice[0]]])} stands twice; remove one")
        nodes = slice(begin[n], begin[n + 1])
        np.divmod(key, V, out=(parents[nodes], last[nodes]))
        del parent, key  # memory
        log_prob[nodes] = log_probs[n - 1][order]
        if backoffs is not None:
            backoff[nodes] = backoffs[n - 1][order]
    return Ngrams(tuple(words), begin, parents, last, log_prob, backoff)


def history_log_probs(model: Ngrams) -> FloatArray:
    """Log-probability of meeting each n-gram as a history, nats ``(N,)``.

    A sentence begins as often as one ends: ``<s>`` itself, never predicted, stands in ARPA with -99.
    """
    log_prob = model.log_prob.copy()
    ids = np.array([model.words.index(word) for word in (BOS, EOS) if word in model.words], np.int64)
    unigrams = model.child(np.zeros(len(ids), np.int64), ids)
    log_prob[unigrams] = model.log_prob[unigrams[-1:]]
    for order in range(2, model.order + 1):
        nodes = model.nodes(order)
        log_prob[nodes] += log_prob[model.parent[nodes]]
    return log_prob


def _log10_texts(nats: FloatArray) -> Array:
    """Decimal logarithms as ARPA writes them, objects ``(N,)``."""
    texts = np.empty(len(nats), object)
    texts[:] = [f"{x:.7g}" for x in (np.maximum(nats, LOG_ZERO) / LN10).tolist()]
    return texts


def _find(keys: IntArray, wanted: IntArray) -> IntArray:
    """Position of each wanted key among the sorted keys, -1 where it is none of them."""
    if not len(keys):
        return np.full(len(wanted), -1)
    position = np.searchsorted(keys, wanted)
    np.minimum(position, len(keys) - 1, out=position)
    position[keys[position] != wanted] = -1
    return position
