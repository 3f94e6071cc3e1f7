"""The graph that each utterance of a corpus is decoded with: one graph for all, or a list of its own."""

from __future__ import annotations

import copy
from dataclasses import asdict, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, AbstractSet, Any, Callable, Dict, List, Optional, Protocol, Sequence, Tuple

from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.decode.config import GateConfig, SearchConfig
from wfst_bias.decode.search import Decoder, search_meta
from wfst_bias.entities.entity import Phrases
from wfst_bias.entities.inflections import inflected_forms
from wfst_bias.entities.outcome import Outcome
from wfst_bias.entities.speller import Speller
from wfst_bias.entities.weights import with_unreached
from wfst_bias.graph.base import BaseGraph, CompiledList
from wfst_bias.graph.compile_list import compile_lists
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.listed import OPEN

if TYPE_CHECKING:
    from lhotse import MonoCut

_LISTS_KEPT = 1024  # compiled; at a thousand words a list takes 0.1 MB


class Biasing(Protocol):
    """The graphs that a corpus is decoded with."""

    @property
    def words(self) -> SymbolTable:
        """The words of all its graphs."""

    @property
    def known_words(self) -> AbstractSet[str]:
        """The words of the language model."""

    @property
    def meta(self) -> Dict[str, Any]:
        """The entries of ``meta.json`` that describe it."""

    @property
    def report(self) -> str:
        """The rows of ``report.tsv``; empty where the graph folder has them."""

    @property
    def search(self) -> SearchConfig:
        """The beams of all its searches."""

    def decoder_of(self, cuts: Sequence[MonoCut]) -> Tuple[Decoder, Sequence[int]]:
        """The decoder of a batch, and the gate of each utterance."""

    def lists_of(self, cuts: Sequence[MonoCut]) -> Sequence[Phrases]:
        """The list of each utterance of a batch, for the emission adapter."""


class OneGraph:
    """One graph for all utterances.

    Args:
      decoder: of the graph.
      phrases: for the emission adapter and the second pass; the graph's where not given.
    """

    report = ""

    def __init__(self, decoder: Decoder, phrases: Optional[Phrases] = None):
        self._decoder = decoder
        self._phrases = decoder.graph.entities if phrases is None else phrases

    @cached_property
    def words(self) -> SymbolTable:
        return self._decoder.graph.words

    @property
    def tokens(self) -> SymbolTable:
        """The tokens that the graph was made for."""
        return self._decoder.graph.tokens

    @property
    def search(self) -> SearchConfig:
        return self._decoder.search

    @property
    def phrases(self) -> Phrases:
        """Those of the graph."""
        return self._decoder.graph.entities

    @property
    def known_words(self) -> AbstractSet[str]:
        return self._decoder.graph.known_words

    @property
    def meta(self) -> Dict[str, Any]:
        lowered = self._decoder.graph.lowered_words
        of_words = {"lowered_words": dict(lowered)} if lowered else {}
        return {"num_phrases": len(self._decoder.graph.entities), **of_words, **self._decoder.meta}

    def decoder_of(self, cuts: Sequence[MonoCut]) -> Tuple[Decoder, Sequence[int]]:
        return self._decoder, (OPEN,) * len(cuts)

    def lists_of(self, cuts: Sequence[MonoCut]) -> Sequence[Phrases]:
        return [self._phrases] * len(cuts)


class ListPerUtterance:
    """A list for each utterance, in one search over one base graph.

    The lists of a batch are swapped into the base, each with a gate; a list that several utterances share
    is compiled once, and stands once in a batch.

    Args:
      base: on the device of the search.
      lists: all lists there are.
      list_of: the list of a cut, one of ``lists``, or an empty one.
      speller: of the base.
      class_config, search, boost, gate: as for one list.
    """

    def __init__(
        self,
        base: BaseGraph,
        lists: Sequence[Phrases],
        list_of: Callable[[MonoCut], Phrases],
        speller: Speller,
        class_config: ClassConfig = ClassConfig(),
        search: SearchConfig = SearchConfig(),
        boost: BoostConfig = BoostConfig(),
        gate: GateConfig = GateConfig(),
    ):
        phrases = {(e.entity_class, e.words, e.spoken, e.pronunciations): e for entities in lists for e in entities}
        self.known_words = base.known_words
        spelled = speller.spell(phrases.values())
        self.spelled = replace(spelled, table=with_unreached(spelled.table, base.spellings, of_some=True))
        forms = [words for entity in phrases.values() for _, words in inflected_forms(entity)]
        partial = [part.words for one in self.spelled.used for part in one.partial]
        texts = [*(words for _, words, *_ in phrases), *forms, *partial]
        self.words = base.words.extended(word for words in texts for word in words)
        self._base = replace(base, words=self.words)  # the same words.txt for all lattices
        self._list_of = list_of
        self._num_lists = len(set(lists))
        self._class_config, self.search, self._boost, self._gate = class_config, search, boost, gate
        self._spelled = lru_cache(_LISTS_KEPT)(speller.spell)
        self._compiled = lru_cache(_LISTS_KEPT)(self._compile)

    def reweighted(self, class_config: ClassConfig, search: SearchConfig, boost: BoostConfig) -> "ListPerUtterance":
        """The same lists with other weights; nothing is spelled again."""
        other = copy.copy(self)
        other._class_config, other.search, other._boost = class_config, search, boost
        if class_config != self._class_config:
            other._compiled = lru_cache(_LISTS_KEPT)(other._compile)
        return other

    @property
    def meta(self) -> Dict[str, Any]:
        return {
            "num_phrases": len(self.spelled),
            "num_lists": self._num_lists,
            "class": asdict(self._class_config),
            **search_meta(self.search, self._boost, self._base.device, self._gate),
        }

    @property
    def report(self) -> str:
        return self.spelled.report

    @property
    def unusable(self) -> List[Outcome]:
        """The phrases that cannot be used."""
        return list(self.spelled.unusable)

    def decoder_of(self, cuts: Sequence[MonoCut]) -> Tuple[Decoder, Sequence[int]]:
        lists = self.lists_of(cuts)
        gate_of: Dict[Phrases, int] = {}
        parts: List[Tuple[CompiledList, int]] = []
        for phrases in lists:
            if phrases not in gate_of:
                gate = max(gate_of.values(), default=OPEN) + 1
                own = self._compiled(phrases)
                gate_of[phrases] = gate if own else OPEN
                parts += [(part, gate) for part in own]
        compiled, gates = zip(*parts) if parts else ((), ())
        graph = self._base.with_entities(*compiled, gates=gates) if parts else self._base.plain
        decoder = Decoder(graph, self.search, self._boost, self._base.device, self._gate)
        return decoder, [gate_of[phrases] for phrases in lists]

    def lists_of(self, cuts: Sequence[MonoCut]) -> Sequence[Phrases]:
        return [self._list_of(cut) for cut in cuts]

    def _compile(self, phrases: Phrases) -> List[CompiledList]:
        return compile_lists(self._base, self._spelled(phrases), self._class_config)
