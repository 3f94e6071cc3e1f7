"""The recognizer: the only path from audio, or from emissions, to words, entities and lattices."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Iterable, Iterator, List, Optional, Sequence, Union

import torch

from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.acoustic.emissions import AcousticModel, Emissions
from wfst_bias.acoustic.models import HAMA, load_model
from wfst_bias.adapter.default import NONE, emission_adapter_of
from wfst_bias.adapter.emission_adapter import EmissionAdapter
from wfst_bias.core.errors import InputError
from wfst_bias.core.forks import check_search_process, use_one_thread_in_forks
from wfst_bias.core.types import FloatArray
from wfst_bias.data.channels import MEAN, Channel
from wfst_bias.decode.config import GateConfig, SearchConfig
from wfst_bias.decode.search import Decoder
from wfst_bias.entities.lists import AUTO, EntityList, list_path, read_list_with_notices
from wfst_bias.entities.notices import Notice, show
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.base import BaseGraph
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.compile_list import compile_lists
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.store import read_base, read_decoding
from wfst_bias.lattice.frames import kaldi_lattices
from wfst_bias.recognize.biasing import Biasing, OneGraph
from wfst_bias.recognize.emissions import (
    DEFAULT_BATCH_SIZE,
    BatchEmissions,
    EmissionPipeline,
    emissions_of_arrays,
    silent_cuts,
)
from wfst_bias.recognize.recognition import Recognition, RecognizedSegment, SearchedBatch, recognitions
from wfst_bias.recognize.timing import Timing
from wfst_bias.recognize.transcribe import default_base
from wfst_bias.recognize.verified import verified, verifying_chain
from wfst_bias.second_pass.chain import Batch, Chain
from wfst_bias.second_pass.config import UTTERANCE, VerifyConfig

if TYPE_CHECKING:
    from lhotse import MonoCut

Audio = Union[str, Path, FloatArray, torch.Tensor]


class Recognizer:
    """Audio to words, entities and lattices, biased to a list.

    A first program::

        recognizer = Recognizer.default()
        with recognizer.biased(["Zelenskyy", "metoprolol"]) as biased:
            for result in biased.transcribe(["monday.wav"]):
                print(result.text, result.words[0].start, result.entities)

    Args:
      base: base folder, made by ``wfst-bias graph base``, or what was read of it; that of the default English lexicon
        and language model where neither ``base`` nor ``biasing`` is given.
      model: acoustic model, or its specification, as ``--model`` has it.
      biasing: the graph of each utterance; the base without a list where not given.
      adapter: changes the emissions before the search: what :func:`wfst_bias.adapter.default.emission_adapter_of` returns.
      second_pass: rescoring, verification, lookup.
      search, boost, gate: of the search; a ``biasing`` has its own.
      device: where models and searches run.
      batch_size: utterances that are searched together.

    A model that is named is loaded when it is first used, and so is the base. Processes may be forked from one that has
    made a recognizer, and use it, but not after it has transcribed: there the forked one raises :class:`InputError`.
    """

    def __init__(
        self,
        base: Union[str, Path, BaseGraph, None] = None,
        model: Union[str, AcousticModel] = HAMA,
        *,
        biasing: Optional[Biasing] = None,
        adapter: Optional[EmissionAdapter] = None,
        second_pass: Chain = Chain(),
        search: SearchConfig = SearchConfig(),
        boost: BoostConfig = BoostConfig(),
        gate: GateConfig = GateConfig(),
        device: Union[str, torch.device] = "cpu",
        batch_size: int = DEFAULT_BATCH_SIZE,
    ):
        use_one_thread_in_forks()
        device = torch.device(device)
        if base is None and biasing is None:
            base = default_base(progress=True)
        self._given_base = base
        self._search, self._boost, self._gate, self._device = search, boost, gate, device
        self._given_biasing = biasing
        self._is_closed = False
        self.second_pass = second_pass
        self._batch_size = batch_size
        self._given_model = model
        self._adapter = adapter or EmissionAdapter()
        self.timing = Timing()
        """Seconds spent in each part so far."""

    @cached_property
    def pipeline(self) -> EmissionPipeline:
        """Computes the emissions."""
        given = self._given_model
        model = load_model(given, self._device) if isinstance(given, str) else given
        return EmissionPipeline(model, self._adapter, self.second_pass.phone_model, self.timing)

    @classmethod
    def default(cls, *, calibration: str = NONE, adapter: str = NONE, device: str = "cpu") -> "Recognizer":
        """The recognizer of English that comes with the package, with verification; the first call builds its base into the cache.

        Args:
          calibration, adapter: ``"none"``, ``"default"`` for what comes with the package, or a folder.
          device: where it runs.
        """
        model = load_model(HAMA, torch.device(device))
        changes = emission_adapter_of(model, HAMA, calibration, adapter, torch.device(device))
        return cls(model=model, adapter=changes, second_pass=verifying_chain(VerifyConfig(), model, HAMA), device=device)

    def biased(
        self,
        entities: EntityList,
        class_config: ClassConfig = ClassConfig(),
        g2g: G2GConfig = G2GConfig(),
        list_format: str = AUTO,
    ) -> "Recognizer":
        """The same recognizer, biased to a list.

        Leaving the context that it opens gives the memory of its graph back.

        Args:
          entities: phrases, entities, or the path of a list; phrases that cannot be used are logged as warnings.
          class_config: costs and bonus of the list.
          g2g: variants of the phrases.
          list_format: of a list in a file, see :func:`wfst_bias.entities.lists.read_entities`.

        Raises:
          InputError: no phrase can be used, or the recognizer was made without a base.
        """
        read = read_list_with_notices(entities, self._base.class_names, list_format)
        spelled = speller_of(self._base, g2g=g2g).spell(read.entities, lexicon=read.lexicon)
        path = list_path(entities)
        if len(spelled.unusable) == len(spelled):
            first = spelled.unusable[0]
            raise InputError(f"{first.entity.written!r} {first.note}; no phrase can be used", path, first.entity.line)
        if path is None:
            show(Notice(f"{o.entity.written!r} {o.note}", None, (o.entity.line,), True) for o in spelled.unusable)
        graph = self._base.with_entities(*compile_lists(self._base, spelled, class_config))
        biased = Recognizer(
            self._base,
            self.pipeline.model,
            biasing=OneGraph(Decoder(graph, self._search, self._boost, self._device, self._gate)),
            adapter=self._adapter,
            second_pass=self.second_pass,
            search=self._search,
            boost=self._boost,
            gate=self._gate,
            device=self._device,
            batch_size=self._batch_size,
        )
        biased.outcomes = spelled
        return biased

    outcomes: SpelledList = SpelledList()
    """The list that :meth:`biased` was given, with the outcome of each phrase."""

    def __enter__(self) -> "Recognizer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back the graph's memory; the recognizer can be used no more."""
        self._is_closed = True
        self._given_biasing = None
        self.__dict__.pop("_biasing", None)

    def transcribe(
        self, audio: Iterable[Audio], sampling_rate: Optional[int] = None, num_best: int = 0, channel: Channel = MEAN
    ) -> Iterator[Recognition]:
        """Recognize audio, in its order; each result is named by its path, or ``audio-1``, ``audio-2``, ... by its place.

        Args:
          audio: paths of files, or samples: floats in [-1, 1], ``(num_samples,)``, as numpy arrays or torch tensors.
          sampling_rate: of the samples; that of the model where not given.
          num_best: hypotheses of each utterance that are wanted.
          channel: of files with several, from 1; the average of all channels where not given.

        Raises:
          InputError: a file cannot be read, or samples have another type or shape.
        """
        from wfst_bias.data.audio import cuts_of_audio

        rate = sampling_rate or self.pipeline.model.sampling_rate
        return self.recognize(cuts_of_audio(audio, rate, channel), num_best)

    def recognize(
        self, cuts: Iterable[MonoCut], num_best: int = 0, frame_lattices: bool = False, keep_emissions: bool = False
    ) -> Iterator[Recognition]:
        """Recognize cuts of any length, in their order.

        The result of a long one holds the lattices of all its segments; see :meth:`recognize_segments`.

        Args:
          cuts: with audio.
          num_best: hypotheses of each utterance that are wanted.
          frame_lattices: whether the lattices with an arc a frame are wanted, too.
          keep_emissions: whether the emissions are wanted, too.
        """
        segments = self.recognize_segments(cuts, num_best, frame_lattices, keep_emissions)
        return recognitions(verified(segments, self.second_pass, UTTERANCE))

    def recognize_segments(
        self,
        cuts: Iterable[MonoCut],
        num_best: int = 0,
        frame_lattices: bool = False,
        keep_emissions: bool = False,
        batch_size: Optional[int] = None,
    ) -> Iterator[RecognizedSegment]:
        """Recognize cuts, ``batch_size`` segments at a time: memory does not grow with length; see :meth:`recognize`."""
        check_search_process()
        for batch in self.pipeline.stream(cuts, self._biasing.lists_of, batch_size or self._batch_size):
            yield from self.recognize_batch(batch, num_best, frame_lattices, keep_emissions)

    def recognize_emissions(
        self, emissions: Union[Emissions, Iterable[FloatArray]], num_best: int = 0, frame_lattices: bool = False
    ) -> List[Recognition]:
        """Recognize a batch of emissions that the model made elsewhere.

        Args:
          emissions: before the adapter; or an array of log-probabilities ``(T, C)`` for each utterance, in the columns
            and with the frame shift of the model, which are named ``emissions-1``, ``emissions-2``, ... by their place.
          num_best, frame_lattices: see :meth:`recognize`.

        Raises:
          InputError: they are of other tokens, or have another type or shape.
        """
        if not isinstance(emissions, Emissions):
            model = self.pipeline.model
            emissions = emissions_of_arrays(emissions, model.frame_shift, model.tokens)
        cuts = silent_cuts(emissions)
        batch = self.pipeline.of_model(cuts, emissions, self._biasing.lists_of(cuts))
        return list(recognitions(self.recognize_batch(batch, num_best, frame_lattices)))

    def emissions(self, cuts: Sequence[MonoCut]) -> BatchEmissions:
        """The emissions of a batch of cuts, each adapted to the list of its utterance."""
        return self.pipeline.emissions(cuts, self._biasing.lists_of(cuts))

    def search(self, emissions: BatchEmissions) -> SearchedBatch:
        """Search a batch of emissions; the gates of the phrases are kept.

        Who holds the result of a list for each utterance holds its graph, and the next batch has to copy the base.
        """
        with self.timing.of("lists"):
            decoder, gates = self._biasing.decoder_of(emissions.cuts)
        with self.timing.of("search"):
            return SearchedBatch.search(emissions, decoder, gates)

    def recognize_batch(
        self,
        emissions: BatchEmissions,
        num_best: int = 0,
        frame_lattices: bool = False,
        keep_emissions: bool = False,
    ) -> List[RecognizedSegment]:
        """Search a batch of emissions and run the second pass; see :meth:`recognize`."""
        decoder, lattices = (searched := self.search(emissions)).decoder, searched.lattices
        with self.timing.of("lattices"):
            batch = Batch(decoder, lattices, emissions.lists, emissions.phones)
            found = self.second_pass.found(searched.transcripts, batch, num_best)
            frames = kaldi_lattices(lattices, decoder) if frame_lattices else [""] * len(found)
        return searched.segments(found, frames, keep_emissions)

    @cached_property
    def _biasing(self) -> Biasing:
        """The graph of each utterance; made when the first one is recognized."""
        if self._is_closed:
            raise InputError("this recognizer is closed; use it within its 'with' block")
        if self._given_biasing is not None:
            return self._given_biasing
        base = self._given_base
        assert base is not None, "without a base there is a biasing"
        graph = base.plain if isinstance(base, BaseGraph) else read_decoding(Path(base))
        return OneGraph(Decoder(graph, self._search, self._boost, self._device, self._gate))

    @cached_property
    def _base(self) -> BaseGraph:
        """The base that lists are put into; read when the first list is."""
        if self._given_base is None:
            raise InputError("this recognizer was made for one graph; make one with base=..., and bias that")
        base = self._given_base
        return base if isinstance(base, BaseGraph) else read_base(Path(base), str(self._device))
