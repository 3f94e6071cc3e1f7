"""Rows of a list that have the same words: the first one stands for all, with what the others add."""

from dataclasses import replace
from typing import Dict, List, Optional, Sequence, Tuple

from wfst_bias.entities.entity import Entity
from wfst_bias.entities.outcome import COMBINED, DUPLICATE, Outcome


def united(entities: Sequence[Entity]) -> Tuple[List[Entity], List[Optional[Outcome]]]:
    """Unite the rows that have the same words.

    Returns:
      the same rows, the first of each word sequence with the spoken forms and pronunciations of all of them, the first
      display and the first gate that one of them has, and its own weight; and the outcome of each row that repeats an
      earlier one: combined with it or, where it adds nothing, a duplicate.
    """
    listed = list(entities)
    repeats: List[Optional[Outcome]] = [None] * len(listed)
    first: Dict[Tuple[str, ...], int] = {}
    for i, row in enumerate(entities):
        j = first.setdefault(row.keys, i)
        if j != i and row.keys:
            whole = _combined(listed[j], row)
            repeats[i] = _outcome(row, listed[j], adds=whole != listed[j])
            listed[j] = whole
    return listed, repeats


def _combined(first: Entity, row: Entity) -> Entity:
    spoken = first.spoken
    if not set(row.forms) <= set(first.forms):
        spoken = tuple(dict.fromkeys([*(spoken or (first.written,)), *(row.spoken or (row.written,))]))
    return replace(
        first,
        display=first.display or row.display,
        spoken=spoken,
        pronunciations=tuple(dict.fromkeys(first.pronunciations + row.pronunciations)),
        gate=row.gate if first.gate is None else first.gate,
    )


def _outcome(row: Entity, first: Entity, adds: bool) -> Outcome:
    own = "" if row.weight == first.weight else f", not the {row.weight:g} of this one"
    if adds:
        return Outcome(row, COMBINED, note=f"combined with line {first.line}, whose weight counts{own}")
    return Outcome(row, DUPLICATE, note=f"the same words as line {first.line}, whose weight counts{own}")
