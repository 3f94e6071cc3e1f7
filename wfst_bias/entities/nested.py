"""Phrases that are made of other phrases of the list: where they are spoken, they are found, and not their parts."""

from typing import Dict, Iterable, List, Sequence, Tuple

from wfst_bias.core.types import Nats
from wfst_bias.entities.outcome import Outcome
from wfst_bias.entities.spelling import TIE_BREAK, Spelling
from wfst_bias.entities.words import MOST_PRONUNCIATIONS
from wfst_bias.lang.lexicon import Pronunciation

_Words = Tuple[str, ...]
_Scores = Dict[Pronunciation, Nats]


def above_their_parts(
    outcomes: Iterable[Outcome], whole: Sequence[Spelling], entry_score: Nats, boundary: str
) -> List[Spelling]:
    """Raise phrases that other phrases of the list say one after the other, each with a bonus of its own, above these.

    In a short list two bonuses are more than the bonus of a long phrase and what entering the class again costs. The
    parts have pronunciations together that the phrase has not by itself; it gets these, too. What is found so has the
    words and sounds of its parts, so that no other words are written. A phrase with a weight below 0 stays as it is.

    Args:
      outcomes: of the list, of one class.
      whole: what :func:`wfst_bias.entities.spelling.spellings` made of them.
      entry_score: of taking a phrase, nats.
      boundary: token between words; empty for none.

    Returns:
      the spellings, those that were added after them.
    """
    used = {outcome.phrase: outcome.entity for outcome in outcomes if outcome.pronunciations}
    scores_of: Dict[_Words, _Scores] = {}
    for one in whole:
        scores = scores_of.setdefault(used[one.phrase].words, {})
        scores[one.units] = max(one.score, scores.get(one.units, one.score))
    joined = {
        phrase: _joined(entity.words, scores_of, entry_score, (boundary,) * bool(boundary))
        for phrase, entity in used.items()
        if len(entity.words) > 1 and entity.weight >= 0.0
    }
    raised = []
    for one in whole:
        parts = joined.get(one.phrase, {}).pop(one.units, one.score)
        raised.append(Spelling(one.phrase, one.units, max(one.score, parts)))
    more = [Spelling(phrase, units, score) for phrase, scores in joined.items() for units, score in scores.items()]
    return [*raised, *more]


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
