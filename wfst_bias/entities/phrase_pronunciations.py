"""Pronunciations of phrases, of all phrases of a list at once: of their words in a row, and of several spoken forms."""

from typing import Tuple

import numpy as np

from wfst_bias.core.types import IntArray
from wfst_bias.fst.ragged import positions, row_splits
from wfst_bias.lang.pronunciation_table import PronunciationTable, in_pieces, joined_splits

MOST_PRONUNCIATIONS = 64  # of a phrase; one of many words with many pronunciations each has more
NO_UNIT = -1  # between words where nothing stands
_MOST_PAIRS = 1 << 21  # at once


def in_a_row(words: PronunciationTable, rows: IntArray, splits: IntArray, between: int) -> PronunciationTable:
    """The best pronunciations of words in a row, at most :data:`MOST_PRONUNCIATIONS` for each sequence.

    Those of equal scores are in the order of the pronunciations of the first word, then of the second, and so on.

    Args:
      words: the pronunciations of all words.
      rows: the words of the sequences, one sequence after the other, int64 ``(M,)``.
      splits: where each sequence begins, none empty, int64 ``(F + 1,)``.
      between: id of a unit between two words, or :data:`NO_UNIT`.
    """
    num_words = np.diff(splits)
    parts, sequences = [], []
    for length in np.unique(num_words):
        sequence = np.flatnonzero(num_words == length)
        table = words.take(rows[splits[sequence]])
        for place in range(1, length):
            table = _followed_by(table, words.take(rows[splits[sequence] + place]), between)
        parts.append(table)
        sequences.append(sequence)
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return PronunciationTable.empty()
    return PronunciationTable.joined(parts).take(np.argsort(np.concatenate(sequences), kind="stable"))


def _followed_by(first: PronunciationTable, second: PronunciationTable, between: int) -> PronunciationTable:
    """The best pairs of pronunciations of the same items, the better first."""
    num_pairs = np.diff(first.splits) * np.diff(second.splits)
    if num_pairs.sum() > _MOST_PAIRS and len(first) > 1:
        halves = np.array_split(np.arange(len(first)), 2)
        return PronunciationTable.joined([_followed_by(first.take(h), second.take(h), between) for h in halves])
    item = np.repeat(np.arange(len(first)), num_pairs)
    place = positions(row_splits(num_pairs))
    num_second = np.diff(second.splits)[item]
    of_first = first.splits[item] + place // np.maximum(num_second, 1)
    of_second = second.splits[item] + place % np.maximum(num_second, 1)
    scores = first.scores[of_first] + second.scores[of_second]
    order = np.lexsort((-scores, item))
    order = order[place < MOST_PRONUNCIATIONS]  # the items are in order, so that places within them stay
    of_first, of_second, item = of_first[order], of_second[order], item[order]

    # the units of both tables and, behind them, that between words; three pieces for each pair
    unit_splits = joined_splits([first.unit_splits, second.unit_splits, np.array([0, 1])])
    units = np.concatenate([first.units, second.units, np.array([between], np.int32)])
    pieces = np.stack([of_first, np.full(len(order), len(unit_splits) - 2), of_second + len(first.scores)], axis=1)
    if between == NO_UNIT:
        pieces = pieces[:, ::2]
    sizes = np.bincount(item, minlength=len(first))
    return PronunciationTable(row_splits(sizes), *in_pieces(unit_splits, units, pieces), scores[order])


def with_boundaries(table: PronunciationTable, word_break: int, boundary: int) -> PronunciationTable:
    """The same pronunciations with another unit in the place of each break between words.

    Args:
      word_break: unit id of a break.
      boundary: unit id of the token between words, or :data:`NO_UNIT`.
    """
    if boundary != NO_UNIT:
        units = np.where(table.units == word_break, np.int32(boundary), table.units)
        return PronunciationTable(table.splits, table.unit_splits, units, table.scores)
    return table.without(word_break)


def of_phrases(table: PronunciationTable, item: IntArray, num_phrases: int, num_variants: int) -> PronunciationTable:
    """The distinct pronunciations of each phrase, those of score 0 first, then its best variants.

    Args:
      table: pronunciations of the forms of the phrases, and given ones.
      item: the phrase of each pronunciation, the preferred ones of a phrase first ``(P,)``.
      num_phrases: how many there are.
      num_variants: of pronunciations with scores below 0, at most.
    """
    key = item.astype(np.int64) * max(table.num_pronunciations, 1) + table.identity
    _, first, number = np.unique(key, return_index=True, return_inverse=True)
    best = np.full(len(first), -np.inf)
    np.maximum.at(best, number.reshape(-1), table.scores)
    in_order = np.argsort(first)
    first, best = first[in_order], best[in_order]
    is_kept, rank = _kept(item[first], best, num_variants)
    order = np.lexsort((rank, item[first]))
    order = order[is_kept[order]]
    scores = table.scores.copy()
    scores[first] = best
    return table.with_scores(scores).ordered(first[order], item[first[order]], num_phrases)


def _kept(item: IntArray, scores: IntArray, num_variants: int) -> Tuple[IntArray, IntArray]:
    """Which pronunciations are kept, and their ranks within their item: those of score 0 as they come, then by scores."""
    rank = np.empty(len(scores), np.int64)
    order = np.lexsort((np.where(scores == 0, 1.0, scores) * -1, item))
    rank[order] = positions(row_splits(np.bincount(item)))
    num_exact = np.bincount(item, weights=scores == 0).astype(np.int64)
    is_kept = (scores == 0) | ((scores < 0) & (rank < num_exact[item] + num_variants))
    return is_kept, rank
