"""Risks of a phrase: why it may be found where it was not spoken.

The risks were measured with lists of 1,436 words that nobody says, on half an hour of real speech
(``benchmarks/false_alarms.py``). Of a thousand such words, so many were found in an hour:

    phones                                        2, 3     4   5, 6   7 to 9
    all                                            134    87     65        5
    same pronunciation as two common words           -   104    154        -
    one phone from a common word                     -   117      -        -
    none of these                                    -    44     63        5

A weight below 0 removes the risk.
"""

import math
from typing import List, Optional, Sequence, Set, Tuple

from wfst_bias.core.text import latin
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.findings import COMMON_WORD, HOMOPHONE, NEAR_WORD, NOTE, SHORT, TWO_WORDS, WARNING, Finding
from wfst_bias.entities.outcome import Outcome
from wfst_bias.entities.word_sounds import COMMON, COMMON_PAIR, LONGEST_NEAR, NO_WORD, VERY_COMMON, WordSounds, one_in
from wfst_bias.lang.lexicon import Pronunciation

_LONGEST_SHORT = 3  # units
_ADVICE = "list it in longer phrases, or give it a weight below 0"


def exact_pronunciations(outcome: Outcome) -> List[Tuple[Pronunciation, Tuple[str, ...]]]:
    """The pronunciations of a phrase that are no variants, and the homophones of each."""
    scored = zip(outcome.pronunciations, outcome.scores, outcome.homophones)
    return [(pronunciation, homophones) for pronunciation, score, homophones in scored if score == 0.0]


def homophone(outcome: Outcome, sounds: WordSounds) -> Optional[Finding]:
    """The most common other word with a pronunciation of a phrase."""
    homophones = (word for _, words in exact_pronunciations(outcome) for word in words)
    log_prob, word = max(
        ((sounds.log_probs[word], word) for word in homophones if word in sounds.log_probs), default=NO_WORD
    )
    if not word:
        return None
    message = (
        f"{outcome.entity.written!r} sounds exactly like {word!r}, {one_in(log_prob)}: it has no bonus there, the words "
        "around it decide; list it in longer phrases"
    )
    return Finding(WARNING if log_prob > COMMON else NOTE, HOMOPHONE, outcome.entity, message)


def false_alarm_risk(outcome: Outcome, sounds: WordSounds) -> Optional[Finding]:
    """Why a phrase may be found where it was not spoken, by one of its pronunciations that have a bonus."""
    entity = outcome.entity
    paid = [sounds.without_boundaries(p) for p, homophones in exact_pronunciations(outcome) if not homophones]
    return (
        _common_word(entity, sounds)
        or _short(entity, paid, sounds)
        or _two_words(entity, paid, sounds)
        or _near_word(entity, paid, sounds)
    )


def _common_word(entity: Entity, sounds: WordSounds) -> Optional[Finding]:
    words = " ".join(entity.words)
    log_prob = max(sounds.log_probs.get(word, -math.inf) for word in (words, latin(words)))
    if log_prob <= VERY_COMMON or not entity.is_spoken_as_written:
        return None
    message = f"{entity.written!r} is a word that everybody says, {one_in(log_prob)}, and found wherever it is spoken"
    advice = "list it in longer phrases; a weight below 0 makes the word itself less likely, too"
    return Finding(WARNING, COMMON_WORD, entity, f"{message}; {advice}")


def _short(entity: Entity, pronunciations: Sequence[Pronunciation], sounds: WordSounds) -> Optional[Finding]:
    length, shortest = min(((sounds.length(units), units) for units in pronunciations), default=(math.inf, ()))
    if length > _LONGEST_SHORT:
        return None
    message = f"{entity.written!r} is short, {' '.join(shortest)}, and may be found where nobody said it"
    return Finding(WARNING, SHORT, entity, f"{message}; {_ADVICE}")


def _two_words(entity: Entity, pronunciations: Sequence[Pronunciation], sounds: WordSounds) -> Optional[Finding]:
    own = _own_words(entity)
    for units in pronunciations:
        for (log_prob, words), least in ((sounds.word(units), COMMON), (sounds.pair(units), COMMON_PAIR)):
            if log_prob > least and words not in own:
                message = f"{entity.written!r} sounds like {words!r} but for a pause, and may be found in its place"
                return Finding(WARNING, TWO_WORDS, entity, f"{message}; {_ADVICE}")
    return None


def _near_word(entity: Entity, pronunciations: Sequence[Pronunciation], sounds: WordSounds) -> Optional[Finding]:
    own = _own_words(entity)
    words = (sounds.near(units) for units in pronunciations if sounds.length(units) <= LONGEST_NEAR)
    log_prob, word = max((word for word in words if word[1] not in own), default=NO_WORD)
    if log_prob <= COMMON:
        return None
    message = f"{entity.written!r} is one unit from {word!r}, {one_in(log_prob)}, and may be found in its place"
    return Finding(NOTE, NEAR_WORD, entity, f"{message}; {_ADVICE}")


def _own_words(entity: Entity) -> Set[str]:
    return {" ".join(form) for form in (entity.words, *entity.forms)}
