"""How sure the words of a transcript are: their posteriors in the word lattice, with what the list pays and without.

A bonus makes a phrase likelier and its posterior with it, whether it was spoken or not: such a posterior is no
confidence. So it is computed again without adaptive boosting, each phrase at the price of any one of its list.
"""

from dataclasses import dataclass
from typing import List, Optional, Sequence

import k2
import numpy as np

from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.lattice.word_lattice import NO_PHRASE, WordLattice
from wfst_bias.lattice.word_places import arcs_in_place, without

# The terms were weighed to find the best path, and are too sure of it. Tuned on real speech of one speaker.
SCALE = 0.5


@dataclass(frozen=True)
class Confidence:
    """The confidence of a word: the share of the lattice that has it.

    Args:
      plain: posterior without boost, bonus and weight.
      boosted: posterior with boost, bonus and weight, as in the search.
    """

    plain: float
    boosted: float


def word_confidences(
    lattice: WordLattice, texts: Sequence[str], graph: DecodingGraph, path: Optional[IntArray] = None
) -> List[Confidence]:
    """The confidence of each word of a transcript: the share of the lattice with it between the words around it.

    That is the sum of posteriors over what overlaps in time (Wessel et al. 2001), of each word sequence by its best
    path only. Paths outside of the beam have other words: they count as one path at the beam's edge, without which
    a word that has no competitor within the beam would have 1. A word that the lattice does not have there has 0.

    Args:
      texts: the transcript.
      graph: of the search.
      path: arcs of the lattice's path with the transcript, where that is known.
    """
    if not texts:
        return []
    if not lattice.num_arcs:
        return [Confidence(0.0, 0.0)] * len(texts)
    in_place = arcs_in_place(lattice, texts, graph.words, path)
    plain = lattice.terms[:, [0, 2]].sum(axis=1, dtype=np.float64) + _unpaid(lattice, graph)
    shares = [_shares(lattice, scores, in_place) for scores in (plain, lattice.scores)]
    return [Confidence(*pair) for pair in zip(*(values.tolist() for values in shares))]


def _unpaid(lattice: WordLattice, graph: DecodingGraph) -> FloatArray:
    """The list's term of each arc without bonus and weight, nats ``(A,)``; never above what it was.

    The prior is that of the list's class, as the graph was compiled; it stands for the n-grams of a class that the
    language model knows.
    """
    paid = lattice.terms[:, 3].astype(np.float64)
    has_list = (lattice.phrases != NO_PHRASE) & (paid != 0)
    paid[has_list] = np.minimum(paid[has_list], graph.entry_scores[lattice.phrases[has_list]])
    return paid


def _shares(lattice: WordLattice, scores: FloatArray, in_place: BoolArray) -> FloatArray:
    """The posteriors of the paths with one of some arcs ``(W, A)``, ``(W,)``.

    Args:
      scores: of the arcs, nats ``(A,)``.
    """
    scores = SCALE * scores
    (all_paths,) = without(lattice, scores, np.zeros((1, lattice.num_arcs), bool))
    whole, best = _totals(all_paths, True), _totals(all_paths, False)
    others = np.concatenate([_totals(fsas, True) for fsas in without(lattice, scores, in_place)])
    cut_off = np.exp(best - SCALE * lattice.beam - whole)
    shares: FloatArray = (1.0 - np.exp(others - whole)).clip(min=0.0) / (1.0 + cut_off)
    return shares


def _totals(fsas: k2.Fsa, log_semiring: bool) -> FloatArray:
    """The total score of each of some lattices, nats ``(K,)``."""
    totals: FloatArray = fsas.get_tot_scores(use_double_scores=True, log_semiring=log_semiring).numpy()
    return totals
