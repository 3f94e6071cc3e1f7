"""Determinization that keeps alignments: of all paths of a lattice with the same words, the best one.

Kaldi does this in one algorithm, over a semiring of costs and strings (Povey et al., *Generating exact lattices in
the WFST framework*, ICASSP 2012). Here OpenFst removes arcs without a word and determinizes the words alone, each
within the beam. In the product of that with the lattice, all prefixes that lead to a state differ in their scores by the
same for each continuation: the best path into the state depends on the last word alone. So of the arcs that enter a state
with the same last arc of the acceptor one is kept, and the paths that are left are the answer. Their arcs between
two words are then found as shortest paths.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Callable, Tuple

import k2
import numpy as np
import torch

from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.fst.wfst import Wfst, from_arcs, from_openfst, to_openfst

if TYPE_CHECKING:
    import pynini
    from scipy.sparse import csr_matrix

_DELTA = 1.0 / 1024  # nats; what OpenFst's determinization takes for equal
_LEAST_LIMIT, _NARROWER = 5000, 0.7  # states of the acceptor, and by how much the beam gets narrower where it has more
_MOST_PREDECESSORS = 1 << 22  # held at a time


@dataclass(frozen=True)
class Stretches:
    """A lattice whose arcs are stretches of another one's paths, each of which ends with an arc with a label.

    Of the paths of the other lattice with the same labels there is one, the best. States are in topological
    order, 0 is the start, and the last one the only end.

    Args:
      src, dst: states of each stretch, int32 ``(S,)``; ``src`` never falls.
      label: of its last arc, int32 ``(S,)``.
      arcs: numbers of the other lattice's arcs, those of all stretches one after the other, int64.
      splits: where those of each stretch begin, int64 ``(S + 1,)``.
      beam: that it was made within, nats.
    """

    src: IntArray
    dst: IntArray
    label: IntArray
    arcs: IntArray
    splits: IntArray
    beam: float


def determinized(lattice: Wfst, beam: float) -> Stretches:
    """The best path of each string of labels, within a beam of the best one of all.

    Args:
      lattice: acyclic, its states in topological order, 0 the start; input labels are words (0 is none), output
        labels are not read. Every path ends in the last state, without a score, by an arc with a label.
      beam: strings whose best path is this far below the best one are left out, nats; it is narrowed where these are
        too many to be held.
    """
    import pynini

    if not lattice.num_arcs:
        return Stretches(*(np.zeros(0, np.int32),) * 3, np.zeros(0, np.int64), np.zeros(1, np.int64), beam)
    epsilon_free = _epsilon_free(lattice, beam)
    # the best path alone has its states, however narrow the beam
    most_states = max(_LEAST_LIMIT, lattice.num_states // 8, 2 * pynini.shortestpath(epsilon_free).num_states())
    acceptor = _determinized(epsilon_free, beam, most_states)
    while acceptor.num_states() >= most_states:
        beam *= _NARROWER
        epsilon_free.prune(weight=beam)
        acceptor = _determinized(epsilon_free, beam, most_states)
    paths = _best_arcs(_product(from_openfst(acceptor), epsilon_free, lattice))
    return _stretches(_smallest(paths, lattice), lattice, beam)


def _epsilon_free(lattice: Wfst, beam: float) -> "pynini.Fst":
    """The lattice without arcs without a label: labels in, out the arc of each label, counted from 1."""
    arc = np.arange(1, lattice.num_arcs + 1, dtype=np.int32)
    fst = to_openfst(replace(lattice, olabel=np.where(lattice.ilabel > 0, arc, 0)))
    pruned: "pynini.Fst" = fst.rmepsilon().prune(weight=beam)
    return pruned


def _determinized(epsilon_free: "pynini.Fst", beam: float, most_states: int) -> "pynini.Fst":
    """Labels in, each string of them once; cut off where there are too many states."""
    import pynini

    return pynini.determinize(epsilon_free.copy().project("input"), delta=_DELTA, weight=beam, nstate=most_states)


def _product(acceptor: Wfst, epsilon_free: "pynini.Fst", lattice: Wfst) -> Wfst:
    """The paths of ``epsilon_free``, their labels exchanged for the arcs of the acceptor with them, counted from 1.

    Its states are in topological order.
    """
    import pynini

    no_score = np.where(np.isfinite(acceptor.final), np.float32(0.0), acceptor.final)
    numbers = np.arange(1, acceptor.num_arcs + 1, dtype=np.int32)
    left = to_openfst(replace(acceptor, ilabel=numbers, score=np.zeros_like(acceptor.score), final=no_score))
    product = from_openfst(pynini.compose(left, epsilon_free.arcsort("ilabel")))
    place = np.zeros(product.num_states, np.int32)
    place[product.dst] = lattice.dst[product.olabel - 1]
    return _renumbered(product, np.argsort(np.argsort(place, kind="stable"), kind="stable"))


def _renumbered(wfst: Wfst, number: IntArray) -> Wfst:
    """The same machine, its states with other numbers ``(S,)``."""
    final = np.empty_like(wfst.final)
    final[number] = wfst.final
    src, dst = number[wfst.src], number[wfst.dst]
    return from_arcs(number[wfst.start], src, dst, wfst.ilabel, wfst.olabel, wfst.score, final)


def _best_arcs(product: Wfst) -> Wfst:
    """Keep of the arcs that enter a state the best one for each arc of the acceptor; some may then lead nowhere."""
    through = forward_scores(product)[product.src] + product.score
    order = np.lexsort((-through, product.ilabel, product.dst))
    is_best = np.ones(len(order), bool)
    dst, ilabel = product.dst[order], product.ilabel[order]
    is_best[1:] = (dst[1:] != dst[:-1]) | (ilabel[1:] != ilabel[:-1])
    return product.arcs(np.sort(order[is_best]))


def forward_scores(lattice: Wfst) -> FloatArray:
    """Score of the best path to each state, nats, float64 ``(S,)``; the last state is the only end."""
    arcs = np.stack([lattice.src, lattice.dst, lattice.ilabel, lattice.score.view(np.int32)], axis=1)
    arcs[lattice.dst == lattice.num_states - 1, 2] = -1
    fsa = k2.create_fsa_vec([k2.Fsa(torch.from_numpy(arcs))])
    scores: FloatArray = fsa.get_forward_scores(use_double_scores=True, log_semiring=False).numpy()
    return scores


def _smallest(paths: Wfst, lattice: Wfst) -> Wfst:
    """The same paths in as few states as can be, in topological order.

    Labels in are the states of the lattice that arcs leave, labels out the arcs of the lattice, both counted from 1.
    """
    place = np.zeros(paths.num_states, np.int64)
    place[paths.dst] = lattice.dst[paths.olabel - 1]
    pairs, kind = np.unique(place[paths.src] * lattice.num_arcs + paths.olabel - 1, return_inverse=True)
    kind = (kind + 1).astype(np.int32)
    machine = replace(paths, ilabel=kind, olabel=kind, score=np.zeros_like(paths.score))
    smallest = from_openfst(to_openfst(machine).minimize().topsort())
    state, arc = np.divmod(pairs[smallest.ilabel - 1], lattice.num_arcs)
    return replace(smallest, ilabel=state.astype(np.int32) + 1, olabel=arc.astype(np.int32) + 1)


def _stretches(epsilon_free: Wfst, lattice: Wfst, beam: float) -> Stretches:
    """The best path from each state that an arc leaves (label in) through silence to its arc of the lattice (label out)."""
    from scipy.sparse.csgraph import dijkstra

    root, last = epsilon_free.ilabel - 1, epsilon_free.olabel - 1
    links, arc_of_link = _losses(lattice)
    sources, row = np.unique(root, return_inverse=True)
    node = lattice.src[last].astype(np.int64)
    stretch, arcs = [np.arange(len(last))], [last]
    for begin in range(0, len(sources), max(1, _MOST_PREDECESSORS // lattice.num_states)):
        end = begin + max(1, _MOST_PREDECESSORS // lattice.num_states)
        _, before = dijkstra(links, indices=sources[begin:end], limit=beam + 1.0, return_predecessors=True)
        open_ = np.flatnonzero((begin <= row) & (row < end) & (node != root))
        while len(open_):  # all stretches at once, one arc back
            previous = before[row[open_] - begin, node[open_]].astype(np.int64)
            stretch.append(open_)
            arcs.append(arc_of_link(previous, node[open_]))
            node[open_] = previous
            open_ = open_[previous != root[open_]]
    order = np.argsort(np.concatenate(stretch)[::-1], kind="stable")
    return Stretches(
        src=epsilon_free.src,
        dst=epsilon_free.dst,
        label=lattice.ilabel[last],
        arcs=np.concatenate(arcs)[::-1][order].astype(np.int64),
        splits=np.concatenate([[0], np.cumsum(np.bincount(np.concatenate(stretch), minlength=len(last)))]),
        beam=beam,
    )


def _losses(lattice: Wfst) -> "Tuple[csr_matrix, Callable[[IntArray, IntArray], IntArray]]":
    """The loss of each silent step against the best path to its end, nats, and the arc between two states."""
    from scipy.sparse import csr_matrix

    best = forward_scores(lattice)
    silent = np.flatnonzero(lattice.ilabel == 0)
    loss = (best[lattice.dst] - best[lattice.src] - lattice.score)[silent].clip(min=0.0)
    between = lattice.src[silent].astype(np.int64) * lattice.num_states + lattice.dst[silent]
    order = np.lexsort((loss, between))
    key, first = np.unique(between[order], return_index=True)
    src, dst = np.divmod(key, lattice.num_states)
    rows = np.searchsorted(src, np.arange(lattice.num_states + 1))
    links = csr_matrix((loss[order[first]], dst, rows), shape=(lattice.num_states,) * 2)
    arcs = silent[order[first]]
    return links, lambda src, dst: arcs[np.searchsorted(key, src * lattice.num_states + dst)]
