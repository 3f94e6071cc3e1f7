"""The decoding graph: what the search runs on."""

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, AbstractSet, Any, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np
import torch

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.core.types import BoolArray, FloatArray, IntArray, Nats
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.inflections import extra_cost
from wfst_bias.fst.columns import ColumnLayout
from wfst_bias.fst.ctc import MODIFIED, STANDARD, ArcTable
from wfst_bias.fst.wfst import WORD_END
from wfst_bias.graph.known_words import known_words_of
from wfst_bias.graph.listed import OPEN, ListedPhrase, ListInGraph
from wfst_bias.lang.units import Units

if TYPE_CHECKING:
    import k2


@dataclass(frozen=True)
class DecodingGraph:
    """A graph of emission columns, as k2 searches it.

    Args:
      arcs: ``(src, dst, column, bits of the score)``, int32 ``(A, 4)``; -1 is the final label.
      splits: where the arcs of each state begin, int32 ``(S + 1,)``, on the same device.
      olabels: what each arc writes, int32 ``(A,)``, on the CPU: 0 nothing, then the words, then from
        ``first_phrase`` on the phrases of the lists, then their inflected forms, then their partial phrases; marked where a
        word ends and no token shows it.
      units: of the model.
      base_words: the words of the graph without its lists, or all of them.
      first_phrase: output label of the first phrase.
      lists: the entity lists in it.
      lease: of the memory that the arrays stand in; whoever reads them holds it.
      topology: of the CTC product; empty for a graph that others made.
      unigrams: log-probability of each of the first words of the table without a history, nats, NaN where the language
        model does not have it; None where that is not known.
      lowered_words: words of the language model with a weight below 0 in a list of all utterances, and these weights,
        nats; they are part of the scores of the arcs that output these words.
    """

    arcs: torch.Tensor
    splits: torch.Tensor
    olabels: IntArray
    units: Units
    base_words: SymbolTable
    first_phrase: int
    lists: Tuple[ListInGraph, ...] = ()
    lease: Any = field(default=None, repr=False, compare=False)
    topology: str = STANDARD
    unigrams: Optional[FloatArray] = field(default=None, repr=False, compare=False)
    lowered_words: Mapping[str, float] = field(default_factory=dict)

    @property
    def num_arcs(self) -> int:
        return len(self.arcs)

    @property
    def num_states(self) -> int:
        return len(self.splits) - 1

    @property
    def tokens(self) -> SymbolTable:
        return self.units.tokens

    @cached_property
    def layout(self) -> ColumnLayout:
        """Layout of the emission columns that the graph reads.

        Where no token tells words apart, the lists that every utterance has are entered through columns of their
        own: the search can only so forbid that a phrase begins.
        """
        gates = [part.gate for part in self.lists]
        return ColumnLayout.of_lists(len(self.tokens), gates, self.units.marks_words)

    @property
    def num_gates(self) -> int:
        """How many kinds of utterances the graph tells apart."""
        return self.layout.num_gates

    @property
    def num_columns(self) -> int:
        """Emission columns that the graph reads."""
        return self.layout.num_columns

    @cached_property
    def entities(self) -> Tuple[Entity, ...]:
        """The phrases of all lists, in the order of their output labels."""
        return tuple(entity for part in self.lists for entity in part.entities)

    @cached_property
    def _inflected(self) -> List[ListedPhrase]:
        """The inflected forms of all lists, in the order of their output labels."""
        return [ListedPhrase(part.entities[form.phrase], form) for part in self.lists for form in part.inflected]

    @cached_property
    def phrase_names(self) -> Tuple[str, ...]:
        """The phrase of each output from ``first_phrase`` on that is one or a form of one, as its list has it."""
        return tuple(entity.written for entity in (*self.entities, *(one.entity for one in self._inflected)))

    @cached_property
    def entry_scores(self) -> FloatArray:
        """Score of taking each phrase or inflected form before bonus and weight, nats ``(P,)``, in the order of the output labels.

        That of a form has its cost.
        """
        of_lists = [part.costs.entry_score(max(len(part.entities), 1)) for part in self.lists]
        of_phrases = [np.full(len(part.entities), score) for part, score in zip(self.lists, of_lists)]
        of_forms = [
            score - part.costs.inflection_cost - np.array([extra_cost(part.entities[f.phrase], f.kind) for f in part.inflected])
            for part, score in zip(self.lists, of_lists)
        ]
        return np.concatenate([*of_phrases, *of_forms, np.zeros(0)])

    @property
    def first_inflected(self) -> int:
        """Output label of the first inflected form."""
        return self.first_phrase + len(self.entities)

    @property
    def first_partial(self) -> int:
        """Output label of the first partial phrase."""
        return self.first_inflected + len(self._inflected)

    @cached_property
    def phrases(self) -> List[Tuple[str, ...]]:
        """The words of each phrase, inflected form and partial phrase, in the order of their output labels."""
        partial = [words for part in self.lists for words in part.partial_phrases]
        return [*(entity.words for entity in self.entities), *(one.words for one in self._inflected), *partial]

    def num_phrases(self, gate: int) -> Tuple[int, int]:
        """Phrases of the lists of an utterance: with words that the language model does not know, and others."""
        counts = [
            (len(part.entities), known) for part, known in zip(self.lists, self._num_known) if part.gate in (OPEN, gate)
        ]
        num_known = sum(known for _, known in counts)
        return sum(phrases for phrases, _ in counts) - num_known, num_known

    @cached_property
    def _num_known(self) -> List[int]:
        return [sum(self.knows(entity.words) for entity in part.entities) for part in self.lists]

    def knows(self, words: Sequence[str]) -> bool:
        """Whether the language model has all of some words."""
        if self.unigrams is None:
            return all(word in self.known_words for word in words)
        return not math.isnan(self.log_prob_of(words))

    def phrase_of(self, output: int) -> ListedPhrase:
        """The phrase, inflected form or partial phrase of an output label."""
        if output < self.first_inflected:
            return ListedPhrase(self.entities[output - self.first_phrase])
        if output < self.first_partial:
            return self._inflected[output - self.first_inflected]
        number = output - self.first_partial
        for part in self.lists:
            if number < len(part.partial_phrases):
                return ListedPhrase(part.partial_entity(number))
            number -= len(part.partial_phrases)
        raise IndexError(output)

    @cached_property
    def words(self) -> SymbolTable:
        """All words, those of the phrases included."""
        return self.base_words.extended(word for words in self.phrases for word in words)

    @cached_property
    def phrase_words(self) -> List[Tuple[int, ...]]:
        """Word ids of each phrase, inflected form and partial phrase."""
        return [tuple(self.words[word] for word in words) for words in self.phrases]

    def is_phrase(self, outputs: IntArray) -> BoolArray:
        """Which outputs are whole phrases of a list or inflected forms of them, bool ``(A,)``."""
        is_phrase: BoolArray = (outputs >= self.first_phrase) & (outputs < self.first_partial)
        return is_phrase

    @cached_property
    def known_words(self) -> AbstractSet[str]:
        """The words of the language model."""
        return known_words_of(self.unigrams, self.olabels, self.base_words, self.first_phrase)

    def log_prob_of(self, words: Sequence[str]) -> Nats:
        """The log-probability of the rarest of some words without a history; NaN where one is unknown."""
        if self.unigrams is None:
            return float("nan")
        ids = [self.base_words[word] if word in self.base_words else len(self.unigrams) for word in words]
        if max(ids) >= len(self.unigrams):
            return float("nan")
        return float(self.unigrams[ids].min())  # NaN if one is

    def outputs_of(self, arcs: IntArray) -> IntArray:
        """The words and phrases of some arcs, without the marks of word ends, int32 ``(A,)``."""
        outputs: IntArray = self.olabels[arcs] % WORD_END
        return outputs

    def ends_word(self, arcs: IntArray) -> BoolArray:
        """Which of some arcs are marked to end a word, bool ``(A,)``."""
        ends: BoolArray = self.olabels[arcs] >= WORD_END
        return ends

    def lists_of(self, gate: int) -> List[ListInGraph]:
        """The lists that an utterance of this gate has."""
        return [part for part in self.lists if part.gate in (OPEN, gate)]

    @cached_property
    def fsa(self) -> "k2.Fsa":
        """The graph for k2, which shares its memory; ``graph_arc`` numbers the arcs."""
        import k2
        from _k2 import RaggedArc

        # k2 reads beyond the emissions, without a word, where a label is too large: the compilers see to that
        shape = k2.ragged.create_ragged_shape2(self.splits, None, self.num_arcs)
        # given its properties, k2 does not scan the arcs for them
        fsa = k2.Fsa(RaggedArc(shape, self.arcs), properties=_VALID_AND_NONEMPTY)
        fsa.graph_arc = _numbers(self.num_arcs, self.arcs.device)
        fsa.lease = self.lease
        return fsa

    def begins_unit(self, arcs: torch.Tensor) -> torch.Tensor:
        """Which arcs of a path, in its order, begin a token; bool ``(T,)``, numbers of arcs ``(T,)``."""
        label = self.arcs[arcs, 2]
        if self.topology == MODIFIED:  # equal tokens may follow each other, but only blank states begin any
            state = self.arcs[arcs, 0].long()
            return torch.logical_and(label > 0, self.arcs[self.splits[state].long(), 2] == 0)
        token = self.layout.token(label.clamp(min=0))
        return torch.logical_and(token != 0, token != torch.cat([token.new_zeros(1), token[:-1]]))

    def begins_token(self, arcs: torch.Tensor) -> torch.Tensor:
        """Which arcs begin a token, whatever the path, bool ``(A,)``, numbers of arcs ``(A,)``."""
        src, dst, label = self.arcs[arcs, 0].long(), self.arcs[arcs, 1], self.arcs[arcs, 2]
        if self.topology == MODIFIED:
            return torch.logical_and(label > 0, self.arcs[self.splits[src].long(), 2] == 0)
        # a token goes on in a loop
        return torch.logical_and(self.layout.token(label.clamp(min=0)) != 0, src != dst)

    def to(self, device: torch.device) -> "DecodingGraph":
        """The graph on a device; itself where it is there already."""
        arcs = self.arcs.to(device)
        return self if arcs is self.arcs else replace(self, arcs=arcs, splits=self.splits.to(device))


def decoding_graph(
    table: ArcTable,
    units: Units,
    words: SymbolTable,
    first_phrase: int,
    lists: Sequence[ListInGraph] = (),
    topology: str = STANDARD,
) -> DecodingGraph:
    """A graph of arrays on the CPU, checked for sizes and labels that k2 would not survive."""
    if table.arcs.shape != (len(table.olabels), 4) or not len(table.arcs) or table.splits.ndim != 1:
        raise InputError(f"has arcs {table.arcs.shape} and outputs {table.olabels.shape} of no graph; make its folder anew")
    arcs, splits = torch.from_numpy(np.asarray(table.arcs)), torch.from_numpy(np.asarray(table.splits))
    graph = DecodingGraph(arcs, splits, table.olabels, units, words, first_phrase, tuple(lists), topology=topology)
    if not -1 <= int(arcs[:, 2].min()) <= int(arcs[:, 2].max()) < graph.num_columns:
        raise InputError("the graph reads columns that the emissions do not have; make its folder anew")
    return graph


_VALID_AND_NONEMPTY = 0x3  # k2::kFsaPropertiesValid | k2::kFsaPropertiesNonempty

_numbers_of_device: Dict[torch.device, torch.Tensor] = {}


def _numbers(length: int, device: torch.device) -> torch.Tensor:
    """0, 1, ... int32 ``(length,)``; all graphs of a device share the memory."""
    numbers = _numbers_of_device.get(device)
    if numbers is None or len(numbers) < length:
        numbers = torch.arange(length + length // 4, dtype=torch.int32, device=device)
        _numbers_of_device[device] = numbers
    first: torch.Tensor = numbers[:length]
    return first
