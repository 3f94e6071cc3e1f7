"""The search: emissions against a decoding graph, a batch at a time, into lattices, by k2."""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Dict, Sequence

import numpy as np
import torch

from wfst_bias.acoustic.boost import boosted
from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.core.errors import InputError
from wfst_bias.core.forks import check_search_process, use_one_thread_in_forks
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.decode.arcs import LatticeArcs, arc_bounds, lattice_arcs
from wfst_bias.decode.config import GateConfig, SearchConfig
from wfst_bias.decode.rejections import Rejection, without_rejected
from wfst_bias.decode.searched_frames import SearchedFrames, merged_blanks
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.graph.listed import OPEN

if TYPE_CHECKING:
    import k2

# A column must be able to lose, but k2 aborts the process on scores beyond about 1e7 in magnitude.
_LOWEST = -30.0
# Enough free frames to end any word: twice the phones of the longest one, for the blanks between them.
_TAIL_FRAMES = 60


@dataclass(frozen=True)
class Lattices:
    """Lattices of a batch of utterances.

    Args:
      fsas: k2 FsaVec ``[utt][state][arc]``; of each arc its ``labels`` (emission column, -1 at the end),
        ``graph_arc`` (row of the decoding graph), ``frame`` and ``arc`` (its number); scores are scaled, boosted and
        with the graph's.
      graph: that was searched.
      acoustic_scale: of the search.
      columns: the emissions that were searched, unscaled, each frame's best at 0, ``(N, S, num_columns)``.
      frames: where their S frames are among those of the emissions.
      lengths: frames of each utterance, free frames at the end not counted, ``(N,)``.
      emissions: given to the search.
      gates: the gate of each utterance, see :class:`~wfst_bias.graph.decoding.ListInGraph`.
    """

    fsas: "k2.Fsa"
    graph: DecodingGraph
    acoustic_scale: float
    columns: torch.Tensor
    frames: SearchedFrames
    lengths: torch.Tensor
    emissions: Emissions
    gates: Sequence[int]

    @cached_property
    def arcs(self) -> LatticeArcs:
        """The arcs of ``fsas``, taken apart."""
        return lattice_arcs(self.fsas, self.columns, self.frames, self.graph, self.acoustic_scale)

    def arcs_of(self, paths: torch.Tensor) -> LatticeArcs:
        """Some of the arcs, by their numbers int64 ``(B,)``; the others need not be taken apart for that."""
        if "arcs" in self.__dict__:
            return self.arcs.select(paths)
        return lattice_arcs(self.fsas, self.columns, self.frames, self.graph, self.acoustic_scale, paths)


def usable_device(name: str) -> torch.device:
    """The device of that name.

    Raises:
      InputError: it is not there.
    """
    try:
        device = torch.device(name)
        if device.type == "cuda":
            torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"device {name!r} cannot be used ({reason}); see 'wfst-bias doctor', or take --device cpu"
        ) from None
    return device


def check_tokens(of_graph: SymbolTable, of_model: SymbolTable) -> None:
    """Raise :class:`InputError` where a graph was made for other tokens than the model's."""
    if of_model.checksum != of_graph.checksum:
        raise InputError("the graph was made for other tokens than the model's; compile it on the model's lang folder")


class Decoder:
    """A decoding graph on a device, ready to search.

    Args:
      graph: from a graph folder; its tokens must be those of the emissions.
      search: the beams.
      boost: adaptive boosting, for a graph with entities.
      device: where the search runs.
      gate: of phrases without one of their own, for :func:`wfst_bias.decode.gates.gated_paths`.
    """

    def __init__(
        self,
        graph: DecodingGraph,
        search: SearchConfig = SearchConfig(),
        boost: BoostConfig = BoostConfig(),
        device: torch.device = torch.device("cpu"),
        gate: GateConfig = GateConfig(),
    ):
        use_one_thread_in_forks()
        self.device = torch.device(device)
        self.graph = graph.to(self.device)
        self.search = search
        self.boost = boost
        self.gate = gate

    @property
    def meta(self) -> Dict[str, Any]:
        """The search as the meta data of a decode folder has it."""
        return search_meta(self.search, self.boost, self.device, self.gate)

    def lattices(
        self, emissions: Emissions, gates: Sequence[int] = (), rejections: Sequence[Rejection] = ()
    ) -> Lattices:
        """Search a batch.

        An utterance that ends in the middle of a word may leave the beam no final state. It is searched
        again with free frames after its end, in which that word is completed at the price of the graph.

        Args:
          emissions: of the batch.
          gates: for each utterance the gate of the lists that it has in addition to those that all have.
          rejections: phrases that may not be taken.
        """
        check_tokens(self.graph.tokens, emissions.tokens)
        gates = tuple(gates) or (OPEN,) * len(emissions.lengths)
        assert len(gates) == len(emissions.lengths) and max(gates) < max(1, self.graph.num_gates)
        plain, frames = merged_blanks(
            relative(emissions.to(self.device).log_probs), emissions.lengths, self.search.skip_blank
        )
        columns = self._columns(plain, gates)
        fsas = self.intersect(columns, frames.lengths, [one.searched(frames) for one in rejections])
        ended = has_final_arc(fsas)
        if not ended.all():
            columns = torch.cat([columns, columns.new_zeros(len(gates), _TAIL_FRAMES, columns.shape[2])], dim=1)
            for utterance in (~ended).nonzero().flatten().tolist():
                columns[utterance, int(frames.lengths[utterance]) :] = self._free_frame
            frames = frames.extended(_TAIL_FRAMES, frames.lengths + _TAIL_FRAMES * (~ended))
            fsas = self.intersect(columns, frames.lengths, [one.searched(frames) for one in rejections])
        scale = self.search.acoustic_scale
        return Lattices(fsas, self.graph, scale, columns, frames, emissions.lengths, emissions, gates)

    @cached_property
    def _free_frame(self) -> torch.Tensor:
        """A frame in which the open word may go on and end, and no other may begin ``(num_columns,)``."""
        units = self.graph.units
        begins = units.starts_word.copy()
        begins[list(units.edge)] = True
        block = torch.from_numpy(np.where(begins, np.float32(_LOWEST), np.float32(0.0)))
        frame: torch.Tensor = self.graph.layout.free_frame(block).to(self.device)
        return frame

    def _columns(self, plain: torch.Tensor, gates: Sequence[int]) -> torch.Tensor:
        """Emissions, each frame's best at 0, in the blocks of columns that the graph reads."""
        layout = self.graph.layout
        return layout.stack(plain, boosted(plain, self.boost), gates) if layout.has_lists else plain

    def intersect(self, columns: torch.Tensor, lengths: torch.Tensor, rejections: Sequence[Rejection] = ()) -> "k2.Fsa":
        """Lattices of emissions ``(N, S, num_columns)`` in the columns that the graph reads.

        Args:
          lengths: frames of each utterance ``(N,)``.
          rejections: in the frames of ``columns``.

        Raises:
          InputError: this process was forked from one that has searched.
        """
        import k2

        check_search_process()
        segments = torch.stack([torch.arange(len(lengths)), torch.zeros_like(lengths), lengths], dim=1)
        with without_rejected(self.graph, columns, rejections) as searched:
            lattices = k2.intersect_dense_pruned(
                self.graph.fsa,
                k2.DenseFsaVec(searched * self.search.acoustic_scale, segments.to(torch.int32)),
                search_beam=self.search.search_beam,
                output_beam=self.search.output_beam,
                min_active_states=self.search.min_active,
                max_active_states=self.search.max_active,
                frame_idx_name="frame",
            )
        if rejections:
            lattices.labels = self.graph.arcs[lattices.graph_arc.long(), 2]
        lattices.arc = torch.arange(lattices.num_arcs, dtype=torch.int32, device=lattices.device)
        del lattices.lease  # k2 hands on what the graph has; a lattice reads nothing of it
        return lattices


def relative(log_probs: torch.Tensor) -> torch.Tensor:
    """Emissions ``(..., C)`` relative to each frame's best; those that are far below it, or impossible, can be searched, too."""
    plain: torch.Tensor = (log_probs - log_probs.amax(dim=-1, keepdim=True)).clamp(min=_LOWEST)
    return plain


def search_meta(search: SearchConfig, boost: BoostConfig, device: torch.device, gate: GateConfig) -> Dict[str, Any]:
    """A search as the meta data of a decode folder has it."""
    return {"search": asdict(search), "boost": asdict(boost), "gate": asdict(gate), "device": str(device)}


def has_final_arc(fsas: "k2.Fsa") -> torch.Tensor:
    """Which FSAs have a path, bool ``(N,)`` on the CPU; k2 keeps arcs of some that have none."""
    final_arcs = (fsas.labels == -1).nonzero().flatten().cpu()
    utterance = torch.bucketize(final_arcs, arc_bounds(fsas)[1:], right=True)
    has_arc: torch.Tensor = torch.bincount(utterance, minlength=fsas.shape[0]).gt(0)
    return has_arc
