"""Texts against the emissions of a phone network: scores and alignments of all texts of a batch at once.

The graphs are those of :mod:`wfst_bias.second_pass.text_graphs`; any phone has the mean probability of all phones.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, List, Optional, Sequence, Tuple, Union

import numpy as np
import torch

from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.decode.arcs import arc_bounds
from wfst_bias.fst.ctc import FINAL_LABEL, ctc_product, ctc_states
from wfst_bias.g2p.g2g import ScoredPronunciation
from wfst_bias.lang.units import Units
from wfst_bias.second_pass.pronunciations import Piece
from wfst_bias.second_pass.text_graphs import token_graph

if TYPE_CHECKING:
    import k2

# Floor of the emissions: k2 aborts the process on scores beyond about 1e7 in magnitude.
_LOWEST = -30.0
_SCORE_BEAM = 20.0  # nats; what is left out of a sum is smaller than single precision
_ALIGNMENT_BEAM = 1.0  # nats; one path is read


def phone_emissions(emissions: Emissions, units: Units) -> Emissions:
    """Return the emissions in phones: of the phone head of a model, where it has one.

    Raises:
      InputError: these are other phones than ``units``.
    """
    phones = emissions.phones or emissions
    if phones.tokens.checksum != units.tokens.checksum:
        raise InputError(
            "the emissions of the second pass have other tokens than the phones of the lexicon; name a phone network "
            "(--phone-model hama), or its own lang folder (--phone-lang)"
        )
    return phones


def text_scores(
    texts: Sequence[Sequence[Piece]], utterance: Union[Sequence[int], IntArray], phones: Emissions, units: Units
) -> torch.Tensor:
    """Return the log-probability of each text by the network, summed over pronunciations and alignments.

    A text for which its utterance has too few frames gets the least possible score: each frame at the floor of the
    emissions.

    Args:
      texts: the pieces of each text.
      utterance: which utterance each text is of ``(H,)``.
      phones: emissions of the batch.
      units: of the network.

    Returns:
      nats, float64 ``(H,)`` on the CPU.
    """
    scores = torch.empty(len(texts), dtype=torch.float64)
    if len(texts):
        lattices, order = _intersected(texts, utterance, phones, units, _SCORE_BEAM)
        scores[order] = lattices.get_tot_scores(use_double_scores=True, log_semiring=True).cpu()
    floor = _LOWEST * phones.lengths[torch.as_tensor(utterance, dtype=torch.int64)].double()
    return torch.maximum(scores, floor)


@dataclass(frozen=True)
class Alignment:
    """The best path of a text.

    Args:
      piece: which piece each frame is of, int64 ``(T,)``; -1 for blank and the boundaries of words.
      is_boundary: the frames of these boundaries, bool ``(T,)``.
      gap: its score in each frame against the best token, nats, 0 or below ``(T,)``.
    """

    piece: IntArray
    is_boundary: BoolArray
    gap: FloatArray

    def gap_of(self, first: int, end: int) -> float:
        """Return the gap of some pieces, of the frames between, before and after them, nats."""
        frames = np.flatnonzero(self.piece >= 0)
        bounds = np.searchsorted(self.piece[frames], (first, end))
        begin = frames[bounds[0] - 1] + 1 if bounds[0] else 0
        stop = frames[bounds[1]] if bounds[1] < len(frames) else len(self.gap)
        return float(self.gap[begin:stop].sum())


def alignments(texts: Sequence[Sequence[Piece]], phones: Emissions, units: Units) -> List[Optional[Alignment]]:
    """Align each utterance with its text; none where it has too few frames for it."""
    import k2

    if not len(texts):
        return []
    lattices, order = _intersected(texts, range(len(texts)), phones, units, _ALIGNMENT_BEAM)
    best = k2.shortest_path(lattices, use_double_scores=True)
    bounds = arc_bounds(best).tolist()
    labels, pieces, scores = (x.cpu().numpy() for x in (best.labels, best.piece, best.scores))
    tops = phones.log_probs.amax(dim=-1).cpu().numpy()
    found: List[Optional[Alignment]] = [None] * len(texts)
    for text, first, last in zip(order.tolist(), bounds, bounds[1:]):
        if first < last:
            path = slice(first, last - 1)  # all but the arc into the last state
            gap = scores[path] - tops[text, : last - 1 - first]
            found[text] = _alignment(labels[path], pieces[path], gap, units)
    return found


def _alignment(labels: IntArray, pieces: IntArray, gap: FloatArray, units: Units) -> Alignment:
    """Return the alignment of a path.

    Args:
      labels: the token that each arc reads ``(T,)``.
      pieces: the number of the piece, from 1, of which the arc begins a token, else 0 ``(T,)``.
      gap: of each arc, nats ``(T,)``.
    """
    last_begun = np.maximum.accumulate(np.where(pieces > 0, np.arange(len(pieces)), 0))
    is_boundary = np.isin(labels, units.edge)
    is_phone = (labels != BLANK_ID) & ~is_boundary
    return Alignment(np.where(is_phone, pieces[last_begun].astype(np.int64) - 1, -1), is_boundary, gap)


def _intersected(
    texts: Sequence[Sequence[Piece]],
    utterance: Union[Sequence[int], IntArray],
    phones: Emissions,
    units: Units,
    beam: float,
) -> "Tuple[k2.Fsa, torch.Tensor]":
    """Return the lattices of the texts, and the text of each ``(H,)``; k2 wants the longest utterance first."""
    import k2

    by_length = torch.argsort(phones.lengths, descending=True, stable=True)
    place = torch.argsort(by_length)
    text_place = place[torch.as_tensor(utterance, dtype=torch.int64)]
    order = torch.argsort(text_place, stable=True)
    lengths = phones.lengths[by_length]
    segments = torch.stack([by_length, torch.zeros_like(lengths), lengths], dim=1).to(torch.int32)
    dense = k2.DenseFsaVec(_columns(phones.log_probs, units), segments)
    graphs = phone_graphs([[piece.pronunciations for piece in texts[i]] for i in order.tolist()], units)
    device = phones.log_probs.device
    lattices = k2.intersect_dense(
        graphs.to(device), dense, output_beam=beam, a_to_b_map=text_place[order].to(torch.int32).to(device)
    )
    return lattices, order


def _columns(log_probs: torch.Tensor, units: Units) -> torch.Tensor:
    """Append to the emissions the mean probability of a phone ``(N, T, V + 1)``."""
    is_phone = torch.ones(len(units.tokens), dtype=torch.bool, device=log_probs.device)
    is_phone[[BLANK_ID, *units.edge]] = False
    total: torch.Tensor = torch.logsumexp(log_probs[..., is_phone], dim=-1, keepdim=True)
    any_phone = total.sub(math.log(int(is_phone.sum())))
    columns: torch.Tensor = torch.cat([log_probs, any_phone], dim=-1).clamp(min=_LOWEST)
    return columns


def phone_graphs(texts: Sequence[Sequence[Tuple[ScoredPronunciation, ...]]], units: Units) -> "k2.Fsa":
    """Return the graphs of some texts with the CTC topology, arcs sorted.

    Column ``len(units.tokens)`` of the emissions is any phone.

    Returns:
      FsaVec ``[text][state][arc]``; ``piece`` of an arc with which a token begins is the number of its piece, from 1.
    """
    import k2

    graph, owner = token_graph(texts, units)
    num_columns = len(units.tokens) + 1
    states, _ = ctc_states(graph.num_states, graph.dst, graph.ilabel)
    table = ctc_product(graph, num_columns)
    # the texts follow one another; each of them gets a last state of its own
    num_states = np.bincount(owner[states.owner], minlength=len(texts))
    first = np.cumsum(num_states) - num_states
    text = np.repeat(np.arange(len(texts)), num_states)[table.arcs[:, 0]]
    arcs = table.arcs.copy()
    arcs[:, 0] -= first[text].astype(np.int32)
    arcs[:, 1] = np.where(arcs[:, 2] == FINAL_LABEL, num_states[text], arcs[:, 1] - first[text])
    header = np.array([len(texts), 0], np.int32)
    arc_splits = _splits(np.bincount(text, minlength=len(texts)))
    fsas = k2.Fsa(torch.from_numpy(np.concatenate([header, _splits(num_states + 1), arc_splits, arcs.ravel()])))
    fsas.piece = torch.from_numpy(table.olabels)
    return k2.arc_sort(fsas)


def _splits(counts: IntArray) -> IntArray:
    """Return where each part begins, and the end of the last, int32 ``(len(counts) + 1,)``."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
