"""Lattices in Kaldi's text format, an arc a frame: what ``lattice-copy ark,t:`` writes of a Lattice.

A line is ``FROM TO TOKEN WORD GRAPH,ACOUSTIC``, a final state ``STATE GRAPH,ACOUSTIC``. TOKEN is the token's
id plus one (Kaldi keeps 0 for epsilon), WORD an id of the graph folder's ``words.txt``. Costs are negated
log-probabilities; acoustic ones are unscaled and without the boost, which like the language model counts as graph.
"""

from operator import itemgetter
from typing import Any, Iterator, List, Tuple

import numpy as np
import torch

from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.decode.arcs import arc_bounds
from wfst_bias.decode.search import Decoder, Lattices
from wfst_bias.graph.decoding import DecodingGraph


def kaldi_lattices(lattices: Lattices, decoder: Decoder) -> List[str]:
    """One block of text for each utterance: its name, its arcs and final states, an empty line."""
    fsas = lattices.fsas
    terms = lattices.arcs
    # all but the emission of the token counts as graph
    other = fsas.scores - terms.acoustic_scale * terms.plain
    arcs = fsas.arcs.values()[:, :3].cpu().numpy().astype(np.int64)
    arcs[:, 2] = torch.where(terms.is_final, -1, terms.tokens + 1).cpu().numpy()
    outputs, skipped = terms.outputs.cpu().numpy(), terms.skipped.cpu().numpy()
    costs = 0.0 - torch.stack([other, terms.plain], dim=1).cpu().numpy()
    bounds = arc_bounds(fsas)
    return [
        f"{name}\n{_block(*_with_skipped(skipped[own], arcs[own], outputs[own], costs[own]), decoder.graph)}\n"
        for name, own in zip(lattices.emissions.names, map(slice, bounds, bounds[1:]))
    ]


def _with_skipped(
    skipped: IntArray, arcs: IntArray, olabels: IntArray, costs: FloatArray
) -> Tuple[IntArray, IntArray, FloatArray]:
    """The arcs of one lattice with those of the blanks that the search has skipped, behind the frame that stands for them.

    Args:
      skipped: how many follow each arc, the same for all that enter a state ``(A,)``.
      arcs, olabels, costs: see :func:`_block`.
    """
    num_states = int(arcs[:, :2].max(initial=-1)) + 1
    behind = np.zeros(num_states, np.int64)
    behind[arcs[:, 1]] = skipped
    last = np.repeat(np.arange(num_states), behind)  # the state that each chain of blanks leads to
    own = num_states + np.arange(len(last))
    is_last = np.diff(last, append=-1) != 0
    first_of = np.arange(num_states)
    first_of[last[::-1]] = own[::-1]
    blanks = np.stack([own, np.where(is_last, last, own + 1), np.full_like(own, BLANK_ID + 1)], axis=1)
    entered = arcs.copy()
    entered[:, 1] = first_of[arcs[:, 1]]
    return (
        np.concatenate([entered, blanks]),
        np.pad(olabels, (0, len(own))),
        np.pad(costs, ((0, len(own)), (0, 0))),
    )


def _block(arcs: IntArray, olabels: IntArray, costs: FloatArray, graph: DecodingGraph) -> str:
    """Lines of one lattice.

    Args:
      arcs: from state, to state, label (0 for none, -1 for the end), ``(A, 3)``.
      olabels: words and phrases, ``(A,)``.
      costs: graph and acoustic, ``(A, 2)``.
    """
    is_final = arcs[:, 2] == -1
    is_phrase = (olabels >= graph.first_phrase) & ~is_final
    rows = list(_rows(arcs, olabels, costs, ~is_final & ~is_phrase))
    # a phrase is a chain of words; its first arc has the frame and the costs
    next_state = int(arcs[:, :2].max(initial=0)) + 1
    for state, to, label, olabel, *weight in _rows(arcs, olabels, costs, is_phrase):
        cost = tuple(weight)
        *others, last = graph.phrase_words[olabel - graph.first_phrase]
        for word in others:
            rows.append((state, next_state, label, word, *cost))
            state, label, cost, next_state = next_state, 0, (0.0, 0.0), next_state + 1
        rows.append((state, to, label, last, *cost))
    rows.sort(key=itemgetter(0))  # the first line names the start state, 0
    lines = ["%d %d %d %d %.6g,%.6g\n" % row for row in rows]
    lines += ["%d %.6g,%.6g\n" % (row[0], *row[4:]) for row in _rows(arcs, olabels, costs, is_final)]
    return "".join(lines)


def _rows(arcs: IntArray, olabels: IntArray, costs: FloatArray, selected: BoolArray) -> Iterator[Tuple[Any, ...]]:
    """Selected arcs as tuples of Python numbers, the fastest form for formatting."""
    return zip(*arcs[selected].T.tolist(), olabels[selected].tolist(), *costs[selected].T.tolist())
