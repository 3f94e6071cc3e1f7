"""What is wrong with a list, or may go wrong when it is searched for.

What a phrase risks was measured with lists of 1,436 words that nobody says, on half an hour of real speech
(``benchmarks/false_alarms.py``). Of a thousand such words, these were heard in an hour:

    phones                              2, 3     4   5, 6   7 to 9
    all                                  134    87     65        5
    said like two common words             -   104    154        -
    one phone from a common word           -   117      -        -
    none of these                          -    44     63        5

A weight below 0 takes the risk away, and the findings that tell of it.
"""

import math
from dataclasses import dataclass
from typing import Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from wfst_bias.core.text import latin
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.formats.scales import LARGEST
from wfst_bias.entities.outcome import DUPLICATE, UNUSABLE, USED, Outcome
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.units import PHONES, SUBWORDS

ERROR, WARNING, NOTE = SEVERITIES = ("error", "warning", "note")

DROPPED = "dropped"
SHORT = "short"
COMMON_WORD = "common-word"
HOMOPHONE = "homophone"
TWO_WORDS = "two-words"
NEAR_WORD = "near-word"
SOUNDS_ALIKE = "sounds-alike"
WEIGHT = "weight"
GUESSED = "guessed"
KINDS = (
    UNUSABLE,
    DUPLICATE,
    DROPPED,
    SHORT,
    COMMON_WORD,
    HOMOPHONE,
    TWO_WORDS,
    NEAR_WORD,
    SOUNDS_ALIKE,
    WEIGHT,
    GUESSED,
)

_COMMON = -11.0  # log-probability of a word, nats: one of 60,000
_VERY_COMMON = -8.0  # one of 3,000
_COMMON_PAIR = -14.0  # of two words together
_LONGEST_SHORT, _LONGEST_NEAR, _LONGEST_PAIR = 3, 4, 12  # units
_WAYS_SHOWN = 3
_ADVICE = "list it in longer phrases, or give it a weight below 0"
_FEW = 5  # with fewer weights nothing is concluded


@dataclass(frozen=True)
class Finding:
    """Something to know about a phrase.

    Args:
      severity: one of :data:`SEVERITIES`.
      kind: one of :data:`KINDS`.
      entity: the phrase.
      message: what was found, and what to do.
    """

    severity: str
    kind: str
    entity: Entity
    message: str


def check(outcomes: Iterable[Outcome], lang: Lang, log_probs: Mapping[str, float]) -> List[Finding]:
    """What there is to know about the phrases of a list, in the order of its lines.

    Args:
      outcomes: a spelled list.
      lang: of the base.
      log_probs: of the words of its language model without a history, nats.
    """
    outcomes, sounds = tuple(outcomes), _Sounds(lang, log_probs)
    findings = [finding for outcome in outcomes for finding in _of_phrase(outcome, sounds)]
    findings += _sounding_alike(outcomes)
    findings += _of_weights([outcome.entity for outcome in outcomes])
    return sorted(findings, key=lambda finding: finding.entity.line)


class _Sounds:
    """The words of a language model by how they are said.

    Args:
      lang: of the base.
      log_probs: of its words, nats.
    """

    def __init__(self, lang: Lang, log_probs: Mapping[str, float]):
        self.log_probs = log_probs
        self.units = lang.units
        self._word: Dict[Pronunciation, Tuple[float, str]] = {}
        self._near: Dict[Tuple[Optional[str], ...], Tuple[float, str]] = {}
        for word, units in lang.lexicon.pairs:
            if word in log_probs:
                _keep_best(self._word, units, (log_probs[word], word))
        for units, best in self._word.items():
            if best[0] > _COMMON and len(units) <= _LONGEST_NEAR + 1:
                for i in range(len(units)):
                    _keep_best(self._near, (*units[:i], None, *units[i + 1 :]), best)

    def spoken(self, pronunciation: Pronunciation) -> Pronunciation:
        """Its units without the boundaries of words."""
        return tuple(unit for unit in pronunciation if unit != self.units.boundary)

    def length(self, units: Pronunciation) -> int:
        """Phones, or letters."""
        return len(units) if self.units.kind == PHONES else len(self.units.text_of(units))

    def word(self, units: Pronunciation) -> Tuple[float, str]:
        """The most common word that is said so, and its log-probability."""
        return self._word.get(units, _NO_WORD)

    def pair(self, units: Pronunciation) -> Tuple[float, str]:
        """The most common two words that are said so together, and their log-probability; of long ones none is."""
        best = _NO_WORD
        for i in range(1, len(units) if len(units) <= _LONGEST_PAIR else 0):
            (first, one), (second, other) = self.word(units[:i]), self.word(units[i:])
            best = max(best, (first + second, f"{one} {other}"))
        return best

    def near(self, units: Pronunciation) -> Tuple[float, str]:
        """The most common word that is said so but for one unit, and its log-probability."""
        if self.units.kind == SUBWORDS:  # of which one more or less is another word altogether
            return _NO_WORD
        found = [self._near.get((*units[:i], None, *units[i:]), _NO_WORD) for i in range(len(units) + 1)]
        for i in range(len(units)):
            found.append(self._near.get((*units[:i], None, *units[i + 1 :]), _NO_WORD))
            found.append(self.word((*units[:i], *units[i + 1 :])))
        return max(found)


_NO_WORD = (-math.inf, "")


def _keep_best(best: Dict, key: Tuple, value: Tuple[float, str]) -> None:
    best[key] = max(best.get(key, _NO_WORD), value)


def _one_in(log_prob: float) -> str:
    """How often a word is said, in round figures."""
    return f"one word in {float(f'{math.exp(-log_prob):.1e}'):,.0f}"


def _of_phrase(outcome: Outcome, sounds: _Sounds) -> Iterator[Finding]:
    entity = outcome.entity
    if outcome.status == UNUSABLE:
        yield Finding(ERROR, UNUSABLE, entity, f"{entity.written!r} {outcome.note}")
    elif outcome.status == DUPLICATE:
        yield Finding(WARNING, DUPLICATE, entity, f"{entity.written!r} is {outcome.note}; leave one of them out")
    if outcome.status == USED:
        yield from (Finding(WARNING, DROPPED, entity, f"{entity.written!r}: {what}") for what in outcome.dropped)
        found = [_guessed(outcome, sounds)]
        if entity.weight >= 0.0:
            found += [_homophone(outcome, sounds), _risk(outcome, sounds)]
        yield from filter(None, found)


def _guessed(outcome: Outcome, sounds: _Sounds) -> Optional[Finding]:
    """How words are said that no lexicon has."""
    if not outcome.unknown_words or sounds.units.kind != PHONES:
        return None
    ways = " | ".join(" ".join(said) for said, _ in _ways(outcome)[:_WAYS_SHOWN])
    words = ", ".join(dict.fromkeys(outcome.unknown_words))
    message = f"{outcome.entity.written!r} is read as {ways} (no lexicon has {words}); give its pronunciation if it is another"
    return Finding(NOTE, GUESSED, outcome.entity, message)


def _ways(outcome: Outcome) -> List[Tuple[Pronunciation, Tuple[str, ...]]]:
    """The pronunciations of a phrase that are no variants, and the homophones of each."""
    ways = zip(outcome.pronunciations, outcome.scores, outcome.homophones)
    return [(pronunciation, alike) for pronunciation, score, alike in ways if score == 0.0]


def _homophone(outcome: Outcome, sounds: _Sounds) -> Optional[Finding]:
    """The most common other word that sounds exactly like a phrase."""
    alike = (word for _, words in _ways(outcome) for word in words)
    log_prob, word = max(
        ((sounds.log_probs[word], word) for word in alike if word in sounds.log_probs), default=_NO_WORD
    )
    if not word:
        return None
    message = (
        f"{outcome.entity.written!r} sounds exactly like {word!r}, {_one_in(log_prob)}: it has no bonus there, what it is "
        "said beside decides; list it in longer phrases"
    )
    return Finding(WARNING if log_prob > _COMMON else NOTE, HOMOPHONE, outcome.entity, message)


def _risk(outcome: Outcome, sounds: _Sounds) -> Optional[Finding]:
    """Why a phrase may be heard where nobody said it, by one of its pronunciations that have a bonus."""
    entity = outcome.entity
    said = [sounds.spoken(p) for p, alike in _ways(outcome) if not alike]
    return (
        _common_word(entity, sounds)
        or _short(entity, said, sounds)
        or _two_words(entity, said, sounds)
        or _near_word(entity, said, sounds)
    )


def _common_word(entity: Entity, sounds: _Sounds) -> Optional[Finding]:
    words = " ".join(entity.words)
    log_prob = max(sounds.log_probs.get(word, -math.inf) for word in (words, latin(words)))
    if log_prob <= _VERY_COMMON or entity.words not in entity.forms:  # nobody says IT as "it"
        return None
    message = f"{entity.written!r} is a word that everybody says, {_one_in(log_prob)}, and found wherever it is said"
    return Finding(WARNING, COMMON_WORD, entity, f"{message}; {_ADVICE}")


def _short(entity: Entity, said: Sequence[Pronunciation], sounds: _Sounds) -> Optional[Finding]:
    length, shortest = min(((sounds.length(units), units) for units in said), default=(math.inf, ()))
    if length > _LONGEST_SHORT:
        return None
    message = f"{entity.written!r} is short, {' '.join(shortest)}, and may be heard where nobody said it"
    return Finding(WARNING, SHORT, entity, f"{message}; {_ADVICE}")


def _two_words(entity: Entity, said: Sequence[Pronunciation], sounds: _Sounds) -> Optional[Finding]:
    own = _own_words(entity)
    for units in said:
        for (log_prob, words), least in ((sounds.word(units), _COMMON), (sounds.pair(units), _COMMON_PAIR)):
            if log_prob > least and words not in own:
                message = f"{entity.written!r} sounds like {words!r} but for a pause, and may be heard in its place"
                return Finding(WARNING, TWO_WORDS, entity, f"{message}; {_ADVICE}")
    return None


def _near_word(entity: Entity, said: Sequence[Pronunciation], sounds: _Sounds) -> Optional[Finding]:
    own = _own_words(entity)
    words = (sounds.near(units) for units in said if sounds.length(units) <= _LONGEST_NEAR)
    log_prob, word = max((word for word in words if word[1] not in own), default=_NO_WORD)
    if log_prob <= _COMMON:
        return None
    message = f"{entity.written!r} is one unit from {word!r}, {_one_in(log_prob)}, and may be heard in its place"
    return Finding(NOTE, NEAR_WORD, entity, f"{message}; {_ADVICE}")


def _own_words(entity: Entity) -> Set[str]:
    return {" ".join(form) for form in (entity.words, *entity.forms)}


def _sounding_alike(outcomes: Sequence[Outcome]) -> Iterator[Finding]:
    """Phrases of a class that an earlier one of it sounds exactly like."""
    first: Dict[Tuple[str, Pronunciation], Entity] = {}
    for outcome in outcomes:
        entity = outcome.entity
        found = [first.setdefault((entity.entity_class, said), entity) for said, _ in _ways(outcome)]
        rivals = [rival for rival in found if rival is not entity]
        if rivals:
            num, of = len(rivals), len(found)
            where = "" if num == of else f" in {num} of its {of} pronunciations"
            message = (
                f"{entity.written!r} sounds like {rivals[0].written!r} of line {rivals[0].line}{where}: only one of them "
                "is found; leave one out, or give them weights"
            )
            yield Finding(WARNING if num == of else NOTE, SOUNDS_ALIKE, entity, message)


def _of_weights(entities: Sequence[Entity]) -> Iterator[Finding]:
    """Weights that look as if they were no nats: one finding of a kind for the list, at the first of them."""
    weighted = [entity for entity in entities if entity.weight]
    large = [entity for entity in weighted if abs(entity.weight) > LARGEST]
    if large:
        message = (
            f"{len(large):,} weights are beyond {LARGEST:g} nats, as {large[0].weight:g} of {large[0].written!r} is: such a "
            "phrase is found in everything, or never; write 1 to 3, or name the --format that they are of"
        )
        yield Finding(WARNING, WEIGHT, large[0], message)
    elif len(weighted) >= _FEW:
        low, high = (pick(entity.weight for entity in weighted) for pick in (min, max))
        if low == high and len(weighted) == len(entities):
            message = (
                f"all weights are {low:g}: that is what --class-bonus is for; leave them out, or weigh some phrases"
            )
            yield Finding(NOTE, WEIGHT, weighted[0], message)
        elif 0.0 < low < high <= 1.0:
            message = f"all weights are between 0 and 1, as probabilities are: in nats, {high:g} is next to nothing; write 1 to 3"
            yield Finding(WARNING, WEIGHT, weighted[0], message)
