"""Notes of a reader: what it left out or read in another way than it is written, counted by reason."""

from collections import Counter
from typing import Dict, Iterable, List, Tuple

_NAMED = 4  # examples of a reason


class Notes:
    """Reasons, how often each came up, and the first examples of it."""

    def __init__(self) -> None:
        self._counts: "Counter[str]" = Counter()
        self._examples: Dict[str, Dict[str, None]] = {}

    def add(self, reason: str, examples: Iterable[str], count: int = 1) -> None:
        """Count a reason, and keep some of the examples."""
        self._counts[reason] += count
        known = self._examples.setdefault(reason, {})
        for example in examples:
            if len(known) > _NAMED:
                break
            known[example] = None

    @property
    def texts(self) -> Tuple[str, ...]:
        """A line for each reason: ``REASON: COUNT (EXAMPLE, EXAMPLE, ...)``."""
        return tuple(f"{reason}: {count:,}{self._named(reason)}" for reason, count in self._counts.items())

    def _named(self, reason: str) -> str:
        examples: List[str] = list(self._examples[reason])
        named = ", ".join(examples[:_NAMED]) + ", ..." * (len(examples) > _NAMED)
        return f" ({named})" if named else ""
