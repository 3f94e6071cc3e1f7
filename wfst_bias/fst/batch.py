"""Several machines in one set of flat arrays, so that one call works on all of them."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, List, Sequence

import numpy as np
import torch

from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.fst.ragged import row_splits
from wfst_bias.fst.wfst import ARC, STATE, Wfst, const_image, of_const, openfst_of, to_const

if TYPE_CHECKING:
    import k2
    import pynini
    import pywrapfst


_NO_STATE = -1  # the start of a machine without states, in OpenFst


@dataclass(frozen=True)
class WfstBatch:
    """N machines, the states and the arcs of each behind those of the ones before.

    Args:
      all: the arcs of all of them, between the states of all of them; its own start is not read.
      starts: the start of each among all states, int64 ``(N,)``; any number of one without states.
      splits: where the states of each begin, int64 ``(N + 1,)``.
    """

    all: Wfst
    starts: IntArray
    splits: IntArray

    def __len__(self) -> int:
        return len(self.starts)

    @classmethod
    def of(cls, wfst: Wfst) -> "WfstBatch":
        """A batch of one machine."""
        return cls(wfst, np.array([wfst.start]), np.array([0, wfst.num_states]))

    @cached_property
    def arc_splits(self) -> IntArray:
        """Where the arcs of each machine begin, int64 ``(N + 1,)``."""
        return np.searchsorted(self.all.src, self.splits)

    @cached_property
    def machine_of_arc(self) -> IntArray:
        """The machine of each arc, int64 ``(A,)``."""
        return np.repeat(np.arange(len(self)), np.diff(self.arc_splits))

    @property
    def fsas(self) -> "k2.Fsa":
        """Input labels and scores for k2, of machines that end in their last states only, by arcs; ``[N][state][arc]``."""
        import k2

        splits, arc_splits = self.splits, self.arc_splits
        first = np.repeat(splits[:-1], np.diff(arc_splits))
        label = np.where(self.all.dst == np.repeat(splits[1:], np.diff(arc_splits)) - 1, -1, self.all.ilabel)
        arcs = np.stack([self.all.src - first, self.all.dst - first, label, self.all.score.view(np.int32)], axis=1)
        # the layout of k2's FsaVecToTensor
        table = np.concatenate([[len(self), 0], splits, arc_splits, arcs.ravel()]).astype(np.int32)
        return k2.Fsa(torch.from_numpy(table))

    def forward_scores(self) -> FloatArray:
        """Score of the best path to each state, nats, float64 ``(S,)``; for machines as :attr:`fsas` has them."""
        scores: FloatArray = self.fsas.get_forward_scores(use_double_scores=True, log_semiring=False).numpy()
        return scores

    def forward_scores_of_short_paths(self) -> FloatArray:
        """The same of machines whose paths have few arcs: sooner than k2, which is made for many."""
        order = np.argsort(self.all.dst, kind="stable")
        src, score, dst = self.all.src[order], self.all.score[order].astype(np.float64), self.all.dst[order]
        first = np.flatnonzero(np.diff(dst, prepend=-1))
        scores = np.full(self.all.num_states, -np.inf)
        scores[self.splits[:-1][np.diff(self.splits) > 0]] = 0.0
        # paths get an arc longer each time
        while len(first) and not np.array_equal(scores[dst[first]], best := np.maximum.reduceat(scores[src] + score, first)):
            scores[dst[first]] = best
        return scores

    def to_openfst(self) -> "List[pynini.Fst]":
        """Each machine as a mutable OpenFst machine over the tropical semiring."""
        states, arcs = to_const(self.all)
        arc_splits = self.arc_splits
        states["pos"] -= np.repeat(arc_splits[:-1], np.diff(self.splits)).astype(np.uint32)
        arcs["dst"] -= np.repeat(self.splits[:-1], np.diff(arc_splits)).astype(np.int32)
        starts = np.where(np.diff(self.splits) > 0, self.starts - self.splits[:-1], -1)  # OpenFst's of none
        all_states, all_arcs = states.tobytes(), arcs.tobytes()
        starts = np.where(np.diff(self.splits) > 0, self.starts - self.splits[:-1], _NO_STATE)
        state_bounds = (self.splits * STATE.itemsize).tolist()
        arc_bounds = (arc_splits * ARC.itemsize).tolist()
        return [
            openfst_of(start, all_states[begin:end], all_arcs[first:last])
            for start, begin, end, first, last in zip(
                starts.tolist(), state_bounds, state_bounds[1:], arc_bounds, arc_bounds[1:]
            )
        ]


def from_openfst_batch(fsts: "Sequence[pywrapfst.Fst]") -> WfstBatch:
    """Read OpenFst machines over the tropical semiring, without a loop over their arcs."""
    starts, states, arcs = zip(*map(const_image, fsts))
    all_arcs = np.frombuffer(b"".join(arcs), ARC)
    splits = row_splits(np.array(list(map(len, states))) // STATE.itemsize)
    num_arcs = np.array(list(map(len, arcs))) // ARC.itemsize
    joined = of_const(0, np.frombuffer(b"".join(states), STATE), all_arcs)
    dst = joined.dst + np.repeat(splits[:-1], num_arcs).astype(np.int32)
    return WfstBatch(replace(joined, dst=dst), splits[:-1] + np.array(starts), splits)
