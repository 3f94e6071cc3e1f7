"""The catalogue: an entity list as the adapter reads it, the pronunciations of each phrase, in units."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Iterator, List, Mapping, Optional, Sequence, Tuple

import numpy as np
import torch

from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.core.types import IntArray
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.lang.units import Units

MOST_PRONUNCIATIONS = 3  # of a phrase
MOST_UNITS = 40  # of a pronunciation; what is longer is known by its beginning


@dataclass(frozen=True)
class Catalogue:
    """The pronunciations of the phrases of a list.

    Args:
      entities: the phrases, ``(E,)``.
      units: of each pronunciation, blank behind its end, int64 ``(W, J)``.
      lengths: units of each pronunciation, int64 ``(W,)``.
      entity: the phrase of each pronunciation, ascending, int64 ``(W,)``.
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

    def select(self, pronunciations: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        """Units ``(K, J)`` and lengths ``(K,)`` of some pronunciations ``(K,)``."""
        lengths = self.lengths[pronunciations]
        return self.units[pronunciations][:, : int(lengths.max())], lengths

    @cached_property
    def trie(self) -> "Trie":
        """Its pronunciations by their common beginnings."""
        return trie_of(self.units.numpy(), self.lengths.numpy())


def catalogue_of(
    entities: Sequence[Any],
    pronunciations: Sequence[Sequence[Sequence[int]]],
    most_pronunciations: int = MOST_PRONUNCIATIONS,
) -> Catalogue:
    """A catalogue of phrases and their pronunciations in token ids."""
    some = [
        pronunciation[:MOST_UNITS] for of_phrase in pronunciations for pronunciation in of_phrase[:most_pronunciations]
    ]
    lengths = np.array([len(pronunciation) for pronunciation in some], np.int64)
    units = np.full((len(some), int(lengths.max(initial=1))), BLANK_ID, np.int64)
    units[np.arange(units.shape[1]) < lengths[:, None]] = np.fromiter(
        (u for pronunciation in some for u in pronunciation), np.int64
    )
    entity = np.repeat(
        np.arange(len(pronunciations)), [min(len(of_phrase), most_pronunciations) for of_phrase in pronunciations]
    )
    return Catalogue(tuple(entities), *map(torch.from_numpy, (units, lengths, entity.astype(np.int64))))


def catalogue_of_list(spelled: SpelledList, units: Units, number: Optional[Mapping[Entity, int]] = None) -> Catalogue:
    """The phrases that are used, each between word boundaries where the units have one.

    Args:
      spelled: the list.
      units: that it is spelled in.
      number: of each phrase, where another catalogue has numbered them.
    """
    edge = units.edge
    token_ids = [
        [[*edge, *(units.tokens[unit] for unit in pronunciation), *edge] for pronunciation in outcome.pronunciations]
        for outcome in spelled.used
    ]
    catalogue = catalogue_of(spelled.entities, token_ids)
    if number is None:
        return catalogue
    numbers = torch.tensor([number[entity] for entity in catalogue.entities], dtype=torch.int64)
    return replace(catalogue, entities=tuple(number), entity=numbers[catalogue.entity])


@dataclass(frozen=True)
class Trie:
    """A prefix tree, level by level.

    Args:
      unit: of each node, int64 ``(num_nodes,)`` a level.
      parent: of each node in the level above (of the first: 0, the root), int64 ``(num_nodes,)`` a level.
      ends: per level the nodes at which pronunciations end, and which pronunciations these are; both int64.
    """

    unit: List[torch.Tensor]
    parent: List[torch.Tensor]
    ends: List[Tuple[torch.Tensor, torch.Tensor]]

    def levels(self, device: torch.device) -> Iterator[Tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]]:
        """Yield ``unit``, ``parent``, and the nodes and pronunciations of ``ends``, a level at a time, on a device."""
        for level in zip(self.unit, self.parent, *zip(*self.ends)):
            unit, parent, nodes, pronunciations = (x.to(device) for x in level)
            yield unit, parent, nodes, pronunciations


def trie_of(units: IntArray, lengths: IntArray) -> Trie:
    """The prefix tree of pronunciations ``(W, J)`` of ``lengths`` units each, ``(W,)``."""
    node = np.zeros(len(units), np.int64)  # of each pronunciation in the level above
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
