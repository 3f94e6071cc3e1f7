"""From audio to emissions: the acoustic model, the emission adapter, and the phone network of the second pass."""

import contextlib
import time
from dataclasses import dataclass, field
from itertools import islice
from typing import Dict, Iterable, Iterator, List, Optional, Sequence

from lhotse import MonoCut

from wfst_bias.acoustic.contract import compute_emissions
from wfst_bias.acoustic.emissions import AcousticModel, Emissions
from wfst_bias.adapter.emission_adapter import EmissionAdapter
from wfst_bias.core.types import Seconds
from wfst_bias.data.audio import load_audio
from wfst_bias.entities.entity import Phrases

DEFAULT_BATCH_SIZE = 4


@dataclass
class Timing:
    """Seconds spent in each part, and the audio they were spent on."""

    audio: Seconds = 0.0
    acoustic: Seconds = 0.0
    upstream: Seconds = 0.0
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

    def summary(self) -> Dict[str, Optional[float]]:
        """The real-time factor of each part; None without audio."""
        real_time = lambda seconds: round(seconds / self.audio, 5) if self.audio else None
        parts = ("acoustic", "upstream", "lists", "search", "phones", "lattices")
        factors = {f"{part}_real_time_factor": real_time(getattr(self, part)) for part in parts}
        return {"audio_seconds": round(self.audio, 2), **factors}


@dataclass(frozen=True)
class BatchEmissions:
    """The emissions of a batch of N utterances, at each point where something reads them.

    Args:
      cuts: the utterances.
      lists: the entity list of each.
      model: log-probabilities of the acoustic model, ``(N, T, C)``.
      searched: the same behind the emission adapter.
      phones: what the second pass reads: ``searched``, or the emissions of a phone network.
    """

    cuts: Sequence[MonoCut]
    lists: Sequence[Phrases]
    model: Emissions
    searched: Emissions
    phones: Emissions

    @classmethod
    def precomputed(
        cls, emissions: Emissions, phrases: Phrases = (), phones: Optional[Emissions] = None
    ) -> "BatchEmissions":
        """Emissions that were computed elsewhere, to be searched as they are.

        Args:
          emissions: of the utterances.
          phrases: the list of all of them.
          phones: emissions of a phone network for the second pass; ``emissions`` where not given.
        """
        cuts = [
            MonoCut(id=name, start=0.0, duration=length * emissions.frame_shift, channel=0)
            for name, length in zip(emissions.names, emissions.lengths.tolist())
        ]
        return cls(cuts, [phrases] * len(cuts), emissions, emissions, emissions if phones is None else phones)


@dataclass
class EmissionPipeline:
    """Computes emissions of cuts; the only place where audio meets an acoustic model.

    Args:
      model: the acoustic model that is searched.
      adapter: changes its emissions: calibration, contextual adapter, or nothing.
      phone_model: the phone network of the second pass; None where that reads what is searched.
      timing: where the time that each part takes is added.
    """

    model: AcousticModel
    adapter: EmissionAdapter = EmissionAdapter()
    phone_model: Optional[AcousticModel] = None
    timing: Timing = field(default_factory=Timing)

    def model_emissions(self, cuts: Sequence[MonoCut]) -> Emissions:
        """The acoustic model's own emissions of a batch of cuts, ``(N, T, C)``."""
        audio = [load_audio(cut, self.model.sampling_rate) for cut in cuts]
        self.timing.audio += sum(map(len, audio)) / self.model.sampling_rate
        with self.timing.of("acoustic"):
            return compute_emissions(self.model, [cut.id for cut in cuts], audio)

    def emissions(self, cuts: Sequence[MonoCut], lists: Sequence[Phrases]) -> BatchEmissions:
        """The emissions of a batch of cuts, each with its entity list."""
        model = self.model_emissions(cuts)
        with self.timing.of("upstream"):
            searched = self.adapter.changed(model, lists)
        with self.timing.of("phones"):
            phones = self._phones(cuts, model, searched)
        return BatchEmissions(cuts, lists, model, searched, phones)

    def _phones(self, cuts: Sequence[MonoCut], model: Emissions, searched: Emissions) -> Emissions:
        if self.phone_model is None:
            return searched
        if self.phone_model is self.model:  # its own emissions, before the adapter changed them
            return model
        return EmissionPipeline(self.phone_model).model_emissions(cuts)


def batches(cuts: Iterable[MonoCut], batch_size: int = DEFAULT_BATCH_SIZE) -> Iterator[List[MonoCut]]:
    """Cuts in their order, ``batch_size`` at a time; the last batch may be smaller."""
    cuts = iter(cuts)
    while batch := list(islice(cuts, batch_size)):
        yield batch
