"""Weighted phone-edit distance: how far the ways to say texts are from the string of phones that a network heard.

The machines are ``heard @ edits @ said``: what was heard may have phones more, less, or others than what was said, at
prices that tell how alike phones sound (:mod:`wfst_bias.g2p.phone_classes`).
"""

from typing import List, Sequence, Tuple

import numpy as np
import pynini

from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.fst.wfst import NO_SCORE, Wfst, from_arcs, from_openfst, to_openfst
from wfst_bias.g2p.g2g import ScoredPronunciation
from wfst_bias.g2p.phone_classes import ANOTHER, phone_distance
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.units import Units
from wfst_bias.second_pass.phone_graphs import token_graph
from wfst_bias.second_pass.pronunciations import Piece

INDEL = 1.0
"""Price of a phone that was heard and not said, or said and not heard."""


class PhoneDistance:
    """Distances in the phones of a network.

    Args:
      units: of the network; the boundaries of words do not count.
      bound: by how many phones more what was heard may be longer or shorter than what was said, anywhere: the
        distance of what is further apart is as if no phone were the same.
    """

    def __init__(self, units: Units, bound: int = 8):
        self._units = Units(units.kind, units.tokens)
        self._boundary = units.boundary
        self._bound = bound
        self._edits = self._edit_transducer()

    def distances(self, heard: Pronunciation, texts: Sequence[Sequence[Piece]]) -> np.ndarray:
        """Between one string of phones and the nearest way to say each text, float64 ``(H,)``.

        What a way is charged is added. A piece that nobody can say is any phones, each at the price of another one.

        Args:
          heard: phones, no boundaries.
        """
        ways = [[self._phones(piece.ways) for piece in text] for text in texts]
        furthest = INDEL * len(heard) + np.array([sum(map(_shortest, text)) for text in ways], float)
        if not ways:
            return furthest
        nearest = np.full(len(texts), np.inf)
        # each text ends in its number, which is all that is left of the paths: the nearest of each number
        found = from_openfst((self._linear(heard) @ self._edits @ self._said(ways)).project("output").rmepsilon())
        if found.num_arcs:
            np.minimum.at(nearest, found.olabel - 1, -(found.score + found.final[found.dst]))
        return np.minimum(nearest, furthest)

    def _phones(self, ways: Sequence[ScoredPronunciation]) -> Tuple[ScoredPronunciation, ...]:
        return tuple((tuple(unit for unit in way if unit != self._boundary), score) for way, score in ways)

    def _linear(self, heard: Pronunciation) -> pynini.Fst:
        tokens = [self._units.tokens[phone] for phone in heard]
        states = np.arange(len(tokens))
        final = np.append(np.full(len(tokens), NO_SCORE), np.float32(0.0))
        return to_openfst(from_arcs(0, states, states + 1, tokens, tokens, np.zeros(len(tokens)), final))

    def _said(self, ways: Sequence[Sequence[Tuple[ScoredPronunciation, ...]]]) -> pynini.Fst:
        """All texts beside each other; behind each its number, from 1, as output."""
        graph, text = token_graph(ways, self._units)
        start, end = graph.num_states, graph.num_states + 1
        first = np.searchsorted(text, np.arange(len(ways)))
        last = np.flatnonzero(np.isfinite(graph.final))
        zeros = np.zeros(len(ways), np.int32)
        final = np.full(end + 1, NO_SCORE)
        final[end] = 0.0
        columns = (
            (graph.src, np.full(len(first), start), last),
            (graph.dst, first, np.full(len(last), end)),
            (graph.ilabel, zeros, zeros),
            (np.zeros(graph.num_arcs), zeros, text[last] + 1),
            (graph.score, zeros, zeros),
        )
        # as few states as can be: hypotheses of an utterance have most of their words in common
        return to_openfst(from_arcs(start, *map(np.concatenate, columns), final)).optimize().arcsort("ilabel")

    def _edit_transducer(self) -> pynini.Fst:
        """A state for each difference in length: its loops take one phone for another, other arcs lead to the next."""
        symbols = self._units.tokens.symbols
        phones = [i for i, symbol in enumerate(symbols) if i != BLANK_ID and symbol != self._boundary]
        any_phone = len(symbols)
        same = [(i, k, phone_distance(symbols[i], symbols[k])) for i in phones for k in phones]
        same += [(i, any_phone, ANOTHER) for i in phones]
        more = [(i, 0, INDEL) for i in phones]
        less = [(0, k, INDEL) for k in (*phones, any_phone)]
        num_states = 2 * self._bound + 1
        arcs: List[np.ndarray] = []
        for edits, step in ((same, 0), (more, 1), (less, -1)):
            states = np.arange(max(0, -step), num_states - max(0, step))
            table = np.tile(np.array(edits), (len(states), 1))
            src = np.repeat(states, len(edits))
            arcs.append(np.column_stack([src, src + step, table]))
        src, dst, ilabel, olabel, price = np.concatenate(arcs).T
        edits: Wfst = from_arcs(self._bound, src, dst, ilabel, olabel, -price, np.zeros(num_states))
        return to_openfst(edits).arcsort("ilabel")


def _shortest(ways: Sequence[ScoredPronunciation]) -> float:
    """Price of all phones of a piece in its cheapest way, and what that is charged; one phone where nobody can say it."""
    return min((INDEL * len(way) - score for way, score in ways), default=INDEL)
