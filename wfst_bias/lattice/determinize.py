"""Determinization that keeps alignments: of all paths of a lattice with the same words, the best one.

Kaldi does this in one algorithm, over a semiring of costs and strings (Povey et al., *Generating exact lattices in
the WFST framework*, ICASSP 2012). Here OpenFst removes arcs without a word and determinizes the words alone, each
within the beam. In the product of that with the lattice, all prefixes that lead to a state differ in their scores by the
same for each continuation: the best path into the state depends on the last word alone. So of the arcs that enter a state
with the same last arc of the acceptor one is kept, and the paths that are left are the answer. Their arcs between
two words are then found as shortest paths.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Callable, Sequence, Tuple

import numpy as np

from wfst_bias.core.types import IntArray
from wfst_bias.fst.batch import WfstBatch, from_openfst_batch
from wfst_bias.fst.wfst import from_arcs

if TYPE_CHECKING:
    import pynini
    from scipy.sparse import csr_matrix

_DELTA = 1.0 / 1024  # nats; what OpenFst's determinization takes for equal
_LEAST_LIMIT, _NARROWER = 5000, 0.7  # states of the acceptor, and by how much the beam gets narrower where it has more
_MOST_PREDECESSORS = 1 << 22  # held at a time


@dataclass(frozen=True)
class Stretches:
    """Lattices whose arcs are stretches of other ones' paths, each of which ends with an arc with a label.

    Of the paths of another lattice with the same labels there is one, the best. The states of each lattice are in
    topological order; its first is the start, and its last the only end.

    Args:
      src, dst: states of each stretch among all states, int32 ``(S,)``; ``src`` never falls.
      label: of its last arc, int32 ``(S,)``.
      arcs: numbers of the other lattices' arcs, those of all stretches one after the other, int64.
      splits: where those of each stretch begin, int64 ``(S + 1,)``.
      state_splits: where the states of each lattice begin, int64 ``(N + 1,)``.
      beams: that each was made within, nats.
    """

    src: IntArray
    dst: IntArray
    label: IntArray
    arcs: IntArray
    splits: IntArray
    state_splits: IntArray
    beams: Tuple[float, ...]


def determinized(lattices: WfstBatch, beams: Sequence[float]) -> Stretches:
    """The best path of each string of labels, within a beam of the best one of all, for each lattice of a batch.

    Args:
      lattices: acyclic, their states in topological order, the first the start; input labels are words (0 is none),
        output labels are not read. Every path ends in the last state, without a score, by an arc with a label. A
        lattice without a path has no arc.
      beams: for each, strings whose best path is this far below the best one are left out, nats; it is narrowed where
        these are too many to be held.
    """
    if not lattices.all.num_arcs:
        none = np.zeros(0, np.int32)
        no_states = np.zeros(len(lattices) + 1, np.int64)
        return Stretches(none, none, none, none.astype(np.int64), np.zeros(1, np.int64), no_states, tuple(beams))
    epsilon_free, acceptors, narrowed = [], [], []
    num_states = np.diff(lattices.splits).tolist()
    for fst, size, beam in zip(_with_arc_numbers(lattices).to_openfst(), num_states, beams):
        pruned = fst.rmepsilon().prune(weight=beam)
        acceptor, beam = _acceptor(pruned, beam, size)
        epsilon_free.append(pruned)
        acceptors.append(acceptor)
        narrowed.append(beam)
    paths = _best_arcs(_products(from_openfst_batch(acceptors), epsilon_free, lattices))
    return _stretches(_smallest(paths, lattices), lattices, narrowed)


def _with_arc_numbers(lattices: WfstBatch) -> WfstBatch:
    """The lattices with the number of each arc with a label in its lattice, from 1, as its output label."""
    arc = np.arange(1, lattices.all.num_arcs + 1) - lattices.arc_splits[lattices.machine_of_arc]
    olabel = np.where(lattices.all.ilabel > 0, arc, 0).astype(np.int32)
    return replace(lattices, all=replace(lattices.all, olabel=olabel))


def _acceptor(epsilon_free: "pynini.Fst", beam: float, num_states: int) -> "Tuple[pynini.Fst, float]":
    """Labels in, each string of them once; and the beam, which is narrower where these are too many to be held.

    Args:
      epsilon_free: without arcs without a label; it is pruned to the same beam.
      num_states: of the lattice that it was made of.
    """
    import pynini

    if not epsilon_free.num_states():
        return epsilon_free.copy(), beam
    # the best path alone has its states, however narrow the beam
    most_states = max(_LEAST_LIMIT, num_states // 8, 2 * pynini.shortestpath(epsilon_free).num_states())
    while True:
        words = epsilon_free.copy().project("input")
        acceptor = pynini.determinize(words, delta=_DELTA, weight=beam, nstate=most_states)
        if acceptor.num_states() < most_states:
            return acceptor, beam
        beam *= _NARROWER
        epsilon_free.prune(weight=beam)


def _products(acceptors: WfstBatch, epsilon_free: "Sequence[pynini.Fst]", lattices: WfstBatch) -> WfstBatch:
    """The paths of ``epsilon_free``, their labels exchanged for the arcs of the acceptors with them, counted from 1.

    Output labels are arcs of all lattices, counted from 1. States are in topological order.
    """
    import pynini

    own = acceptors.all
    numbers = np.arange(1, own.num_arcs + 1) - acceptors.arc_splits[acceptors.machine_of_arc]
    no_score = np.where(np.isfinite(own.final), np.float32(0.0), own.final)
    unscored = replace(own, ilabel=numbers.astype(np.int32), score=np.zeros_like(own.score), final=no_score)
    pairs = zip(replace(acceptors, all=unscored).to_openfst(), epsilon_free)
    products = from_openfst_batch([pynini.compose(left, right.arcsort("ilabel")) for left, right in pairs])
    arc = products.all.olabel + lattices.arc_splits[products.machine_of_arc]
    place = np.repeat(lattices.splits[:-1], np.diff(products.splits))
    place[products.all.dst] = lattices.all.dst[arc - 1]
    return _renumbered(
        replace(products, all=replace(products.all, olabel=arc.astype(np.int32))),
        np.argsort(np.argsort(place, kind="stable"), kind="stable"),
    )


def _renumbered(batch: WfstBatch, number: IntArray) -> WfstBatch:
    """The same machines, their states with other numbers ``(S,)``, which mix no two machines."""
    wfst = batch.all
    final = np.empty_like(wfst.final)
    final[number] = wfst.final
    src, dst = number[wfst.src], number[wfst.dst]
    all_arcs = from_arcs(0, src, dst, wfst.ilabel, wfst.olabel, wfst.score, final)
    return WfstBatch(all_arcs, batch.splits[:-1], batch.splits)


def _best_arcs(products: WfstBatch) -> WfstBatch:
    """Keep of the arcs that enter a state the best one for each arc of the acceptor; some may then lead nowhere."""
    own = products.all
    through = products.forward_scores_of_short_paths()[own.src] + own.score
    order = np.lexsort((-through, own.ilabel, own.dst))
    is_best = np.ones(len(order), bool)
    dst, ilabel = own.dst[order], own.ilabel[order]
    is_best[1:] = (dst[1:] != dst[:-1]) | (ilabel[1:] != ilabel[:-1])
    return replace(products, all=own.arcs(np.sort(order[is_best])))


def _smallest(paths: WfstBatch, lattices: WfstBatch) -> WfstBatch:
    """The same paths in as few states as can be, in topological order.

    Labels in are the states of the lattices that arcs leave, labels out the arcs of the lattices, both counted from 1.
    """
    own, num_arcs = paths.all, lattices.all.num_arcs
    place = np.repeat(lattices.splits[:-1], np.diff(paths.splits))
    place[own.dst] = lattices.all.dst[own.olabel - 1]
    pairs, kind = np.unique(place[own.src] * num_arcs + own.olabel - 1, return_inverse=True)
    first_kind = np.searchsorted(pairs, lattices.splits[:-1] * num_arcs)
    kind = (kind + 1 - first_kind[paths.machine_of_arc]).astype(np.int32)
    machines = replace(own, ilabel=kind, olabel=kind, score=np.zeros_like(own.score))
    small = from_openfst_batch([fst.minimize().topsort() for fst in replace(paths, all=machines).to_openfst()])
    state, arc = np.divmod(pairs[small.all.ilabel - 1 + first_kind[small.machine_of_arc]], num_arcs)
    return replace(
        small, all=replace(small.all, ilabel=state.astype(np.int32) + 1, olabel=arc.astype(np.int32) + 1)
    )


def _stretches(epsilon_free: WfstBatch, lattices: WfstBatch, beams: Sequence[float]) -> Stretches:
    """The best path from each state that an arc leaves (label in) through silence to its arc of the lattice (label out)."""
    from scipy.sparse.csgraph import dijkstra

    root, last = epsilon_free.all.ilabel - 1, epsilon_free.all.olabel - 1
    links, arc_of_link = _losses(lattices)
    sources, row = np.unique(root, return_inverse=True)
    node = lattices.all.src[last].astype(np.int64)
    stretch, arcs = [np.arange(len(last))], [last]
    together = max(1, _MOST_PREDECESSORS // lattices.all.num_states)
    for begin in range(0, len(sources), together):
        end = begin + together
        limit = max(beams) + 1.0
        _, before = dijkstra(links, indices=sources[begin:end], limit=limit, return_predecessors=True)
        open_ = np.flatnonzero((begin <= row) & (row < end) & (node != root))
        while len(open_):  # all stretches at once, one arc back
            previous = before[row[open_] - begin, node[open_]].astype(np.int64)
            stretch.append(open_)
            arcs.append(arc_of_link(previous, node[open_]))
            node[open_] = previous
            open_ = open_[previous != root[open_]]
    order = np.argsort(np.concatenate(stretch)[::-1], kind="stable")
    return Stretches(
        src=epsilon_free.all.src,
        dst=epsilon_free.all.dst,
        label=lattices.all.ilabel[last],
        arcs=np.concatenate(arcs)[::-1][order].astype(np.int64),
        splits=np.concatenate([[0], np.cumsum(np.bincount(np.concatenate(stretch), minlength=len(last)))]),
        state_splits=epsilon_free.splits,
        beams=tuple(beams),
    )


def _losses(lattices: WfstBatch) -> "Tuple[csr_matrix, Callable[[IntArray, IntArray], IntArray]]":
    """The loss of each silent step against the best path to its end, nats, and the arc between two states."""
    from scipy.sparse import csr_matrix

    own = lattices.all
    best = lattices.forward_scores()
    silent = np.flatnonzero(own.ilabel == 0)
    loss = (best[own.dst] - best[own.src] - own.score)[silent].clip(min=0.0)
    between = own.src[silent].astype(np.int64) * own.num_states + own.dst[silent]
    order = np.lexsort((loss, between))
    key, first = np.unique(between[order], return_index=True)
    src, dst = np.divmod(key, own.num_states)
    rows = np.searchsorted(src, np.arange(own.num_states + 1))
    links = csr_matrix((loss[order[first]], dst, rows), shape=(own.num_states,) * 2)
    arcs = silent[order[first]]
    return links, lambda src, dst: arcs[np.searchsorted(key, src * own.num_states + dst)]
