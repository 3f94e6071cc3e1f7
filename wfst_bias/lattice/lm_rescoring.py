"""Word lattices rescored by another language model, exactly: each path has the score that the model gives its words.

A state is split where paths with different histories meet, so that no path may choose to back off.
"""

from dataclasses import dataclass, replace
from typing import Mapping, Tuple

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.lattice.word_lattice import NO_PHRASE, WordLattice
from wfst_bias.lm.arpa import BOS, EOS
from wfst_bias.lm.ngrams import Ngrams

_UNKNOWN = ("<unk>", "<UNK>")
_NOT_IN_MODEL = -1


@dataclass(frozen=True)
class RescoringLM:
    """A language model for the words of lattices.

    A word that it does not have is its ``<unk>``; where it has none, it costs as much as its rarest word, and no
    history is left. Words of a phrase that came by a list cost what backing off to no history does, as in a graph whose
    model does not have the class: the list's term has the rest, which stays. Where a sentence begins with a phrase, the
    graph's own backoff stays: no arc enters the start of a graph, so that it may be in the list's term.

    Args:
      model: with ``<s>`` and ``</s>``.
      word_ids: the model's id of each word of the table, -1 where it has none, int64 ``(V,)``.
      rarest: log-probability of its rarest word, nats.
      start: the history of a first word, a node of the model.
      end: the model's id of ``</s>``.
      weights: below 0, that a list gives to words of the table, nats, float32 ``(V,)``; they stay.
    """

    model: Ngrams
    word_ids: IntArray
    rarest: float
    start: int
    end: int
    weights: FloatArray

    @classmethod
    def of(cls, model: Ngrams, words: SymbolTable, lowered: Mapping[str, float] = {}) -> "RescoringLM":
        """The model for a table of words.

        Args:
          lowered: words that a list lowers, and by how much, nats; see
            :class:`~wfst_bias.graph.decoding.DecodingGraph`.

        Raises:
          InputError: it has no ``<s>`` or ``</s>``, or none of the words.
        """
        id_of = {word: i for i, word in enumerate(model.words)}
        if not {BOS, EOS} <= id_of.keys():
            raise InputError(f"has no {BOS} or no {EOS}; a sentence could not begin or end")
        unknown = next((id_of[word] for word in _UNKNOWN if word in id_of), _NOT_IN_MODEL)
        known = [word in id_of for word in words.symbols]
        if not any(known):
            some = ", ".join(model.words[:6])
            raise InputError(f"has no word of the lattices (it has {some}); theirs are in small letters")
        ids = np.array([id_of.get(word, unknown) for word in words.symbols])
        is_predicted = np.ones(len(model.words), bool)
        is_predicted[id_of[BOS]] = False  # never predicted
        first = model.nodes(1)
        rarest = float(model.log_prob[first[is_predicted[model.word[first]]]].min())
        (start,) = model.child(np.zeros(1, np.int64), np.array([id_of[BOS]])).tolist()
        weights = np.array([lowered.get(word, 0.0) for word in words.symbols], np.float32)
        return cls(model, ids, rarest, start, id_of[EOS], weights)

    def follow(self, history: IntArray, words: IntArray, is_phrase: BoolArray) -> Tuple[IntArray, FloatArray]:
        """The history after words ``(A,)`` of the table that each follow one, and their log-probabilities."""
        ids = self.word_ids[words]
        score = self.model.forgetting[history] + np.where(is_phrase, 0.0, self.rarest)
        after = np.zeros(len(ids), np.int64)
        known = np.flatnonzero((ids != _NOT_IN_MODEL) & ~is_phrase)
        node, score[known] = self.model.follow(history[known], ids[known])
        after[known] = self.model.history[node]
        return after, score

    def ends(self, history: IntArray) -> FloatArray:
        """Log-probability of the sentence's end after each history."""
        return self.model.predict(history, np.full(len(history), self.end))


def with_lm(lattice: WordLattice, lm: RescoringLM) -> WordLattice:
    """The lattice with another language model's scores in the place of its own, its states split by history."""
    if not lattice.num_arcs:
        return lattice
    num_nodes, end = len(lm.model.parent), lattice.num_states - 1
    first_arc = np.searchsorted(lattice.src, np.arange(lattice.num_states + 1))
    level = lattice.longest_path(np.ones(lattice.num_arcs, np.int64))
    pairs = np.array([lm.start])  # state * num_nodes + history
    split, arcs, src, dst, scores = [], [], [], [], []
    num_states = 0
    for here in range(level[end]):
        own = np.unique(pairs[level[pairs // num_nodes] == here])
        state, history = np.divmod(own, num_nodes)
        count = first_arc[state + 1] - first_arc[state]
        begin = np.concatenate([[0], np.cumsum(count)])
        arc = np.repeat(first_arc[state] - begin[:-1], count) + np.arange(begin[-1])
        history = np.repeat(history, count)
        is_phrase = lattice.phrases[arc] != NO_PHRASE
        after, score = lm.follow(history, lattice.words[arc], is_phrase)
        score = np.where(is_phrase & (history == lm.start), lattice.terms[arc, 2], score)
        into_end = lattice.dst[arc] == end
        score[into_end], after[into_end] = lm.ends(history[into_end]), 0
        src.append(np.repeat(num_states + np.arange(len(own)), count))
        dst.append(lattice.dst[arc].astype(np.int64) * num_nodes + after)
        pairs = np.append(pairs, dst[-1])
        num_states += len(own)
        split.append(own)
        arcs.append(arc)
        scores.append(score)
    split.append(np.array([end * num_nodes]))
    split, dst = np.concatenate(split), np.concatenate(dst)
    order = np.argsort(split)
    rescored = lattice.with_arcs(
        np.concatenate(arcs), np.concatenate(src), order[np.searchsorted(split, dst, sorter=order)]
    )
    terms = rescored.terms.copy()
    terms[:, 2] = np.concatenate(scores)
    of_model = np.flatnonzero(rescored.phrases == NO_PHRASE)  # the words of a partial phrase are words of it, too
    terms[of_model, 3] = lm.weights[rescored.words[of_model]]
    return replace(rescored, terms=terms)
