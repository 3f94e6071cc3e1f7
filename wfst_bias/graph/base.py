"""The base graph: lexicon and language model as one graph of tokens, with a place for an entity class."""

from dataclasses import dataclass

import numpy as np
import pynini

from wfst_bias.errors import InputError
from wfst_bias.graph.branch import ClassArcs
from wfst_bias.graph.ctc import start_first
from wfst_bias.graph.epsilon import remove_epsilons
from wfst_bias.lang.arpa import Grammar, with_class_arc
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import lexicon_fst, padded
from wfst_bias.symbols import BACKOFF, CLASS
from wfst_bias.wfst import Wfst, from_openfst, to_openfst


@dataclass(frozen=True)
class TokenGraph:
    """LG without epsilons: tokens in, words out, a boundary between words.

    Args:
      fst: start state 0.
      class_arcs: where an entity may stand.
    """

    fst: Wfst
    class_arcs: ClassArcs


def compile_token_graph(lang: Lang, grammar: Grammar) -> TokenGraph:
    """min-det(L o G) with its epsilons folded backward.

    The class is one more word, said with a unit of its own, ``class_unit``: through composition and
    determinization it goes like any word, and its arcs are where the branches go in.
    """
    num_tokens = len(lang.tokens)
    class_unit, backoff_unit, first_disambiguation = num_tokens, num_tokens + 1, num_tokens + 2
    rows = [[lang.tokens[unit] for unit in p] for _, p in lang.lexicon.pairs] + [[class_unit]]
    word_ids = [lang.words[word] for word, _ in lang.lexicon.pairs] + [lang.words[CLASS]]
    L = to_openfst(
        lexicon_fst(
            padded(rows),
            np.array(word_ids),
            boundary_id=lang.tokens[lang.boundary],
            backoff_ids=(backoff_unit, lang.words[BACKOFF]),
            first_disambiguation_id=first_disambiguation,
        )
    )
    G = to_openfst(with_class_arc(grammar, lang.words[CLASS]))
    L.arcsort("olabel")
    LG = pynini.determinize(pynini.compose(L, G))
    del L, G
    graph = from_openfst(LG)
    del LG
    if not graph.num_arcs:
        raise InputError("lexicon and language model have no sentence in common")
    consumes_nothing = (graph.ilabel == 0) | (graph.ilabel > class_unit)
    graph = start_first(remove_epsilons(graph, consumes_nothing))
    is_class = graph.ilabel == class_unit
    entry = np.flatnonzero(is_class)
    arcs = ClassArcs(graph.src[entry], graph.dst[entry], graph.score[entry])
    return TokenGraph(graph.arcs(np.flatnonzero(~is_class)), arcs)
