"""Phrases that are made of other phrases of the list: where they are spoken, they are found, and not their parts."""

from dataclasses import replace
from typing import Dict, Set, Tuple

import numpy as np

from wfst_bias.core.types import Nats
from wfst_bias.entities.phrase_pronunciations import MOST_PRONUNCIATIONS
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.entities.spelling import TIE_BREAK, Spelling, Spellings
from wfst_bias.lang.lexicon import Pronunciation

_Words = Tuple[str, ...]
_Scores = Dict[Pronunciation, Nats]


def above_their_parts(spelled: SpelledList, whole: Spellings, entry_score: Nats, boundary: str) -> Spellings:
    """Raise phrases that other phrases of the list say one after the other, each with a bonus of its own, above these.

    In a short list two bonuses are more than the bonus of a long phrase and what entering the class again costs. The
    parts have pronunciations together that the phrase has not by itself; it gets these, too. What is found so has the
    words and sounds of its parts, so that no other words are written. A phrase with a weight below 0 stays as it is.

    Args:
      spelled: the list, of one class.
      whole: what :func:`wfst_bias.entities.spelling.spellings` made of it.
      entry_score: of taking a phrase, nats.
      boundary: token between words; empty for none.

    Returns:
      the spellings, those that were added after them.
    """
    words = {number: entity.words for number, entity in enumerate(spelled.entities)}
    listed = set(words.values())
    several = [
        number for number, entity in enumerate(spelled.entities) if len(entity.words) > 1 and entity.weight >= 0.0
    ]
    nested = [number for number in several if _is_nested(words[number], listed)]
    if not nested:
        return whole
    inside = {part for number in nested for part in _parts(words[number])}
    of_parts = np.isin(whole.phrase, [number for number, some in words.items() if some in inside])
    scores_of: Dict[_Words, _Scores] = {}
    for one in whole.where(of_parts):
        scores = scores_of.setdefault(words[one.phrase], {})
        scores[one.units] = max(one.score, scores.get(one.units, one.score))
    between = (boundary,) * bool(boundary)
    joined = {number: _joined(words[number], scores_of, entry_score, between) for number in nested}
    raised = whole.scores.copy()
    rows = np.flatnonzero(np.isin(whole.phrase, nested))
    for row, one in zip(rows.tolist(), whole.where(np.isin(whole.phrase, nested))):
        raised[row] = max(one.score, joined[one.phrase].pop(one.units, one.score))
    more = [Spelling(phrase, units, score) for phrase, scores in joined.items() for units, score in scores.items()]
    return Spellings.joined([replace(whole, table=whole.table.with_scores(raised)), Spellings.of(more)])


def _is_nested(words: _Words, listed: Set[_Words]) -> bool:
    """Whether phrases of a list make up a longer one."""
    firsts = (length for length in range(1, len(words)) if words[:length] in listed)
    return any(words[length:] in listed or _is_nested(words[length:], listed) for length in firsts)


def _parts(words: _Words) -> Set[_Words]:
    """Some words in a row of a phrase."""
    return {words[first:end] for first in range(len(words)) for end in range(first + 1, len(words) + 1)}


def _joined(words: _Words, scores_of: Dict[_Words, _Scores], entry_score: Nats, between: Pronunciation) -> _Scores:
    """The best pronunciations of some words by two phrases or more, and what these score, without the first entry."""
    found: _Scores = {}
    for length in range(1, len(words)):
        if words[:length] not in scores_of:
            continue
        following = _joined(words[length:], scores_of, entry_score, between)
        for units, score in scores_of.get(words[length:], {}).items():
            following[units] = max(score, following.get(units, score))
        for first, first_score in scores_of[words[:length]].items():
            for rest, rest_score in following.items():
                units, score = first + between + rest, first_score + entry_score + rest_score + TIE_BREAK
                found[units] = max(score, found.get(units, score))
    best = sorted(found, key=lambda units: -found[units])[:MOST_PRONUNCIATIONS]
    return {units: found[units] for units in best}
