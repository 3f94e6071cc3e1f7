"""Arcs of the lattices of a search: what each of them reads and writes, and what its score is made of."""

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Dict, List, Tuple, Union

import numpy as np
import torch

from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.decode.searched_frames import SearchedFrames
from wfst_bias.fst.ctc import FINAL_LABEL
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.graph.lowered_words import weights_of_outputs

if TYPE_CHECKING:
    import k2


@dataclass(frozen=True)
class LatticeArcs:
    """Arcs of a batch's lattices, or some of them: ``(A,)`` each, on the device of the lattices.

    An arc into the end of a lattice reads no frame: its token is blank, its emissions score 0.

    Args:
      utterances: number in the batch, int64.
      is_final: which arcs lead into the end, bool.
      tokens: int64; blank is 0.
      blocks: which block of emission columns the token is read from, int64; see
        :class:`~wfst_bias.fst.columns.ColumnLayout`.
      frames: of the emissions, int64; that of an arc into the end is the last one of the batch.
      skipped: how many more frames of blank the one that is read stands for, int64; see
        :class:`~wfst_bias.decode.searched_frames.SearchedFrames`.
      graph_arcs: row of the decoding graph, int64.
      outputs: words and phrases of the graph, 0 is none, int32.
      ends_word: which arcs are marked to end a word, bool.
      enters_list: which arcs may be the first ones of a phrase of a list, bool.
      plain: log-probability of the token against the best one of its frame, nats, float32.
      boosted: the same with what adaptive boosting adds, nats, float32.
      graph: score of the graph, nats, float32; without what lists take away from words of the language model.
      word_weights: weight that lists give the word of the language model that the arc outputs, nats, float32.
      acoustic_scale: weight of the emissions in the score of the lattice.
    """

    utterances: torch.Tensor
    is_final: torch.Tensor
    tokens: torch.Tensor
    blocks: torch.Tensor
    frames: torch.Tensor
    skipped: torch.Tensor
    graph_arcs: torch.Tensor
    outputs: torch.Tensor
    ends_word: torch.Tensor
    enters_list: torch.Tensor
    plain: torch.Tensor
    boosted: torch.Tensor
    graph: torch.Tensor
    word_weights: torch.Tensor
    acoustic_scale: float

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def boost(self) -> torch.Tensor:
        """Score that adaptive boosting adds to the log-probability, nats, float32 ``(A,)``."""
        boost: torch.Tensor = self.boosted - self.plain
        return boost

    def terms(self, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Scaled acoustic score, scaled boost, score of the graph and weight of its word, nats ``(A, 4)``; their sum is the
        arc's score.

        The share of the list in the score of the graph depends on the path; see :func:`list_spans`.
        """
        scores = (self.plain, self.boosted, self.graph, self.word_weights)
        plain, boosted, graph, word_weights = (score.to(dtype) for score in scores)
        scale = self.acoustic_scale
        return torch.stack([scale * plain, scale * (boosted - plain), graph, word_weights], dim=1)

    def select(self, arcs: torch.Tensor) -> "LatticeArcs":
        """Some of the arcs, by their numbers int64 ``(B,)``."""
        tensors = {name: value[arcs] for name, value in self._tensors.items()}
        return replace(self, **tensors)

    def cpu(self) -> "LatticeArcs":
        return replace(self, **{name: value.cpu() for name, value in self._tensors.items()})

    @property
    def _tensors(self) -> Dict[str, torch.Tensor]:
        named = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in named if isinstance(value, torch.Tensor)}


def lattice_arcs(
    fsas: "k2.Fsa",
    columns: torch.Tensor,
    frames: SearchedFrames,
    graph: DecodingGraph,
    acoustic_scale: float,
    only: Union[torch.Tensor, slice] = slice(None),
) -> LatticeArcs:
    """Take the arcs of lattices apart.

    Args:
      fsas: k2 FsaVec of a search in the graph, with ``graph_arc`` and ``frame``.
      columns: the emissions that were searched, unscaled, each frame's best at 0 ``(N, S, num_columns)``.
      frames: where their frames are among those of the emissions.
      graph: that was searched.
      acoustic_scale: of the search.
      only: the arcs that are wanted, int64; all, where not given.
    """
    layout = graph.layout
    utterances = torch.repeat_interleave(arc_bounds(fsas).diff()).to(fsas.device)[only]
    labels = fsas.labels[only].long()
    is_final = labels == FINAL_LABEL
    column = labels.clamp(min=0)
    token = layout.token(column)
    searched = fsas.frame[only].long().clamp(max=columns.shape[1] - 1)
    graph_arcs = fsas.graph_arc[only].long()
    on_cpu = graph_arcs.cpu().numpy()
    outputs = np.where(is_final.cpu().numpy(), 0, graph.outputs_of(on_cpu))
    word_weights = torch.from_numpy(weights_of_outputs(outputs, graph.base_words, graph.lowered_words)).to(fsas.device)
    is_edge = torch.isin(token, torch.tensor(graph.units.edge, device=token.device))
    return LatticeArcs(
        utterances=utterances,
        is_final=is_final,
        tokens=token.masked_fill(is_final, 0),
        blocks=layout.block(column),
        frames=frames.numbers[utterances, searched],
        skipped=frames.skipped[utterances, searched].masked_fill(is_final, 0),
        graph_arcs=graph_arcs,
        outputs=torch.from_numpy(outputs).to(fsas.device),
        ends_word=torch.from_numpy(graph.ends_word(on_cpu)).to(fsas.device) & ~is_final,
        # all units of a phrase are read from the boosted block but the first one and the boundaries between words
        enters_list=graph.begins_token(graph_arcs) & ~layout.is_boosted(column) & ~is_edge & ~is_final,
        plain=columns[utterances, searched, token].masked_fill(is_final, 0.0),
        boosted=columns[utterances, searched, column].masked_fill(is_final, 0.0),
        graph=graph.arcs[graph_arcs, 3].view(torch.float32) - word_weights,
        word_weights=word_weights,
        acoustic_scale=acoustic_scale,
    )


def arc_bounds(fsas: "k2.Fsa") -> torch.Tensor:
    """Where the arcs of each FSA begin and end among all, int64 ``(N + 1,)`` on the CPU."""
    states = fsas.arcs.row_splits(1).long()
    bounds: torch.Tensor = fsas.arcs.row_splits(2).long()[states].cpu()
    return bounds


def best_path_arcs(fsas: "k2.Fsa") -> List[torch.Tensor]:
    """The arcs of the best path of each lattice, the one into the end included, int64 ``(T + 1,)`` each on the CPU.

    A lattice without a path has none.

    Args:
      fsas: with ``arc``, the number of each arc.
    """
    import k2

    best = k2.shortest_path(fsas, use_double_scores=True)
    return list(torch.tensor_split(best.arc.cpu().long(), arc_bounds(best)[1:-1]))


def list_spans(outputs: IntArray, enters_list: BoolArray, first_phrase: int) -> Tuple[IntArray, IntArray]:
    """The stretches of a path within lists: from the last arc before a phrase's output that may enter one, up to that.

    Args:
      outputs, enters_list: of the arcs of the path ``(T,)``; see :class:`LatticeArcs`.
      first_phrase: output of the graph's first phrase.

    Returns:
      the first and the last arc of each, int64 ``(P,)``.
    """
    last = np.flatnonzero(outputs >= first_phrase)
    enters = np.flatnonzero(enters_list)
    first = enters[np.searchsorted(enters, last, side="right") - 1] if len(last) else last
    return first, last


def in_spans(first: IntArray, last: IntArray, length: int) -> BoolArray:
    """Which of a number of arcs are in some stretches, their first and last ones included, bool ``(length,)``."""
    steps = np.zeros(length + 1, np.int64)
    np.add.at(steps, first, 1)
    np.add.at(steps, last + 1, -1)
    inside: BoolArray = np.cumsum(steps[:-1]) > 0
    return inside


def terms_with_list(terms: FloatArray, in_list: BoolArray) -> FloatArray:
    """Terms ``(T, 4)`` of :meth:`LatticeArcs.terms` with all that is the list's as one, ``(T, 4)``.

    Args:
      in_list: which arcs are within a list ``(T,)``.

    Returns:
      in the order of :class:`~wfst_bias.lattice.terms.Terms`.
    """
    acoustic, boost, graph, word_weights = terms.T
    of_list = np.where(in_list, graph, 0.0) + word_weights
    return np.stack([acoustic, boost, np.where(in_list, 0.0, graph), of_list], axis=1)
