"""Token graphs of texts: the pieces of each text in sequence, each in any of its pronunciations.

A piece is a word or a phrase. The boundary between words, where the units have one, is optional between two pieces,
before the first and after the last. An unpronounceable piece is one phone or more of any kind.
"""

from dataclasses import dataclass
from itertools import chain
from typing import Dict, Sequence, Tuple

import numpy as np

from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.fst.wfst import NO_SCORE, Wfst, from_arcs
from wfst_bias.g2p.g2g import ScoredPronunciation
from wfst_bias.lang.units import Units


def token_graph(texts: Sequence[Sequence[Tuple[ScoredPronunciation, ...]]], units: Units) -> Tuple[Wfst, IntArray]:
    """Return the concatenated graphs of texts, and the text of each state ``(S,)``.

    Column ``len(units.tokens)`` of the emissions is any phone; an output label is the number of a piece, from 1.

    ::

        E0 --first token--> ... --last token--> E1 --first token--> ... --last token--> E2 (final)
        E0 --boundary--> B0     B0 --first token--> as from E0      E2 --boundary--> B2 (final)
    """
    numbers: Dict[Tuple[ScoredPronunciation, ...], int] = {}
    piece = np.array([numbers.setdefault(some, len(numbers)) for text in texts for some in text], np.int64)
    num_pieces = np.fromiter(map(len, texts), np.int64, len(texts))
    states, tokens = _laid_out(piece, num_pieces, _PronunciationTable.of(list(numbers), units))
    arcs, scores = [tokens.arcs], [tokens.score]

    goes_on = tokens.label == len(units.tokens)  # any phone, and more of them
    arcs.append(np.stack([tokens.dst, tokens.dst, tokens.label, tokens.piece])[:, goes_on])
    scores.append(np.zeros(goes_on.sum()))
    end = states.begin + 2 * num_pieces
    finals = [end]
    for boundary in units.edge:
        edges = np.repeat(states.begin, num_pieces + 1) + 2 * _within(num_pieces + 1)
        arcs.append(np.stack([edges, edges + 1, np.full_like(edges, boundary), np.zeros_like(edges)]))
        arcs.append(np.stack([tokens.src + 1, tokens.dst, tokens.label, tokens.piece])[:, tokens.is_first])
        scores += [np.zeros(len(edges)), tokens.score[tokens.is_first]]
        finals.append(end + 1)
    final = np.full(int(states.count.sum()), NO_SCORE)
    final[np.concatenate(finals)] = 0.0
    src, dst, label, number = np.concatenate(arcs, axis=1)
    graph = from_arcs(0, src, dst, label, number, np.concatenate(scores), final)
    return graph, np.repeat(np.arange(len(texts)), states.count)


@dataclass(frozen=True)
class _States:
    """The first state and the number of states of each text ``(N,)``; E and B of all its pieces are the first ones."""

    begin: IntArray
    count: IntArray


@dataclass(frozen=True)
class _TokenArcs:
    """Arcs of the tokens of all pronunciations in all texts ``(A,)``.

    Args:
      src, dst, label, score: of each arc.
      piece: its number in the text, from 1.
      is_first: whether the token begins a pronunciation.
    """

    src: IntArray
    dst: IntArray
    label: IntArray
    score: FloatArray
    piece: IntArray
    is_first: BoolArray

    @property
    def arcs(self) -> IntArray:
        """``(4, A)``."""
        return np.stack([self.src, self.dst, self.label, self.piece])


def _laid_out(piece: IntArray, num_pieces: IntArray, table: "_PronunciationTable") -> Tuple[_States, _TokenArcs]:
    """Number the states of each text and write the tokens of its pieces between them.

    Args:
      piece: the row of the table of each piece of each text ``(P,)``.
      num_pieces: of each text ``(N,)``.
    """
    num_texts = len(num_pieces)
    text = np.repeat(np.arange(num_texts), num_pieces)
    position = _within(num_pieces)
    # each pronunciation of each piece, and each of its tokens
    use_piece = np.repeat(np.arange(len(piece)), table.count[piece])
    used = table.first[piece][use_piece] + _within(table.count[piece])
    length = table.length[used]
    num_inner = np.bincount(text[use_piece], length - 1, num_texts).astype(np.int64)
    num_states = 2 * (num_pieces + 1) + num_inner
    begin = np.cumsum(num_states) - num_states
    inner = (begin + 2 * (num_pieces + 1) - (np.cumsum(num_inner) - num_inner))[text[use_piece]]
    inner += np.cumsum(length - 1) - (length - 1)
    before = (begin[text] + 2 * position)[use_piece]  # E; B is the next state, and E after the piece the one after B

    use, index = np.repeat(np.arange(len(used)), length), _within(length)
    is_first, is_last = index == 0, index == length[use] - 1
    return _States(begin, num_states), _TokenArcs(
        src=np.where(is_first, before[use], inner[use] + index - 1),
        dst=np.where(is_last, before[use] + 2, inner[use] + index),
        label=table.tokens[table.begin[used][use] + index],
        score=np.where(is_first, table.score[used][use], 0.0),
        piece=position[use_piece][use] + 1,
        is_first=is_first,
    )


def _within(counts: IntArray) -> IntArray:
    """Return ``0 ... count - 1`` for each count."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


@dataclass(frozen=True)
class _PronunciationTable:
    """The pronunciations of some pieces.

    Args:
      first, count: the first pronunciation and the number of pronunciations of each piece ``(P,)``.
      begin, length, score: the first token, the number of tokens and the score of each pronunciation ``(W,)``.
      tokens: of all pronunciations ``(U,)``.
    """

    first: IntArray
    count: IntArray
    begin: IntArray
    length: IntArray
    score: FloatArray
    tokens: IntArray

    @classmethod
    def of(cls, pieces: Sequence[Tuple[ScoredPronunciation, ...]], units: Units) -> "_PronunciationTable":
        ids = units.tokens.ids
        any_phone = [([len(ids)], 0.0)]
        some = [[([ids[unit] for unit in one], score) for one, score in piece] or any_phone for piece in pieces]
        count = np.fromiter(map(len, some), np.int64, len(some))
        flat = list(chain.from_iterable(some))
        length = np.fromiter((len(one) for one, _ in flat), np.int64, len(flat))
        return cls(
            first=np.cumsum(count) - count,
            count=count,
            begin=np.cumsum(length) - length,
            length=length,
            score=np.fromiter((score for _, score in flat), np.float64, len(flat)),
            tokens=np.fromiter(chain.from_iterable(one for one, _ in flat), np.int64, int(length.sum())),
        )
