"""Pronunciations that the search may not take in some frames of some utterances.

The arcs that they need read columns of their own, minus infinity where they are rejected, as long as a search lasts;
k2 never takes them there. Other utterances of the batch, and other frames, lose nothing.
"""

import math
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Collection, Iterator, Sequence, Tuple

import numpy as np
import torch

from wfst_bias.core.types import BoolArray, IntArray
from wfst_bias.decode.searched_frames import SearchedFrames
from wfst_bias.fst.ctc import FINAL_LABEL
from wfst_bias.graph.decoding import DecodingGraph


@dataclass(frozen=True)
class Rejection:
    """Where some arcs may not be taken.

    Args:
      utterance: of the batch, from 0.
      arcs: of the decoding graph.
      begin, end: the frames of the emissions, ``end`` excluded; it may lie beyond all.
    """

    utterance: int
    arcs: Tuple[int, ...]
    begin: int
    end: int

    def searched(self, frames: SearchedFrames) -> "Rejection":
        """The same in the frames of a search."""
        begin, end = frames.between(self.utterance, self.begin, self.end)
        return replace(self, begin=begin, end=end)


@contextmanager
def without_rejected(
    graph: DecodingGraph, columns: torch.Tensor, rejections: Sequence[Rejection]
) -> Iterator[torch.Tensor]:
    """Give rejected arcs columns of their own while the context lasts.

    Args:
      graph: of the search; some of its arcs read other columns while the context lasts.
      columns: emissions in the columns that the graph reads ``(N, S, num_columns)``.
      rejections: in the frames of ``columns``.

    Yields:
      the emissions to search ``(N, S, num_columns + K)``, K being the number of arcs that are rejected anywhere.
    """
    if not rejections:
        yield columns
        return
    column_of = {arc: column for column, arc in enumerate({arc for rejection in rejections for arc in rejection.arcs})}
    arcs = torch.tensor(list(column_of), device=graph.arcs.device)
    labels = graph.arcs[arcs, 2]
    own = columns[:, :, labels.long()]
    for rejection in rejections:
        own[
            rejection.utterance, rejection.begin : rejection.end, [column_of[arc] for arc in rejection.arcs]
        ] = -math.inf
    graph.arcs[arcs, 2] = torch.arange(len(arcs)).to(labels) + columns.shape[2]
    try:
        yield torch.cat([columns, own], dim=-1)
    finally:
        graph.arcs[arcs, 2] = labels


def parting_arcs(graph: DecodingGraph, path: Sequence[int], rejected_arcs: Collection[int]) -> Tuple[int, ...]:
    """The arcs by which a pronunciation parts from the last other one that shares its first units.

    If only its end were rejected, the search would follow a path that pays the phrase's bonus and leads nowhere, and
    the beam would drop better paths on its account.

    Args:
      graph: with the pronunciation in a biasing trie.
      path: the arcs that begin its units.
      rejected_arcs: arcs that do not count as another pronunciation's.
    """
    for before, arc in reversed(list(zip(path, path[1:]))):
        onward = _arcs_on(graph, int(graph.arcs[before, 1]))
        own = onward[_are_copies(graph, onward, arc)]
        if not set(onward.tolist()) <= {*own.tolist(), *rejected_arcs}:
            return tuple(own.tolist())
    onward = _arcs_on(graph, int(graph.arcs[path[0], 0]))
    return tuple(onward[_are_copies(graph, onward, path[0])].tolist())


def _arcs_on(graph: DecodingGraph, state: int) -> IntArray:
    """The arcs from the state and from its blank state into other states of the token graph, int64."""
    blank = int(graph.arcs[graph.splits[state].long(), 1])
    arcs = np.concatenate(
        [
            # the topology's own arcs stand first: a blank state has one, another one two
            np.arange(int(graph.splits[own]) + 1 + (own != blank), int(graph.splits[own + 1]))
            for own in {blank, state}
        ]
    )
    onward: IntArray = arcs[(graph.arcs[arcs, 2] != FINAL_LABEL).cpu().numpy()]
    return onward


def _are_copies(graph: DecodingGraph, arcs: IntArray, arc: int) -> BoolArray:
    """Which arcs come from the same arc of the token graph as another one, bool."""
    rows, row = graph.arcs[arcs], graph.arcs[[arc]]
    same = (rows[:, 2] == row[:, 2]) & (_blank_states(graph, rows) == _blank_states(graph, row))
    copies: BoolArray = same.cpu().numpy() & (graph.olabels[arcs] == graph.olabels[arc])
    return copies


def _blank_states(graph: DecodingGraph, rows: torch.Tensor) -> torch.Tensor:
    """The blank state of the state of the token graph that each of some arcs leads to ``(A,)``."""
    states: torch.Tensor = graph.arcs[graph.splits[rows[:, 1].long()].long(), 1]
    return states
