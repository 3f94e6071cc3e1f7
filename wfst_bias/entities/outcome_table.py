"""The outcomes of a list in columns: what a list of 100,000 phrases is computed with."""

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any, Iterable, List, Sequence, Tuple

import numpy as np

from wfst_bias.core.types import Array, IntArray
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.outcome import USED, Outcome, PartialPhrase
from wfst_bias.fst.ragged import gather_rows
from wfst_bias.lang.pronunciation_table import PronunciationTable

Words = Tuple[str, ...]


def objects(values: Iterable[Any]) -> Array:
    """Python objects, such as tuples, as an array of one dimension."""
    listed = list(values)
    return np.fromiter(listed, object, len(listed))


@dataclass(frozen=True)
class PronouncedPhrases:
    """Phrases with their pronunciations and those of their parts.

    Args:
      table: pronunciations of each phrase, ``N`` items; units are token ids.
      homophones: for each pronunciation, other words of the language model that have exactly this one: tuples ``(P,)``.
      dropped: of each phrase, what could not be used and why: tuples of texts ``(N,)``.
      partial: pronunciations of the parts of each phrase that may be spoken alone, ``N`` items.
      partial_words: for each of these, the words of the part as they are written: tuples ``(Q,)``.
    """

    table: PronunciationTable
    homophones: Array
    dropped: Array
    partial: PronunciationTable
    partial_words: Array

    @classmethod
    def unknown(cls, num_phrases: int) -> "PronouncedPhrases":
        """Phrases without a pronunciation."""
        none = PronunciationTable.empty(num_phrases)
        return cls(none, objects(()), objects([()] * num_phrases), none, objects(()))

    def take(self, rows: Array) -> "PronouncedPhrases":
        """Some of the phrases, repeats allowed ``(M,)``."""
        _, pronunciation = gather_rows(self.table.splits, rows)
        _, part = gather_rows(self.partial.splits, rows)
        return PronouncedPhrases(
            self.table.take(rows),
            self.homophones[pronunciation],
            self.dropped[rows],
            self.partial.take(rows),
            self.partial_words[part],
        )

    @classmethod
    def joined(cls, parts: Sequence["PronouncedPhrases"]) -> "PronouncedPhrases":
        """The phrases of several parts, one part after the other."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            PronunciationTable.joined([part.table for part in parts]),
            np.concatenate([part.homophones for part in parts]),
            np.concatenate([part.dropped for part in parts]),
            PronunciationTable.joined([part.partial for part in parts]),
            np.concatenate([part.partial_words for part in parts]),
        )


@dataclass(frozen=True)
class OutcomeTable:
    """The outcomes of phrases in columns, see :class:`wfst_bias.entities.outcome.Outcome`; ``(E,)`` each.

    Args:
      entities: the phrases.
      status: of each, texts.
      phrase: its number among the used phrases of its class, -1 where it is not used, int64.
      unknown_words: tuples.
      notes, unreached: texts.
      pronounced: the pronunciations of each; none where it is not used.
      symbols: of the units in ``pronounced``, by their ids.
    """

    entities: Array
    status: Array
    phrase: IntArray
    unknown_words: Array
    notes: Array
    unreached: Array
    pronounced: PronouncedPhrases
    symbols: Sequence[str]

    def __len__(self) -> int:
        return len(self.entities)

    @property
    def is_used(self) -> Array:
        """Bool ``(E,)``."""
        is_used: Array = self.status == USED
        return is_used

    def take(self, rows: Array) -> "OutcomeTable":
        """Some of the outcomes ``(M,)``."""
        return OutcomeTable(
            self.entities[rows],
            self.status[rows],
            self.phrase[rows],
            self.unknown_words[rows],
            self.notes[rows],
            self.unreached[rows],
            self.pronounced.take(rows),
            self.symbols,
        )

    @classmethod
    def joined(cls, parts: Sequence["OutcomeTable"]) -> "OutcomeTable":
        """The outcomes of several lists, in the units of the same model."""
        if not parts:
            return cls.of(())
        if len(parts) == 1:
            return parts[0]
        symbols = next((part.symbols for part in parts if part.symbols), ())
        return cls(
            np.concatenate([part.entities for part in parts]),
            np.concatenate([part.status for part in parts]),
            np.concatenate([part.phrase for part in parts]),
            np.concatenate([part.unknown_words for part in parts]),
            np.concatenate([part.notes for part in parts]),
            np.concatenate([part.unreached for part in parts]),
            PronouncedPhrases.joined([part.pronounced for part in parts]),
            symbols,
        )

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> "OutcomeTable":
        """Write outcomes into columns."""
        parts = [part for outcome in outcomes for part in outcome.partial]
        units = (unit for outcome in outcomes for p in outcome.pronunciations for unit in p)
        symbols = tuple(dict.fromkeys([*units, *(unit for part in parts for unit in part.units)]))
        ids = {symbol: i for i, symbol in enumerate(symbols)}
        partial = ([(part.units, part.score) for part in outcome.partial] for outcome in outcomes)
        pronounced = PronouncedPhrases(
            PronunciationTable.of_pairs((list(zip(o.pronunciations, o.scores)) for o in outcomes), ids),
            objects(words for outcome in outcomes for words in outcome.homophones),
            objects(outcome.dropped for outcome in outcomes),
            PronunciationTable.of_pairs(partial, ids),
            objects(part.words for part in parts),
        )
        return cls(
            objects(outcome.entity for outcome in outcomes),
            objects(outcome.status for outcome in outcomes),
            np.array([outcome.phrase for outcome in outcomes], np.int64),
            objects(outcome.unknown_words for outcome in outcomes),
            objects(outcome.note for outcome in outcomes),
            objects(outcome.unreached for outcome in outcomes),
            pronounced,
            symbols,
        )

    def outcomes(self) -> Tuple[Outcome, ...]:
        """The outcomes, one by one."""
        table, partial = self.pronounced.table, self.pronounced.partial
        pronunciations, scores = table.pronunciations(self.symbols), table.scores.tolist()
        parts = list(
            map(
                PartialPhrase,
                self.pronounced.partial_words,
                partial.pronunciations(self.symbols),
                partial.scores.tolist(),
            )
        )
        first, first_part = table.splits.tolist(), partial.splits.tolist()
        homophones = self.pronounced.homophones.tolist()
        rows = zip(self.entities, self.status, self.phrase.tolist(), self.unknown_words, self.notes, self.unreached)
        made: List[Outcome] = []
        for i, (entity, status, phrase, unknown_words, note, unreached) in enumerate(rows):
            some = slice(first[i], first[i + 1])
            made.append(
                Outcome(
                    entity,
                    status,
                    phrase,
                    unknown_words,
                    tuple(pronunciations[some]),
                    tuple(scores[some]),
                    tuple(homophones[some]),
                    note,
                    self.pronounced.dropped[i],
                    tuple(parts[first_part[i] : first_part[i + 1]]),
                    unreached,
                )
            )
        return tuple(made)

    def in_symbols(self, symbols: Sequence[str]) -> "OutcomeTable":
        """The same outcomes with other ids of the units: places in ``symbols``, which has all of them."""
        if symbols == self.symbols:
            return self
        table = self.pronounced.table.renumbered(self.symbols, symbols)
        partial = self.pronounced.partial.renumbered(self.symbols, symbols)
        return replace(self, symbols=symbols, pronounced=replace(self.pronounced, table=table, partial=partial))

    @property
    def checksum(self) -> str:
        """SHA-256 of all columns, hexadecimal."""
        table, partial = self.pronounced.table, self.pronounced.partial
        texts = (
            [_fields(entity) for entity in self.entities],
            *(column.tolist() for column in (self.status, self.unknown_words, self.notes, self.unreached)),
            *(
                column.tolist()
                for column in (self.pronounced.homophones, self.pronounced.dropped, self.pronounced.partial_words)
            ),
            self.symbols,
        )
        digest = hashlib.sha256(json.dumps(texts).encode())
        for column in (self.phrase, *vars_of(table), *vars_of(partial)):
            digest.update(np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()


def vars_of(table: PronunciationTable) -> Tuple[Array, ...]:
    """The columns of a table."""
    return table.splits, table.unit_splits, table.units, table.scores


def _fields(entity: Entity) -> Tuple[Any, ...]:
    return (
        entity.written,
        entity.weight,
        entity.line,
        entity.entity_class,
        entity.display,
        entity.spoken,
        entity.pronunciations,
        entity.gate,
        entity.all_caps,
    )


def with_list_homophones(table: OutcomeTable) -> OutcomeTable:
    """The same outcomes, with a note where an earlier phrase of the list sounds exactly alike."""
    exact = table.pronounced.table.where(table.pronounced.table.scores == 0)
    earlier = exact.item[exact.identity]
    others, first = np.unique(exact.item[earlier != exact.item], return_index=True)
    notes = table.notes.copy()
    for i, j in zip(others.tolist(), earlier[earlier != exact.item][first].tolist()):
        entity = table.entities[j]
        note = f"sounds like {entity.written!r} of line {entity.line}, which comes first and wins"
        notes[i] = "; ".join(filter(None, [notes[i], note]))
    return replace(table, notes=notes)
