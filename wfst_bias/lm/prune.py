"""Pruning of a language model by relative entropy.

Stolcke, *Entropy-based pruning of backoff language models*, DARPA Broadcast News Workshop 1998.
"""

from pathlib import Path
from typing import Optional, Tuple

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import check_not_input
from wfst_bias.core.notes import Notes
from wfst_bias.core.types import FloatArray
from wfst_bias.lm.arpa import EOS
from wfst_bias.lm.files import read_ngrams, write_ngrams
from wfst_bias.lm.ngrams import Ngrams, history_log_probs


def prune_lm(path: Path, out: Path, threshold: float, notes: Optional[Notes] = None) -> Tuple[Ngrams, Ngrams]:
    """Prune an ARPA model and write what is left of it, gzipped where the name says so.

    Args:
      path: the ARPA model, gzipped or not.
      out: the pruned one.
      threshold: see :func:`pruned`.
      notes: where what is not read as it is written is noted.

    Returns:
      the model and what is left of it.

    Raises:
      InputError: the model or the threshold cannot be used.
    """
    if not threshold >= 0:
        raise InputError(f"--threshold is {threshold}; expected 0 or more, such as 1e-8")
    check_not_input(out, path)
    model = read_ngrams(path, notes=notes)
    if EOS not in model.words:
        raise InputError(f"has no 1-gram {EOS}; a sentence could never end", path)
    left = pruned(model, threshold)
    write_ngrams(out, left)
    return model, left


def pruned(model: Ngrams, threshold: float) -> Ngrams:
    """The model without the n-grams that matter less than the threshold, its backoff weights made anew.

    Args:
      model: with a 1-gram ``</s>``.
      threshold: relative rise of the model's perplexity that the loss of one n-gram is worth.
    """
    return model.kept(perplexity_rises(model) >= threshold).normalised()


def perplexity_rises(model: Ngrams) -> FloatArray:
    """By what share the model's perplexity rises when one n-gram is left out (eq. 4 and 5), ``(N,)``.

    Infinite for the empty n-gram and the 1-grams, which have nothing to back off to.
    """
    rise = np.full(len(model.parent), np.inf)
    of_history = history_log_probs(model)
    for order in range(2, model.order + 1):
        nodes = model.nodes(order)
        history, log_prob = model.parent[nodes], model.log_prob[nodes]
        lower = model.predict(model.shorter[history], model.word[nodes])
        left = model.left(history, log_prob)[history]
        lower_left = model.left(history, lower)[history]
        backoff = np.log(left + np.exp(log_prob)) - np.log(lower_left + np.exp(lower))
        divergence = -np.exp(of_history[history]) * (
            np.exp(log_prob) * (lower + backoff - log_prob) + left * (backoff - model.backoff[history])
        )
        rise[nodes] = np.expm1(np.maximum(divergence, 0.0))
    return rise
