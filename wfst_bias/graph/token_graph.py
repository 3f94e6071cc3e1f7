"""The token graph: lexicon and language model as one machine from tokens to words, with states for entities."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, List, Sequence, Tuple

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BACKOFF, SymbolTable
from wfst_bias.core.types import BoolArray
from wfst_bias.entities.inflections import FOLLOWED_LIKE, KINDS
from wfst_bias.fst.algebra import renumber, with_own_start
from wfst_bias.fst.epsilon import remove_epsilons
from wfst_bias.fst.wfst import WORD_END, Wfst, from_openfst, to_openfst, trim
from wfst_bias.graph.biasing_trie import ClassArcs
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import lexicon_fst, padded

if TYPE_CHECKING:
    from wfst_bias.lm.grammar import Grammar


@dataclass(frozen=True)
class EntityClass:
    """A class of entities.

    Args:
      name: its word in the language model, or a name for a class that the model does not have.
      in_model: whether the language model has it, and says how likely it is.
    """

    name: str
    in_model: bool


@dataclass(frozen=True)
class TokenGraph:
    """LG without epsilons: tokens in, words out.

    Args:
      fst: no arc enters its start state 0; its class states, the others where an entity may begin or
        end, are its last ones.
      num_class_states: how many these are.
      class_arcs: where an entity may stand; behind the numbers of the classes, those of the kinds of inflected forms, whose
        arcs lead to the words that follow such a form.
      classes: the entity classes, by number.
    """

    fst: Wfst
    num_class_states: int
    class_arcs: ClassArcs
    classes: Tuple[EntityClass, ...]


def compile_token_graph(lang: Lang, grammar: "Grammar", words: SymbolTable, classes: Sequence[str]) -> TokenGraph:
    """det(L o G) with its epsilons folded backward; it is not minimized.

    A class is one more word, spelled with a unit of its own: through composition and determinization it
    goes like any word, and its arcs are where the tries go in. It stands where the language model has it;
    where the model does not know it, it is a word of the unigram state. The kinds of inflected forms are such words, too,
    each with the history of a word of its kind, where the model has one.

    Args:
      words: those of the lang and the names of the classes.
      grammar: over ``words``.
      classes: names.
    """
    LG, is_epsilon = compose_lexicon_and_grammar(lang, grammar, words, classes)
    known = tuple(EntityClass(name, grammar.has(words[name])) for name in classes)
    return with_class_entries(remove_epsilons(LG, is_epsilon), len(lang.tokens), known)


def compose_lexicon_and_grammar(
    lang: Lang, grammar: "Grammar", words: SymbolTable, classes: Sequence[str]
) -> Tuple[Wfst, BoolArray]:
    """det(L o G), label ``num_tokens + c`` standing for class c, and which of its arcs consume nothing.

    Behind the classes, the labels stand for the kinds of inflected forms.
    """
    import pynini

    from wfst_bias.lm.grammar import with_class_arcs

    num_tokens = len(lang.tokens)
    class_units = range(num_tokens, num_tokens + len(classes) + len(KINDS))
    backoff_unit, boundary_unit, first_disambiguation = range(class_units.stop, class_units.stop + 3)
    class_ids = [words[name] for name in classes]
    form_ids = range(len(words), len(words) + len(KINDS))
    grammar_fst = with_class_arcs(grammar, class_ids, dict(zip(form_ids, _states_after_forms(grammar, words))))
    pairs = lang.lexicon.pairs
    unit_ids, known_ids = ({symbol: i for i, symbol in enumerate(table.symbols)} for table in (lang.tokens, words))
    rows = [list(map(unit_ids.__getitem__, p)) for _, p in pairs] + [[unit] for unit in class_units]
    word_ids = np.array([known_ids[word] for word, _ in pairs] + class_ids + [*form_ids])
    L = to_openfst(
        lexicon_fst(
            padded(rows),
            word_ids,
            boundary_id=lang.tokens[lang.boundary] if lang.boundary else boundary_unit,
            is_token=bool(lang.boundary),
            backoff_ids=(backoff_unit, words[BACKOFF]),
            first_disambiguation_id=first_disambiguation,
            is_used=np.isin(word_ids, grammar_fst.ilabel),
        )
    )
    G = to_openfst(grammar_fst)
    L.arcsort("olabel")
    LG = pynini.determinize(pynini.compose(L, G))
    del L, G
    graph = from_openfst(LG)
    if not graph.num_arcs:
        raise InputError("lexicon and language model have no sentence in common")
    if not lang.units.marks_words:
        graph.olabel[graph.ilabel == boundary_unit] += WORD_END  # the removal hands it to the last unit
    return graph, (graph.ilabel == 0) | (graph.ilabel >= backoff_unit)


def _states_after_forms(grammar: "Grammar", words: SymbolTable) -> List[int]:
    """The state of the grammar behind an inflected form of each kind; none where it does not know a word of each."""
    states = []
    for kind in KINDS:
        after = (grammar.state_after(words[word]) for word in FOLLOWED_LIKE[kind] if word in words)
        states += [state for state in after if state is not None][:1]
    return states if len(states) == len(KINDS) else []


def with_class_entries(graph: Wfst, num_tokens: int, classes: Sequence[EntityClass]) -> TokenGraph:
    """A token graph of a machine in which label ``num_tokens + c`` stands for an entity of class c."""
    graph = trim(with_own_start(graph))
    is_class = graph.ilabel >= num_tokens
    is_class_state = np.zeros(graph.num_states, bool)
    is_class_state[graph.src[is_class]] = is_class_state[graph.dst[is_class]] = True
    is_class_state[0] = False
    order = np.argsort(is_class_state, kind="stable")  # the start stays 0
    number = np.empty(graph.num_states, np.int32)
    number[order] = np.arange(graph.num_states)
    entries = graph.arcs(np.flatnonzero(is_class))
    return TokenGraph(
        renumber(graph.arcs(np.flatnonzero(~is_class)), number),
        int(np.count_nonzero(is_class_state)),
        ClassArcs(
            number[entries.src],
            number[entries.dst],
            entries.score,
            entries.ilabel - np.int32(num_tokens),
        ),
        tuple(classes),
    )
