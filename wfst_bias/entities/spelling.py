"""The scored pronunciations of a list, as the compiler of the biasing trie takes them."""

from dataclasses import dataclass, replace
from typing import Dict, Iterator, Sequence, Tuple

import numpy as np

from wfst_bias.core.types import Array, FloatArray, IntArray
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.fst.ragged import positions, row_splits
from wfst_bias.lang.pronunciation_table import PronunciationTable

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


@dataclass(frozen=True)
class Spellings:
    """Pronunciations of phrases, see :class:`Spelling`.

    Args:
      phrase: of each, int64 ``(P,)``.
      table: their units and scores, as the pronunciations of one item.
      symbols: of the units, by their ids.
    """

    phrase: IntArray
    table: PronunciationTable
    symbols: Sequence[str]

    @classmethod
    def of(cls, spellings: Sequence[Spelling]) -> "Spellings":
        """Write spellings into arrays."""
        symbols = tuple(dict.fromkeys(unit for one in spellings for unit in one.units))
        ids = {symbol: i for i, symbol in enumerate(symbols)}
        table = PronunciationTable.of_pairs([[(one.units, one.score) for one in spellings]], ids)
        return cls(np.array([one.phrase for one in spellings], np.int64), table, symbols)

    def __iter__(self) -> Iterator[Spelling]:
        rows = zip(self.phrase.tolist(), self.table.pronunciations(self.symbols), self.scores.tolist())
        return (Spelling(*row) for row in rows)

    def __len__(self) -> int:
        return len(self.phrase)

    @property
    def scores(self) -> FloatArray:
        """Nats ``(P,)``."""
        return self.table.scores

    def where(self, is_kept: Array) -> "Spellings":
        """Some of them, bool ``(P,)``."""
        return replace(self, phrase=self.phrase[is_kept], table=self.table.where(is_kept))

    def in_symbols(self, symbols: Sequence[str]) -> "Spellings":
        """The same with other ids of the units: places in ``symbols``, which has all of them."""
        return replace(self, table=self.table.renumbered(self.symbols, symbols), symbols=symbols)

    @classmethod
    def joined(cls, parts: Sequence["Spellings"]) -> "Spellings":
        """Those of several parts, one part after the other."""
        symbols = max((part.symbols for part in parts), key=len)
        if not all(part.symbols == symbols or not len(part) for part in parts):
            symbols = tuple(dict.fromkeys(symbol for part in parts for symbol in part.symbols))
        tables = [part.in_symbols(symbols).table for part in parts if len(part)]
        table = PronunciationTable.joined(tables) if tables else PronunciationTable.empty(1)
        return cls(np.concatenate([part.phrase for part in parts]), table.as_one_item(), symbols)


def spellings(spelled: SpelledList, bonus: float, length_bonus: float = 0.0, usual_length: float = 1.0) -> Spellings:
    """Score the pronunciations of the phrases that are used.

    The bonus is paid for what only the list can explain: not where another word of the language model has the same
    pronunciation. There the sound decides nothing, and the priors of the two words decide. Of phrases of the list with
    the same pronunciation and weight, the first wins.

    Args:
      spelled: a list, of one class.
      bonus: nats a phrase of the usual length.
      length_bonus: nats that a phrase of twice that length has in addition. There is no more of it for phrases beyond
        1.5 times the usual length; short ones, which are often found where they were not spoken, have less.
      usual_length: units of a word.
    """
    table = spelled.table.pronounced.table
    paid = np.where(has_homophones(spelled), 0.0, bonuses(table.lengths, bonus, length_bonus, usual_length))
    scores = table.scores + (weights(spelled)[table.item] + paid - TIE_BREAK * _rank_among_equal(table))
    whole = table.with_scores(scores).as_one_item()
    return Spellings(spelled.table.phrase[table.item], whole, spelled.table.symbols)


def weights(spelled: SpelledList) -> FloatArray:
    """The weight of each row of a list, nats, float64 ``(E,)``."""
    return np.array([entity.weight for entity in spelled.table.entities], float)


def has_homophones(spelled: SpelledList) -> Array:
    """Whether another word of the language model has each pronunciation of a list, bool ``(P,)``."""
    homophones = spelled.table.pronounced.homophones
    return np.fromiter(map(bool, homophones), bool, len(homophones))


def bonuses(lengths: IntArray, bonus: float, length_bonus: float, usual_length: float) -> FloatArray:
    """The bonus of pronunciations of some lengths in units, nats; see :func:`spellings`."""
    paid: FloatArray = bonus + length_bonus * (np.minimum(lengths / usual_length, _LONGEST_PAID) - 1.0)
    return paid


def _rank_among_equal(table: PronunciationTable) -> IntArray:
    """How many earlier pronunciations have the same units, int64 ``(P,)``."""
    order = np.argsort(table.identity, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = positions(row_splits(np.bincount(table.identity)))
    return rank


def partial_spellings(
    spelled: SpelledList, whole: Spellings, num_phrases: int, cost: float
) -> Tuple[Spellings, Tuple[Tuple[str, ...], ...]]:
    """The spellings of the partial phrases, by which a path leaves a phrase between two of its words or has one of them.

    They have no bonus, and of weights only those below 0 that the list gives to their words. Of several that sound alike
    only the likeliest is there, and none that sounds like a whole phrase, whose weight counts.

    Args:
      spelled: a list, of one class.
      whole: what :func:`spellings` made of it.
      num_phrases: of the list.
      cost: of a partial phrase, nats.

    Returns:
      the spellings, and the words of each partial phrase, numbered from ``num_phrases`` on.
    """
    pronounced = spelled.table.pronounced
    parts = pronounced.partial.as_one_item()
    partial = Spellings(np.zeros(parts.num_pronunciations, np.int64), parts, spelled.table.symbols)
    if not len(partial):
        return partial, ()
    identity = Spellings.joined([whole, partial]).table.identity[len(whole) :] - len(whole)
    order = np.lexsort((-parts.scores, identity))
    first, best = np.unique(identity[order], return_index=True)
    best = order[best][first >= 0]  # in the order in which their sounds come first
    words = list(map(tuple, pronounced.partial_words[best]))
    number = {one: num_phrases + i for i, one in enumerate(dict.fromkeys(words))}
    below_0 = {entity.words: entity.weight for entity in spelled.entities if entity.weight < 0.0}
    paid = {one: cost - _sum_of(below_0, one) for one in number}
    chosen = parts.ordered(best, np.zeros(len(best), np.int64), 1)
    scores = chosen.scores - np.array([paid[one] for one in words])
    phrase = np.array([number[one] for one in words], np.int64)
    return Spellings(phrase, chosen.with_scores(scores), spelled.table.symbols), tuple(number)


def _sum_of(below_0: Dict[Tuple[str, ...], float], words: Tuple[str, ...]) -> float:
    """The sum of the weights below 0 that a list gives to some words and, where there are several, to all of them."""
    if not below_0:
        return 0.0
    return sum(below_0.get(part, 0.0) for part in [*((word,) for word in words), *[words] * (len(words) > 1)])
