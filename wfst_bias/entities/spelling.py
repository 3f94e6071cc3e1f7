"""The scored pronunciations of a list, as the compiler of the biasing trie takes them."""

from dataclasses import dataclass
from typing import Callable, Dict, Iterable, List, Optional, Sequence, Tuple

from wfst_bias.entities.inflections import Endings, InflectedForm, extra_cost, inflected_forms
from wfst_bias.entities.outcome import USED, Outcome, PartialPhrase
from wfst_bias.lang.lexicon import Pronunciation

TIE_BREAK = 1e-3  # nats
_LONGEST_PAID = 1.5  # of the usual length


@dataclass(frozen=True)
class Spelling:
    """A pronunciation of a phrase.

    Args:
      phrase: number of the phrase, from 0; behind those of all phrases, that of an inflected form, then that of a partial phrase.
      units: unit symbols, word boundaries inside the phrase among them.
      score: of a path through it, nats.
    """

    phrase: int
    units: Tuple[str, ...]
    score: float = 0.0


def spellings(
    outcomes: Iterable[Outcome], bonus: float, length_bonus: float = 0.0, usual_length: float = 1.0
) -> List[Spelling]:
    """Score the pronunciations of the phrases that are used.

    The bonus is paid for what only the list can explain: not where another word of the language model has the same
    pronunciation. There the sound decides nothing, and the priors of the two words decide. Of phrases of the list with
    the same pronunciation and weight, the first wins.

    Args:
      outcomes: a :class:`wfst_bias.entities.spelled_list.SpelledList`, of one class.
      bonus: nats a phrase of the usual length.
      length_bonus: nats that a phrase of twice that length has in addition. There is no more of it for phrases beyond
        1.5 times the usual length; short ones, which are often found where they were not spoken, have less.
      usual_length: units of a word.
    """
    spelled = []
    num_before: Dict[Pronunciation, int] = {}
    for outcome in outcomes:
        for units, score, homophones in zip(outcome.pronunciations, outcome.scores, outcome.homophones):
            rank = num_before[units] = num_before.get(units, -1) + 1
            paid = 0.0 if homophones else bonus_of(len(units), bonus, length_bonus, usual_length)
            score += outcome.entity.weight + paid - TIE_BREAK * rank
            spelled.append(Spelling(outcome.phrase, units, score))
    return spelled


def bonus_of(length: int, bonus: float, length_bonus: float, usual_length: float) -> float:
    """The bonus of a pronunciation, nats; see :func:`spellings`.

    Args:
      length: in units.
    """
    return bonus + length_bonus * (min(length / usual_length, _LONGEST_PAID) - 1.0)


def inflected_spellings(
    outcomes: Iterable[Outcome],
    whole: Sequence[Spelling],
    endings: Endings,
    is_word: Callable[[Pronunciation], bool],
    pays: Callable[[Pronunciation], float],
    cost: float,
) -> Tuple[List[Spelling], Tuple[InflectedForm, ...]]:
    """The spellings of the inflected forms of the phrases, which have the weight of the phrase, and its bonus where the phrase has it.

    A form that sounds like a word of the language model has no bonus, its variants neither, and one that sounds or is written like a phrase
    of the list is not there.

    Args:
      outcomes: see :func:`spellings`.
      whole: what that made of them.
      endings: of the model.
      is_word: whether a word of the language model has a pronunciation.
      pays: the bonus of a pronunciation, nats.
      cost: of a form, nats.

    Returns:
      the spellings, and the forms, numbered behind the phrases.
    """
    used = [outcome for outcome in outcomes if outcome.pronunciations]
    written = {outcome.entity.words for outcome in used}
    taken = {spelling.units for spelling in whole}
    spelled: List[Spelling] = []
    forms: List[InflectedForm] = []
    for outcome in used:
        base_score = outcome.entity.weight - cost
        scored = list(zip(outcome.pronunciations, outcome.scores, outcome.homophones))
        sounds: Tuple[Optional[Pronunciation], ...] = ()
        rows: List[Tuple[Pronunciation, float]] = []
        for rank, (kind, words) in enumerate(inflected_forms(outcome.entity)):
            before, sounds = sounds, endings.of(outcome.entity, kind, outcome.pronunciations)
            if sounds != before:
                is_known = any(sound is not None and is_word(sound) for sound, row in zip(sounds, scored) if row[1] == 0)
                rows = [
                    (sound, base_score + score + (0.0 if homophones or is_known else pays(units)))
                    for sound, (units, score, homophones) in zip(sounds, scored)
                    if sound is not None and sound not in taken
                ]
                taken.update(sound for sound, _ in rows)
            if rows and words not in written:
                number, more = len(used) + len(forms), TIE_BREAK * rank + extra_cost(outcome.entity, kind)
                spelled += [Spelling(number, sound, score - more) for sound, score in rows]
                forms.append(InflectedForm(outcome.phrase, kind, words))
    return spelled, tuple(forms)


def partial_spellings(
    outcomes: Iterable[Outcome], whole: Sequence[Spelling], num_phrases: int, cost: float
) -> Tuple[List[Spelling], Tuple[Tuple[str, ...], ...]]:
    """The spellings of the partial phrases, by which a path leaves a phrase between two of its words or has one of them.

    They have no bonus, and of weights only those below 0 that the list gives to their words. Of several that sound alike
    only the likeliest is there, and none that sounds like a whole phrase, whose weight counts.

    Args:
      outcomes: see :func:`spellings`.
      whole: what :func:`spellings` made of them.
      num_phrases: of the list.
      cost: of a partial phrase, nats.

    Returns:
      the spellings, and the words of each partial phrase, numbered from ``num_phrases`` on.
    """
    outcomes = [outcome for outcome in outcomes if outcome.status == USED]
    below_0 = {outcome.entity.words: min(outcome.entity.weight, 0.0) for outcome in outcomes}
    taken = {spelling.units for spelling in whole}
    best: Dict[Pronunciation, PartialPhrase] = {}
    for outcome in outcomes:
        for partial in outcome.partial:
            units = partial.units
            if units not in taken and (units not in best or partial.score > best[units].score):
                best[units] = partial
    words = tuple(dict.fromkeys(partial.words for partial in best.values()))
    number = {one: num_phrases + i for i, one in enumerate(words)}
    parts = {one: [*((word,) for word in one), *[one] * (len(one) > 1)] for one in words}
    paid = {one: cost - sum(below_0.get(part, 0.0) for part in parts[one]) for one in words}
    return [Spelling(number[one.words], units, one.score - paid[one.words]) for units, one in best.items()], words
