"""What each utterance of a corpus is decoded with: one graph for all, or a list of its own."""

from dataclasses import asdict, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any, Callable, Collection, Dict, FrozenSet, List, Optional, Protocol, Sequence, Tuple

from lhotse import MonoCut

from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.core.symbols import CLASS, SymbolTable
from wfst_bias.decode.config import GateConfig, SearchConfig
from wfst_bias.decode.search import Decoder, search_meta
from wfst_bias.entities.biasing import read_biasing
from wfst_bias.entities.entity import Entity, Phrases
from wfst_bias.entities.lists import AUTO, read_classed_entities
from wfst_bias.entities.outcome import USED, Outcome
from wfst_bias.entities.speller import Speller
from wfst_bias.entities.verbalize.phrases import is_all_caps
from wfst_bias.graph.base import BaseGraph, CompiledList
from wfst_bias.graph.compile import compile_lists
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.decoding import OPEN

_LISTS_KEPT = 1024  # compiled; at a thousand words a list takes 0.1 MB


class Biasing(Protocol):
    """The graphs that a corpus is decoded with."""

    @property
    def words(self) -> SymbolTable:
        """The words of all its graphs."""

    @property
    def known_words(self) -> FrozenSet[str]:
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
        """The list of each utterance of a batch, for what changes the emissions."""


class OneGraph:
    """One graph for all utterances.

    Args:
      decoder: of the graph.
      phrases: for what changes the emissions or is done behind the search; the graph's where not given.
    """

    report = ""

    def __init__(self, decoder: Decoder, phrases: Optional[Phrases] = None):
        self._decoder = decoder
        self._phrases = decoder.graph.entities if phrases is None else phrases

    @cached_property
    def words(self) -> SymbolTable:
        return self._decoder.graph.words

    @property
    def search(self) -> SearchConfig:
        return self._decoder.search

    @property
    def phrases(self) -> Phrases:
        """Those of the graph."""
        return self._decoder.graph.entities

    @property
    def known_words(self) -> FrozenSet[str]:
        return self._decoder.graph.known_words

    @property
    def meta(self) -> Dict[str, Any]:
        return {"num_phrases": len(self._decoder.graph.entities), **self._decoder.meta}

    def decoder_of(self, cuts: Sequence[MonoCut]) -> Tuple[Decoder, Sequence[int]]:
        return self._decoder, (OPEN,) * len(cuts)

    def lists_of(self, cuts: Sequence[MonoCut]) -> Sequence[Phrases]:
        return [self._phrases] * len(cuts)


class ListPerUtterance:
    """A list for each utterance, in one search over one base graph.

    The lists of a batch are swapped into the base behind a gate each; a list that several utterances share
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
        phrases = {(entity.entity_class, entity.words): entity for entities in lists for entity in entities}
        self.known_words = base.known_words
        self.spelled = speller.spell(phrases.values())
        self.words = base.words.extended(word for _, words in phrases for word in words)
        self._base = replace(base, words=self.words)  # the same words.txt for all lattices
        self._list_of = list_of
        self._num_lists = len(set(lists))
        self._speller = speller
        self._class_config, self.search, self._boost, self._gate = class_config, search, boost, gate
        self._compiled = lru_cache(_LISTS_KEPT)(self._compile)

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
        return [outcome for outcome in self.spelled if outcome.status != USED]

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
        return compile_lists(self._base, self._speller.spell(phrases), self._class_config)


def lists_of_utterances(path: Path) -> Tuple[List[Phrases], Callable[[MonoCut], Phrases]]:
    """The lists of a biasing TSV, and which of them a cut has."""
    rows = read_biasing(path)
    shouted = is_all_caps({phrase for row in rows.values() for phrase in row.phrases})
    entity_of = lru_cache(None)(partial(Entity, shouted=shouted))  # the same phrase is in many lists
    lists = {key: tuple(entity_of(phrase) for phrase in row.phrases) for key, row in rows.items()}

    def list_of(cut: MonoCut) -> Phrases:
        if cut.id not in lists:
            raise InputError(f"has no row for utterance {cut.id!r}; add it, with '[]' where it has no list", path)
        return lists[cut.id]

    return list(lists.values()), list_of


def lists_by_field(
    field: str, path: Path, classes: Collection[str] = (CLASS,), format_name: str = AUTO
) -> Tuple[List[Phrases], Callable[[MonoCut], Phrases]]:
    """The lists of a map from values of a field to list files, and which of them a cut has.

    Args:
      field: ``speaker``, ``recording``, ``utterance``, or a custom field of a lhotse cut (``meeting``).
      path: ``VALUE LIST`` lines; the list's path is relative to the map, ``-`` is no list.
      classes, format_name: see :func:`wfst_bias.entities.lists.read_classed_entities`.
    """
    lists: Dict[str, Phrases] = {}
    for number, line in lines_of(path):
        value, _, name = line.strip().partition(" ")
        if not name.strip() or value in lists:
            problem = f"{value!r} has a list already" if value in lists else f"found {line!r}"
            raise InputError(f"{problem}; expected 'VALUE LIST', each {field} once ('-' is no list)", path, number)
        file = path.parent / name.strip()
        if name.strip() != "-" and not file.is_file():
            raise InputError(
                f"names the list {str(file)!r}, which is not there; its path is relative to this file", path, number
            )
        lists[value] = () if name.strip() == "-" else tuple(read_classed_entities(file, classes, format_name))
    if not lists:
        raise InputError(f"is empty; write a line 'VALUE LIST' for each {field}", path)

    def list_of(cut: MonoCut) -> Phrases:
        value = _field(cut, field)
        if not value:
            raise InputError(
                f"utterance {cut.id!r} has no {field!r}; lists go by speaker, recording, utterance or a custom field of the cuts"
            )
        if value not in lists:
            raise InputError(f"has no line for {field} {value!r} of utterance {cut.id!r}; add it", path)
        return lists[value]

    return list(lists.values()), list_of


def _field(cut: MonoCut, name: str) -> str:
    """A field of a cut as text; empty where it has none."""
    if name == "utterance":
        return str(cut.id)
    if name == "recording":
        return str(cut.recording_id)
    if name == "speaker":
        return next((s.speaker for s in cut.supervisions if s.speaker), "")
    return str((cut.custom or {}).get(name, ""))
