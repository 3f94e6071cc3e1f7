"""Competitors of words of a transcript: the best path of the word lattice without them."""

from dataclasses import dataclass
from os.path import commonprefix
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from wfst_bias.core.symbols import SymbolTable
from wfst_bias.core.types import IntArray
from wfst_bias.lattice.terms import Terms
from wfst_bias.lattice.word_lattice import NO_WORD, WordLattice
from wfst_bias.lattice.word_places import arcs_in_place, best_without, path_of

_DIGITS = 4  # of a score in a file


@dataclass(frozen=True)
class Competitor:
    """The best path without some words in their place, where it differs from the transcript.

    Args:
      words: its own there, :data:`~wfst_bias.core.symbols.OOV` where it spells one; none where it has no word there.
      instead_of: those of the transcript there.
      lead: terms of the transcript's path without those of this one, nats.
    """

    words: Tuple[str, ...]
    instead_of: Tuple[str, ...]
    lead: Terms

    def to_json(self) -> Dict[str, Any]:
        """As ``entities.jsonl`` has it."""
        return {
            "words": " ".join(self.words),
            "instead_of": " ".join(self.instead_of),
            "acoustic": round(self.lead.acoustic, _DIGITS),
            "total": round(self.lead.total, _DIGITS),
        }


def competitors(
    lattice: WordLattice,
    texts: Sequence[str],
    spans: Sequence[Tuple[int, int]],
    words: SymbolTable,
    path: Optional[IntArray] = None,
) -> List[Optional[Competitor]]:
    """The competitor of each of some spans of a transcript; None where every path of the lattice has its words.

    A path without one of the words of a span in its place is a path without the span.

    Args:
      texts: the transcript; where no path of the lattice has it, no span has a competitor.
      spans: first word and number of words, 1 or more.
      words: the table of the lattice's words.
      path: arcs of the lattice's path with the transcript, where that is known.
    """
    if path is None and spans:
        path = path_of(lattice, texts, words)
    if path is None or not spans:
        return [None] * len(spans)
    lengths = [length for _, length in spans]
    span = np.repeat(np.arange(len(spans)), lengths)
    word = np.concatenate([np.arange(first, first + length) for first, length in spans])
    totals, paths = zip(*best_without(lattice, arcs_in_place(lattice, texts, words, path)[word]))
    found: List[Optional[Competitor]] = []
    for number in range(len(spans)):
        row = max(np.flatnonzero(span == number), key=totals.__getitem__)
        found.append(_competitor(lattice, texts, path, paths[row], words) if np.isfinite(totals[row]) else None)
    return found


def _competitor(
    lattice: WordLattice, texts: Sequence[str], path: IntArray, other: IntArray, words: SymbolTable
) -> Competitor:
    """Two paths compared."""
    own_terms, other_terms = (
        Terms(*lattice.terms[arcs].sum(axis=0, dtype=np.float64).tolist()) for arcs in (path, other)
    )
    own, others = ([word for word in lattice.words[arcs].tolist() if word != NO_WORD] for arcs in (path, other))
    first = len(commonprefix([own, others]))
    last = len(commonprefix([own[first:][::-1], others[first:][::-1]]))
    return Competitor(
        words=tuple(words.symbols[word] for word in others[first : len(others) - last]),
        instead_of=tuple(texts[first : len(texts) - last]),
        lead=own_terms - other_terms,
    )
