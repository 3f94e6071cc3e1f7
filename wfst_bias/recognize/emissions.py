"""From audio to emissions: the acoustic model, the emission adapter, and the phone network of the second pass."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, List, Optional, Sequence

import numpy as np

from wfst_bias.acoustic.contract import compute_emissions
from wfst_bias.acoustic.emissions import AcousticModel, Emissions, padded_emissions
from wfst_bias.acoustic.pauses import LONGEST, segments
from wfst_bias.acoustic.splicing import join_emissions, stack_emissions
from wfst_bias.acoustic.windows import Windowing, windowed_emissions
from wfst_bias.adapter.emission_adapter import EmissionAdapter
from wfst_bias.core.errors import InputError
from wfst_bias.core.forks import use_one_thread_in_forks
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.core.types import FloatArray, Seconds
from wfst_bias.data.short_files import samples_of
from wfst_bias.entities.entity import Phrases
from wfst_bias.recognize.timing import Timing

if TYPE_CHECKING:
    from lhotse import MonoCut

DEFAULT_BATCH_SIZE = 8


@dataclass(frozen=True)
class BatchEmissions:
    """The emissions of a batch of N utterances, or segments of them, at each point where something reads them.

    Args:
      cuts: the utterances; where these are segments, the utterance of each.
      lists: the entity list of each.
      model: log-probabilities of the acoustic model, ``(N, T, C)``.
      searched: the same after the emission adapter.
      phones: what the second pass reads: ``searched``, or the emissions of a phone network.
      starts: of the segments in their utterances; empty where these are whole utterances.
    """

    cuts: Sequence[MonoCut]
    lists: Sequence[Phrases]
    model: Emissions
    searched: Emissions
    phones: Emissions
    starts: Sequence[Seconds] = ()

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
        cuts = silent_cuts(emissions)
        return cls(cuts, [phrases] * len(cuts), emissions, emissions, emissions if phones is None else phones)

    def searched_alone(self, utterance: int) -> Emissions:
        """The searched emissions of one utterance, without padding, ``(1, T, C)``."""
        length = self.searched.lengths[utterance : utterance + 1]
        rows = (slice(utterance, utterance + 1), slice(int(length)))
        return replace(
            self.searched,
            log_probs=self.searched.log_probs[rows],
            lengths=length,
            names=[self.searched.names[utterance]],
            layers=None,
            phones=None,
        )


def emissions_of_arrays(arrays: Iterable[Any], frame_shift: Seconds, tokens: SymbolTable) -> Emissions:
    """A batch of log-probabilities, named ``emissions-1``, ``emissions-2``, ... by their place.

    Args:
      arrays: floats ``(T, C)`` of each utterance: numpy arrays, or torch tensors on the CPU.
      frame_shift: seconds a frame.
      tokens: of the C columns.

    Raises:
      InputError: there are none, or one has another type or shape.
    """
    found = [np.asarray(array) for array in arrays]
    names = [f"emissions-{number}" for number in range(1, len(found) + 1)]
    if not found:
        raise InputError(
            "found no emissions; an array of log-probabilities (frames, tokens) was expected for each utterance"
        )
    for name, array in zip(names, found):
        if array.ndim != 2 or array.shape[1] != len(tokens) or not np.issubdtype(array.dtype, np.floating):
            raise InputError(
                f"{name}: found an array {array.shape} of {array.dtype}; floats (frames, {len(tokens)}) were expected, "
                "a column for each token of the model"
            )
    return padded_emissions([array.astype(np.float32) for array in found], frame_shift, tokens, names)


def silent_cuts(emissions: Emissions) -> List[MonoCut]:
    """A cut without audio for each utterance of a batch."""
    from lhotse import MonoCut

    return [MonoCut(name, 0.0, seconds, channel=0) for name, seconds in zip(emissions.names, emissions.durations)]


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

    def __post_init__(self) -> None:
        use_one_thread_in_forks()

    def model_emissions(self, cuts: Sequence[MonoCut]) -> Emissions:
        """The acoustic model's own emissions of a batch of cuts, ``(N, T, C)``."""
        if any(cut.duration > self._windowing.longest for cut in cuts):
            whole = [join_emissions(list(self._windows(cut))) for cut in cuts]
            return stack_emissions(whole, [cut.id for cut in cuts])
        audio = [samples_of(cut, self.model.sampling_rate) for cut in cuts]
        self.timing.audio += sum(map(len, audio)) / self.model.sampling_rate
        return self._of_audio([cut.id for cut in cuts], audio)

    def emissions(self, cuts: Sequence[MonoCut], lists: Sequence[Phrases]) -> BatchEmissions:
        """The emissions of a batch of cuts, each with its entity list."""
        return self._batch(cuts, self.model_emissions(cuts), lists)

    def stream(
        self,
        cuts: Iterable[MonoCut],
        lists_of: Callable[[Sequence[MonoCut]], Sequence[Phrases]],
        batch_size: int = DEFAULT_BATCH_SIZE,
    ) -> Iterator[BatchEmissions]:
        """The emissions of cuts of any length, in batches that are searched together, in their order.

        A cut that is longer than :data:`wfst_bias.acoustic.pauses.LONGEST` is computed in windows and cut into segments
        at its pauses; memory does not grow with its length. Its segments are in batches of their own.

        Args:
          lists_of: the entity lists of some cuts.
          batch_size: utterances or segments of a batch.
        """
        for is_long, group in groupby(cuts, key=lambda cut: cut.duration > LONGEST):
            if is_long:
                for cut in group:
                    yield from self._segments(cut, lists_of([cut])[0], batch_size)
            else:
                for batch in batches(group, batch_size):
                    yield self.emissions(batch, lists_of(batch))

    def _segments(self, cut: MonoCut, phrases: Phrases, batch_size: int) -> Iterator[BatchEmissions]:
        """The emissions of the segments of one cut, in batches."""
        found = segments(self._windows(cut))
        while batch := list(islice(found, batch_size)):
            parts = [segment_of(cut, start, *emissions.durations) for start, emissions in batch]
            model = stack_emissions([emissions for _, emissions in batch], [part.id for part in parts])
            computed = self._batch(parts, model, [phrases] * len(parts))
            yield replace(computed, cuts=[cut] * len(parts), starts=[start for start, _ in batch])

    def _windows(self, cut: MonoCut) -> Iterator[Emissions]:
        """The model's own emissions of one cut, a window at a time."""
        from wfst_bias.data.audio import audio_reader

        self.timing.audio += cut.duration
        compute = lambda samples: self._of_audio([cut.id], [samples])
        return windowed_emissions(compute, audio_reader(cut, self.model.sampling_rate), cut.duration, self._windowing)

    @property
    def _windowing(self) -> Windowing:
        return Windowing.of(self.model)

    def _batch(self, cuts: Sequence[MonoCut], model: Emissions, lists: Sequence[Phrases]) -> BatchEmissions:
        searched = self.adapted(model, lists)
        with self.timing.of("phones"):
            phones = self._phones(cuts, model, searched)
        return BatchEmissions(cuts, lists, model, searched, phones)

    def adapted_emissions(self, names: Sequence[str], audio: Sequence[FloatArray]) -> Emissions:
        """The adapted emissions of samples that are loaded already, without a list, ``(N, T, C)``.

        Args:
          names: of the utterances.
          audio: samples of each, at the sampling rate of the model.
        """
        return self.adapted(self._of_audio(names, audio), [()] * len(names))

    def adapted(self, model: Emissions, lists: Sequence[Phrases]) -> Emissions:
        """The model's emissions after the adapter."""
        with self.timing.of("adapter"):
            return self.adapter.changed(model, lists)

    def of_model(self, cuts: Sequence[MonoCut], model: Emissions, lists: Sequence[Phrases]) -> BatchEmissions:
        """A batch of emissions that the model made elsewhere.

        Args:
          cuts: names and durations of the utterances; their audio is not read.
          model: emissions before the adapter.
          lists: the entity list of each utterance.

        Raises:
          InputError: the emissions are of other tokens, or a phone network has to read the audio.
        """
        if model.tokens.checksum != self.model.tokens.checksum:
            raise InputError(
                f"found emissions of {len(model.tokens)} tokens; the {len(self.model.tokens)} tokens of the model were expected, "
                "in their order"
            )
        if self.phone_model not in (None, self.model):
            raise InputError(
                "the phone network of the second pass needs audio; recognize the audio instead of emissions"
            )
        return self._batch(cuts, model, lists)

    def _of_audio(self, names: Sequence[str], audio: Sequence[FloatArray]) -> Emissions:
        with self.timing.of("acoustic"):
            return compute_emissions(self.model, names, audio)

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


def segment_of(cut: MonoCut, start: Seconds, duration: Seconds) -> MonoCut:
    """A part of a long cut, named as Kaldi names segments: by the utterance, and the centiseconds of start and end."""
    end = min(start + duration, cut.duration)
    part = cut.truncate(offset=start, duration=end - start).with_id(
        f"{cut.id}-{round(100 * start):07d}-{round(100 * end):07d}"
    )
    return part.drop_supervisions()
