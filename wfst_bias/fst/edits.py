"""Edit transducers: substitutions, deletions and insertions of labels, each at a price.

The edit distance is the shortest path of ``a @ edits @ b`` (Mohri, *Edit-distance of weighted automata*, CIAA 2002).
"""

from typing import List, Sequence, Tuple

import numpy as np
import pynini

from wfst_bias.core.types import Array
from wfst_bias.fst.wfst import from_arcs, to_openfst

Edit = Tuple[int, int, float]
"""Input label, output label and price; label 0 is none."""


def bounded_edits(
    substitutions: Sequence[Edit], deletions: Sequence[Edit], insertions: Sequence[Edit], bound: int = 0
) -> pynini.Fst:
    """Return an edit transducer that allows ``bound`` more deletions than insertions, or insertions than deletions.

    A state stands for a difference in length: substitutions are its loops, other edits lead to its neighbors.

    Args:
      substitutions: of one label by another; a label kept as it is, too.
      deletions: of labels of the input.
      insertions: of labels of the output.
      bound: of the difference, anywhere on a path.
    """
    num_states = 2 * bound + 1
    arcs: List[Array] = []
    for edits, step in ((substitutions, 0), (deletions, 1), (insertions, -1)):
        states = np.arange(max(0, -step), num_states - max(0, step))
        src = np.repeat(states, len(edits))
        arcs.append(np.column_stack([src, src + step, np.tile(np.reshape(edits, (-1, 3)), (len(states), 1))]))
    src, dst, ilabel, olabel, price = np.concatenate(arcs).T
    graph = from_arcs(bound, src, dst, ilabel, olabel, -price, np.zeros(num_states))
    transducer: pynini.Fst = to_openfst(graph).arcsort("ilabel")
    return transducer


def exchange(num_labels: int) -> Tuple[pynini.Fst, pynini.Fst]:
    """Return two factors of the edits of ``num_labels`` labels (from 1) at price 1 each.

    Between them, one more label stands for any substituted one, so that their size is linear in the number of labels.
    """
    labels = np.arange(1, num_labels + 1)
    none, any_label, one = np.zeros(num_labels), np.full(num_labels, num_labels + 1), np.ones(num_labels)
    left = _loops((labels, labels, 0 * one), (labels, any_label, -0.5 * one), (labels, none, -one))
    right = _loops((labels, labels, 0 * one), (any_label, labels, -0.5 * one), (none, labels, -one))
    return left.arcsort("ilabel"), right.arcsort("ilabel")


def _loops(*rows: Tuple[Array, Array, Array]) -> pynini.Fst:
    """Return a machine of one state with loops of the given input labels, output labels and scores."""
    ilabel, olabel, score = (np.concatenate(column) for column in zip(*rows))
    state = np.zeros(len(score), int)
    return to_openfst(from_arcs(0, state, state, ilabel, olabel, score, np.zeros(1)))
