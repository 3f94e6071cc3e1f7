"""The least word errors that any path of a word lattice, or of those of the segments of an utterance, has."""

from typing import Dict, List, Sequence, Tuple

import numpy as np
import pynini

from wfst_bias.core.symbols import SymbolTable
from wfst_bias.core.text import comparable
from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.fst.edits import exchange
from wfst_bias.fst.wfst import NO_SCORE, Wfst, from_arcs, from_openfst, to_openfst
from wfst_bias.lattice.word_lattice import NO_WORD, WordLattice

_MOST_DELETED = 50  # words


def oracle_errors(lattice: WordLattice, reference: Sequence[str], words: SymbolTable) -> int:
    """Errors of the path nearest to a text; those of no word at all where the lattice has no path.

    The edit distance of Mohri, *Edit-distance of weighted automata*, CIAA 2002: the edits are a transducer.
    """
    if not lattice.num_arcs:
        return len(reference)
    paths, wanted, num_labels = _labeled(lattice, reference, words)
    end = np.full(len(wanted) + 1, NO_SCORE)
    end[-1] = 0.0
    text = from_arcs(
        0, np.arange(len(wanted)), np.arange(1, len(wanted) + 1), wanted, wanted, np.zeros(len(wanted)), end
    )
    left, right = exchange(num_labels)
    near = to_openfst(paths) @ left
    best = pynini.shortestpath(near.arcsort("olabel") @ (right @ to_openfst(text)).arcsort("ilabel"))
    return round(float(pynini.shortestdistance(best, reverse=True)[best.start()]))


def oracle_errors_of_segments(
    lattices: Sequence[WordLattice], reference: Sequence[str], words: SymbolTable, most_deleted: int = _MOST_DELETED
) -> int:
    """Errors of the paths nearest to a text, one path of each segment of an utterance.

    It is what :func:`oracle_errors` gives for the lattices one after the other, as long as no segment lacks more than
    ``most_deleted`` words between those that it has.

    Args:
      lattices: of the segments, in their order.
      reference: of the utterance.
    """
    positions, errors = np.zeros(1, np.int64), np.zeros(1)  # of the reference, up to the end of a segment
    for lattice in lattices:
        if lattice.num_arcs:
            longest = int(lattice.longest_path(lattice.words != NO_WORD).max())
            end = min(len(reference), int(positions[-1]) + 2 * longest + most_deleted)
            positions, errors = _after_segment(lattice, positions, errors, reference[:end], words)
    return round(float((errors + len(reference) - positions).min()))


def _after_segment(
    lattice: WordLattice, positions: IntArray, errors: FloatArray, reference: Sequence[str], words: SymbolTable
) -> Tuple[IntArray, FloatArray]:
    """Positions where the reference may go on after a segment, and the least errors up to each, ``(P,)``.

    Args:
      positions, errors: the same before the segment.
    """
    first = int(positions[0])
    paths, wanted, num_labels = _labeled(lattice, reference[first:], words)
    states = np.arange(len(wanted) + 1)
    start, end = len(states), len(states) + 1
    # from the start into each position, along the words, and out of each position, whose number is the output label
    src = np.concatenate([np.full(len(positions), start), states[:-1], states])
    dst = np.concatenate([positions - first, states[1:], np.full(len(states), end)])
    ilabel = np.concatenate([np.zeros(len(positions), int), wanted, np.zeros(len(states), int)])
    olabel = np.concatenate([np.zeros(len(src) - len(states), int), states + 1])
    score = np.concatenate([-errors, np.zeros(len(src) - len(positions))])
    final = np.full(len(states) + 2, NO_SCORE)
    final[end] = 0.0
    left, right = exchange(num_labels)
    text = to_openfst(from_arcs(start, src, dst, ilabel, olabel, score, final))
    edited = (to_openfst(paths) @ left).arcsort("olabel") @ (right @ text).arcsort("ilabel")
    before, after = (
        np.array(list(map(float, pynini.shortestdistance(edited, reverse=backward)))) for backward in (False, True)
    )
    arcs = from_openfst(edited)
    out = arcs.olabel > 0
    least = np.full(len(states), np.inf)
    np.minimum.at(least, arcs.olabel[out] - 1, before[arcs.src[out]] - arcs.score[out] + after[arcs.dst[out]])
    best = int(least.argmin())
    # all others are no better than the best position with words deleted or inserted from there
    useful = (least < least[best] + np.abs(states - best)) | (states == best)
    return states[useful] + first, least[useful]


def _labeled(lattice: WordLattice, reference: Sequence[str], words: SymbolTable) -> Tuple[Wfst, List[int], int]:
    """The paths of a lattice and a text in the same labels, and their number."""
    label_of: Dict[str, int] = {}

    def label(text: str) -> int:
        return label_of.setdefault(comparable(text), len(label_of) + 1)

    found = np.array([label(words.symbols[i]) if i != NO_WORD else 0 for i in lattice.words.tolist()])
    wanted = [label(text) for text in reference]
    return lattice.machine(found, found, np.zeros(len(found))), wanted, len(label_of)
