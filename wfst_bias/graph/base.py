"""The base graph: compiled once for a language model, ready to take one entity list after another."""

import weakref
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import AbstractSet, Dict, List, Optional, Sequence, Tuple

import numpy as np
import torch

from wfst_bias.core.symbols import BLANK_ID, OOV, SymbolTable
from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.inflections import KINDS, Endings, InflectedForm
from wfst_bias.entities.weights import Spellings, spellings_of
from wfst_bias.fst.columns import ColumnLayout
from wfst_bias.fst.ctc import FINAL_LABEL, ArcTable
from wfst_bias.fst.wfst import Wfst
from wfst_bias.graph.arena import Arena, Lease
from wfst_bias.graph.biasing_trie import ClassExpansion, gated
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.decoding import DecodingGraph, decoding_graph
from wfst_bias.graph.frontier import Frontier, spliced_arcs
from wfst_bias.graph.known_words import known_words_of
from wfst_bias.graph.listed import OPEN, ListInGraph
from wfst_bias.graph.lowered_words import ArcsOfWords
from wfst_bias.graph.token_graph import EntityClass
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.packed_lexicon import PackedLexicon
from wfst_bias.lang.pronunciation_table import PronunciationTable


@dataclass(frozen=True)
class CompiledList:
    """An entity list, ready to be put into a base graph.

    Args:
      entities: its phrases; output label p of the trie is phrase ``p - 1``. A list without phrases is the open
        vocabulary, whose one output is :data:`~wfst_bias.core.symbols.OOV`.
      trie: of the base's tokens.
      entity_class: number of the class that it belongs to.
      entry_score: of taking one of its phrases, nats.
      costs: what its class costs and pays, for those who read the graph.
      partial_phrases: words of phrases that may stand alone; their output labels are the last ones.
      inflected: possessives and plurals of the phrases; their output labels follow those of the phrases.
      lowered_words: words of the language model that are phrases with a weight below 0, and these weights, nats.
    """

    entities: Tuple[Entity, ...]
    trie: Wfst
    entity_class: int
    entry_score: float
    costs: ClassConfig = ClassConfig()
    partial_phrases: Tuple[Tuple[str, ...], ...] = ()
    inflected: Tuple[InflectedForm, ...] = ()
    lowered_words: Tuple[Tuple[str, float], ...] = ()


@dataclass(frozen=True)
class BaseGraph:
    """Lexicon and language model with the CTC topology, and the places where lists go in.

    Args:
      lang: what it is built on.
      words: those of the lang and the names of the classes.
      classes: the entity classes, by number.
      topology: of its CTC product.
      table: its arcs.
      frontier: what a list touches.
      key: checksum of what it was made from.
      device: where the graphs with lists live.
      unigrams: log-probability of each word without a history, nats, NaN where the language model does not have it,
        float32 ``(W,)``; None in bases of older versions.
    """

    lang: Lang
    words: SymbolTable
    classes: Tuple[EntityClass, ...]
    topology: str
    table: ArcTable
    frontier: Frontier
    key: str
    device: torch.device = torch.device("cpu")
    unigrams: Optional[FloatArray] = field(default=None, repr=False, compare=False)
    _free: Dict[torch.device, List[Arena]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def class_names(self) -> Tuple[str, ...]:
        """The names of the classes, by number."""
        return tuple(entity_class.name for entity_class in self.classes)

    @cached_property
    def known_words(self) -> AbstractSet[str]:
        """The words of the language model."""
        lexicon = self.lang.lexicon
        find = self._find_word if isinstance(lexicon, PackedLexicon) else None
        return known_words_of(self.unigrams, self.table.olabels, self.words, len(self.words), find)

    def _find_word(self, word: str) -> int:
        """The number of a word of the lexicon, -1 for others; epsilon stands before the lexicon's words."""
        number = 1 + self.lang.lexicon.row_of(word)
        return number if number and self.words.symbols[number] == word else -1

    @cached_property
    def spellings(self) -> Spellings:
        """The words of the language model by what is the same for all their spellings."""
        return spellings_of(self.known_words)

    @cached_property
    def _kept_words(self) -> ArcsOfWords:
        """Where the arcs that no list writes output words."""
        splits = self.table.splits
        return ArcsOfWords(self.table.olabels[splits[1] : splits[self.frontier.first_class_state]])

    def _new_arena(self, needed: ArcTable) -> Arena:
        return Arena(self.table, self.frontier.first_class_state, self._kept_words, self.device, needed)

    @cached_property
    def plain(self) -> DecodingGraph:
        """The decoding graph without a list."""
        graph = decoding_graph(self.table, self.lang.units, self.words, len(self.words), topology=self.topology)
        return replace(graph.to(self.device), unigrams=self.unigrams)

    def with_entities(self, *lists: CompiledList, gates: Sequence[int] = ()) -> DecodingGraph:
        """The decoding graph with lists in it, in time and memory in proportion to the lists.

        The arcs of the base are shared: they stand in an arena, whose tail the lists take. An arena is free
        again when its graph is no longer used; where a graph is asked for while another one is in use, another
        copy of the base is made. Words that the lists lower have other scores in the arena as long as it is used.

        Args:
          lists: of this base.
          gates: for each list the number of the utterances that have it; empty where all have all.

        Raises:
          InputError: the graph has more arcs than int32 can count.
        """
        gates = tuple(gates) or (OPEN,) * len(lists)
        assert len(gates) == len(lists)
        layout = ColumnLayout.of_lists(len(self.lang.tokens), gates, self.lang.units.marks_words)
        expansions = self.expansions(lists, gates, layout)
        free = self._free.setdefault(self.device, [])
        arena = free.pop() if free else None
        # the final state's number is the arena's, and may grow with it
        last_state = arena.last_state if arena is not None else self.frontier.first_class_state
        table = spliced_arcs(self.frontier, expansions, last_state, layout.num_tokens, self.topology)
        if arena is None or not arena.has_room_for(table):
            arena = self._new_arena(table)
            table.arcs[table.arcs[:, 2] == FINAL_LABEL, 1] = arena.last_state
        lowered = _lowered_words(lists, gates)
        arcs, splits, olabels = arena.filled(table, {self.words[word]: weight for word, weight in lowered.items()})
        graph = DecodingGraph(
            arcs,
            splits,
            olabels,
            self.lang.units,
            self.words,
            len(self.words),
            tuple(
                ListInGraph(compiled.entities, gate, compiled.costs, compiled.partial_phrases, compiled.inflected)
                for compiled, gate in zip(lists, gates)
            ),
            lease=(lease := Lease()),
            topology=self.topology,
            unigrams=self.unigrams,
            lowered_words=lowered,
        )
        weakref.finalize(lease, free.append, arena)
        assert not len(table.arcs) or int(table.arcs[:, 2].max()) < graph.num_columns
        return graph

    def expansions(
        self, lists: Sequence[CompiledList], gates: Sequence[int], layout: ColumnLayout
    ) -> List[ClassExpansion]:
        """The tries of some lists with the output labels and columns of a graph that has them all.

        The phrases of all lists are numbered one after the other, behind them the inflected forms of all lists, and then
        their partial phrases.

        Args:
          lists, gates: ``(L,)`` each.
        """
        first_phrase = len(self.words)
        first_inflected = first_phrase + sum(len(compiled.entities) for compiled in lists)
        first_partial = first_inflected + sum(len(compiled.inflected) for compiled in lists)
        marks_end = not self.lang.units.marks_words
        expansions = []
        for compiled, gate in zip(lists, gates):
            label_of = np.array([0, self.words[OOV]], np.int32)
            leaves_as: Optional[IntArray] = None
            if compiled.entities:
                counts = len(compiled.entities), len(compiled.inflected), len(compiled.partial_phrases)
                firsts = first_phrase, first_inflected, first_partial
                numbers = [first + np.arange(count) for first, count in zip(firsts, counts)]
                label_of = np.concatenate([[0], *numbers]).astype(np.int32)
                leaves_as = self._classes_of_outputs(compiled)[compiled.trie.olabel]
                first_phrase, first_inflected, first_partial = (first + n for first, n in zip(firsts, counts))
            trie = replace(compiled.trie, olabel=label_of[compiled.trie.olabel])
            if gate != OPEN:
                trie = gated(trie, layout.gated(BLANK_ID, gate))
            elif layout.has_entry_block:
                trie = gated(trie, layout.entry(BLANK_ID))
            entity_class, score = compiled.entity_class, compiled.entry_score
            expansions.append(ClassExpansion(trie, entity_class, score, 1, marks_end, leaves_as))
        return expansions

    def _classes_of_outputs(self, compiled: CompiledList) -> IntArray:
        """The class or the kind of form that each output of a trie is of, int32 ``(P + 1,)``."""
        classes = np.full(1 + len(compiled.entities) + len(compiled.inflected), compiled.entity_class, np.int32)
        kinds = [len(self.classes) + KINDS.index(form.kind) for form in compiled.inflected]
        classes[1 + len(compiled.entities) :] = kinds
        return np.append(classes, np.full(len(compiled.partial_phrases), compiled.entity_class, np.int32))

    @cached_property
    def has_inflections(self) -> bool:
        """Whether its language model tells what follows an inflected form of each kind."""
        kinds = np.unique(self.frontier.class_arcs.entity_class)
        return bool(np.count_nonzero(kinds >= len(self.classes)) == len(KINDS))

    @cached_property
    def endings(self) -> Endings:
        """The endings of inflected forms in its units."""
        return Endings(self.lang.units)

    def sound_like_words(self, sounds: PronunciationTable) -> BoolArray:
        """Whether words of the language model have some pronunciations, bool ``(P,)``."""
        are_words = np.zeros(sounds.num_pronunciations, bool)
        found = zip(*self.lang.sounds.find(sounds))
        are_words[[row for row, word in found if word in self.known_words]] = True
        return are_words


def _lowered_words(lists: Sequence[CompiledList], gates: Sequence[int]) -> Dict[str, float]:
    """The weight of each word that a list of all utterances lowers, nats; of several lists, the lowest."""
    lowered: Dict[str, float] = {}
    for compiled, gate in zip(lists, gates):
        for word, weight in compiled.lowered_words if gate == OPEN else ():
            lowered[word] = min(weight, lowered.get(word, 0.0))
    return lowered
