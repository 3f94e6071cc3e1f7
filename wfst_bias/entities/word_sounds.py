"""The words of a language model by their pronunciations, to find those that a phrase may be confused with."""

import math
from typing import Dict, Hashable, Mapping, Optional, Tuple, TypeVar

from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.units import PHONES, SUBWORDS

COMMON = -11.0  # log-probability of a word, nats: one of 60,000
VERY_COMMON = -8.0  # one of 3,000
COMMON_PAIR = -14.0  # of two words together
LONGEST_NEAR = 4  # units of a phrase that a common word may be near to
_LONGEST_PAIR = 12  # units

ScoredWord = Tuple[float, str]
"""A word, or two, and its log-probability without a history, nats."""

NO_WORD: ScoredWord = (-math.inf, "")

_Key = TypeVar("_Key", bound=Hashable)


class WordSounds:
    """The words of a language model by their pronunciations.

    Args:
      lang: of the base.
      log_probs: of its words, nats.
    """

    def __init__(self, lang: Lang, log_probs: Mapping[str, float]):
        self.log_probs = log_probs
        self.units = lang.units
        self._word: Dict[Pronunciation, ScoredWord] = {}
        self._near: Dict[Tuple[Optional[str], ...], ScoredWord] = {}
        for word, units in lang.lexicon.pairs:
            if word in log_probs:
                _keep_best(self._word, units, (log_probs[word], word))
        for units, best in self._word.items():
            if best[0] > COMMON and len(units) <= LONGEST_NEAR + 1:
                for i in range(len(units)):
                    _keep_best(self._near, (*units[:i], None, *units[i + 1 :]), best)

    def without_boundaries(self, pronunciation: Pronunciation) -> Pronunciation:
        """The units of a pronunciation without the boundaries of words."""
        return tuple(unit for unit in pronunciation if unit != self.units.boundary)

    def length(self, units: Pronunciation) -> int:
        """The number of phones, or of letters."""
        return len(units) if self.units.kind == PHONES else len(self.units.text_of(units))

    def word(self, units: Pronunciation) -> ScoredWord:
        """The most common word with a pronunciation."""
        return self._word.get(units, NO_WORD)

    def pair(self, units: Pronunciation) -> ScoredWord:
        """The most common two words that have a pronunciation together; none for a long one."""
        best = NO_WORD
        for i in range(1, len(units) if len(units) <= _LONGEST_PAIR else 0):
            (first, one), (second, other) = self.word(units[:i]), self.word(units[i:])
            best = max(best, (first + second, f"{one} {other}"))
        return best

    def near(self, units: Pronunciation) -> ScoredWord:
        """The most common word whose pronunciation differs in one unit; none in subwords, where that is another word."""
        if self.units.kind == SUBWORDS:
            return NO_WORD
        found = [self._near.get((*units[:i], None, *units[i:]), NO_WORD) for i in range(len(units) + 1)]
        for i in range(len(units)):
            found.append(self._near.get((*units[:i], None, *units[i + 1 :]), NO_WORD))
            found.append(self.word((*units[:i], *units[i + 1 :])))
        return max(found)


def one_in(log_prob: float) -> str:
    """How frequent a word is, in round figures."""
    return f"one word in {float(f'{math.exp(-log_prob):.1e}'):,.0f}"


def _keep_best(best: Dict[_Key, ScoredWord], key: _Key, value: ScoredWord) -> None:
    best[key] = max(best.get(key, NO_WORD), value)
