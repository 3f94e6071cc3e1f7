"""How sure the words of a transcript are: their posteriors in the word lattice, with what the list pays and without.

A bonus makes a phrase likelier and its posterior with it, whether it was said or not: such a posterior is no
confidence. So it is computed again without adaptive boosting, each phrase at the price of any one of its list.
"""

from dataclasses import dataclass
from typing import List

import k2
import numpy as np
import torch

from wfst_bias.decode.nbest import Hypothesis
from wfst_bias.decode.unambiguous import forward_scores
from wfst_bias.decode.word_lattice import NO_PHRASE, NO_WORD, WordLattice
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.wfst import NO_SCORE, from_arcs

# The terms were weighed to find the best path, and are too sure of it. Tuned on real speech of one speaker.
SCALE = 0.5


@dataclass(frozen=True)
class Confidence:
    """Of a word.

    Args:
      plain: posterior without boost, bonus and weight.
      boosted: with them, as it was searched.
    """

    plain: float
    boosted: float


def word_confidences(lattice: WordLattice, hypothesis: Hypothesis, gate: int, graph: DecodingGraph) -> List[Confidence]:
    """Of each word of a path of a lattice.

    All paths count that say the word between the words before and behind it (the sum of posteriors over what overlaps
    in time, Wessel et al. 2001), and of each word sequence the best path only.
    """
    arcs = np.array(hypothesis.arcs)
    arcs = arcs[lattice.words[arcs] != NO_WORD]
    boosted = lattice.scores.astype(np.float64)
    plain = lattice.terms[:, [0, 2]].sum(axis=1, dtype=np.float64) + _unpaid(lattice, graph, gate)
    times = _times(lattice)
    before = np.concatenate([[-1.0], times[lattice.dst[arcs]][:-1]])
    behind = np.concatenate([times[lattice.dst[arcs]][1:], [np.inf]])
    told = times[lattice.dst]
    # of words that are told in the same frame, those of a phrase, each has that frame
    near = (told >= before[:, None]) & (told <= behind[:, None]) & (lattice.words == lattice.words[arcs][:, None])
    sums = [np.minimum(near @ _posteriors(lattice, scores), 1.0) for scores in (plain, boosted)]
    return [Confidence(*pair) for pair in zip(*(values.tolist() for values in sums))]


def _unpaid(lattice: WordLattice, graph: DecodingGraph, gate: int) -> np.ndarray:
    """The list's term of each arc without bonus and weight, nats ``(A,)``; never above what it was."""
    num_phrases = sum(len(part.entities) for part in graph.lists_of(gate))
    price = ClassConfig().entry_score(max(num_phrases, 1))
    has_list = (lattice.phrases != NO_PHRASE) & (lattice.terms[:, 3] != 0)
    return np.where(has_list, np.minimum(lattice.terms[:, 3], price), lattice.terms[:, 3])


def _times(lattice: WordLattice) -> np.ndarray:
    """Frames before each state ``(S,)``, the same by all paths."""
    final = np.full(lattice.num_states, NO_SCORE)
    final[-1] = 0.0
    ones = np.ones(lattice.num_arcs)
    return forward_scores(from_arcs(0, lattice.src, lattice.dst, ones, ones, np.diff(lattice.splits), final))


def _posteriors(lattice: WordLattice, scores: np.ndarray) -> np.ndarray:
    """Of each arc, in a lattice with these scores, ``(A,)``."""
    arcs = np.stack(
        [lattice.src, lattice.dst, lattice.words, (SCALE * scores).astype(np.float32).view(np.int32)], axis=1
    )
    arcs[lattice.dst == lattice.num_states - 1, 2] = -1
    fsa = k2.create_fsa_vec([k2.Fsa(torch.from_numpy(arcs.astype(np.int32)))])
    return fsa.get_arc_post(use_double_scores=True, log_semiring=True).exp().numpy()
