"""Epsilon removal that folds epsilons backward, into the arcs that enter them.

k2's search lets every arc consume a frame, so no epsilon may be left in a graph. The customary removal
copies the out-arcs of a backoff state to every history that backs off to it. Here each epsilon is folded
into the arcs that *enter* its source instead: an arc into a history becomes two, one to the history and
one, with the backoff weight added, to the backoff state. Paths, words and scores stay the same.
"""

from dataclasses import dataclass

import numpy as np

from wfst_bias.fst.wfst import WORD_END, Wfst, from_arcs, trim

_MAX_CHAIN = 64  # a longer chain of epsilons is a cycle


@dataclass(frozen=True)
class _Chains:
    """Chains of epsilon arcs, sorted by their first state: ``(E,)`` each."""

    src: np.ndarray
    dst: np.ndarray
    olabel: np.ndarray
    score: np.ndarray

    @staticmethod
    def sorted_by_src(src, dst, olabel, score) -> "_Chains":
        order = np.argsort(src, kind="stable")
        return _Chains(src[order], dst[order], olabel[order], score[order])


def remove_epsilons(wfst: Wfst, is_epsilon: np.ndarray) -> Wfst:
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
    chains = _closure(wfst.arcs(np.flatnonzero(is_epsilon)), wfst.num_states)
    # every arc, followed by each chain that leaves the state it enters
    arc, chain = _join(real.dst, chains.src, wfst.num_states)
    _check_one_word(real.olabel[arc], chains.olabel[chain])
    needed = ~_loops_again(real, arc, chains.dst[chain])
    arc, chain = arc[needed], chain[needed]
    # every chain that leaves the start, followed by each arc that leaves its end
    from_start = np.flatnonzero(chains.src == wfst.start)
    opening, first = _join(chains.dst[from_start], real.src, wfst.num_states)
    opening = from_start[opening]
    _check_one_word(chains.olabel[opening], real.olabel[first])
    # ... and, where an opening arc enters a state with chains of its own, by those
    start_src = np.full(len(first), wfst.start, np.int32)
    start_score = chains.score[opening] + real.score[first]
    start_olabel = chains.olabel[opening] + real.olabel[first]
    again, onward = _join(real.dst[first], chains.src, wfst.num_states)
    _check_one_word(start_olabel[again], chains.olabel[onward])

    final = wfst.final.copy()
    if len(from_start):
        ends = np.flatnonzero(np.isfinite(final[chains.dst[from_start]]))
        assert not chains.olabel[from_start[ends]].any(), "a word on an empty sentence"
        through = chains.score[from_start] + final[chains.dst[from_start]]
        final[wfst.start] = max(final[wfst.start], through.max())
    return trim(
        from_arcs(
            start=wfst.start,
            src=np.concatenate([real.src, real.src[arc], start_src, start_src[again]]),
            dst=np.concatenate([real.dst, chains.dst[chain], real.dst[first], chains.dst[onward]]),
            ilabel=np.concatenate([real.ilabel, real.ilabel[arc], real.ilabel[first], real.ilabel[first][again]]),
            olabel=np.concatenate(
                [
                    real.olabel,
                    real.olabel[arc] + chains.olabel[chain],
                    start_olabel,
                    start_olabel[again] + chains.olabel[onward],
                ]
            ),
            score=np.concatenate(
                [
                    real.score,
                    real.score[arc] + chains.score[chain],
                    start_score,
                    start_score[again] + chains.score[onward],
                ]
            ),
            final=final,
        )
    )


def _loops_again(real: Wfst, arc: np.ndarray, target: np.ndarray) -> np.ndarray:
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


def _closure(epsilons: Wfst, num_states: int) -> _Chains:
    """All chains of one or more epsilon arcs."""
    one = _Chains(epsilons.src, epsilons.dst, epsilons.olabel, epsilons.score)
    chains = [one]
    while len(chains[-1].src):
        if len(chains) > _MAX_CHAIN:
            raise ValueError("the epsilon arcs form a cycle")
        longest = chains[-1]
        head, tail = _join(longest.dst, one.src, num_states)
        _check_one_word(longest.olabel[head], one.olabel[tail])
        chains.append(
            _Chains(
                longest.src[head],
                one.dst[tail],
                longest.olabel[head] + one.olabel[tail],
                longest.score[head] + one.score[tail],
            )
        )
    column = lambda name: np.concatenate([getattr(c, name) for c in chains])
    return _Chains.sorted_by_src(column("src"), column("dst"), column("olabel"), column("score"))


def _join(left: np.ndarray, right: np.ndarray, num_states: int):
    """All pairs (i, j) with ``left[i] == right[j]``; ``right`` is sorted."""
    count = np.bincount(right, minlength=num_states)
    first = np.cumsum(count) - count
    matches = count[left]
    i = np.repeat(np.arange(len(left)), matches)
    within = np.arange(len(i)) - np.repeat(np.cumsum(matches) - matches, matches)
    return i, first[left[i]] + within


def _check_one_word(before: np.ndarray, after: np.ndarray) -> None:
    if np.any((before % WORD_END != 0) & (after % WORD_END != 0)):
        raise ValueError("two words fall on one arc")
