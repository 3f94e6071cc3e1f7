"""Pronunciations that the search may not take in some frames of some utterances.

The arcs that they need read columns of their own, minus infinity where they are refused, as long as a search lasts;
k2 never takes them there. Other utterances of the batch, and other frames, lose nothing.
"""

import math
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Collection, Iterator, Sequence, Tuple

import numpy as np
import torch

from wfst_bias.fst.ctc import FINAL_LABEL
from wfst_bias.graph.decoding import DecodingGraph


@dataclass(frozen=True)
class Rejection:
    """Where some arcs may not be taken.

    Args:
      utterance: of the batch, from 0.
      arcs: of the decoding graph.
      begin, end: the frames, ``end`` excluded; it may lie beyond all.
    """

    utterance: int
    arcs: Tuple[int, ...]
    begin: int
    end: int


@contextmanager
def without_rejected(
    graph: DecodingGraph, columns: torch.Tensor, refusals: Sequence[Rejection]
) -> Iterator[torch.Tensor]:
    """What to search instead of ``columns`` while the context lasts.

    Args:
      graph: of the search; some of its arcs read other columns while the context lasts.
      columns: emissions in the columns that the graph reads ``(N, T, num_columns)``.

    Returns:
      ``(N, T, num_columns + K)``, K being the number of arcs that are refused anywhere.
    """
    if not refusals:
        yield columns
        return
    column_of = {arc: column for column, arc in enumerate({arc for refusal in refusals for arc in refusal.arcs})}
    arcs = torch.tensor(list(column_of), device=graph.arcs.device)
    labels = graph.arcs[arcs, 2]
    own = columns[:, :, labels.long()]
    for refusal in refusals:
        own[refusal.utterance, refusal.begin : refusal.end, [column_of[arc] for arc in refusal.arcs]] = -math.inf
    graph.arcs[arcs, 2] = torch.arange(len(arcs)).to(labels) + columns.shape[2]
    try:
        yield torch.cat([columns, own], dim=-1)
    finally:
        graph.arcs[arcs, 2] = labels


def parting_arcs(graph: DecodingGraph, path: Sequence[int], refused_arcs: Collection[int]) -> Tuple[int, ...]:
    """The arcs by which a pronunciation parts from the last other one that shares its first units.

    Who refuses only its end leaves the search a way that pays the phrase's bonus and leads nowhere, and the beam
    drops better paths on its account.

    Args:
      graph: with the pronunciation in a branch.
      path: the arcs that begin its units.
      refused_arcs: ways on that do not count.
    """
    for before, arc in reversed(list(zip(path, path[1:]))):
        ways = _ways_on(graph, int(graph.arcs[before, 1]))
        own = ways[_are_copies(graph, ways, arc)]
        if not set(ways.tolist()) <= {*own.tolist(), *refused_arcs}:
            return tuple(own.tolist())
    ways = _ways_on(graph, int(graph.arcs[path[0], 0]))
    return tuple(ways[_are_copies(graph, ways, path[0])].tolist())


def _ways_on(graph: DecodingGraph, state: int) -> np.ndarray:
    """The arcs from the state and from the blank state beside it into other states of the token graph, int64."""
    blank = int(graph.arcs[graph.splits[state].long(), 1])
    arcs = np.concatenate(
        [
            # the topology's own arcs stand first: a blank state has one, another one two
            np.arange(int(graph.splits[own]) + 1 + (own != blank), int(graph.splits[own + 1]))
            for own in {blank, state}
        ]
    )
    return arcs[(graph.arcs[arcs, 2] != FINAL_LABEL).cpu().numpy()]


def _are_copies(graph: DecodingGraph, arcs: np.ndarray, arc: int) -> np.ndarray:
    """Which arcs come from the same arc of the token graph as another one, bool."""
    beside = lambda rows: graph.arcs[graph.splits[rows[:, 1].long()].long(), 1]  # the blank state of where they lead
    rows, row = graph.arcs[arcs], graph.arcs[[arc]]
    same = (rows[:, 2] == row[:, 2]) & (beside(rows) == beside(row))
    return same.cpu().numpy() & (graph.olabels[arcs] == graph.olabels[arc])
