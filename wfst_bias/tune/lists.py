"""The lists that weights are tuned for: one for all utterances, or one for each."""

from typing import AbstractSet, Protocol, Sequence

from lhotse import MonoCut

from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.decode.config import GateConfig, SearchConfig
from wfst_bias.decode.search import Decoder
from wfst_bias.entities.entity import Phrases
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.graph.base import BaseGraph
from wfst_bias.graph.compile_list import compile_lists
from wfst_bias.graph.config import ClassConfig
from wfst_bias.recognize.biasing import Biasing, ListPerUtterance, OneGraph


class TunedLists(Protocol):
    """Lists over a base, from which graphs are made by any weights."""

    @property
    def known_words(self) -> AbstractSet[str]:
        """The words of the language model."""

    def lists_of(self, cuts: Sequence[MonoCut]) -> Sequence[Phrases]:
        """The list of each utterance of a batch."""

    def biasing(self, class_config: ClassConfig, search: SearchConfig, boost: BoostConfig) -> Biasing:
        """The graphs that ``decode`` has by these weights."""

    def plain(self, search: SearchConfig, boost: BoostConfig) -> Biasing:
        """The base graph, without any list."""


class OneList:
    """One list for all utterances, as ``graph compile`` puts it into a base.

    Args:
      base: on the device of the search.
      spelled: the list.
      gate: evidence that phrases must have.
    """

    def __init__(self, base: BaseGraph, spelled: SpelledList, gate: GateConfig = GateConfig()):
        self._base, self._spelled, self._gate = base, spelled, gate
        parts = spelled.used_by_class().values()
        self._phrases: Phrases = tuple(entity for part in parts for entity in part.entities)

    @property
    def known_words(self) -> AbstractSet[str]:
        return self._base.known_words

    def lists_of(self, cuts: Sequence[MonoCut]) -> Sequence[Phrases]:
        """The phrases of the graph, the same object for all: the second pass pronounces them once."""
        return [self._phrases] * len(cuts)

    def biasing(self, class_config: ClassConfig, search: SearchConfig, boost: BoostConfig) -> Biasing:
        graph = self._base.with_entities(*compile_lists(self._base, self._spelled, class_config))
        return OneGraph(Decoder(graph, search, boost, self._base.device, self._gate), self._phrases)

    def plain(self, search: SearchConfig, boost: BoostConfig) -> Biasing:
        return OneGraph(Decoder(self._base.plain, search, boost, self._base.device))


class UtteranceLists:
    """A list for each utterance, as ``decode --biasing`` and ``--entities-by`` have it.

    Args:
      base: on the device of the search.
      lists: with any weights.
    """

    def __init__(self, base: BaseGraph, lists: ListPerUtterance):
        self._base, self._lists = base, lists

    @property
    def known_words(self) -> AbstractSet[str]:
        return self._lists.known_words

    def lists_of(self, cuts: Sequence[MonoCut]) -> Sequence[Phrases]:
        return self._lists.lists_of(cuts)

    def biasing(self, class_config: ClassConfig, search: SearchConfig, boost: BoostConfig) -> Biasing:
        return self._lists.reweighted(class_config, search, boost)

    def plain(self, search: SearchConfig, boost: BoostConfig) -> Biasing:
        return OneGraph(Decoder(self._base.plain, search, boost, self._base.device))
