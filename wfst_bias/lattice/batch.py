"""The word lattices of a batch in one set of flat arrays."""

from dataclasses import dataclass
from functools import cached_property
from typing import Sequence

import numpy as np

from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.fst.batch import WfstBatch
from wfst_bias.fst.ragged import row_splits
from wfst_bias.fst.wfst import NO_SCORE, from_arcs
from wfst_bias.lattice.word_lattice import WordLattice


@dataclass(frozen=True)
class LatticeBatch:
    """N word lattices, the states and the arcs of each behind those of the ones before; see :class:`WordLattice`.

    Args:
      src, dst: states of each arc, int64 ``(A,)``.
      words, phrases, terms, lengths: of each arc: word, phrase, terms, frames ``(A,)``.
      arc_splits, state_splits: where the arcs and the states of each lattice begin, int64 ``(N + 1,)``.
    """

    src: IntArray
    dst: IntArray
    words: IntArray
    phrases: IntArray
    terms: FloatArray
    lengths: IntArray
    arc_splits: IntArray
    state_splits: IntArray

    @classmethod
    def of(cls, lattices: Sequence[WordLattice]) -> "LatticeBatch":
        arc_splits = row_splits(np.array([lattice.num_arcs for lattice in lattices]))
        # one without an arc has a state, its start
        state_splits = row_splits(np.array([max(1, lattice.num_states) for lattice in lattices]))
        first_state = np.repeat(state_splits[:-1], np.diff(arc_splits))
        src, dst, words, phrases, terms, lengths = map(
            np.concatenate,
            zip(*((one.src, one.dst, one.words, one.phrases, one.terms, np.diff(one.splits)) for one in lattices)),
        )
        src, dst = src.astype(np.int64) + first_state, dst.astype(np.int64) + first_state
        return cls(src, dst, words, phrases, terms, lengths, arc_splits, state_splits)

    @property
    def num_arcs(self) -> int:
        return len(self.src)

    @cached_property
    def first_arc(self) -> IntArray:
        """The first arc of the lattice of each arc, int64 ``(A,)``."""
        return np.repeat(self.arc_splits[:-1], np.diff(self.arc_splits))

    @property
    def scores(self) -> FloatArray:
        """The score of each arc, nats, float32 ``(A,)``."""
        scores: FloatArray = self.terms.sum(axis=1)
        return scores

    def machines(self, ilabel: IntArray, olabel: IntArray, score: FloatArray) -> WfstBatch:
        """The lattices as machines with other labels and scores, ``(A,)`` each; one without an arc has no path."""
        final = np.full(self.state_splits[-1], NO_SCORE)
        final[self.state_splits[1:][np.diff(self.arc_splits) > 0] - 1] = 0.0
        arcs = from_arcs(0, self.src, self.dst, ilabel, olabel, score, final)
        return WfstBatch(arcs, self.state_splits[:-1], self.state_splits)

    @cached_property
    def times(self) -> IntArray:
        """Frames before each state, int64 ``(S,)``; see :attr:`WordLattice.times`."""
        times = _frames_before(self.src, self.dst, self.lengths, int(self.state_splits[-1]))
        if (times[self.dst] == times[self.src] + self.lengths).all():
            return times
        # some program has changed the lattices: of paths of several lengths the longest one counts
        ones = np.ones(self.num_arcs, np.int32)
        return self.machines(ones, ones, self.lengths.astype(np.float32)).forward_scores().clip(min=0).astype(np.int64)


def _frames_before(src: IntArray, dst: IntArray, lengths: IntArray, num_states: int) -> IntArray:
    """Frames of one of the paths to each state, int64 ``(S,)``."""
    before, frames = np.arange(num_states), np.zeros(num_states, np.int64)
    before[dst], frames[dst] = src, lengths
    while ((further := before[before]) != before).any():  # twice as far back each time
        frames += frames[before]
        before = further
    return frames
