"""Weighted phone-edit distance between the pronunciations of texts and the phone string of a network.

The composition is ``phone string @ edits @ texts``; phones are inserted, deleted, or substituted at prices that are
their phonetic distances (:mod:`wfst_bias.g2p.phone_classes`).
"""

from typing import Sequence, Tuple

import numpy as np
import pynini

from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.core.types import FloatArray
from wfst_bias.fst.edits import bounded_edits
from wfst_bias.fst.wfst import NO_SCORE, from_arcs, from_openfst, to_openfst
from wfst_bias.g2p.g2g import ScoredPronunciation
from wfst_bias.g2p.phone_classes import ANOTHER, phone_distance
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.units import Units
from wfst_bias.second_pass.pronunciations import Piece
from wfst_bias.second_pass.text_graphs import token_graph

INDEL = 1.0
"""Price of an inserted or a deleted phone."""


class PhoneDistance:
    """Distances in the phones of a network.

    Args:
      units: of the network; the boundaries of words do not count.
      bound: number of phones by which any beginning of the phone string may be longer or shorter than that of the
        text; beyond it the distance is as if no phone were the same.
    """

    def __init__(self, units: Units, bound: int = 8):
        self._units = Units(units.kind, units.tokens)
        self._boundary = units.boundary
        self._bound = bound
        self._edits = self._edit_transducer()

    def distances(self, phones: Pronunciation, texts: Sequence[Sequence[Piece]]) -> FloatArray:
        """Return the distance of a phone string from the nearest pronunciation of each text, float64 ``(H,)``.

        The cost of a pronunciation is added. A piece without one is any phones, each at the price of another one.

        Args:
          phones: without boundaries.
        """
        texts_phones = [[self._phones(piece.pronunciations) for piece in text] for text in texts]
        furthest = INDEL * len(phones) + np.array([sum(map(_shortest, text)) for text in texts_phones], float)
        if not texts_phones:
            return furthest
        nearest = np.full(len(texts), np.inf)
        # each text ends in its number, which is all that is left of the paths: the nearest of each number
        found = from_openfst(
            (self._linear(phones) @ self._edits @ self._text_graph(texts_phones)).project("output").rmepsilon()
        )
        if found.num_arcs:
            np.minimum.at(nearest, found.olabel - 1, -(found.score + found.final[found.dst]))
        return np.minimum(nearest, furthest)

    def _phones(self, pronunciations: Sequence[ScoredPronunciation]) -> Tuple[ScoredPronunciation, ...]:
        return tuple((tuple(unit for unit in one if unit != self._boundary), score) for one, score in pronunciations)

    def _linear(self, phones: Pronunciation) -> pynini.Fst:
        tokens = [self._units.tokens[phone] for phone in phones]
        states = np.arange(len(tokens))
        final = np.append(np.full(len(tokens), NO_SCORE), np.float32(0.0))
        return to_openfst(from_arcs(0, states, states + 1, tokens, tokens, np.zeros(len(tokens)), final))

    def _text_graph(self, texts: Sequence[Sequence[Tuple[ScoredPronunciation, ...]]]) -> pynini.Fst:
        """Return the union of all texts, each followed by its number, from 1, as output."""
        graph, text = token_graph(texts, self._units)
        start, end = graph.num_states, graph.num_states + 1
        first = np.searchsorted(text, np.arange(len(texts)))
        last = np.flatnonzero(np.isfinite(graph.final))
        zeros = np.zeros(len(texts), np.int32)
        final = np.full(end + 1, NO_SCORE)
        final[end] = 0.0
        columns = (
            (graph.src, np.full(len(first), start), last),
            (graph.dst, first, np.full(len(last), end)),
            (graph.ilabel, zeros, zeros),
            (np.zeros(graph.num_arcs), zeros, text[last] + 1),
            (graph.score, zeros, zeros),
        )
        # minimized: hypotheses of an utterance have most of their words in common
        src, dst, ilabel, olabel, score = map(np.concatenate, columns)
        graph = from_arcs(start, src, dst, ilabel, olabel, score, final)
        union: pynini.Fst = to_openfst(graph).optimize().arcsort("ilabel")
        return union

    def _edit_transducer(self) -> pynini.Fst:
        """Return the edits of phones; the label after those of the tokens is any phone of a text."""
        symbols = self._units.tokens.symbols
        phones = [i for i, symbol in enumerate(symbols) if i != BLANK_ID and symbol != self._boundary]
        any_phone = len(symbols)
        substitutions = [(i, k, phone_distance(symbols[i], symbols[k])) for i in phones for k in phones]
        substitutions += [(i, any_phone, ANOTHER) for i in phones]
        deletions = [(i, 0, INDEL) for i in phones]
        insertions = [(0, k, INDEL) for k in (*phones, any_phone)]
        return bounded_edits(substitutions, deletions, insertions, self._bound)


def _shortest(pronunciations: Sequence[ScoredPronunciation]) -> float:
    """Return the price of all phones of the cheapest pronunciation with its cost; of one phone where there is none."""
    return min((INDEL * len(one) - score for one, score in pronunciations), default=INDEL)
