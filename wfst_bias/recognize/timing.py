"""The time that each part of a recognition takes."""

import contextlib
import time
from dataclasses import astuple, dataclass
from typing import Dict, Iterable, Iterator, Optional

from wfst_bias.core.types import Seconds


@dataclass
class Timing:
    """Seconds spent in each part, and the audio they were spent on."""

    audio: Seconds = 0.0
    acoustic: Seconds = 0.0
    adapter: Seconds = 0.0
    lists: Seconds = 0.0
    search: Seconds = 0.0
    phones: Seconds = 0.0
    lattices: Seconds = 0.0

    @contextlib.contextmanager
    def of(self, part: str) -> Iterator[None]:
        """Add the time that the context takes to a part."""
        begin = time.perf_counter()
        yield
        setattr(self, part, getattr(self, part) + time.perf_counter() - begin)

    def since(self, before: "Timing") -> "Timing":
        """The seconds that were added after a copy was made."""
        return Timing(*(now - then for now, then in zip(astuple(self), astuple(before))))

    @classmethod
    def total(cls, timings: Iterable["Timing"]) -> "Timing":
        """The sum of the times of several processes."""
        return cls(*map(sum, zip(*map(astuple, (cls(), *timings)))))

    def summary(self) -> Dict[str, Optional[float]]:
        """The real-time factor of each part; None without audio."""
        seconds = {
            "acoustic": self.acoustic,
            "upstream": self.adapter,
            "lists": self.lists,
            "search": self.search,
            "phones": self.phones,
            "lattices": self.lattices,
        }
        factors = {
            f"{part}_real_time_factor": round(spent / self.audio, 5) if self.audio else None
            for part, spent in seconds.items()
        }
        return {"audio_seconds": round(self.audio, 2), **factors}
