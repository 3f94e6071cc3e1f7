"""Two paths of the same utterance and graph, one with a phrase and one without it, compared term by term."""

from dataclasses import astuple, dataclass
from functools import cached_property
from typing import List, Sequence, Tuple

import numpy as np
from tabulate import tabulate

from wfst_bias.core.types import BoolArray, FloatArray, IntArray, Seconds
from wfst_bias.decode.arcs import in_spans, terms_with_list
from wfst_bias.decode.transcript import LIST, Transcript, Word
from wfst_bias.explain.acoustic_match import nats
from wfst_bias.lattice.terms import Terms


@dataclass(frozen=True)
class ComparedPath:
    """One of two paths, where they part; what came by the list stands in brackets.

    Args:
      text: its words there, without those that both begin or end with; empty where that is nothing.
      stretch: all its words there.
      terms: of its score there.
    """

    text: str
    stretch: str
    terms: Terms

    @property
    def name(self) -> str:
        """The words in quotes, or a phrase for none."""
        return repr(self.text) if self.text else "no word at its place"


@dataclass(frozen=True)
class PathComparison:
    """The best path with the phrase against another one without it, from where they part to where they meet again.

    Args:
      phrase, competitor: the two.
      frames: the first in which they read other arcs, and the next in which they do not.
    """

    phrase: ComparedPath
    competitor: ComparedPath
    frames: Tuple[int, int]

    @property
    def difference(self) -> Terms:
        """The terms of the path with the phrase without those of the other one."""
        return self.phrase.terms - self.competitor.terms

    @property
    def margin(self) -> float:
        """By how much the path with the phrase is the better one, nats; below 0 it is the worse one."""
        return self.difference.total

    @property
    def sound(self) -> float:
        """The part of the margin that comes from the emissions: acoustic score and boost, nats."""
        return self.difference.acoustic + self.difference.boost

    def table(self) -> str:
        """The terms of both and their difference."""
        rows = (
            (self.phrase.stretch, self.phrase.terms),
            (self.competitor.stretch or "-", self.competitor.terms),
            ("difference", self.difference),
        )
        table: str = tabulate(
            [(name, *map(nats, (*astuple(terms), terms.total))) for name, terms in rows],
            headers=("nats", "acoustic", "given back", "language model", "list", "total"),
            tablefmt="plain",
            colalign=("left", *["right"] * 5),
            disable_numparse=True,
        )
        return table


@dataclass(frozen=True)
class Pruning:
    """Where a path left the beam of a search.

    Args:
      time: where the first frame ends after which the path was not kept.
      behind: how far it was below the best path up to there, nats. Where that is within the search beam, more
        than ``max_active`` states were better, and the beam narrowed.
    """

    time: Seconds
    behind: float


@dataclass(frozen=True)
class ScoredPath:
    """A path, an arc a frame and after them the one into the end: ``(T + 1,)`` each.

    Args:
      arcs: their numbers in the graph of the decoding.
      tokens: what they read; blank at the end.
      begins: where a token begins, bool.
      acoustic, boost: scores of the emissions, scaled, nats.
      graph: scores of the arcs without the next, nats.
      word_weights: weights that lists give words of the language model, nats.
      phrases: outputs of the phrases that came by a list ``(P,)``.
      first, last: the arcs that begin their first and their last units ``(P,)``.
      transcript: its words.
    """

    arcs: IntArray
    tokens: IntArray
    begins: BoolArray
    acoustic: FloatArray
    boost: FloatArray
    graph: FloatArray
    word_weights: FloatArray
    phrases: IntArray
    first: IntArray
    last: IntArray
    transcript: Transcript

    @property
    def scores(self) -> FloatArray:
        return self.acoustic + self.boost + self.graph + self.word_weights

    def first_of(self, outputs: Sequence[int]) -> Tuple[int, int]:
        """The arcs that begin the first and the last unit of the first one of some phrases."""
        phrase = int(np.isin(self.phrases, outputs).argmax())
        return int(self.first[phrase]), int(self.last[phrase])

    @cached_property
    def in_list(self) -> BoolArray:
        """Which arcs are within a list, bool."""
        return in_spans(self.first, self.last, len(self.arcs))

    def terms(self, inside: slice) -> Terms:
        """The terms of the score of some frames."""
        of_arcs = (self.acoustic, self.boost, self.graph, self.word_weights)
        scores = np.stack([scores[inside] for scores in of_arcs], axis=1)
        return Terms(*terms_with_list(scores, self.in_list[inside]).sum(axis=0).tolist())

    @cached_property
    def pieces(self) -> List[Word]:
        """Its words; what came by the list in brackets, as one."""
        pieces = list(self.transcript.words)
        for entity in reversed(self.transcript.entities):
            if entity.found_by == LIST:
                whole = Word(f"[{entity.phrase}]", entity.start, entity.end)
                pieces[entity.first_word : entity.first_word + entity.num_words] = [whole]
        return pieces
