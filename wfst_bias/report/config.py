"""How much a report shows."""

from dataclasses import dataclass
from typing import Tuple


@dataclass(frozen=True)
class ReportConfig:
    """How much a page shows.

    Args:
      changes: utterances of each step, those with the most changes first.
      alarms: false alarms of each folder.
      details: utterances that are shown in detail, with those that are named.
      audio, lattices, attention: how many of these have their audio, a lattice, a picture of attention.
      utterances: shown in detail, first.
    """

    changes: int = 40
    alarms: int = 30
    details: int = 6
    audio: int = 0
    lattices: int = 3
    attention: int = 0
    utterances: Tuple[str, ...] = ()
