"""The least word errors that any path of a word lattice has."""

from typing import Dict, Sequence

import numpy as np
import pynini

from wfst_bias.core.symbols import SymbolTable
from wfst_bias.fst.edits import exchange
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
    left, right = exchange(len(label_of))
    near = to_openfst(paths) @ left
    best = pynini.shortestpath(near.arcsort("olabel") @ (right @ to_openfst(text)).arcsort("ilabel"))
    return round(float(pynini.shortestdistance(best, reverse=True)[best.start()]))
