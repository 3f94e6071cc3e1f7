"""Forced alignment: which token of its target each frame of an utterance writes, by k2."""

from typing import List, Sequence

import torch

_BEAM = 200.0  # nats; wide, for targets that the model finds unlikely
_LOWEST = -30.0


def aligned(log_probs: torch.Tensor, lengths: torch.Tensor, targets: Sequence[Sequence[int]]) -> List[torch.Tensor]:
    """The best CTC alignment of each utterance with its target.

    Args:
      log_probs: ``(N, T, C)``, on the CPU.
      lengths: frames of each ``(N,)``.
      targets: tokens of each, blank left out.

    Returns:
      of each utterance, for each of its frames, the position in the target that it writes, -1 for blank, int64
      ``(T_n,)``; all -1 where the target does not fit into the frames.
    """
    import k2

    graphs = k2.ctc_graph([list(target) for target in targets])
    segments = torch.stack([torch.arange(len(lengths)), torch.zeros_like(lengths), lengths], dim=1).to(torch.int32)
    order = torch.argsort(lengths, descending=True)  # as k2 wants them
    dense = k2.DenseFsaVec(log_probs.clamp(min=_LOWEST).contiguous(), segments[order])
    lattices = k2.intersect_dense(k2.index_fsa(graphs, order.to(torch.int32)), dense, output_beam=_BEAM)
    best = k2.shortest_path(lattices, use_double_scores=True)
    splits = best.arcs.row_splits(1).long()
    bounds = best.arcs.row_splits(2).long()[splits].tolist()
    positions: List[torch.Tensor] = [torch.empty(0)] * len(targets)
    for i, n in enumerate(order.tolist()):
        arcs = slice(bounds[i], max(bounds[i], bounds[i + 1] - 1))  # without the final arc; none where nothing fits
        labels, begins = best.labels[arcs], best.aux_labels[arcs] > 0
        position = torch.where(labels > 0, begins.long().cumsum(0) - 1, torch.tensor(-1))
        fits = len(position) == int(lengths[n])
        positions[n] = position if fits else torch.full((int(lengths[n]),), -1)
    return positions
