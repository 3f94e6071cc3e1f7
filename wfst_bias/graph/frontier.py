"""The frontier of a base graph: the few states that an entity list touches, and the arcs that change with it.

A list is spliced into the frontier alone, and only its product with the CTC topology is written anew: the start
state's arcs, those of the class states, and behind them the tries. All other arcs of the base stay as they are.
"""

from dataclasses import dataclass, replace
from typing import Sequence

import numpy as np

from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.core.types import IntArray
from wfst_bias.fst.ctc import ArcTable, CtcStates, ctc_arcs, ctc_states
from wfst_bias.fst.wfst import Wfst
from wfst_bias.graph.biasing_trie import ClassArcs, ClassExpansion, splice
from wfst_bias.graph.token_graph import TokenGraph


@dataclass(frozen=True)
class Frontier:
    """A machine of its own: the start (state 0), the class states, and those that these lead to, without arcs.

    Args:
      machine: its class states stand behind the start.
      num_class_states: how many states other than the start an entity may begin or end in.
      class_arcs: where an entity may stand, between states of the machine.
      pair_state, pair_label, pair_number: the product states of the whole graph that emitted a token, of the
        frontier's states: state, label and number in the whole, int32 ``(E,)``.
      blank: number in the whole of the blank state of each of its states, int32.
      num_base_states: of the whole product; its last ones are those of the class states.
    """

    machine: Wfst
    num_class_states: int
    class_arcs: ClassArcs
    pair_state: IntArray
    pair_label: IntArray
    pair_number: IntArray
    blank: IntArray
    num_base_states: int

    @property
    def first_class_state(self) -> int:
        """The first product state of a class state in the whole graph."""
        return int(self.blank[1]) if self.num_class_states else self.num_base_states


def frontier_of(graph: TokenGraph) -> Frontier:
    """The frontier of a token graph, with the numbers that its states have in its CTC product."""
    fst = graph.fst
    states, _ = ctc_states(fst.num_states, fst.dst, fst.ilabel)
    class_states = np.arange(fst.num_states - graph.num_class_states, fst.num_states)
    leaving = np.flatnonzero((fst.src == 0) | (fst.src >= fst.num_states - graph.num_class_states))
    own = np.concatenate([[0], class_states])
    beyond = np.setdiff1d(fst.dst[leaving], own)
    local = np.full(fst.num_states, -1, np.int32)
    local[own] = np.arange(len(own))
    local[beyond] = len(own) + np.arange(len(beyond))
    final = np.full(len(own) + len(beyond), -np.inf, np.float32)
    final[: len(own)] = fst.final[own]
    arcs = fst.arcs(leaving)
    number = np.flatnonzero(local[states.owner] >= 0).astype(np.int32)
    pairs = number[states.emitted[number] != BLANK_ID]
    blanks = number[states.emitted[number] == BLANK_ID]
    blank = np.empty(len(final), np.int32)
    blank[local[states.owner[blanks]]] = blanks
    arcs_between = graph.class_arcs
    return Frontier(
        machine=replace(arcs, src=local[arcs.src], dst=local[arcs.dst], final=final),
        num_class_states=graph.num_class_states,
        class_arcs=replace(arcs_between, src=local[arcs_between.src], dst=local[arcs_between.dst]),
        pair_state=local[states.owner[pairs]],
        pair_label=states.emitted[pairs],
        pair_number=pairs,
        blank=blank,
        num_base_states=len(states.owner),
    )


def spliced_arcs(
    frontier: Frontier, expansions: Sequence[ClassExpansion], last_state: int, num_tokens: int, topology: str
) -> ArcTable:
    """All arcs of the start state, of the class states' product states, and of the tries behind them.

    The states are in the order of their numbers: 0, then from ``frontier.first_class_state`` on without a gap.
    """
    machine = splice(frontier.machine, frontier.class_arcs, expansions)
    num_local = len(frontier.blank)
    states, entry_of_arc = ctc_states(
        machine.num_states,
        np.concatenate([frontier.pair_state, machine.dst]),
        np.concatenate([frontier.pair_label, machine.ilabel]),
    )
    known_entry, entry_of_arc = np.split(entry_of_arc, [len(frontier.pair_state)])
    is_blank = states.emitted == BLANK_ID
    position = np.flatnonzero(~is_blank)
    number = np.full(len(states.owner), -1, np.int32)
    number[np.flatnonzero(is_blank)[:num_local]] = frontier.blank
    number[position[known_entry]] = frontier.pair_number
    is_new = number < 0
    number[is_new] = frontier.num_base_states + np.arange(np.count_nonzero(is_new))
    is_ours = (states.owner <= frontier.num_class_states) | (states.owner >= num_local)
    ours = np.flatnonzero(is_ours)
    ours = ours[np.argsort(number[ours], kind="stable")]
    return ctc_arcs(
        machine,
        CtcStates(states.owner[ours], states.emitted[ours]),
        number[ours],
        entered=number[position][entry_of_arc],
        blank=number[is_blank],
        last_state=last_state,
        num_tokens=num_tokens,
        topology=topology,
    )
