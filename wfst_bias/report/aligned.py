"""What was said and what was written, word under word."""

from dataclasses import dataclass
from typing import Dict, List, Mapping, Sequence, Tuple

from wfst_bias.entities.phrases import PhraseList
from wfst_bias.score.counts import Matches, Words, align_words, match_phrases

SAID, HIT, MISS, FALSE_ALARM = "said", "hit", "miss", "alarm"
SUBSTITUTED, INSERTED, DELETED = "substituted", "inserted", "deleted"


@dataclass(frozen=True)
class Cell:
    """A word of a text, or the gap where it has none.

    Args:
      word: empty in a gap.
      error: :data:`SUBSTITUTED`, :data:`INSERTED` or :data:`DELETED`, else empty.
      entity: :data:`SAID` in a reference; :data:`HIT`, :data:`FALSE_ALARM` or, in the place of what was said,
        :data:`MISS` in a hypothesis, else empty.
    """

    word: str = ""
    error: str = ""
    entity: str = ""


Column = Tuple[Cell, ...]


def columns(reference: Words, hypotheses: Sequence[Words], phrases: PhraseList) -> List[Column]:
    """Words below each other: of the reference, then of each hypothesis.

    Words that were inserted at the same place by several hypotheses share columns.
    """
    said = {i for span in phrases.occurrences(reference) for i in range(*span)}
    rows = [_Row.of(reference, hypothesis, phrases) for hypothesis in hypotheses]
    found: List[Column] = []
    for i in range(len(reference) + 1):
        for k in range(max((len(row.inserted.get(i, ())) for row in rows), default=0)):
            cells = (row.inserted[i][k] if k < len(row.inserted.get(i, ())) else Cell() for row in rows)
            found.append((Cell(), *cells))
        if i < len(reference):
            found.append((Cell(reference[i], entity=SAID if i in said else ""), *(row.heard[i] for row in rows)))
    return found


@dataclass(frozen=True)
class _Row:
    """A hypothesis along its reference.

    Args:
      heard: in the place of each word.
      inserted: before each word, and behind the last one.
    """

    heard: Mapping[int, Cell]
    inserted: Mapping[int, Sequence[Cell]]

    @classmethod
    def of(cls, reference: Words, hypothesis: Words, phrases: PhraseList) -> "_Row":
        matches = match_phrases(reference, hypothesis, phrases)
        entity = _entities_of(matches)
        missed = {i for span in matches.misses for i in range(*span)}
        heard: Dict[int, Cell] = {}
        inserted: Dict[int, List[Cell]] = {}
        behind = 0
        for i, j in align_words(reference, hypothesis):
            if i is None:
                inserted.setdefault(behind, []).append(Cell(hypothesis[j], INSERTED, entity.get(j, "")))
                continue
            behind = i + 1
            miss = MISS if i in missed else ""
            if j is None:
                heard[i] = Cell("", DELETED, miss)
            else:
                error = SUBSTITUTED if reference[i] != hypothesis[j] else ""
                heard[i] = Cell(hypothesis[j], error, entity.get(j, miss))
        return cls(heard, inserted)


def _entities_of(matches: Matches) -> Dict[int, str]:
    """What the words of a hypothesis are part of."""
    found = {j: FALSE_ALARM for span in matches.false_alarms for j in range(*span)}
    return {**found, **{j: HIT for span in matches.hits.values() for j in range(*span)}}


def num_errors(column_list: Sequence[Column], row: int) -> int:
    """Of a hypothesis, 1 the first."""
    return sum(bool(column[row].error) for column in column_list)
