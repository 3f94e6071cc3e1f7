"""The outcomes of a list as text, written from their columns: rows of ``report.tsv`` and lines of a stored list."""

import json
from itertools import chain
from typing import Iterator, List, Sequence

import numpy as np

from wfst_bias.core.types import Array
from wfst_bias.entities.entity import fields_of
from wfst_bias.entities.outcome_table import OutcomeTable
from wfst_bias.fst.ragged import row_splits

_encode = json.JSONEncoder(ensure_ascii=False).encode


def report_rows(table: OutcomeTable, more: Sequence[str] = ()) -> Iterator[str]:
    """Write the rows of ``report.tsv``; the score of a variant follows its units.

    Args:
      more: a last column of each row ``(E,)``; empty for none.
    """
    pronounced = table.pronounced
    texts, scores = pronounced.table.texts(table.symbols), pronounced.table.scores.tolist()
    shown = [text if score == 0 else f"{text} ({score:.1f})" for text, score in zip(texts, scores)]
    splits = pronounced.table.splits.tolist()
    has_homophones = _has_any(pronounced.homophones, splits)
    homophones = pronounced.homophones
    last = [f"\t{text}\n" for text in more] if more else ["\n"] * len(table)
    rows = zip(table.entities, table.status, table.unknown_words, table.notes, table.unreached, splits, splits[1:], last)
    for i, (entity, status, unknown_words, note, unreached, first, end, tail) in enumerate(rows):
        words = dict.fromkeys(chain.from_iterable(homophones[first:end])) if has_homophones[i] else ()
        notes = "; ".join(filter(None, (note, unreached))) if unreached else note
        yield (
            f"{entity.line}\t{entity.written}\t{status}\t{' '.join(unknown_words)}\t{' | '.join(shown[first:end])}\t"
            f"{' '.join(words)}\t{notes}{tail}"
        )


def json_lines(table: OutcomeTable) -> Iterator[str]:
    """Write the lines of a stored list; scores keep all their digits."""
    pronounced = table.pronounced
    quoted = [_encode(symbol)[1:-1] for symbol in table.symbols]
    columns = zip(pronounced.table.texts(quoted), pronounced.table.scores.tolist(), pronounced.homophones)
    written = [
        f'{{"units": "{text}", "score": {score!r}, "homophones": {_encode(words) if words else "[]"}}}'
        for text, score, words in columns
    ]
    part_columns = zip(
        pronounced.partial_words, pronounced.partial.texts(quoted), pronounced.partial.scores.tolist()
    )
    parts = [
        f'{{"words": {_encode(" ".join(words))}, "units": "{text}", "score": {score!r}}}'
        for words, text, score in part_columns
    ]
    splits, part_splits = pronounced.table.splits.tolist(), pronounced.partial.splits.tolist()
    phrases = table.phrase.tolist()
    for i, entity in enumerate(table.entities):
        yield (
            f'{{"entity": {_encode(fields_of(entity))}, "status": "{table.status[i]}", "phrase": {phrases[i]}, '
            f'"unknown_words": {_encode(table.unknown_words[i])}, '
            f'"pronunciations": [{", ".join(written[splits[i] : splits[i + 1]])}], '
            f'"note": {_encode(table.notes[i])}, "dropped": {_encode(pronounced.dropped[i])}, '
            f'"partial": [{", ".join(parts[part_splits[i] : part_splits[i + 1]])}], '
            f'"unreached": {_encode(table.unreached[i])}}}\n'
        )


def _has_any(values: Array, splits: Sequence[int]) -> List[bool]:
    """Whether any of the values of each row is not empty."""
    filled = row_splits(np.fromiter(map(bool, values), bool, len(values)))[splits]
    any_filled: List[bool] = (filled[1:] > filled[:-1]).tolist()
    return any_filled
