"""Operations on machines: building blocks, union, concatenation, relabeling, renumbering."""

from dataclasses import replace
from typing import Optional, Sequence

import numpy as np
import numpy.typing as npt

from wfst_bias.core.types import IntArray
from wfst_bias.fst.ragged import row_splits
from wfst_bias.fst.wfst import NO_SCORE, Wfst, from_arcs

INPUT, OUTPUT = "input", "output"


def linear_acceptor(labels: npt.ArrayLike) -> Wfst:
    """The machine of one label sequence ``(L,)``: states 0 to L in a chain, the last one final, all scores 0."""
    labels = np.asarray(labels, np.int32)
    states = np.arange(len(labels))
    return from_arcs(0, states, states + 1, labels, labels, np.zeros(len(labels)), final_scores(len(labels) + 1, -1))


def final_scores(num_states: int, ends: npt.ArrayLike, score: npt.ArrayLike = 0.0) -> npt.NDArray[np.float32]:
    """Final scores of a machine that ends in some states only, float32 ``(num_states,)``."""
    final = np.full(num_states, NO_SCORE)
    final[np.asarray(ends)] = score
    return final


def joined_arcs(machines: Sequence[Wfst]) -> Wfst:
    """The arcs of all machines, which have the same states, in one; start and final scores are those of the first."""
    column = lambda name: np.concatenate([getattr(machine, name) for machine in machines])
    first, (src, dst, ilabel, olabel, score) = machines[0], map(column, ("src", "dst", "ilabel", "olabel", "score"))
    return from_arcs(first.start, src, dst, ilabel, olabel, score, first.final)


def side_by_side(machines: Sequence[Wfst]) -> Wfst:
    """The machines in one, unconnected: the states of each behind those of the ones before; the first one's start."""
    first = row_splits(np.array([machine.num_states for machine in machines]))[:-1].tolist()
    return Wfst(
        machines[0].start,
        src=np.concatenate([machine.src + np.int32(state) for machine, state in zip(machines, first)]),
        dst=np.concatenate([machine.dst + np.int32(state) for machine, state in zip(machines, first)]),
        ilabel=np.concatenate([machine.ilabel for machine in machines]),
        olabel=np.concatenate([machine.olabel for machine in machines]),
        score=np.concatenate([machine.score for machine in machines]),
        final=np.concatenate([machine.final for machine in machines]),
    )


def with_arcs(
    wfst: Wfst,
    src: npt.ArrayLike,
    dst: npt.ArrayLike,
    ilabel: npt.ArrayLike = 0,
    olabel: npt.ArrayLike = 0,
    score: npt.ArrayLike = 0.0,
) -> Wfst:
    """The machine with more arcs, each behind those that its state had; scalars hold for all of them.

    Args:
      src, dst: existing states ``(A,)``.
    """
    more = np.broadcast_arrays(np.atleast_1d(src), dst, ilabel, olabel, score)
    return from_arcs(
        wfst.start,
        src=np.append(wfst.src, more[0]),
        dst=np.append(wfst.dst, more[1]),
        ilabel=np.append(wfst.ilabel, more[2]),
        olabel=np.append(wfst.olabel, more[3]),
        score=np.append(wfst.score, more[4]),
        final=wfst.final,
    )


def union(machines: Sequence[Wfst], outputs: Optional[npt.ArrayLike] = None) -> Wfst:
    """The machine of all paths of the machines: a new last state starts it, with an epsilon to each of their starts.

    Args:
      machines: at least one.
      outputs: output label of the epsilon to each, by which its paths can be told apart; by default epsilon.
    """
    starts = _starts(machines)
    together = side_by_side(machines)
    final = np.append(together.final, NO_SCORE)
    start = len(final) - 1
    labels = 0 if outputs is None else outputs
    return with_arcs(replace(together, start=start, final=final), np.full(len(starts), start), starts, olabel=labels)


def concatenation(machines: Sequence[Wfst]) -> Wfst:
    """The machine of a path of each machine, in their order; epsilons lead from ends to the next start.

    Args:
      machines: at least one.
    """
    starts = _starts(machines)
    together = side_by_side(machines)
    num_last = machines[-1].num_states
    ends = np.flatnonzero(np.isfinite(together.final[: together.num_states - num_last]))
    owner = np.searchsorted(row_splits(np.array([machine.num_states for machine in machines])), ends, side="right") - 1
    final = together.final.copy()
    final[ends] = NO_SCORE
    return with_arcs(
        replace(together, final=final), ends, starts[owner + 1] if len(ends) else ends, score=together.final[ends]
    )


def _starts(machines: Sequence[Wfst]) -> IntArray:
    """The start of each machine where they stand side by side ``(M,)``."""
    first = row_splits(np.array([machine.num_states for machine in machines]))[:-1]
    starts: IntArray = first + np.array([machine.start for machine in machines])
    return starts


def relabel(wfst: Wfst, ilabel: Optional[IntArray] = None, olabel: Optional[IntArray] = None) -> Wfst:
    """The machine with other labels.

    Args:
      ilabel, olabel: the new label of each label ``(V,)``; None keeps those of that side.
    """
    return replace(
        wfst,
        ilabel=wfst.ilabel if ilabel is None else np.asarray(ilabel, np.int32)[wfst.ilabel],
        olabel=wfst.olabel if olabel is None else np.asarray(olabel, np.int32)[wfst.olabel],
    )


def renumber(wfst: Wfst, number: IntArray) -> Wfst:
    """The machine with its states in another order.

    Args:
      number: the new number of each state, each of 0 to S - 1 once ``(S,)``.
    """
    final = np.empty_like(wfst.final)
    final[number] = wfst.final
    return from_arcs(
        number[wfst.start], number[wfst.src], number[wfst.dst], wfst.ilabel, wfst.olabel, wfst.score, final
    )


def project(wfst: Wfst, side: str) -> Wfst:
    """The acceptor of the labels of one side, :data:`INPUT` or :data:`OUTPUT`."""
    if side not in (INPUT, OUTPUT):
        raise ValueError(f"found side {side!r}; expected {INPUT!r} or {OUTPUT!r}")
    labels = wfst.ilabel if side == INPUT else wfst.olabel
    return replace(wfst, ilabel=labels, olabel=labels)


def sort_arcs(wfst: Wfst) -> Wfst:
    """The machine with the arcs of each state in the order of their input labels."""
    return wfst.arcs(np.lexsort((wfst.ilabel, wfst.src)))


def start_first(wfst: Wfst) -> Wfst:
    """The same machine with its start state numbered 0; the other states keep their order."""
    number = np.arange(wfst.num_states, dtype=np.int32)
    number[: wfst.start] += 1
    number[wfst.start] = 0
    return renumber(wfst, number)


def with_own_start(wfst: Wfst) -> Wfst:
    """The same machine with a start state 0 that no arc enters: a copy of the one it had, before all other states."""
    leaving = wfst.arcs(np.flatnonzero(wfst.src == wfst.start))
    final = np.append(wfst.final[wfst.start], wfst.final)
    shifted = replace(wfst, start=0, src=wfst.src + 1, dst=wfst.dst + 1, final=final)
    return with_arcs(
        shifted, np.zeros(leaving.num_arcs, np.int32), leaving.dst + 1, leaving.ilabel, leaving.olabel, leaving.score
    )
