"""Words that nobody listed: a machine that accepts any word in the units of the model, by n-grams of its units.

As a member of the entity class it keeps the vocabulary open: what is neither in the lexicon nor in a list is
spelled, not replaced by words that sound like it. On its own it is a graph for users without a language model.
"""

import math
import re
from dataclasses import replace
from typing import List

import numpy as np

from wfst_bias.core.symbols import CLASS, OOV, SymbolTable
from wfst_bias.fst.algebra import final_scores, relabel, with_arcs
from wfst_bias.fst.epsilon import remove_epsilons
from wfst_bias.fst.wfst import NO_SCORE, Wfst, from_arcs
from wfst_bias.graph.biasing_trie import ClassExpansion, splice
from wfst_bias.graph.token_graph import EntityClass, TokenGraph, with_class_entries
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.units import Units
from wfst_bias.lm.kneser_ney import kneser_ney

ANY_WORD = 1  # the output of a word's first arc: one member of the class, whatever its units


def unit_trie(lang: Lang, order: int) -> Wfst:
    """A biasing trie that accepts every word: ``-log P(units)`` by n-grams over the pronunciations of the lexicon.

    Where tokens begin words, a word has one of them at its beginning and none within.

    Args:
      order: of the n-grams, 2 or more; 0 takes all units for equally likely, and an end is free.
    """
    units = lang.units
    if order == 0:
        return _inside_words(_uniform(lang), units)
    assert order >= 2, "a unigram cannot tell a word's beginning"
    known = [pronunciation for _, pronunciation in lang.lexicon.pairs]
    seen = {unit for pronunciation in known for unit in pronunciation}
    model = kneser_ney(known + [(unit,) for unit in _speakable(units) if unit not in seen], order)
    acceptor = model.acceptor()
    token_of = np.array([0, *(units.tokens.ids.get(unit, 0) for unit in model.words)])
    units_only = relabel(acceptor, ilabel=token_of, olabel=np.zeros_like(token_of))
    trie = remove_epsilons(units_only, acceptor.ilabel == 0)
    final = trie.final.copy()
    final[trie.start] = NO_SCORE  # a word without a unit is none
    olabel = np.where(trie.src == trie.start, np.int32(ANY_WORD), 0)
    return _inside_words(replace(trie, olabel=olabel, final=final), units)


def _speakable(units: Units) -> List[str]:
    """The tokens that words are made of: neither blank nor boundary nor a mark such as ``<unk>``."""
    return [s for s in units.tokens.symbols if s != units.boundary and not re.fullmatch(r"<.*>|\[.*\]", s)]


def _uniform(lang: Lang) -> Wfst:
    used = [lang.tokens[unit] for unit in _speakable(lang.units)]
    tokens = np.tile(used, 2)
    src = np.repeat([0, 1], len(used))
    scores = np.full(len(tokens), -math.log(len(used)))
    output = np.where(src == 0, ANY_WORD, 0)
    return from_arcs(0, src, np.ones(len(src)), tokens, output, scores, final_scores(2, 1))


def _inside_words(trie: Wfst, units: Units) -> Wfst:
    """Without the arcs that would begin a word in a word, where tokens tell."""
    if not units.word_start:
        return trie
    bare = units.tokens.ids.get(units.word_start, -1)  # a beginning without a word
    inside = units.starts_word[trie.ilabel] == (trie.src == trie.start)
    return trie.arcs(np.flatnonzero(inside & (trie.ilabel != bare)))


def unit_loop(lang: Lang, words: SymbolTable, order: int) -> TokenGraph:
    """A token graph without a language model: any word, and then any word; the entity class stands beside it.

    Args:
      words: of the lang.
      order: see :func:`unit_trie`.
    """
    class_unit = len(lang.tokens)
    begin, end = 0, 1 if lang.boundary else 0
    arcs = [(begin, end, class_unit, words[CLASS])]
    arcs += [(state, begin, lang.tokens[lang.boundary], 0) for state in (begin, end) if lang.boundary]
    src, dst, ilabel, olabel = zip(*arcs)
    skeleton = from_arcs(0, src, dst, ilabel, olabel, np.zeros(len(arcs)), np.zeros(end + 1))
    graph = with_class_entries(skeleton, class_unit, [EntityClass(CLASS, in_model=False)])
    expansion = ClassExpansion(unit_trie(lang, order), 0, 0.0, words[OOV], marks_end=not lang.units.marks_words)
    spliced = splice(graph.fst, graph.class_arcs, [expansion])
    entries = graph.class_arcs
    again = with_arcs(spliced, entries.src, entries.dst, ilabel=class_unit, score=entries.score)
    return with_class_entries(again, class_unit, graph.classes)
