"""The CTC topology, composed with a graph of tokens straight into arrays.

States of the product are pairs of a graph state and what was emitted last: blank, or one of the tokens
that enter the state. The standard topology asks for a blank between two equal tokens.
"""

from dataclasses import dataclass, replace
from typing import Tuple

import numpy as np
from scipy.sparse import csr_matrix

from wfst_bias.errors import InputError
from wfst_bias.symbols import BLANK_ID
from wfst_bias.wfst import Wfst, arc_starts

_MAX_INT32 = 2**31 - 1


@dataclass(frozen=True)
class CtcGraph:
    """A graph that consumes one emission column a frame.

    Args:
      fst: labels 0 (blank) to ``num_columns - 1`` in, words out; the start is state 0.
      token_arc: the arc of the token graph behind each arc; -1 for a blank and for a token's repetition.
    """

    fst: Wfst
    token_arc: np.ndarray


def ctc_product(graph: Wfst, num_tokens: int) -> CtcGraph:
    """Standard CTC topology composed with a token graph.

    Graph state s owns the product states (s, blank), (s, t1), (s, t2), ... next to each other, for the
    tokens t that enter it. Each blank state loops on blank; each token state goes to its blank state and
    loops on its token; both then have the arcs of s, a token state without those of its own token.

    Args:
      graph: token labels in, none of them blank or epsilon; start state 0.
      num_tokens: size of the token table; labels that are equal modulo this number are the same token in
        another column of the emissions.

    Raises:
      InputError: the product has more arcs than int32 can count.
    """
    assert graph.start == 0 and (graph.num_arcs == 0 or graph.ilabel.min() > BLANK_ID)
    num_labels = int(graph.ilabel.max(initial=0)) + 1
    entered_state, entered_label, entry_of_arc = _distinct_entries(graph, num_labels)
    # blank goes first in each state: position of (s, blank) and of (s, t) among the product states
    num_entering = np.bincount(entered_state, minlength=graph.num_states)
    blank_state = np.arange(graph.num_states) + np.cumsum(num_entering) - num_entering
    token_state = entered_state + 1 + np.arange(len(entered_state))
    num_states = graph.num_states + len(entered_state)

    owner = np.empty(num_states, np.int32)
    owner[blank_state] = np.arange(graph.num_states)
    owner[token_state] = entered_state
    emitted = np.full(num_states, BLANK_ID, np.int32)
    emitted[token_state] = entered_label

    starts = arc_starts(graph)
    num_own = np.where(emitted == BLANK_ID, 1, 2)
    num_arcs = num_own + np.diff(starts)[owner]
    if int(num_arcs.sum()) > _MAX_INT32:
        raise InputError(
            f"the CTC graph would have {int(num_arcs.sum()):,} arcs, k2 counts to {_MAX_INT32:,}; prune the language model"
        )
    first = np.cumsum(num_arcs) - num_arcs

    # One slot an arc. The graph's arcs fill the slots behind each state's own one or two.
    src = np.repeat(np.arange(num_states, dtype=np.int32), num_arcs)
    shift = starts[:-1][owner] - first - num_own
    token_arc = (np.arange(len(src)) + shift[src]).astype(np.int32)
    del shift
    token_arc[first] = -1
    token_arc[first[token_state] + 1] = -1
    same_token = (graph.ilabel[token_arc] - emitted[src]) % num_tokens == 0
    same_token &= (token_arc >= 0) & (emitted[src] != BLANK_ID)
    slot = np.flatnonzero(~same_token)
    first_kept = first - (np.cumsum(same_token) - same_token)[first]
    del same_token
    src, token_arc = src[slot], token_arc[slot]
    del slot

    dst = token_state.astype(np.int32)[entry_of_arc][token_arc]
    ilabel = graph.ilabel[token_arc]
    olabel = graph.olabel[token_arc]
    score = graph.score[token_arc]
    dst[first_kept] = blank_state[owner]
    loop = first_kept[token_state] + 1
    dst[loop] = token_state
    for column, own, looped in ((ilabel, BLANK_ID, emitted[token_state]), (olabel, 0, 0), (score, 0.0, 0.0)):
        column[first_kept] = own
        column[loop] = looped
    return CtcGraph(
        Wfst(start=0, src=src, dst=dst, ilabel=ilabel, olabel=olabel, score=score, final=graph.final[owner]),
        token_arc,
    )


def _distinct_entries(graph: Wfst, num_labels: int) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The distinct (state, label) pairs that arcs enter with, in order, and which of them each arc is.

    Two counting sorts, by label and then by state: a third of the time of ``np.unique``.

    Returns:
      states ``(E,)``, labels ``(E,)``, pair of each arc ``(A,)``.
    """
    by_label = np.argsort(graph.ilabel.astype(np.min_scalar_type(num_labels)), kind="stable")
    columns = np.arange(graph.num_arcs)
    sorted_by_state = csr_matrix((by_label, (graph.dst[by_label], columns)), shape=(graph.num_states, graph.num_arcs))
    order = sorted_by_state.data
    state, label = graph.dst[order], graph.ilabel[order]
    is_new = np.ones(len(order), bool)
    is_new[1:] = (state[1:] != state[:-1]) | (label[1:] != label[:-1])
    pair_of_arc = np.empty(len(order), np.int32)
    pair_of_arc[order] = np.cumsum(is_new) - 1
    return state[is_new].astype(np.int64), label[is_new], pair_of_arc


def start_first(graph: Wfst) -> Wfst:
    """The same machine with its start state numbered 0; the other states keep their order."""
    if graph.start == 0:
        return graph
    number = np.arange(graph.num_states, dtype=np.int32)
    number[: graph.start] += 1
    number[graph.start] = 0
    src = number[graph.src]
    order = np.argsort(src, kind="stable")
    final = np.empty_like(graph.final)
    final[number] = graph.final
    return replace(
        graph,
        start=0,
        src=src[order],
        dst=number[graph.dst][order],
        ilabel=graph.ilabel[order],
        olabel=graph.olabel[order],
        score=graph.score[order],
        final=final,
    )
