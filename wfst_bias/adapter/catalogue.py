"""The catalogue: an entity list as the adapter reads it, every way to say each phrase, in units."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, List, Mapping, Optional, Sequence, Tuple

import numpy as np
import torch

from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.lang.units import Units

MOST_WAYS = 3  # of a phrase
MOST_UNITS = 40  # of a way; what is longer is known by its beginning


@dataclass(frozen=True)
class Catalogue:
    """Ways to say the phrases of a list.

    Args:
      entities: the phrases, ``(E,)``.
      units: of each way, blank behind its end, int64 ``(W, J)``.
      lengths: units of each way, int64 ``(W,)``.
      entity: which phrase each way says, ascending, int64 ``(W,)``.
      sounds: the same phrases in the phones of a model whose tokens are no phones, for the first stage.
    """

    entities: Tuple[Entity, ...]
    units: torch.Tensor
    lengths: torch.Tensor
    entity: torch.Tensor
    sounds: Optional["Catalogue"] = None

    def __len__(self) -> int:
        """Phrases."""
        return len(self.entities)

    def said(self, ways: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        """Units ``(K, J)`` and lengths ``(K,)`` of some ways ``(K,)``."""
        lengths = self.lengths[ways]
        return self.units[ways][:, : int(lengths.max())], lengths

    @cached_property
    def trie(self) -> "Trie":
        """Its ways by their common beginnings."""
        return trie_of(self.units.numpy(), self.lengths.numpy())


def catalogue_of(
    entities: Sequence[Any], ways: Sequence[Sequence[Sequence[int]]], most_ways: int = MOST_WAYS
) -> Catalogue:
    """A catalogue of phrases and the ways to say each, in token ids."""
    some = [way[:MOST_UNITS] for of_phrase in ways for way in of_phrase[:most_ways]]
    lengths = np.array([len(way) for way in some], np.int64)
    units = np.full((len(some), int(lengths.max(initial=1))), BLANK_ID, np.int64)
    units[np.arange(units.shape[1]) < lengths[:, None]] = np.fromiter((u for way in some for u in way), np.int64)
    entity = np.repeat(np.arange(len(ways)), [min(len(of_phrase), most_ways) for of_phrase in ways])
    return Catalogue(tuple(entities), *map(torch.from_numpy, (units, lengths, entity.astype(np.int64))))


def catalogue_of_list(spelled: SpelledList, units: Units, number: Optional[Mapping[Entity, int]] = None) -> Catalogue:
    """The phrases that are used, each between word boundaries where the units have one.

    Args:
      spelled: the list.
      units: that it is spelled in.
      number: of each phrase, where another catalogue has numbered them.
    """
    edge = units.edge
    ids = lambda way: [*edge, *(units.tokens[unit] for unit in way), *edge]
    said = catalogue_of(spelled.entities, [[ids(way) for way in o.pronunciations] for o in spelled.used])
    if number is None:
        return said
    numbers = torch.tensor([number[entity] for entity in said.entities], dtype=torch.int64)
    return replace(said, entities=tuple(number), entity=numbers[said.entity])


@dataclass(frozen=True)
class Trie:
    """A prefix tree, level by level.

    Args:
      unit: of each node, int64 ``(num_nodes,)`` a level.
      parent: of each node in the level above (of the first: 0, the root), int64 ``(num_nodes,)`` a level.
      ends: per level the nodes at which ways end, and which ways these are; both int64.
    """

    unit: List[torch.Tensor]
    parent: List[torch.Tensor]
    ends: List[Tuple[torch.Tensor, torch.Tensor]]

    def on(self, device: torch.device):
        """``unit``, ``parent`` and ``ends`` on a device."""
        move = lambda x: x.to(device)
        return map(move, self.unit), map(move, self.parent), (tuple(map(move, pair)) for pair in self.ends)


def trie_of(units: np.ndarray, lengths: np.ndarray) -> Trie:
    """The prefix tree of ways ``(W, J)`` of ``lengths`` units each, ``(W,)``."""
    node = np.zeros(len(units), np.int64)  # of each way in the level above
    trie = Trie([], [], [])
    for level in range(int(lengths.max(initial=0))):
        alive = np.flatnonzero(lengths > level)
        key = node[alive] * (units.max() + 1) + units[alive, level]
        _, first, number = np.unique(key, return_index=True, return_inverse=True)
        trie.unit.append(torch.from_numpy(units[alive[first], level]))
        trie.parent.append(torch.from_numpy(node[alive[first]]))
        node[alive] = number
        ended = alive[lengths[alive] == level + 1]
        trie.ends.append((torch.from_numpy(node[ended]), torch.from_numpy(ended)))
    return trie
