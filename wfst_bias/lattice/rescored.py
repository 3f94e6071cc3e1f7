"""Word lattices with other weights, or within a narrower beam."""

from dataclasses import replace

import numpy as np

from wfst_bias.fst.wfst import from_openfst, to_openfst
from wfst_bias.lattice.word_lattice import NO_WORD, WordLattice


def weighted(lattice: WordLattice, lm_scale: float = 1.0, word_penalty: float = 0.0) -> WordLattice:
    """The lattice with other scores of its language model.

    Args:
      lm_scale: times the language model's term.
      word_penalty: taken from it for each word, nats.
    """
    terms = lattice.terms.copy()
    terms[:, 2] = lm_scale * terms[:, 2] - word_penalty * (lattice.words != NO_WORD)
    return replace(lattice, terms=terms)


def pruned(lattice: WordLattice, beam: float) -> WordLattice:
    """The lattice without arcs of which every path is this far below the best one, nats."""
    if not lattice.num_arcs:
        return lattice
    arc = np.arange(1, lattice.num_arcs + 1, dtype=np.int32)
    machine = to_openfst(lattice.machine(arc, arc, lattice.scores))
    kept = np.sort(from_openfst(machine.prune(weight=beam)).ilabel - 1)
    _, states = np.unique(np.concatenate([lattice.src[kept], lattice.dst[kept]]), return_inverse=True)
    src, dst = np.split(states, 2)
    return replace(lattice.with_arcs(kept, src, dst), beam=min(beam, lattice.beam))
