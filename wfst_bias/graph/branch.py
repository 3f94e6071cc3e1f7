"""The branch of an entity list: a minimal acceptor of its pronunciations, built by pynini.

A pronunciation is spelled as its units and then the mark of its phrase, so that homophones stay apart and
the acceptor can be determinized and minimised like any other::

    w ih t m ao r #0        z eh l eh n s k iy #1        z eh l ih n s k iy #1

A mark is an epsilon that carries the written form; it is folded into the unit before it.
"""

from dataclasses import dataclass, replace
from typing import Sequence

import numpy as np
import pynini

from wfst_bias.entities.spelling import Spelling
from wfst_bias.graph.epsilon import remove_epsilons
from wfst_bias.symbols import SymbolTable
from wfst_bias.wfst import Wfst, from_arcs, from_openfst, trim


def compile_branch(spellings: Sequence[Spelling], tokens: SymbolTable, first_label: int) -> Wfst:
    """Minimal machine from units to phrases, without epsilons; its start state has no entering arc.

    Scores are pushed towards the start, where the beam sees them.

    Args:
      spellings: at least one.
      tokens: the token table.
      first_label: output label of phrase 0.
    """
    spelled = pynini.string_map(
        ((text, text, str(-spelling.score)) for text, spelling in zip(map(_marked, spellings), spellings)),
        input_token_type=(alphabet := _alphabet(spellings, tokens)),
        output_token_type=alphabet,
    )
    branch = pynini.determinize(spelled)
    branch.minimize()
    marked = from_openfst(branch)
    is_mark = marked.ilabel >= len(tokens)
    phrase_of = marked.ilabel - len(tokens) + first_label
    return remove_epsilons(replace(marked, olabel=np.where(is_mark, phrase_of, 0).astype(np.int32)), is_mark)


def _marked(spelling: Spelling) -> str:
    return f"{' '.join(spelling.units)} #{spelling.phrase}"


def _alphabet(spellings: Sequence[Spelling], tokens: SymbolTable) -> pynini.SymbolTable:
    """Tokens under their own ids, then the marks; blank's id stands for epsilon, which is in no spelling."""
    alphabet = pynini.SymbolTable()
    for symbol in tokens.symbols:
        alphabet.add_symbol(symbol)
    for phrase in range(max(s.phrase for s in spellings) + 1):
        alphabet.add_symbol(f"#{phrase}")
    return alphabet


@dataclass(frozen=True)
class ClassArcs:
    """Where the entity class may be taken in a token graph: ``(K,)`` each.

    Args:
      src, dst: states before and after an entity, int32.
      score: what the language model says of the class here, nats, float32.
    """

    src: np.ndarray
    dst: np.ndarray
    score: np.ndarray


def splice(
    base: Wfst, arcs: ClassArcs, branch: Wfst, entry_score: float, is_boosted: np.ndarray, num_tokens: int
) -> Wfst:
    """The token graph with the branch in the place of its class arcs; the plain graph stays beside it.

    A branch is left only at its end. Beyond its first unit, which is the trigger, an arc consumes the
    boosted twin column of its token.

    Args:
      base: a token graph without epsilons.
      arcs: its class arcs.
      branch: of :func:`compile_branch`.
      entry_score: added on entering the class: its prior and the share of each phrase, nats.
      is_boosted: which tokens have a twin column, bool ``(num_tokens,)``.
      num_tokens: offset of the twin columns.
    """
    ends = np.isfinite(branch.final)
    assert not ends[branch.src].any() and not branch.final[ends].any(), "a branch ends where it goes on"
    at_start = branch.src == branch.start
    twin = is_boosted[branch.ilabel] & ~at_start
    label = branch.ilabel + np.where(twin, num_tokens, 0)
    parts = [(base.src, base.dst, base.ilabel, base.olabel, base.score)]
    num_states = base.num_states
    for dst in np.unique(arcs.dst):  # one copy for each state that the class leads to: nearly always one
        state = np.where(ends, dst, num_states + np.arange(branch.num_states))
        num_states += branch.num_states
        here = arcs.dst == dst
        entries, first = np.meshgrid(np.flatnonzero(here), np.flatnonzero(at_start), indexing="ij")
        entries, first = entries.ravel(), first.ravel()
        parts.append(
            (
                arcs.src[entries],
                state[branch.dst[first]],
                label[first],
                branch.olabel[first],
                arcs.score[entries] + branch.score[first] + np.float32(entry_score),
            )
        )
        inner = np.flatnonzero(~at_start)
        parts.append(
            (
                state[branch.src[inner]],
                state[branch.dst[inner]],
                label[inner],
                branch.olabel[inner],
                branch.score[inner],
            )
        )
    final = np.full(num_states, -np.inf, np.float32)
    final[: base.num_states] = base.final
    return trim(from_arcs(base.start, *map(np.concatenate, zip(*parts)), final))
