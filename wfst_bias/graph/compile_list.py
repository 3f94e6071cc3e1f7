"""The compiler of lists: a spelled list becomes tries that a base graph takes."""

from dataclasses import replace
from typing import List, Mapping, Tuple

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import CLASS
from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.entities.inflected_spellings import inflected_spellings
from wfst_bias.entities.inflections import InflectedForm
from wfst_bias.entities.lists import check_class
from wfst_bias.entities.nested import above_their_parts
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.entities.spelling import Spellings, bonuses, partial_spellings, spellings
from wfst_bias.entities.weights import lowered_words
from wfst_bias.graph.base import BaseGraph, CompiledList
from wfst_bias.graph.biasing_trie import compile_trie
from wfst_bias.graph.config import ClassConfig, OpenVocabulary
from wfst_bias.graph.open_vocabulary import unit_trie


def compile_open_vocabulary(base: BaseGraph, config: OpenVocabulary) -> CompiledList:
    """A member of the entity class that is any word."""
    return CompiledList((), unit_trie(base.lang, config.order), 0, -config.cost)


def compile_list(
    base: BaseGraph, spelled: SpelledList, config: ClassConfig = ClassConfig(), entity_class: str = CLASS
) -> CompiledList:
    """The usable phrases of a list, ready for a base graph.

    Args:
      entity_class: name of the class that they are put into.

    Raises:
      InputError: no phrase can be used, or the base does not have the class.
    """
    used = spelled.entities
    if not used:
        raise InputError("no phrase of the list can be used; see the reasons above")
    check_class(entity_class, base.class_names)
    i = base.class_names.index(entity_class)
    units = base.lang.units
    spelled = replace(spelled, table=spelled.table.in_symbols(units.tokens.symbols))
    whole = spellings(spelled, config.bonus, config.length_bonus, base.lang.lexicon.mean_length)
    entry_score = config.entry_score(len(used), base.classes[i].in_model)
    if not base.classes[i].in_model:  # else the language model says what taking a second phrase costs
        whole = above_their_parts(spelled, whole, entry_score, base.lang.boundary)
    inflected, forms = _inflected(base, spelled, whole, config)
    listed = Spellings.joined([whole, inflected]) if len(inflected) else whole
    partial, partial_phrases = partial_spellings(spelled, listed, len(used) + len(forms), config.partial_cost)
    return CompiledList(
        tuple(e if e.entity_class == entity_class else replace(e, entity_class=entity_class) for e in used),
        compile_trie(Spellings.joined([listed, partial]), units.tokens, units.boundaries),
        i,
        entry_score,
        config,
        partial_phrases,
        forms,
        tuple(lowered_words(used, base.spellings).items()) if any(e.weight < 0.0 for e in used) else (),
    )


def _inflected(
    base: BaseGraph, spelled: SpelledList, whole: Spellings, config: ClassConfig
) -> Tuple[Spellings, Tuple[InflectedForm, ...]]:
    """The inflected forms of a list; none where they are not wanted, or the language model does not tell them apart."""
    if not (config.inflections and base.has_inflections):
        return Spellings.of(()), ()
    usual_length = base.lang.lexicon.mean_length

    def pays(lengths: IntArray) -> FloatArray:
        return bonuses(lengths, config.bonus, config.length_bonus, usual_length)

    return inflected_spellings(spelled, whole, base.endings, base.sound_like_words, pays, config.inflection_cost)


def compile_lists(
    base: BaseGraph,
    spelled: SpelledList,
    config: ClassConfig = ClassConfig(),
    configs: Mapping[str, ClassConfig] = {},
) -> List[CompiledList]:
    """The usable phrases of a list, a part for each class that has any, ready for a base graph.

    Args:
      spelled: the list, its classes apart.
      configs: of the classes that have one of their own; ``config`` is that of the others.
    """
    parts = spelled.used_by_class()
    return [compile_list(base, part, configs.get(name, config), name) for name, part in parts.items()]
