"""Weights below 0: where they lower the language model's own words, and what they do not reach.

Such a phrase is to be written less often, whichever path writes it. The language model, too, may write a phrase whose
words it knows. Where that is a single word of it, the weight is added to this word wherever the model has it, in any
spelling; words that only sound like it stay. Of a phrase of several words the path does not show which word comes next, and
a graph that utterances with other lists share has each of its words once: there the weight is the list's alone.
"""

from dataclasses import replace
from typing import Dict, Iterable, Mapping, Tuple

import numpy as np

from wfst_bias.core.text import comparable
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.outcome_table import OutcomeTable

Spellings = Mapping[str, Tuple[str, ...]]
"""The words of a language model by what :func:`~wfst_bias.core.text.comparable` makes of them."""


def spellings_of(known_words: Iterable[str]) -> Spellings:
    """The words of a language model, those together that are one word in other spellings."""
    spellings: Dict[str, Tuple[str, ...]] = {}
    for word in known_words:
        key = word if word.isascii() and word.islower() and word.isalpha() else comparable(word)
        spellings[key] = (*spellings[key], word) if key in spellings else (word,)
    return spellings


def lowered_words(entities: Iterable[Entity], spellings: Spellings) -> Dict[str, float]:
    """The weight of each word of the language model that is a phrase with a weight below 0, nats.

    Where several phrases are the same word, as in several classes, the lowest weight counts.

    Args:
      spellings: of the language model's words.
    """
    lowered: Dict[str, float] = {}
    for entity in entities:
        if _lowers_word(entity):
            for word in spellings.get(comparable(entity.words[0]), ()):
                lowered[word] = min(entity.weight, lowered.get(word, 0.0))
    return lowered


def with_unreached(table: OutcomeTable, spellings: Spellings, of_some: bool = False) -> OutcomeTable:
    """The outcomes, with ``unreached`` where the language model may write a phrase in spite of its weight below 0.

    Args:
      spellings: of the language model's words.
      of_some: whether the list is of some utterances only, which share a graph with others.
    """
    unreached = table.unreached.copy()
    for i in np.flatnonzero(table.is_used).tolist():
        if table.entities[i].weight < 0.0:
            unreached[i] = _unreached(table.entities[i], spellings, of_some)
    return replace(table, unreached=unreached)


def _lowers_word(entity: Entity) -> bool:
    """Whether a weight is that of a single word, too: the pronoun "us" is not US, which is said as two letters."""
    return entity.weight < 0.0 and len(entity.words) == 1 and entity.words in entity.forms


def _unreached(entity: Entity, spellings: Spellings, of_some: bool) -> str:
    if not all(comparable(word) in spellings for word in entity.words):
        return ""
    if not _lowers_word(entity):
        why = "reaches single words only, spoken as they are written"
    elif of_some:
        why = "is that of a list for some utterances only"
    else:
        return ""
    return (
        f"the weight {entity.weight:g} does not lower what the language model writes by itself, "
        f"{' '.join(entity.words)!r}: there it {why}"
    )
