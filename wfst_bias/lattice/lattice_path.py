"""A path of a word lattice, with what the lattice knows about its words, computed when it is asked for."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from wfst_bias.core.types import IntArray
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.lattice.competitors import Competitor, competitors
from wfst_bias.lattice.confidence import Confidence, word_confidences
from wfst_bias.lattice.terms import Terms
from wfst_bias.lattice.word_lattice import WordLattice

Span = Tuple[int, int]


@dataclass(frozen=True)
class LatticePath:
    """A hypothesis and its lattice.

    Args:
      lattice: of words.
      words: of the hypothesis, as the lattice has them.
      arcs: of the lattice; None where it has no such path among its n-best.
      graph: of the search.
    """

    lattice: WordLattice
    words: Tuple[str, ...]
    arcs: Optional[IntArray]
    graph: DecodingGraph = field(repr=False)

    @cached_property
    def confidences(self) -> Tuple[Confidence, ...]:
        """The confidence of each word."""
        return tuple(word_confidences(self.lattice, self.words, self.graph, self.arcs))

    @property
    def terms(self) -> Optional[Terms]:
        """Terms of its score; None where the lattice has no such path."""
        if self.arcs is None:
            return None
        return Terms(*self.lattice.terms[self.arcs].sum(axis=0, dtype=np.float64).tolist())

    def lead_over(self, other: "LatticePath") -> Terms:
        """Terms of this path without those of another, nats; NaN where one is not known."""
        own, others = self.terms, other.terms
        return own - others if own and others else Terms(*(math.nan,) * 4)

    def competitors(self, spans: Sequence[Span]) -> List[Optional[Competitor]]:
        """The competitor of each of some spans, first word and number of words; see :func:`competitors`."""
        missing = [span for span in spans if span not in self._competitors]
        found = competitors(self.lattice, self.words, missing, self.graph.words, self.arcs)
        self._competitors.update(zip(missing, found))
        return [self._competitors[span] for span in spans]

    @cached_property
    def _competitors(self) -> Dict[Span, Optional[Competitor]]:
        return {}
