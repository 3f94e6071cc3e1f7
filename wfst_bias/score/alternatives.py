"""The choice among alternative words of two texts that leaves the fewest errors between them.

A text is a lattice: a chain of words and, beside it, a chain for each alternative. The edit distance of two of them is
computed for one state of the hypothesis after the other, for all states of the reference at once.
"""

from dataclasses import dataclass
from typing import Dict, List, Sequence, Set, Tuple

import numpy as np

from wfst_bias.core.types import IntArray
from wfst_bias.score.listed import Alternative, Words


def fewest_errors(
    reference: Words,
    hypothesis: Words,
    of_reference: Sequence[Alternative],
    of_hypothesis: Sequence[Alternative],
) -> Tuple[List[Alternative], List[Alternative]]:
    """Return the alternatives to take in the reference and in the hypothesis, from left to right.

    No other choice leaves fewer errors and, of those that leave as many, none takes fewer alternatives.

    Args:
      of_reference, of_hypothesis: the alternatives that there are; they may overlap.
    """
    numbers: Dict[str, int] = {}
    lattices = _Lattice.of(reference, of_reference, numbers), _Lattice.of(hypothesis, of_hypothesis, numbers)
    error = 1 + len(of_reference) + len(of_hypothesis)  # costs more than all alternatives together
    taken = _taken(*lattices, _costs(*lattices, error), error)
    own, other = ([some[n] for n in sorted(n)] for some, n in zip((of_reference, of_hypothesis), taken))
    return sorted(own, key=lambda one: one.first), sorted(other, key=lambda one: one.first)


@dataclass(frozen=True)
class _Lattice:
    """A text with its alternatives.

    Args:
      order: its states, each behind those before it ``(S,)``; 0 to W are between its words, the others in alternatives.
      num_words: W, the last state.
      src, dst: states of each arc ``(A,)``; the first W arcs are the words.
      words: number of the word of each arc ``(A,)``.
      takes: number of the alternative that begins with an arc, else -1 ``(A,)``.
    """

    order: IntArray
    num_words: int
    src: IntArray
    dst: IntArray
    words: IntArray
    takes: IntArray

    @classmethod
    def of(cls, words: Words, alternatives: Sequence[Alternative], numbers: Dict[str, int]) -> "_Lattice":
        """Build the lattice; words that have no number yet get one."""
        arcs = [(i, i + 1, word, -1) for i, word in enumerate(words)]
        ends = [(i, 1) for i in range(len(words) + 1)]  # states inside an alternative come before its end
        for number, one in enumerate(alternatives):
            inner = range(len(ends), len(ends) + len(one.words) - 1)
            ends += [(one.end, 0)] * len(inner)
            arcs += zip((one.first, *inner), (*inner, one.end), one.words, (number, *[-1] * len(inner)))
        order = np.array(sorted(range(len(ends)), key=lambda state: ends[state]))
        columns = list(zip(*arcs)) or [()] * 4
        columns[2] = tuple(numbers.setdefault(word, len(numbers)) for word in columns[2])
        return cls(order, len(words), *(np.array(column, np.int32) for column in columns))

    @property
    def prices(self) -> IntArray:
        """The cost of the alternative that begins with each arc ``(A,)``."""
        return (self.takes >= 0).astype(np.int32)


def _costs(reference: _Lattice, hypothesis: _Lattice, error: int) -> IntArray:
    """Return the least cost up to each state of the hypothesis and of the reference, int32 ``(S, R)``."""
    costs = np.full((len(hypothesis.order), len(reference.order)), np.iinfo(np.int32).max // 2, np.int32)
    costs[0, 0] = 0
    prices, price = reference.prices, np.int32(error)
    own_prices, end = hypothesis.prices, reference.num_words
    for state in hypothesis.order:
        column = costs[state]
        for arc in np.flatnonzero(hypothesis.dst == state):
            before = costs[hypothesis.src[arc]] + own_prices[arc]
            np.minimum(column, before + price, out=column)
            paired = before[reference.src] + prices + price * (reference.words != hypothesis.words[arc])
            np.minimum(column[1 : end + 1], paired[:end], out=column[1 : end + 1])
            np.minimum.at(column, reference.dst[end:], paired[end:])
        _delete(column, reference, price)
    return costs


def _delete(column: IntArray, reference: _Lattice, price: np.int32) -> None:
    """Lower the costs at states of the reference ``(R,)`` to those of the states before with words deleted."""
    main = slice(reference.num_words + 1)
    ramp = price * np.arange(reference.num_words + 1, dtype=np.int32)
    src, dst, prices = (part[reference.num_words :] for part in (reference.src, reference.dst, reference.prices))
    is_lower = True
    while is_lower:
        column[main] = np.minimum.accumulate(column[main] - ramp) + ramp
        deleted = column[src] + prices + price
        is_lower = bool((deleted < column[dst]).any())
        np.minimum.at(column, dst, deleted)


def _taken(reference: _Lattice, hypothesis: _Lattice, costs: IntArray, error: int) -> Tuple[Set[int], Set[int]]:
    """Return the numbers of the alternatives on the cheapest path, followed from its end."""
    taken: Tuple[Set[int], Set[int]] = set(), set()
    i, j = reference.num_words, hypothesis.num_words
    while i or j:
        own, other = _step_back(reference, hypothesis, costs, error, (i, j))
        for lattice, arc, numbers in ((reference, own, taken[0]), (hypothesis, other, taken[1])):
            if arc >= 0 and lattice.takes[arc] >= 0:
                numbers.add(int(lattice.takes[arc]))
        i = int(reference.src[own]) if own >= 0 else i
        j = int(hypothesis.src[other]) if other >= 0 else j
    return taken


def _step_back(
    reference: _Lattice, hypothesis: _Lattice, costs: IntArray, error: int, states: Tuple[int, int]
) -> Tuple[int, int]:
    """Return the last arcs of the reference and of the hypothesis on the cheapest path to two states; -1 for none."""
    i, j = states
    own, other = (np.append(np.flatnonzero(one.dst == at), -1) for one, at in ((reference, i), (hypothesis, j)))
    src = [np.where(arcs >= 0, one.src[arcs], at) for one, arcs, at in ((reference, own, i), (hypothesis, other, j))]
    prices = [np.where(arcs >= 0, one.prices[arcs], 0) for one, arcs in ((reference, own), (hypothesis, other))]
    same = (reference.words[own] == hypothesis.words[other][:, None]) & (own >= 0) & (other >= 0)[:, None]
    found = costs[src[1][:, None], src[0]] + prices[0] + prices[1][:, None] + np.where(same, 0, error)
    found[-1, -1] = np.iinfo(np.int32).max  # a step has an arc
    best_other, best_own = np.unravel_index(found.argmin(), found.shape)
    return int(own[best_own]), int(other[best_other])
