"""Competitors of words of a transcript: the best path of the word lattice without them."""

from dataclasses import dataclass
from os.path import commonprefix
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from wfst_bias.core.symbols import SymbolTable
from wfst_bias.core.types import IntArray
from wfst_bias.fst.ragged import row_splits
from wfst_bias.lattice.batch import LatticeBatch
from wfst_bias.lattice.terms import Terms
from wfst_bias.lattice.word_lattice import NO_WORD
from wfst_bias.lattice.word_places import LatticeCopies, LatticeText, path_of, word_places

Span = Tuple[int, int]

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
    texts: Sequence[LatticeText], spans: Sequence[Sequence[Span]], words: SymbolTable
) -> List[List[Optional[Competitor]]]:
    """The competitor of each of some spans of some texts; None where every path of the lattice has its words.

    A path without one of the words of a span in its place is a path without the span. Where no path of the lattice has
    the text, no span has a competitor.

    Args:
      spans: of each text, the first word and the number of words of each, 1 or more.
      words: the table of the lattices' words.
    """
    found: List[List[Optional[Competitor]]] = [[None] * len(own) for own in spans]
    some, numbers = [], []
    for number, (text, own) in enumerate(zip(texts, spans)):
        path = path_of(text.lattice, text.words, words) if own and text.arcs is None else text.arcs
        if own and path is not None:
            some.append(LatticeText(text.lattice, text.words, path))
            numbers.append(number)
    if not some:
        return found
    lattices = LatticeBatch.of([text.lattice for text in some])
    first_word = row_splits(np.array([len(text.words) for text in some])).tolist()
    rows = [  # of each word of each span: the text, the span and the word
        (number, span, at + word)
        for number, at in zip(numbers, first_word)
        for span, (first, length) in enumerate(spans[number])
        for word in range(first, first + length)
    ]
    places = word_places(some, lattices, words).of(np.array([word for *_, word in rows]))
    best: Dict[Tuple[int, int], Tuple[float, IntArray]] = {}
    for (number, span, _), (total, path) in zip(rows, LatticeCopies.without(lattices, places).best_paths()):
        if total > best.get((number, span), (-np.inf,))[0]:
            best[number, span] = total, path
    text_of = dict(zip(numbers, some))
    for (number, span), (_, path) in best.items():
        found[number][span] = _competitor(text_of[number], path, words)
    return found


def _competitor(text: LatticeText, other: IntArray, words: SymbolTable) -> Competitor:
    """The path of a text and another one compared."""
    path, lattice = text.arcs, text.lattice
    own_terms, other_terms = (
        Terms(*lattice.terms[arcs].sum(axis=0, dtype=np.float64).tolist()) for arcs in (path, other)
    )
    own, others = ([word for word in lattice.words[arcs].tolist() if word != NO_WORD] for arcs in (path, other))
    first = len(commonprefix([own, others]))
    last = len(commonprefix([own[first:][::-1], others[first:][::-1]]))
    return Competitor(
        words=tuple(words.symbols[word] for word in others[first : len(others) - last]),
        instead_of=text.words[first : len(text.words) - last],
        lead=own_terms - other_terms,
    )
