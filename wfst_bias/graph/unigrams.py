"""How likely each word of a language model is by itself, read from a token graph."""

from pathlib import Path
from typing import Dict, Optional

import numpy as np

from wfst_bias.core.records import mapped_array
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.core.types import FloatArray
from wfst_bias.fst.ragged import gather_rows
from wfst_bias.fst.wfst import NO_SCORE, WORD_END, arc_starts
from wfst_bias.graph.token_graph import TokenGraph

_FILE = "unigrams.npy"


def unigrams(graph: TokenGraph, words: SymbolTable) -> FloatArray:
    """Log-probability of each word without a history, nats; NaN where the language model does not have it.

    Returns:
      float32 ``(W,)``.
    """
    values = np.full(len(words), np.nan, np.float32)
    for word, log_prob in word_log_probs(graph, words).items():
        values[words[word]] = log_prob
    return values


def word_log_probs(graph: TokenGraph, words: SymbolTable) -> Dict[str, float]:
    """Log-probability of each word of the language model without a history, nats.

    An entity of a class that the model does not have leads to its unigram state. From there the units of each word
    are followed up to the arc with the word: what determinization has left of its probability stands before that.
    """
    fst = graph.fst
    splits = arc_starts(fst)
    log_prob = np.full(len(words), NO_SCORE)
    best = np.full(fst.num_states, NO_SCORE)  # of paths without a word yet
    states = np.unique(graph.class_arcs.dst[graph.class_arcs.entity_class == 0])
    best[states] = 0.0
    while len(states):
        _, arcs = gather_rows(splits, states)
        word, score = fst.olabel[arcs] % WORD_END, best[fst.src[arcs]] + fst.score[arcs]
        np.maximum.at(log_prob, word, score)
        onward = (word == 0) & (score > best[fst.dst[arcs]])
        np.maximum.at(best, fst.dst[arcs[onward]], score[onward])
        states = np.unique(fst.dst[arcs[onward]])
    return {words.symbols[i]: float(log_prob[i]) for i in np.flatnonzero(np.isfinite(log_prob)).tolist() if i}


def write_unigrams(folder: Path, values: Optional[FloatArray]) -> None:
    """Write what :func:`unigrams` returned into a base or graph folder, where it is known."""
    if values is not None:
        np.save(folder / _FILE, values)


def read_unigrams(folder: Path) -> Optional[FloatArray]:
    """Read what :func:`write_unigrams` wrote; None in folders of older versions."""
    path = folder / _FILE
    return np.array(mapped_array(path)) if path.is_file() else None
