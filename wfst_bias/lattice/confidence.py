"""How sure the words of a transcript are: their posteriors in the word lattice, with what the list pays and without.

A bonus makes a phrase likelier and its posterior with it, whether it was spoken or not: such a posterior is no
confidence. So it is computed again without adaptive boosting, each phrase at the price of any one of its list.
"""

from dataclasses import dataclass
from itertools import islice
from typing import List, Sequence, Tuple

import numpy as np
import torch

from wfst_bias.core.types import FloatArray
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.lattice.batch import LatticeBatch
from wfst_bias.lattice.word_lattice import NO_PHRASE
from wfst_bias.lattice.word_places import LatticeCopies, LatticeText, WordPlaces, word_places

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


def confidences_of(texts: Sequence[LatticeText], graph: DecodingGraph) -> List[List[Confidence]]:
    """The confidence of each word of some texts: the share of the lattice with it between the words around it.

    That is the sum of posteriors over what overlaps in time (Wessel et al. 2001), of each word sequence by its best
    path only. Paths outside of the beam have other words: they count as one path at the beam's edge, without which
    a word that has no competitor within the beam would have 1. A word that the lattice does not have there has 0.

    Args:
      graph: of the search.
    """
    found = [[Confidence(0.0, 0.0)] * len(text.words) for text in texts]
    placed = [number for number, text in enumerate(texts) if text.words and text.lattice.num_arcs]
    if placed:
        some = [texts[number] for number in placed]
        lattices = LatticeBatch.of([text.lattice for text in some])
        places = word_places(some, lattices, graph.words)
        beams = np.array([text.lattice.beam for text in some])
        plain = lattices.terms[:, [0, 2]].sum(axis=1, dtype=np.float64) + _unpaid(lattices, graph)
        shares = _shares(lattices, beams, [plain, lattices.scores], places)
        pairs = zip(*(values.tolist() for values in shares))
        for number in placed:
            found[number] = [Confidence(*pair) for pair in islice(pairs, len(found[number]))]
    return found


def _unpaid(lattices: LatticeBatch, graph: DecodingGraph) -> FloatArray:
    """The list's term of each arc without bonus and weight, nats ``(A,)``; never above what it was.

    The prior is that of the list's class, as the graph was compiled; it stands for the n-grams of a class that the
    language model knows.
    """
    paid = lattices.terms[:, 3].astype(np.float64)
    has_list = (lattices.phrases != NO_PHRASE) & (paid != 0)
    paid[has_list] = np.minimum(paid[has_list], graph.entry_scores[lattices.phrases[has_list]])
    return paid


def _shares(
    lattices: LatticeBatch, beams: FloatArray, scores: Sequence[FloatArray], places: WordPlaces
) -> List[FloatArray]:
    """The posteriors of the paths with a word in each of some places ``(W,)``, for each of some scores.

    Args:
      beams: of the lattices, nats ``(N,)``.
      scores: of their arcs, nats ``(A,)`` each.
    """
    scaled = [SCALE * some for some in scores]
    whole, best = _totals(LatticeCopies.whole(lattices), scaled, with_best=True)
    others, _ = _totals(LatticeCopies.without(lattices, places), scaled)
    shares = []
    for all_paths, top, without in zip(whole, best, others):
        cut_off = np.exp(top - SCALE * beams - all_paths)
        share = (1.0 - np.exp(without - all_paths[places.owner])).clip(min=0.0)
        shares.append(share / (1.0 + cut_off[places.owner]))
    return shares


def _totals(
    copies: LatticeCopies, scores: Sequence[FloatArray], with_best: bool = False
) -> Tuple[FloatArray, FloatArray]:
    """The total score of each of some lattices, nats, for each of some scores ``(A,)``: ``(len(scores), K)``.

    Returns:
      the totals of all paths, and those of the best path, where they are wanted.
    """
    totals: List[FloatArray] = []
    best: List[FloatArray] = []
    for some in copies:
        # the same lattices with each of the scores
        fsas = some.repeated(len(scores)).fsas()
        fsas.scores = torch.cat([some.scores(own) for own in scores])
        for found, log_semiring in ((totals, True), (best, False))[: 1 + with_best]:
            total = fsas.get_tot_scores(use_double_scores=True, log_semiring=log_semiring).numpy()
            found.append(total.reshape(len(scores), -1))
    return np.concatenate(totals, axis=1), np.concatenate(best or totals, axis=1)
