"""Findings of a check of a list: their kinds and severities."""

from dataclasses import dataclass

from wfst_bias.entities.entity import Entity
from wfst_bias.entities.outcome import COMBINED, DUPLICATE, UNUSABLE

ERROR, WARNING, NOTE = SEVERITIES = ("error", "warning", "note")

DROPPED = "dropped"
SHORT = "short"
COMMON_WORD = "common-word"
HOMOPHONE = "homophone"
TWO_WORDS = "two-words"
NEAR_WORD = "near-word"
SOUNDS_ALIKE = "sounds-alike"
WEIGHT = "weight"
GUESSED = "guessed"
KINDS = (
    UNUSABLE,
    DUPLICATE,
    COMBINED,
    DROPPED,
    SHORT,
    COMMON_WORD,
    HOMOPHONE,
    TWO_WORDS,
    NEAR_WORD,
    SOUNDS_ALIKE,
    WEIGHT,
    GUESSED,
)


@dataclass(frozen=True)
class Finding:
    """Something to know about a phrase.

    Args:
      severity: one of :data:`SEVERITIES`.
      kind: one of :data:`KINDS`.
      entity: the phrase.
      message: what was found, and what to do.
    """

    severity: str
    kind: str
    entity: Entity
    message: str
