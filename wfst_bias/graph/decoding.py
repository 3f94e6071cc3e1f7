"""The decoding graph: what the search runs on."""

from dataclasses import dataclass
from functools import cached_property
from typing import Dict, List, Sequence, Tuple

import numpy as np

from wfst_bias.entities.entity import Entity
from wfst_bias.entities.phrases import PhraseList
from wfst_bias.graph.ctc import ctc_product
from wfst_bias.symbols import SymbolTable
from wfst_bias.wfst import Wfst, k2_arcs


@dataclass(frozen=True)
class DecodingGraph:
    """A graph of emission columns, as k2 searches it.

    Args:
      arcs: ``(src, dst, column, bits of the score)``, int32 ``(A, 4)``; -1 is the final label.
      olabels: what each arc says, int32 ``(A,)``: 0 nothing, then the words, then from
        ``len(words)`` on the phrases.
      tokens: the model's tokens; column c is token ``c % len(tokens)``.
      words: all words, those of the phrases included.
      boundary: the token between words.
      entities: the phrases.
    """

    arcs: np.ndarray
    olabels: np.ndarray
    tokens: SymbolTable
    words: SymbolTable
    boundary: str
    entities: Tuple[Entity, ...] = ()

    @property
    def num_arcs(self) -> int:
        return len(self.arcs)

    @cached_property
    def num_columns(self) -> int:
        """Emission columns that the graph reads: those of the tokens and, with a list, their twins."""
        return len(self.tokens) * (2 if self.entities else 1)

    @cached_property
    def phrase_words(self) -> List[Tuple[int, ...]]:
        """Word ids of each phrase."""
        return [tuple(self.words[word] for word in entity.words) for entity in self.entities]

    @cached_property
    def phrase_of(self) -> Dict[Tuple[str, ...], int]:
        """Number of each phrase, by its words."""
        return {entity.words: phrase for phrase, entity in enumerate(self.entities)}

    @cached_property
    def phrase_list(self) -> PhraseList:
        """The phrases, for finding them in running text."""
        return PhraseList(self.phrase_of)


def decoding_graph(
    graph: Wfst, tokens: SymbolTable, words: SymbolTable, boundary: str, entities: Sequence[Entity] = ()
) -> DecodingGraph:
    """A token graph with the CTC topology, ready for k2."""
    product = ctc_product(graph, len(tokens)).fst
    arcs = k2_arcs(product)
    olabels = np.zeros(len(arcs), np.int32)
    olabels[arcs[:, 2] >= 0] = product.olabel  # the final arcs between say nothing
    decoding = DecodingGraph(arcs, olabels, tokens, words, boundary, tuple(entities))
    # k2 reads beyond the emissions, without a word, where a label is too large
    assert arcs[:, 2].max() < decoding.num_columns and arcs[:, 2].min() >= -1
    return decoding
