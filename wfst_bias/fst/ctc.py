"""The CTC topology, composed with a graph of tokens straight into the arrays that k2 searches.

States of the product are pairs of a graph state and what was emitted last: blank, or one of the tokens
that enter the state. The standard topology asks for a blank between two equal tokens. The modified one
does not, and only its blank states have the arcs of the graph, which keeps bare unit loops small.
"""

from dataclasses import dataclass, replace
from typing import Tuple

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.fst.columns import ColumnLayout
from wfst_bias.fst.ragged import row_ids, row_splits
from wfst_bias.fst.wfst import Wfst, arc_starts

STANDARD, MODIFIED = "standard", "modified"
TOPOLOGIES = (STANDARD, MODIFIED)
FINAL_LABEL = -1
MAX_INT32 = 2**31 - 1
_BLOCK = 1 << 16  # product states whose arcs are written together


@dataclass(frozen=True)
class ArcTable:
    """Arcs in the order of their states, as k2 keeps them.

    Args:
      arcs: ``(src, dst, column, bits of the score)``, int32 ``(A, 4)``; column -1 ends.
      olabels: the output label of each arc, int32 ``(A,)``; 0 is none.
      splits: where the arcs of each state begin, int32 ``(S + 1,)``.
    """

    arcs: IntArray
    olabels: IntArray
    splits: IntArray

    @property
    def num_arcs(self) -> int:
        return len(self.arcs)


@dataclass(frozen=True)
class CtcStates:
    """States of a product, those of each graph state next to each other, blank first: ``(P,)`` each.

    Args:
      owner: the graph state, int32.
      emitted: the token emitted last, int32; 0 is blank.
    """

    owner: IntArray
    emitted: IntArray


def ctc_product(graph: Wfst, num_tokens: int, topology: str = STANDARD) -> ArcTable:
    """The CTC topology composed with a token graph.

    Args:
      graph: token labels in, none of them blank or epsilon; start state 0.
      num_tokens: size of the token table; labels of one token in several blocks of columns count as equal; see
        :class:`~wfst_bias.fst.columns.ColumnLayout`.
      topology: :data:`STANDARD` or :data:`MODIFIED`.

    Raises:
      InputError: the product has more arcs than int32 can count.
    """
    assert graph.start == 0
    states, entry_of_arc = ctc_states(graph.num_states, graph.dst, graph.ilabel)
    number = np.arange(len(states.owner), dtype=np.int32)
    is_blank = states.emitted == BLANK_ID
    table = ctc_arcs(
        graph,
        states,
        number,
        entered=number[~is_blank][entry_of_arc],
        blank=number[is_blank],
        last_state=len(number),
        num_tokens=num_tokens,
        topology=topology,
    )
    return replace(table, splits=np.append(table.splits, table.splits[-1]))  # the last state, which no arc leaves


def ctc_states(num_states: int, dst: IntArray, label: IntArray) -> Tuple[CtcStates, IntArray]:
    """The product states of a graph, and which of those that emitted a token each arc enters.

    Args:
      num_states: of the graph.
      dst, label: of each arc ``(A,)``.

    Returns:
      the states, and for each arc a number among those with a token, int32 ``(A,)``.
    """
    num_labels = int(label.max(initial=0)) + 1
    # blank stands first: it is the label that enters every state
    wide = dst if num_states * num_labels < MAX_INT32 else dst.astype(np.int64)
    key = wide * num_labels + label
    order = np.argsort(key, kind="stable")
    sorted_key = key[order]
    is_new = np.ones(len(key), bool)
    is_new[1:] = sorted_key[1:] != sorted_key[:-1]
    entry_of_arc = np.empty(len(key), np.int32)
    entry_of_arc[order] = np.cumsum(is_new, dtype=np.int32) - 1
    state, emitted = np.divmod(sorted_key[is_new], num_labels)

    num_entering = np.bincount(state, minlength=num_states)
    owner = row_ids(row_splits(num_entering + 1))
    all_emitted = np.full(len(owner), BLANK_ID, np.int32)
    all_emitted[state + 1 + np.arange(len(state))] = emitted
    return CtcStates(owner, all_emitted), entry_of_arc


def ctc_arcs(
    graph: Wfst,
    states: CtcStates,
    number: IntArray,
    entered: IntArray,
    blank: IntArray,
    last_state: int,
    num_tokens: int,
    topology: str,
) -> ArcTable:
    """All arcs of the given product states.

    A blank state loops on blank. In the standard topology a token state goes to the blank state of its
    graph state on blank, loops on its token, and both have the arcs of the graph state, the token state
    without those of its own token. In the modified topology a token state has no arc but its loop and one on
    its token to the blank state; a blank state has each arc of the graph twice, into the token and
    into the blank state of its end, and it alone may be final.

    Args:
      graph: the arcs and final scores of the graph states.
      states: in the order in which their arcs are to stand ``(P,)``.
      number: of each product state in the whole graph, int32 ``(P,)``.
      entered: the number of the token state that each arc of the graph enters, int32 ``(A,)``.
      blank: the number of the blank state of each graph state, int32 ``(S,)``.
      last_state: that all final arcs enter.
    """
    copies = _copies(graph, entered, blank, num_tokens, topology)
    is_token = states.emitted != BLANK_ID
    ends = np.isfinite(graph.final)[states.owner]
    num_copied = np.diff(copies.starts)[states.owner]
    if topology == MODIFIED:
        num_copied, ends = num_copied * ~is_token, ends & ~is_token
    num_arcs = 1 + is_token + num_copied + ends
    most = int(num_arcs.sum())
    check_size(most)

    table = ArcTable(np.empty((most, 4), np.int32), np.empty(most, np.int32), np.zeros(len(number) + 1, np.int32))
    filled = 0
    for begin in range(0, len(number), _BLOCK):  # the temporaries of a block stay in the cache
        block = slice(begin, begin + _BLOCK)
        part = _BlockOfStates(states.owner[block], states.emitted[block], number[block], num_arcs[block], ends[block])
        rows, olabels, count = _arcs_of_block(part, copies, graph.final, blank, last_state, num_tokens, topology)
        own = slice(filled, filled + len(rows))
        table.arcs[own], table.olabels[own] = rows, olabels
        table.splits[begin + 1 : begin + 1 + len(count)] = filled + np.cumsum(count)
        filled = own.stop
    return ArcTable(table.arcs[:filled], table.olabels[:filled], table.splits)


@dataclass(frozen=True)
class _BlockOfStates:
    """Product states whose arcs are written together: ``(B,)`` each.

    Args:
      owner, emitted, number: graph state, token and number in the whole of each.
      num_arcs: at most.
      ends: which ones may end.
    """

    owner: IntArray
    emitted: IntArray
    number: IntArray
    num_arcs: IntArray
    ends: BoolArray


def _arcs_of_block(
    block: _BlockOfStates,
    copies: "_Copies",
    final: FloatArray,
    blank: IntArray,
    last_state: int,
    num_tokens: int,
    topology: str,
) -> Tuple[IntArray, IntArray, IntArray]:
    """Rows and output labels of the arcs of a block, and the number of arcs of each of its states; see :func:`ctc_arcs`."""
    owner, emitted = block.owner, block.emitted
    source, state, count = _sources(copies, owner, emitted, block.num_arcs, block.ends, topology == STANDARD, num_tokens)
    rows = copies.rows[source]
    rows[:, 0] = block.number[state]
    first = row_splits(count)[:-1]
    loop = first + (emitted != BLANK_ID)  # a blank state's loop is also its arc to blank
    rows[first, 1] = blank[owner]
    rows[loop, 1], rows[loop, 2] = block.number, emitted
    if topology == MODIFIED:
        rows[first, 2] = emitted
    last = (first + count - 1)[block.ends]
    rows[last, 1], rows[last, 2] = last_state, FINAL_LABEL
    rows[last, 3] = final[owner[block.ends]].view(np.int32)
    return rows, copies.olabels[source], count


@dataclass(frozen=True)
class _Copies:
    """The arcs of a graph as rows that lack their source only, and behind them one for an arc of the topology.

    Args:
      rows: as those of an :class:`ArcTable`, int32 ``(R + 1, 4)``; the last one has neither label nor score.
      olabels, tokens: of each row ``(R + 1,)``; the last row has token -1.
      starts: the first row of each graph state ``(S + 1,)``.
    """

    rows: IntArray
    olabels: IntArray
    tokens: IntArray
    starts: IntArray


def _copies(graph: Wfst, entered: IntArray, blank: IntArray, num_tokens: int, topology: str) -> _Copies:
    """One row an arc, in the modified topology two."""
    targets = (entered,) if topology == STANDARD else (entered, blank[graph.dst])
    each = len(targets)
    rows = np.zeros((each * graph.num_arcs + 1, 4), np.int32)
    for i, target in enumerate(targets):
        every = rows[i:-1:each]
        every[:, 1], every[:, 2], every[:, 3] = target, graph.ilabel, graph.score.view(np.int32)
    tokens = np.append(np.repeat(ColumnLayout(num_tokens).token(graph.ilabel), each), -1).astype(np.int32)
    olabels = np.append(np.repeat(graph.olabel, each), np.int32(0))
    return _Copies(rows, olabels, tokens, each * arc_starts(graph))


def _sources(
    copies: _Copies,
    owner: IntArray,
    emitted: IntArray,
    count: IntArray,
    is_final: BoolArray,
    parts_equal: bool,
    num_tokens: int,
) -> Tuple[IntArray, IntArray, IntArray]:
    """Which row each arc of a block of product states is a copy of.

    Args:
      owner, emitted, count, is_final: graph state, token, number of arcs and end of each product state ``(P,)``.
      parts_equal: whether a token state lacks the arcs of its own token.

    Returns:
      for each arc its row and its product state ``(A,)``, and the number of arcs of each product state ``(P,)``.
    """
    is_token = emitted != BLANK_ID
    topological = len(copies.rows) - 1
    splits = row_splits(count)
    first, state = splits[:-1], row_ids(splits)
    # own arcs come first, then copies in a row
    source = (copies.starts[owner] - first - 1 - is_token).astype(np.int32)[state]
    source += np.arange(len(state), dtype=np.int32)
    source[first] = source[first + is_token] = topological
    source[(first + count - 1)[is_final]] = topological
    if not parts_equal:
        return source, state, count
    repeated = copies.tokens[source] == ColumnLayout(num_tokens).token(emitted)[state]
    return source[~repeated], state[~repeated], count - np.bincount(state[repeated], minlength=len(count))


def check_size(num_arcs: int) -> None:
    """Raises :class:`InputError` where int32 cannot count the arcs."""
    if num_arcs > MAX_INT32:
        raise InputError(
            f"the decoding graph would have {num_arcs:,} arcs, k2 counts to {MAX_INT32:,}; "
            "prune the language model ('wfst-bias lm prune')"
        )
