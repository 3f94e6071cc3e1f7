"""A decoding graph under a condition: its paths must have a phrase, must not, or may stop anywhere.

The paths that are left have the scores that they had, so the best of them tells what the condition costs.
"""

from dataclasses import replace
from typing import Sequence

import numpy as np
import torch

from wfst_bias.fst.ctc import FINAL_LABEL, check_size
from wfst_bias.graph.decoding import DecodingGraph

_NEVER = int(np.float32(-np.inf).view(np.int32))  # the bits of a score that no path takes


def arcs_with_outputs(graph: DecodingGraph, outputs: Sequence[int]) -> torch.Tensor:
    """The arcs that output one of some words or phrases, int64 ``(n,)``."""
    arcs = np.flatnonzero(np.isin(graph.outputs_of(np.arange(graph.num_arcs)), list(outputs)))
    return torch.as_tensor(arcs, device=graph.arcs.device)


def without_outputs(graph: DecodingGraph, outputs: Sequence[int]) -> DecodingGraph:
    """The paths without any of some phrases; arcs keep their numbers."""
    arcs = graph.arcs.clone()
    arcs[arcs_with_outputs(graph, outputs), 3] = _NEVER
    return replace(graph, arcs=arcs)


def with_outputs(graph: DecodingGraph, outputs: Sequence[int]) -> DecodingGraph:
    """The paths with at least one of some phrases.

    The graph stands there twice: in the first copy none has been output yet, and nothing may end; an arc that
    outputs one leads into the second. Arc i of the graph is arc i of the first copy and ``num_arcs + i`` of the second.

    Raises:
      InputError: k2 cannot count the arcs.
    """
    num_arcs, last = graph.num_arcs, graph.num_states - 1
    check_size(2 * num_arcs)
    arcs = torch.cat([graph.arcs, graph.arcs])
    before, behind = arcs[:num_arcs], arcs[num_arcs:]
    behind[:, :2] += last
    before[arcs_with_outputs(graph, outputs), 1] += last
    ends = before[:, 2] == FINAL_LABEL
    before[ends, 1], before[ends, 3] = 2 * last, _NEVER
    owned = graph.splits[:last]  # no arc leaves the last state
    splits = torch.cat([owned, owned + num_arcs, owned.new_full((2,), 2 * num_arcs)])
    return replace(graph, arcs=arcs, splits=splits, olabels=np.tile(graph.olabels, 2))


def stopping_anywhere(graph: DecodingGraph) -> DecodingGraph:
    """The graph whose paths may stop in every state, at no price, and rest for any number of frames.

    To stop and to rest reads a column behind those of the graph. The arc that stops stands last among those of its
    state: arc i of the graph is arc ``i + its state`` here.

    Raises:
      InputError: k2 cannot count the arcs.
    """
    num_arcs, rest, last = graph.num_arcs, graph.num_states - 1, graph.num_states
    check_size(num_arcs + rest + 2)
    kept = graph.arcs.clone()
    ends = kept[:, 2] == FINAL_LABEL
    kept[ends, 1], kept[ends, 3] = last, _NEVER
    state = torch.arange(rest + 1, dtype=torch.int32, device=kept.device)
    stops = torch.zeros(rest + 1, 4, dtype=torch.int32, device=kept.device)
    stops[:, 0], stops[:, 1], stops[:, 2] = state, rest, graph.num_columns
    position = torch.arange(num_arcs, device=kept.device) + kept[:, 0]
    arcs = kept.new_empty(num_arcs + rest + 2, 4)
    arcs[position] = kept
    arcs[graph.splits[1:].long() + state] = stops  # that of the last state, which has become one of rest, is its loop
    arcs[-1] = kept.new_tensor([rest, last, FINAL_LABEL, 0])
    olabels = np.zeros(len(arcs), np.int32)
    olabels[position.cpu().numpy()] = graph.olabels
    splits = torch.cat([graph.splits[:-1] + state, kept.new_full((2,), len(arcs))])
    return replace(graph, arcs=arcs, splits=splits, olabels=olabels)
