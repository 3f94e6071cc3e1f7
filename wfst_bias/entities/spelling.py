"""The scored pronunciations of a list, as the compiler of the biasing trie takes them."""

from dataclasses import dataclass
from typing import Dict, Iterable, List, Sequence, Tuple

from wfst_bias.entities.outcome import Outcome, PartialPhrase
from wfst_bias.lang.lexicon import Pronunciation

_TIE_BREAK = 1e-3  # nats
_LONGEST_PAID = 1.5  # of the usual length


@dataclass(frozen=True)
class Spelling:
    """A pronunciation of a phrase.

    Args:
      phrase: number of the phrase, from 0; behind those of all phrases, that of a partial phrase.
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
            length = min(len(units) / usual_length, _LONGEST_PAID)
            paid = 0.0 if homophones else bonus + length_bonus * (length - 1.0)
            score += outcome.entity.weight + paid - _TIE_BREAK * rank
            spelled.append(Spelling(outcome.phrase, units, score))
    return spelled


def partial_spellings(
    outcomes: Iterable[Outcome], whole: Sequence[Spelling], num_phrases: int, cost: float
) -> Tuple[List[Spelling], Tuple[Tuple[str, ...], ...]]:
    """The spellings of the partial phrases, by which a path leaves a phrase between two of its words or has one of them.

    They have neither bonus nor weight. Of several that sound alike only the likeliest is there, and none that sounds
    like a whole phrase, whose weight counts.

    Args:
      outcomes: see :func:`spellings`.
      whole: what :func:`spellings` made of them.
      num_phrases: of the list.
      cost: of a partial phrase, nats.

    Returns:
      the spellings, and the words of each partial phrase, numbered from ``num_phrases`` on.
    """
    taken = {spelling.units for spelling in whole}
    best: Dict[Pronunciation, PartialPhrase] = {}
    for outcome in outcomes:
        for partial in outcome.partial:
            units = partial.units
            if units not in taken and (units not in best or partial.score > best[units].score):
                best[units] = partial
    words = tuple(dict.fromkeys(partial.words for partial in best.values()))
    number = {one: num_phrases + i for i, one in enumerate(words)}
    return [Spelling(number[one.words], units, one.score - cost) for units, one in best.items()], words
