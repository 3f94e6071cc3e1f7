"""A path of a word lattice, with what the lattice knows about its words, computed when it is asked for."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Dict, List, Optional, Sequence, Tuple
from weakref import ReferenceType

import numpy as np

from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.lattice.competitors import Competitor, Span, competitors
from wfst_bias.lattice.confidence import Confidence, confidences_of
from wfst_bias.lattice.terms import Terms
from wfst_bias.lattice.word_places import LatticeText


@dataclass(frozen=True)
class LatticePath(LatticeText):
    """A hypothesis and its lattice.

    What is computed of it is computed of the other paths of its batch as well, in the same call.

    Args:
      graph: of the search.
      spans: first word and number of words of those whose competitors will be wanted.
      batch: the paths of a batch, this one among them, of the same graph; none where it stands alone. They are not kept
        alive by each other: graph and lattices are given back when the last path is no longer used.
    """

    graph: DecodingGraph = field(repr=False)
    spans: Tuple[Span, ...] = ()
    batch: List["ReferenceType[LatticePath]"] = field(default_factory=list, repr=False, compare=False)

    @property
    def confidences(self) -> Tuple[Confidence, ...]:
        """The confidence of each word."""
        if not self._confidences:
            some = [path for path in self._together if not path._confidences]
            for path, found in zip(some, confidences_of(some, self.graph)):
                path._confidences.append(tuple(found))
        return self._confidences[0]

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
        if any(span not in self._competitors for span in spans):
            wanted = [
                [span for span in {*path.spans, *(spans if path is self else ())} if span not in path._competitors]
                for path in self._together
            ]
            for path, own, found in zip(self._together, wanted, competitors(self._together, wanted, self.graph.words)):
                path._competitors.update(zip(own, found))
        return [self._competitors[span] for span in spans]

    @property
    def _together(self) -> Sequence["LatticePath"]:
        """The paths of its batch."""
        return [path for reference in self.batch if (path := reference()) is not None] or (self,)

    @cached_property
    def _competitors(self) -> Dict[Span, Optional[Competitor]]:
        return {}

    @cached_property
    def _confidences(self) -> List[Tuple[Confidence, ...]]:
        """None or one tuple: the confidences, once they are computed."""
        return []
