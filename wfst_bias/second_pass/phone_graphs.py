"""What may be said in some texts, as graphs for the emissions of a phone network, all texts of a batch at once.

A text is pieces (words or phrases) one behind the other, each with the ways to say it. The network's boundary of words,
if it has one, may stand between two of them, before the first and behind the last, or not. A piece that nobody can
say is any phones, one at least, each as likely as all the others.
"""

import math
from dataclasses import dataclass
from itertools import chain
from typing import Dict, List, Optional, Sequence, Tuple

import k2
import numpy as np
import torch

from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.decode.arcs import arc_bounds
from wfst_bias.fst.ctc import FINAL_LABEL, ctc_product, ctc_states
from wfst_bias.fst.wfst import NO_SCORE, Wfst, from_arcs
from wfst_bias.g2p.g2g import ScoredPronunciation
from wfst_bias.lang.units import Units
from wfst_bias.second_pass.pronunciations import Piece

# A token must be able to lose, but k2 aborts the process on scores beyond about 1e7 in magnitude.
_LOWEST = -30.0
_SCORE_BEAM = 20.0  # nats; what is left out of a sum is smaller than single precision
_ALIGNMENT_BEAM = 1.0  # nats; one path is read


def phone_emissions(emissions: Emissions, units: Units) -> Emissions:
    """What a model says in phones: its phone head, where it has one.

    Raises:
      InputError: these are other phones than ``units``.
    """
    phones = emissions.phones or emissions
    if phones.tokens.checksum != units.tokens.checksum:
        raise InputError(
            "what is heard behind the search has other tokens than the phones of the lexicon; name a phone network "
            "(--phone-model hama), or its own lang folder (--phone-lang)"
        )
    return phones


def text_scores(
    texts: Sequence[Sequence[Piece]], utterance: Sequence[int], phones: Emissions, units: Units
) -> torch.Tensor:
    """Log-probability that the network wrote one of the ways to say each text, summed over ways and alignments.

    A text for which its utterance has too few frames gets what no other text can be below: each frame at the floor
    of the emissions.

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

    piece: np.ndarray
    is_boundary: np.ndarray
    gap: np.ndarray

    def gap_of(self, first: int, end: int) -> float:
        """That of some pieces, and of the frames between them and those before and behind, nats."""
        frames = np.flatnonzero(self.piece >= 0)
        bounds = np.searchsorted(self.piece[frames], (first, end))
        begin = frames[bounds[0] - 1] + 1 if bounds[0] else 0
        stop = frames[bounds[1]] if bounds[1] < len(frames) else len(self.gap)
        return float(self.gap[begin:stop].sum())


def alignments(texts: Sequence[Sequence[Piece]], phones: Emissions, units: Units) -> List[Optional[Alignment]]:
    """Each utterance aligned with its text, one each; none where it has too few frames for it."""
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


def _alignment(labels: np.ndarray, pieces: np.ndarray, gap: np.ndarray, units: Units) -> Alignment:
    """Of a path: the tokens that its arcs read, the number of the piece, from 1, of which each arc begins a token, and its gap."""
    last_begun = np.maximum.accumulate(np.where(pieces > 0, np.arange(len(pieces)), 0))
    is_boundary = np.isin(labels, units.edge)
    speaks = (labels != BLANK_ID) & ~is_boundary
    return Alignment(np.where(speaks, pieces[last_begun].astype(np.int64) - 1, -1), is_boundary, gap)


def _intersected(
    texts: Sequence[Sequence[Piece]], utterance: Sequence[int], phones: Emissions, units: Units, beam: float
) -> Tuple[k2.Fsa, torch.Tensor]:
    """Lattices of the texts, and which text each is of ``(H,)``; k2 wants the longest utterance first."""
    by_length = torch.argsort(phones.lengths, descending=True, stable=True)
    place = torch.argsort(by_length)
    text_place = place[torch.as_tensor(utterance, dtype=torch.int64)]
    order = torch.argsort(text_place, stable=True)
    lengths = phones.lengths[by_length]
    segments = torch.stack([by_length, torch.zeros_like(lengths), lengths], dim=1).to(torch.int32)
    dense = k2.DenseFsaVec(_columns(phones.log_probs, units), segments)
    graphs = phone_graphs([[piece.ways for piece in texts[i]] for i in order.tolist()], units)
    device = phones.log_probs.device
    lattices = k2.intersect_dense(
        graphs.to(device), dense, output_beam=beam, a_to_b_map=text_place[order].to(torch.int32).to(device)
    )
    return lattices, order


def _columns(log_probs: torch.Tensor, units: Units) -> torch.Tensor:
    """The emissions, and behind them the mean probability of a phone ``(N, T, V + 1)``."""
    is_phone = torch.ones(len(units.tokens), dtype=torch.bool, device=log_probs.device)
    is_phone[[BLANK_ID, *units.edge]] = False
    any_phone = torch.logsumexp(log_probs[..., is_phone], dim=-1, keepdim=True) - math.log(int(is_phone.sum()))
    return torch.cat([log_probs, any_phone], dim=-1).clamp(min=_LOWEST)


def phone_graphs(texts: Sequence[Sequence[Tuple[ScoredPronunciation, ...]]], units: Units) -> k2.Fsa:
    """Graphs of the ways of the pieces of some texts, with the CTC topology, arcs sorted.

    Column ``len(units.tokens)`` of the emissions is any phone.

    Returns:
      FsaVec ``[text][state][arc]``; ``piece`` of an arc with which a token begins is the number of its piece, from 1.
    """
    graph, owner = token_graph(texts, units)
    num_columns = len(units.tokens) + 1
    states, _ = ctc_states(graph.num_states, graph.dst, graph.ilabel)
    table = ctc_product(graph, num_columns)
    # the texts stand one behind the other; each of them gets a last state of its own
    num_states = np.bincount(owner[states.owner], minlength=len(texts))
    first = np.cumsum(num_states) - num_states
    text = np.repeat(np.arange(len(texts)), num_states)[table.arcs[:, 0]]
    arcs = table.arcs.copy()
    arcs[:, 0] -= first[text].astype(np.int32)
    arcs[:, 1] = np.where(arcs[:, 2] == FINAL_LABEL, num_states[text], arcs[:, 1] - first[text])
    splits = lambda counts: np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    header = np.array([len(texts), 0], np.int32)
    arc_splits = splits(np.bincount(text, minlength=len(texts)))
    fsas = k2.Fsa(torch.from_numpy(np.concatenate([header, splits(num_states + 1), arc_splits, arcs.ravel()])))
    fsas.piece = torch.from_numpy(table.olabels)
    return k2.arc_sort(fsas)


def token_graph(texts: Sequence[Sequence[Tuple[ScoredPronunciation, ...]]], units: Units) -> Tuple[Wfst, np.ndarray]:
    """The graphs without the CTC topology, one behind the other, and which text each state is of ``(S,)``.

    ::

        E0 --first token--> ... --last token--> E1 --first token--> ... --last token--> E2 (final)
        E0 --boundary--> B0     B0 --first token--> as from E0      E2 --boundary--> B2 (final)
    """
    numbers: Dict[Tuple[ScoredPronunciation, ...], int] = {}
    piece = np.array([numbers.setdefault(ways, len(numbers)) for text in texts for ways in text], np.int64)
    ways = _WayTable.of(list(numbers), units)
    num_pieces = np.fromiter(map(len, texts), np.int64, len(texts))
    text = np.repeat(np.arange(len(texts)), num_pieces)
    position = _within(num_pieces)

    # each way of each piece, and each of its tokens
    use_piece = np.repeat(np.arange(len(piece)), ways.count[piece])
    use_way = ways.first[piece][use_piece] + _within(ways.count[piece])
    length = ways.length[use_way]
    num_inner = np.bincount(text[use_piece], length - 1, len(texts)).astype(np.int64)
    num_states = 2 * (num_pieces + 1) + num_inner
    begin = np.cumsum(num_states) - num_states
    inner = (begin + 2 * (num_pieces + 1) - (np.cumsum(num_inner) - num_inner))[text[use_piece]]
    inner += np.cumsum(length - 1) - (length - 1)
    before = (begin[text] + 2 * position)[use_piece]  # E; B is the next one, and E behind the piece the one after

    use, index = np.repeat(np.arange(len(use_way)), length), _within(length)
    is_first, is_last = index == 0, index == length[use] - 1
    token = ways.tokens[ways.begin[use_way][use] + index]
    src = np.where(is_first, before[use], inner[use] + index - 1)
    dst = np.where(is_last, before[use] + 2, inner[use] + index)
    score = np.where(is_first, ways.score[use_way][use], 0.0)
    number = position[use_piece][use] + 1
    arcs = [np.stack([src, dst, token, number])]
    scores = [score]

    goes_on = token == len(units.tokens)  # any phone, and more of them
    arcs.append(np.stack([dst, dst, token, number])[:, goes_on])
    scores.append(np.zeros(goes_on.sum()))
    end = begin + 2 * num_pieces
    finals = [end]
    for boundary in units.edge:
        edges = np.repeat(begin, num_pieces + 1) + 2 * _within(num_pieces + 1)
        arcs.append(np.stack([edges, edges + 1, np.full_like(edges, boundary), np.zeros_like(edges)]))
        arcs.append(np.stack([src + 1, dst, token, number])[:, is_first])
        scores += [np.zeros(len(edges)), score[is_first]]
        finals.append(end + 1)
    final = np.full(int(num_states.sum()), NO_SCORE)
    final[np.concatenate(finals)] = 0.0
    src, dst, token, number = np.concatenate(arcs, axis=1)
    return from_arcs(0, src, dst, token, number, np.concatenate(scores), final), np.repeat(
        np.arange(len(texts)), num_states
    )


def _within(counts: np.ndarray) -> np.ndarray:
    """``0 ... count - 1`` for each count."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


@dataclass(frozen=True)
class _WayTable:
    """The ways of some pieces.

    Args:
      first, count: the first way and the number of ways of each piece ``(P,)``.
      begin, length, score: the first token, the number of tokens and the score of each way ``(W,)``.
      tokens: of all ways ``(U,)``.
    """

    first: np.ndarray
    count: np.ndarray
    begin: np.ndarray
    length: np.ndarray
    score: np.ndarray
    tokens: np.ndarray

    @classmethod
    def of(cls, pieces: Sequence[Tuple[ScoredPronunciation, ...]], units: Units) -> "_WayTable":
        ids = units.tokens.ids
        any_phone = (([len(ids)], 0.0),)
        some = [[([ids[unit] for unit in way], score) for way, score in ways] or any_phone for ways in pieces]
        count = np.fromiter(map(len, some), np.int64, len(some))
        flat = list(chain.from_iterable(some))
        length = np.fromiter((len(way) for way, _ in flat), np.int64, len(flat))
        return cls(
            first=np.cumsum(count) - count,
            count=count,
            begin=np.cumsum(length) - length,
            length=length,
            score=np.fromiter((score for _, score in flat), np.float64, len(flat)),
            tokens=np.fromiter(chain.from_iterable(way for way, _ in flat), np.int64, int(length.sum())),
        )
