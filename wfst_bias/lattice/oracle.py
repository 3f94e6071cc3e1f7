"""The least word errors that any path of a word lattice has."""

from typing import Dict, Sequence, Tuple

import numpy as np
import pynini

from wfst_bias.core.symbols import SymbolTable
from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.fst.wfst import NO_SCORE, from_arcs, to_openfst
from wfst_bias.lattice.word_lattice import NO_WORD, WordLattice


def oracle_errors(lattice: WordLattice, reference: Sequence[str], words: SymbolTable) -> int:
    """Errors of the path nearest to a text; those of no word at all where the lattice has no path.

    The edit distance of Mohri, *Edit-distance of weighted automata*, CIAA 2002: the edits are a transducer.
    """
    if not lattice.num_arcs:
        return len(reference)
    label_of: Dict[str, int] = {}

    def label(text: str) -> int:
        return label_of.setdefault(text, len(label_of) + 1)

    found = np.array([label(words.symbols[i]) if i != NO_WORD else 0 for i in lattice.words.tolist()])
    wanted = [label(text) for text in reference]
    paths = lattice.machine(found, found, np.zeros(len(found)))
    end = np.full(len(wanted) + 1, NO_SCORE)
    end[-1] = 0.0
    text = from_arcs(
        0, np.arange(len(wanted)), np.arange(1, len(wanted) + 1), wanted, wanted, np.zeros(len(wanted)), end
    )
    edit, undo = _edits(len(label_of))
    near = to_openfst(paths) @ edit.arcsort("ilabel")
    best = pynini.shortestpath(near.arcsort("olabel") @ (undo.arcsort("ilabel") @ to_openfst(text)).arcsort("ilabel"))
    return round(float(pynini.shortestdistance(best, reverse=True)[best.start()]))


def _edits(num_labels: int) -> Tuple[pynini.Fst, pynini.Fst]:
    """Two machines that, composed, exchange, insert and delete labels, an error each.

    In between, a label of its own stands for any exchanged one, so that their size grows with the labels only.
    """
    labels = np.arange(1, num_labels + 1)
    none, any_ = np.zeros(num_labels, int), np.full(num_labels, num_labels + 1)
    one = np.ones(num_labels)
    edit = _loops((labels, labels, 0 * one), (labels, any_, -0.5 * one), (labels, none, -one))
    undo = _loops((labels, labels, 0 * one), (any_, labels, -0.5 * one), (none, labels, -one))
    return edit, undo


def _loops(*rows: Tuple[IntArray, IntArray, FloatArray]) -> pynini.Fst:
    """A machine of one state, whose arcs have the given input labels, output labels and scores."""
    ilabel, olabel, score = (np.concatenate(column) for column in zip(*rows))
    state = np.zeros(len(score), int)
    return to_openfst(from_arcs(0, state, state, ilabel, olabel, score, np.zeros(1)))
