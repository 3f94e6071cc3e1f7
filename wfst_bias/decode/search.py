"""The search: emissions against a decoding graph, a batch at a time, into lattices, by k2."""

from dataclasses import dataclass

import k2
import numpy as np
import torch

from wfst_bias.acoustic.boost import with_twin_columns
from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.decode.config import SearchConfig
from wfst_bias.errors import InputError
from wfst_bias.graph.decoding import DecodingGraph

# A column must be able to lose, but k2 aborts the process on scores beyond about 1e7 in magnitude.
_LOWEST = -30.0
# Enough free frames to end any word: twice the phones of the longest one, for the blanks between them.
_TAIL_FRAMES = 60


@dataclass(frozen=True)
class Lattices:
    """Lattices of a batch of utterances.

    Args:
      fsas: k2 FsaVec ``[utt][state][arc]``; of each arc its ``labels`` (emission column, -1 at the end),
        ``graph_arc`` (row of the decoding graph) and ``frame``; scores are scaled, boosted and with the graph's.
      columns: the emissions that were searched, unscaled, each frame's best at 0, ``(N, T, num_columns)``.
      lengths: frames of each utterance, free frames at the end not counted, ``(N,)``.
      emissions: what came in.
    """

    fsas: k2.Fsa
    columns: torch.Tensor
    lengths: torch.Tensor
    emissions: Emissions


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


class Decoder:
    """A decoding graph on a device, ready to search.

    Args:
      graph: from a graph folder; its tokens must be those of the emissions.
      search: the beams.
      boost: adaptive boosting, for a graph with entities.
      device: where the search runs.
    """

    def __init__(
        self,
        graph: DecodingGraph,
        search: SearchConfig = SearchConfig(),
        boost: BoostConfig = BoostConfig(),
        device: torch.device = torch.device("cpu"),
    ):
        self.graph = graph
        self.search = search
        self.boost = boost
        self.device = torch.device(device)
        self._fsa = k2.Fsa(torch.from_numpy(np.ascontiguousarray(graph.arcs)).to(self.device))
        self._fsa.graph_arc = torch.arange(graph.num_arcs, dtype=torch.int32, device=self.device)

    def lattices(self, emissions: Emissions) -> Lattices:
        """Search a batch.

        An utterance that ends in the middle of a word may leave the beam no final state. It is searched
        again with free frames behind its end, in which that word is completed at the price of the graph.
        """
        if emissions.tokens.checksum != self.graph.tokens.checksum:
            raise InputError(
                "the graph was made for other tokens than the model's; compile it on the model's lang folder"
            )
        columns = self._columns(emissions.to(self.device).log_probs)
        fsas = self._intersect(columns, emissions.lengths)
        ended = _has_final_arc(fsas)
        if not ended.all():
            free = columns.new_zeros(columns.shape[0], _TAIL_FRAMES, columns.shape[2])
            padded = torch.cat([columns, free], dim=1)
            boundary = self.graph.tokens[self.graph.boundary]
            for utterance in (~ended).nonzero().flatten().tolist():
                tail = padded[utterance, int(emissions.lengths[utterance]) :]
                tail.fill_(0.0)
                tail[:, boundary] = _LOWEST  # the open word may end here, no other may begin
            fsas = self._intersect(padded, emissions.lengths + _TAIL_FRAMES * (~ended))
            columns = padded
        return Lattices(fsas, columns, emissions.lengths, emissions)

    def _columns(self, log_probs: torch.Tensor) -> torch.Tensor:
        """Emissions relative to each frame's best, with their twins where the graph has entities."""
        relative = (log_probs - log_probs.amax(dim=-1, keepdim=True)).clamp(min=_LOWEST)  # also of -inf
        return with_twin_columns(relative, self.boost) if self.graph.entities else relative

    def _intersect(self, columns: torch.Tensor, lengths: torch.Tensor) -> k2.Fsa:
        segments = torch.stack([torch.arange(len(lengths)), torch.zeros_like(lengths), lengths], dim=1)
        return k2.intersect_dense_pruned(
            self._fsa,
            k2.DenseFsaVec(columns * self.search.acoustic_scale, segments.to(torch.int32)),
            search_beam=self.search.search_beam,
            output_beam=self.search.output_beam,
            min_active_states=self.search.min_active,
            max_active_states=self.search.max_active,
            frame_idx_name="frame",
        )


def _has_final_arc(fsas: k2.Fsa) -> torch.Tensor:
    """Which FSAs have a path, bool ``(N,)`` on the CPU; k2 keeps arcs of some that have none."""
    final_arcs = (fsas.labels == -1).nonzero().flatten().cpu()
    utterance = torch.bucketize(final_arcs, arc_bounds(fsas)[1:], right=True)
    return torch.bincount(utterance, minlength=fsas.shape[0]) > 0


def arc_bounds(fsas: k2.Fsa) -> torch.Tensor:
    """Where the arcs of each FSA begin and end among all, int64 ``(N + 1,)`` on the CPU."""
    states = fsas.arcs.row_splits(1).long()
    return fsas.arcs.row_splits(2).long()[states].cpu()
