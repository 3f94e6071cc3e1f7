"""The memory of graphs with lists: a copy of a base graph's arcs, with room for one list after another."""

from typing import Mapping, Tuple

import numpy as np
import torch

from wfst_bias.core.types import IntArray
from wfst_bias.fst.ctc import FINAL_LABEL, ArcTable, check_size
from wfst_bias.graph.lowered_words import ArcsOfWords, lowered_arcs, lowered_scores

_LEAST_STATES, _LEAST_ARCS, _LEAST_ENTRIES = 1 << 16, 1 << 18, 1 << 10


class Lease:
    """Lives as long as anything that reads an arena: a graph, its copies and what k2 made of them."""


class Arena:
    """A copy of a base graph's arcs with room for lists.

    ::

        rows:  room for entries | start | all but class states | class states | room for tries
        state: 0                          1 ...                  first_class_state ...         ... last_state

    A list writes the rows of the start, right-aligned to those that stay, and those from the class states on.
    The final arcs that stay enter ``last_state``, so it keeps its number, and the states before it are empty.
    """

    def __init__(
        self,
        base: ArcTable,
        first_class_state: int,
        kept_words: ArcsOfWords,
        device: torch.device,
        needed: ArcTable,
    ):
        """An arena with room for twice what a list needs.

        Args:
          base: arcs of the base.
          first_class_state: see :class:`~wfst_bias.graph.frontier.Frontier`.
          kept_words: of the arcs that no list writes.
          device: where the arena is.
          needed: the arcs with the list.
        """
        num_entries = max(_LEAST_ENTRIES, 2 * int(needed.splits[1]))
        num_tail_arcs = max(_LEAST_ARCS, 2 * needed.num_arcs)
        num_tail_states = max(_LEAST_STATES, 2 * len(needed.splits))
        splits, rows = base.splits, base.arcs
        self._first_class_state = first_class_state
        stays = slice(int(splits[1]), int(splits[self._first_class_state]))
        num_kept = stays.stop - stays.start
        self._head = num_entries
        self._tail = num_entries + num_kept
        self.last_state = self._first_class_state + num_tail_states
        check_size(self._tail + num_tail_arcs)

        self._rows = torch.empty(self._tail + num_tail_arcs, 4, dtype=torch.int32, device=device)
        kept = torch.from_numpy(rows[stays]).to(device)
        self._rows[self._head : self._tail] = kept
        final = kept[:, 2] == FINAL_LABEL
        self._rows[self._head : self._tail, 1][final] = self.last_state
        self._olabels = np.empty(len(self._rows), np.int32)
        self._olabels[self._head : self._tail] = base.olabels[stays]
        self._splits = torch.zeros(self.last_state + 2, dtype=torch.int32, device=device)
        self._splits[1 : self._first_class_state] = torch.from_numpy(splits[1 : self._first_class_state] - splits[1])
        self._num_entries = 0  # rows of the start that the splits count
        self._kept_words = kept_words
        self._lowered, self._before = torch.zeros(0, dtype=torch.int64), kept.new_zeros(0)

    def has_room_for(self, table: ArcTable) -> bool:
        num_entries = int(table.splits[1])
        return (
            num_entries <= self._head
            and table.num_arcs - num_entries <= len(self._rows) - self._tail
            and self._first_class_state + len(table.splits) - 2 <= self.last_state
        )

    def filled(self, table: ArcTable, weights: Mapping[int, float]) -> Tuple[torch.Tensor, torch.Tensor, IntArray]:
        """Arcs, splits and output labels with the rows of :func:`spliced_arcs` in their places.

        Args:
          weights: added to the score of each arc that outputs one of some words, nats, by the number of the word.
        """
        lowered, weight = lowered_arcs(ArcsOfWords(table.olabels), weights)
        table.arcs[lowered, 3] = lowered_scores(table.arcs[lowered, 3], weight)
        self._lower(weights)
        num_entries = int(table.splits[1])
        begin, end = self._head - num_entries, self._tail + table.num_arcs - num_entries
        rows = torch.from_numpy(table.arcs).to(self._rows.device)
        self._rows[begin : self._head], self._rows[self._tail : end] = rows[:num_entries], rows[num_entries:]
        self._olabels[begin : self._head] = table.olabels[:num_entries]
        self._olabels[self._tail : end] = table.olabels[num_entries:]
        self._splits[1 : self._first_class_state] += num_entries - self._num_entries
        self._num_entries = num_entries
        tail_splits = torch.from_numpy(table.splits[1:] + np.int32(self._tail - self._head))
        last_owner = self._first_class_state + len(tail_splits)
        self._splits[self._first_class_state : last_owner] = tail_splits.to(self._splits.device)
        self._splits[last_owner:] = end - begin
        return self._rows[begin:end], self._splits, self._olabels[begin:end]

    def _lower(self, weights: Mapping[int, float]) -> None:
        """Add weights to the scores of words in the rows that no list writes; those lowered before get theirs back."""
        self._rows[self._lowered, 3] = self._before
        lowered, weight = lowered_arcs(self._kept_words, weights)
        self._lowered = torch.from_numpy(self._head + lowered).to(self._rows.device)
        self._before = self._rows[self._lowered, 3]
        after = lowered_scores(self._before.cpu().numpy(), weight)
        self._rows[self._lowered, 3] = torch.from_numpy(after).to(self._rows.device)
