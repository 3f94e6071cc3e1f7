"""References and transcripts, aligned word by word."""

from dataclasses import dataclass
from typing import Dict, List, Mapping, Sequence, Tuple

from wfst_bias.score.alignment import align
from wfst_bias.score.counts import Matches, matched
from wfst_bias.score.listed import ScoredPhrases, Words

PHRASE, HIT, MISS, FALSE_ALARM = "phrase", "hit", "miss", "alarm"
SUBSTITUTED, INSERTED, DELETED = "substituted", "inserted", "deleted"


@dataclass(frozen=True)
class Cell:
    """A word of a text, or the gap where it has none.

    Args:
      word: empty in a gap.
      error: :data:`SUBSTITUTED`, :data:`INSERTED` or :data:`DELETED`, else empty.
      entity: :data:`PHRASE` in a reference; :data:`HIT`, :data:`FALSE_ALARM` or, where a phrase was missed,
        :data:`MISS` in a hypothesis, else empty.
    """

    word: str = ""
    error: str = ""
    entity: str = ""


Column = Tuple[Cell, ...]


def columns(reference: Words, hypotheses: Sequence[Words], phrases: ScoredPhrases) -> List[Column]:
    """Align the words of the reference, then of each hypothesis, in columns.

    Words that were inserted at the same position by several hypotheses share columns. Where a written form of the list
    equals a spoken one, both are shown as they stand in the texts, without an error.
    """
    listed = {i for one in phrases.occurrences(reference) for i in range(*one.span)}
    rows = [_Row.of(reference, hypothesis, phrases) for hypothesis in hypotheses]
    found: List[Column] = []
    for i in range(len(reference) + 1):
        for k in range(max((len(row.inserted.get(i, ())) for row in rows), default=0)):
            cells = (row.inserted[i][k] if k < len(row.inserted.get(i, ())) else Cell() for row in rows)
            found.append((Cell(), *cells))
        if i < len(reference):
            found.append((Cell(reference[i], entity=PHRASE if i in listed else ""), *(row.aligned[i] for row in rows)))
    return found


@dataclass(frozen=True)
class _Row:
    """A hypothesis along its reference.

    Args:
      aligned: with each word of the reference.
      inserted: before each word, and after the last one.
    """

    aligned: Mapping[int, Cell]
    inserted: Mapping[int, Sequence[Cell]]

    @classmethod
    def of(cls, reference: Words, hypothesis: Words, phrases: ScoredPhrases) -> "_Row":
        alignment = align(reference, hypothesis, phrases)
        matches = matched(alignment, reference, hypothesis, phrases)
        entity = _entities_of(matches)
        missed = {i for span in matches.misses for i in range(*span)}
        aligned: Dict[int, Cell] = {}
        inserted: Dict[int, List[Cell]] = {}
        position = 0
        for (i, j), is_right in zip(alignment.pairs, alignment.is_right):
            shown = alignment.hypothesis.shown[j] if j is not None else ()
            word, kind = " ".join(hypothesis[k] for k in shown), entity.get(shown[0], "") if shown else ""
            error = "" if is_right else DELETED if j is None else INSERTED if i is None else SUBSTITUTED
            own = alignment.reference.shown[i] if i is not None else ()
            for k, place in enumerate(own):
                missing = MISS if place in missed else ""
                aligned[place] = Cell(word, error, kind or missing) if k == 0 else Cell(entity=missing)
                position = place + 1
            if not own and (word or error):
                inserted.setdefault(position, []).append(Cell(word, error, kind))
        return cls(aligned, inserted)


def _entities_of(matches: Matches) -> Dict[int, str]:
    """Return the kind of entity that words of a hypothesis are part of."""
    found = {j: FALSE_ALARM for span in matches.false_alarms for j in range(*span)}
    return {**found, **{j: HIT for span in matches.hits.values() for j in range(*span)}}


def num_errors(column_list: Sequence[Column], row: int) -> int:
    """Count the errors of a hypothesis, 1 the first."""
    return sum(bool(column[row].error) for column in column_list)
