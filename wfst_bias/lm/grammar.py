"""G: an ARPA language model as an acceptor of the words of a lexicon."""

from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Mapping, Optional, Sequence, Tuple

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BACKOFF, EPS, EPS_ID, SymbolTable
from wfst_bias.core.types import BoolArray, FloatArray
from wfst_bias.fst.algebra import relabel, sort_arcs, with_arcs
from wfst_bias.fst.wfst import Wfst
from wfst_bias.lm.arpa import BOS, EOS
from wfst_bias.lm.files import read_known_ngrams
from wfst_bias.lm.ngrams import Ngrams

_SKIPPED_SHOWN = 6


@dataclass(frozen=True)
class Grammar:
    """G and the state that every backoff chain ends in.

    Args:
      fst: words on both sides; backoff arcs read ``#0`` and write nothing; every state that may end a sentence is final.
      unigram_state: the state without a history.
      num_skipped: n-grams left out because a word of theirs is not in the lexicon.
      skipped_words: some of these words.
      notes: on what of the file is not read as it is written, and on why n-grams are left out, a line each.
    """

    fst: Wfst
    unigram_state: int
    num_skipped: int
    skipped_words: Tuple[str, ...] = ()
    notes: Tuple[str, ...] = ()

    def has(self, word_id: int) -> bool:
        """Whether the model knows a word."""
        return bool((self.fst.ilabel == word_id).any())

    def state_after(self, word_id: int) -> Optional[int]:
        """The state whose history is a word alone; None where the model does not have the word."""
        arc = np.flatnonzero((self.fst.src == self.unigram_state) & (self.fst.ilabel == word_id))
        return int(self.fst.dst[arc[0]]) if len(arc) else None


def read_grammar(path: Path, words: SymbolTable) -> Grammar:
    """G of an ARPA file, packed or not.

    N-grams with a word that ``words`` does not have in any case or form of Unicode are left out and counted. Final
    scores are closed over backoff: a history that has not seen ``</s>`` ends a sentence through its backoff weight, so
    that no arc is needed for it.

    Raises:
      InputError: the file is not a whole ARPA model, or shares no word with ``words``.
    """
    known = words.ids.keys() - {EPS, BACKOFF} | {BOS, EOS}
    found = read_known_ngrams(path, known)
    model, some = found.model, tuple(found.skipped)[:_SKIPPED_SHOWN]
    if not set(model.words) - {BOS, EOS}:
        raise InputError(
            f"no word of it is in the lexicon, in any case (it has {', '.join(some)}); compare with words.txt",
            path,
        )
    if BOS not in model.words:
        raise InputError(f"has no 1-gram {BOS}; a sentence could never begin", path)
    model = _in_single_precision(model)
    fst = grammar_fst(model, words)
    if not np.isfinite(fst.final[fst.start]):
        raise InputError(f"has no n-gram that ends in {EOS}; a sentence could never end", path)
    return Grammar(fst, 0, sum(found.skipped.values()), some, found.notes)


def grammar_fst(model: Ngrams, words: SymbolTable) -> Wfst:
    """The acceptor of a model, its final scores closed over backoff.

    State 0 is the empty history, and each n-gram that is not of the highest order, or has a backoff weight, has a
    state of its own. The arcs of a state are sorted by their labels.

    Args:
      model: with a 1-gram ``<s>``.
      words: of the labels; has those of the model and ``#0``.
    """
    is_state = (np.arange(len(model.parent)) < model.begin[model.order]) | model.is_history
    is_state &= np.array([*(word != EOS for word in model.words), True])[model.word]
    label = np.array([words[BACKOFF], *(words.ids.get(word, EPS_ID) for word in model.words)])
    output = label.copy()
    output[0] = EPS_ID
    grammar = sort_arcs(relabel(model.acceptor(is_state), label, output))
    return _close_final(grammar, grammar.ilabel == words[BACKOFF])


def _in_single_precision(model: Ngrams) -> Ngrams:
    """The model with scores rounded as by Kaldi's ``arpa2fst``."""
    return replace(model, log_prob=_single_precision(model.log_prob), backoff=_single_precision(model.backoff))


def _single_precision(log_prob: FloatArray) -> FloatArray:
    """Nats from decimal logarithms of single precision."""
    nats: FloatArray = (log_prob / np.log(10.0)).astype(np.float32).astype(np.float64) * np.log(10.0)
    return nats.astype(np.float32)


def _close_final(fst: Wfst, is_backoff: BoolArray) -> Wfst:
    """Give every state the score of ending through its backoff chain where it has none of its own."""
    target = np.arange(fst.num_states)
    weight = np.zeros(fst.num_states, np.float32)
    target[fst.src[is_backoff]] = fst.dst[is_backoff]
    weight[fst.src[is_backoff]] = fst.score[is_backoff]
    final = fst.final.copy()
    while True:
        through = weight + final[target]
        is_open = ~np.isfinite(final) & np.isfinite(through)
        if not is_open.any():
            return replace(fst, final=final)
        final[is_open] = through[is_open]


def with_class_arcs(
    grammar: Grammar, class_ids: Sequence[int], states_after: Mapping[int, int] = MappingProxyType({})
) -> Wfst:
    """G with each class that the model does not have as one more word of the unigram state: a loop with score 0.

    The price of such a class is put on it when a list is compiled in; the model itself is not edited.

    Args:
      states_after: further classes, which lead from the unigram state to another one: its number by their ids.
    """
    state = grammar.unigram_state
    after = {**{i: state for i in class_ids if not grammar.has(i)}, **states_after}
    labels = list(after)
    return with_arcs(grammar.fst, np.full(len(labels), state), list(after.values()), ilabel=labels, olabel=labels)
