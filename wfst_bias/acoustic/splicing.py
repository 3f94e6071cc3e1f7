"""Emissions cut, joined and put into batches; hidden layers and the emissions of a phone head go with them."""

from dataclasses import replace
from math import inf, lcm
from typing import Sequence

import torch
from torch.nn.utils.rnn import pad_sequence

from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.core.types import Seconds

_MICROSECONDS = 1_000_000


def join_emissions(parts: Sequence[Emissions]) -> Emissions:
    """One after the other, the parts ``(1, T, C)`` of one utterance."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    layers = [part.layers for part in parts if part.layers is not None]
    phones = [part.phones for part in parts if part.phones is not None]
    return replace(
        first,
        log_probs=torch.cat([part.log_probs for part in parts], dim=1),
        lengths=torch.stack([part.lengths for part in parts]).sum(dim=0),
        layers=torch.cat(layers, dim=1) if layers else None,
        phones=join_emissions(phones) if phones else None,
    )


def cut_emissions(emissions: Emissions, begin: Seconds, end: Seconds = inf) -> Emissions:
    """The frames of one utterance ``(1, T, C)`` from one time to another; those of a phone head, too."""
    shift, num_frames = emissions.frame_shift, int(emissions.lengths[0])
    first, last = (round(min(time / shift, num_frames)) for time in (begin, end))
    return replace(
        emissions,
        log_probs=emissions.log_probs[:, first:last],
        lengths=torch.tensor([last - first]),
        layers=None if emissions.layers is None else emissions.layers[:, first:last],
        phones=None if emissions.phones is None else cut_emissions(emissions.phones, begin, end),
    )


def stack_emissions(utterances: Sequence[Emissions], names: Sequence[str]) -> Emissions:
    """A batch ``(N, T, C)`` of utterances ``(1, T, C)``, padded at the end.

    Args:
      utterances: of the same model.
      names: of the utterances in the batch.
    """
    first = utterances[0]
    layers = [one.layers for one in utterances if one.layers is not None]
    phones = [one.phones for one in utterances if one.phones is not None]
    return replace(
        first,
        log_probs=_padded([one.log_probs for one in utterances]),
        lengths=torch.cat([one.lengths for one in utterances]),
        names=list(names),
        layers=_padded(layers) if layers else None,
        phones=stack_emissions(phones, names) if phones else None,
    )


def _padded(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """Tensors ``(1, T, ...)`` as one ``(N, T, ...)``, with zeros at the end."""
    return pad_sequence([tensor[0] for tensor in tensors], batch_first=True)


def common_grid(emissions: Emissions) -> Seconds:
    """The shortest time that is a whole number of frames of the emissions and of their phone head."""
    heads = [emissions] if emissions.phones is None else [emissions, emissions.phones]
    return lcm(*(round(head.frame_shift * _MICROSECONDS) for head in heads)) / _MICROSECONDS
