"""Machines written as text, and the enumeration of their paths that the algebra is compared with."""

import math
from collections import defaultdict, deque

import numpy as np

from wfst_bias.fst.wfst import NO_SCORE, from_arcs


def machine(text: str):
    """``SRC DST ILABEL OLABEL SCORE`` and ``STATE SCORE`` (final) lines; the first line's state is the start."""
    arcs, final = [], {}
    for line in text.strip().splitlines():
        fields = line.split()
        if len(fields) == 5:
            arcs.append(fields)
        else:
            final[int(fields[0])] = float(fields[1])
    src, dst, ilabel, olabel = (np.array([int(a[i]) for a in arcs]) for i in range(4))
    num_states = max([*src, *dst, *final]) + 1
    scores = np.full(num_states, NO_SCORE)
    scores[list(final)] = list(final.values())
    return from_arcs(src[0], src, dst, ilabel, olabel, [float(a[4]) for a in arcs], scores)


def language(wfst, max_length: int, is_epsilon=None, allowed=lambda labels: True):
    """Best score of each (input string, output string) with up to ``max_length`` labels.

    Args:
      is_epsilon: which arcs consume nothing, bool ``(A,)``; none where not given.
      allowed: which input strings to follow.
    """
    leaving = defaultdict(list)
    arcs = zip(*(getattr(wfst, name).tolist() for name in ("src", "dst", "ilabel", "olabel", "score")))
    for number, (src, dst, ilabel, olabel, score) in enumerate(arcs):
        label = () if is_epsilon is not None and is_epsilon[number] else (ilabel,)
        leaving[src].append((dst, label, (olabel,) if olabel else (), score))
    # best score of each (state, input, output); one that gets better is followed again
    best = {(wfst.start, (), ()): 0.0}
    reached = deque(best)
    while reached:
        state, labels, words = reached.popleft()
        score = best[state, labels, words]
        for dst, label, output, step in leaving[state]:
            longer = labels + label
            if len(longer) > max_length or not allowed(longer):
                continue
            end, total = (dst, longer, words + output), score + step
            if end not in best or total > best[end]:
                best[end] = total
                reached.append(end)
    found = {}
    final = wfst.final.tolist()
    for (state, labels, words), score in best.items():
        if math.isfinite(final[state]):
            total = score + final[state]
            found[labels, words] = max(found.get((labels, words), -np.inf), total)
    return found


def same_language(left, right) -> bool:
    return left.keys() == right.keys() and all(abs(left[k] - right[k]) < 1e-3 for k in left)
