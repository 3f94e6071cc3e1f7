"""Epsilon removal that folds epsilons backward, into the arcs that enter them.

k2's search lets every arc consume a frame, so no epsilon may be left in a graph. The customary removal
copies the out-arcs of a backoff state to every history that backs off to it. Here each epsilon is folded
into the arcs that *enter* its source instead: an arc into a history becomes two, one to the history and
one, with the backoff weight added, to the backoff state. Paths, words and scores stay the same.
"""

from dataclasses import replace

import numpy as np

from wfst_bias.core.types import BoolArray, IntArray
from wfst_bias.fst.algebra import joined_arcs
from wfst_bias.fst.ragged import gather_rows
from wfst_bias.fst.wfst import WORD_END, Wfst, arc_starts, trim

_MAX_CHAIN = 64  # a longer chain of epsilons is a cycle


def remove_epsilons(wfst: Wfst, is_epsilon: BoolArray) -> Wfst:
    """An equivalent machine without the given epsilon arcs, trimmed.

    An epsilon that carries a word (homophone disambiguation) hands it to the entering arc. The epsilons
    that leave the start state, which no arc may enter, are expanded forward.

    Args:
      wfst: the machine; its epsilon arcs form no cycle.
      is_epsilon: which arcs consume nothing, bool ``(A,)``; their ``ilabel`` is ignored.

    Raises:
      ValueError: the epsilons form a cycle, or two words would fall on one arc.
    """
    real = wfst.arcs(np.flatnonzero(~is_epsilon))
    chains = _closure(wfst.arcs(np.flatnonzero(is_epsilon)))
    chain_starts = arc_starts(chains)
    # every arc, followed by each chain that leaves the state it enters
    arc, chain = gather_rows(chain_starts, real.dst)
    _check_one_word(real.olabel[arc], chains.olabel[chain])
    needed = ~_loops_again(real, arc, chains.dst[chain])
    behind = _followed(real, arc[needed], chains, chain[needed])
    # every chain that leaves the start, followed by each arc that leaves its end
    from_start = chains.arcs(np.flatnonzero(chains.src == wfst.start))
    opening, first = gather_rows(arc_starts(real), from_start.dst)
    _check_one_word(from_start.olabel[opening], real.olabel[first])
    before = replace(_followed(from_start, opening, real, first), ilabel=real.ilabel[first])
    # ... and, where an opening arc enters a state with chains of its own, by those
    again, onward = gather_rows(chain_starts, before.dst)
    _check_one_word(before.olabel[again], chains.olabel[onward])
    parts = [real, behind, before, _followed(before, again, chains, onward)]

    final = wfst.final.copy()
    if from_start.num_arcs:
        ends = np.flatnonzero(np.isfinite(final[from_start.dst]))
        assert not from_start.olabel[ends].any(), "a word on an empty sentence"
        final[wfst.start] = max(final[wfst.start], (from_start.score + final[from_start.dst]).max())
    return trim(replace(joined_arcs(parts), final=final))


def _followed(first: Wfst, head: IntArray, second: Wfst, tail: IntArray) -> Wfst:
    """Pairs of arcs as arcs: arc ``head[i]`` of one machine, then ``tail[i]`` of another; input labels of the first."""
    return replace(
        first,
        src=first.src[head],
        dst=second.dst[tail],
        ilabel=first.ilabel[head],
        olabel=first.olabel[head] + second.olabel[tail],
        score=first.score[head] + second.score[tail],
    )


def _loops_again(real: Wfst, arc: IntArray, target: IntArray) -> BoolArray:
    """Which arcs are loops that their epsilon's target has, too, with no lower a score, bool ``(len(arc),)``.

    Such a loop may be taken behind the epsilon as well as before it, so that no arc is needed for taking it before:
    every arc that enters the loop's state has one that enters the target. (The pauses between words are such loops.)
    """
    loop = np.flatnonzero((real.src == real.dst) & (real.olabel == 0))
    num_labels = int(real.ilabel.max(initial=0)) + 1
    key = real.src[loop].astype(np.int64) * num_labels + real.ilabel[loop]
    order = np.lexsort((real.score[loop], key))
    loop, key = loop[order], key[order]
    is_loop = (real.src[arc] == real.dst[arc]) & (real.olabel[arc] == 0)
    again = np.zeros(len(arc), bool)
    asked = np.flatnonzero(is_loop)
    if not len(asked) or not len(loop):
        return again
    wanted = target[asked].astype(np.int64) * num_labels + real.ilabel[arc[asked]]
    best = np.maximum(np.searchsorted(key, wanted, side="right") - 1, 0)
    again[asked] = (key[best] == wanted) & (real.score[loop[best]] >= real.score[arc[asked]])
    return again


def _closure(epsilons: Wfst) -> Wfst:
    """All chains of one or more epsilon arcs, as arcs."""
    starts = arc_starts(epsilons)
    chains = [epsilons]
    while chains[-1].num_arcs:
        if len(chains) > _MAX_CHAIN:
            raise ValueError("the epsilon arcs form a cycle")
        head, tail = gather_rows(starts, chains[-1].dst)
        _check_one_word(chains[-1].olabel[head], epsilons.olabel[tail])
        chains.append(_followed(chains[-1], head, epsilons, tail))
    return joined_arcs(chains)


def _check_one_word(before: IntArray, after: IntArray) -> None:
    if np.any((before % WORD_END != 0) & (after % WORD_END != 0)):
        raise ValueError("two words fall on one arc")
