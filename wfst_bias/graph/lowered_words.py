"""Words of the language model that a list lowers: where a graph writes them, and their scores there."""

from typing import Dict, List, Mapping, Sequence, Tuple

import numpy as np

from wfst_bias.core.symbols import SymbolTable
from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.fst.wfst import WORD_END


class ArcsOfWords:
    """The arcs of a graph that output each of some words, found once for each word.

    Args:
      olabels: of the graph, int32 ``(A,)``.
    """

    def __init__(self, olabels: IntArray):
        self._olabels = olabels
        self._found: Dict[int, IntArray] = {}

    def of(self, words: Sequence[int]) -> List[IntArray]:
        """The arcs of each word, int64."""
        if new := sorted(set(words) - self._found.keys()):
            outputs = self._olabels % WORD_END
            is_new = np.zeros(int(outputs.max(initial=0)) + 1, bool)
            is_new[[word for word in new if word < len(is_new)]] = True
            arcs = np.flatnonzero(is_new[outputs])
            arcs = arcs[np.argsort(outputs[arcs], kind="stable")]
            bounds = np.searchsorted(outputs[arcs], [*new, new[-1] + 1])
            self._found.update(zip(new, np.split(arcs, bounds[1:-1])))
        return [self._found[word] for word in words]


def lowered_arcs(arcs_of: ArcsOfWords, weights: Mapping[int, float]) -> Tuple[IntArray, FloatArray]:
    """The arcs that output some words, int64 ``(n,)``, and the weight of the word of each, nats, float32 ``(n,)``."""
    found = arcs_of.of(list(weights))
    weight_of_arc = np.repeat(np.array(list(weights.values()), np.float32), [len(arcs) for arcs in found])
    return np.concatenate([np.zeros(0, np.int64), *found]), weight_of_arc


def lowered_scores(score_bits: IntArray, weights: FloatArray) -> IntArray:
    """The bits of scores with weights added, as the arcs of k2 have them, int32 ``(n,)``."""
    bits: IntArray = (np.ascontiguousarray(score_bits).view(np.float32) + weights).view(np.int32)
    return bits


def weights_of_outputs(outputs: IntArray, words: SymbolTable, lowered: Mapping[str, float]) -> FloatArray:
    """The weight in the score of each arc with some outputs, nats, float32 ``(A,)``; 0 for phrases.

    Args:
      words: those that the first outputs are.
      lowered: words and their weights.
    """
    weights = np.zeros(int(outputs.max(initial=0)) + 1, np.float32)
    for word, weight in lowered.items():
        weights[words[word] : words[word] + 1] = weight  # beyond the last output, nothing is
    of_outputs: FloatArray = weights[outputs]
    return of_outputs
