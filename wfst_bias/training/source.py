"""Where batches come from: the contract between a trainer and its data."""

from typing import Any, Protocol, Sequence

import torch


class Batch(Protocol):
    """Tensors that a loss function reads."""

    def to(self, device) -> "Batch":
        """The same on another device."""


class BatchSource(Protocol):
    """Batches that can be asked for again: the same epoch and key give the same batch, whatever came before.

    So a run that was killed goes on exactly where it was, workers load ahead in any order, and the processes of a
    distributed run take each their own.
    """

    def plan(self, epoch: int) -> Sequence[Any]:
        """A key for each batch of an epoch, in their order; cheap, nothing is loaded."""

    def load(self, epoch: int, key: Any) -> Batch:
        """The batch of a key of that epoch's plan."""


def loader(source: BatchSource, epoch: int, keys: Sequence[Any], num_workers: int) -> torch.utils.data.DataLoader:
    """The batches of some keys of an epoch's plan, loaded ahead by worker processes where there are any."""
    return torch.utils.data.DataLoader(
        _Planned(source, epoch, keys),
        batch_size=None,
        num_workers=num_workers,
        collate_fn=_as_it_is,
        generator=torch.Generator(),  # of its own: the global one is part of what a checkpoint restores
    )


def _as_it_is(batch: Batch) -> Batch:
    return batch


class _Planned(torch.utils.data.Dataset):
    def __init__(self, source: BatchSource, epoch: int, keys: Sequence[Any]):
        self._source, self._epoch, self._keys = source, epoch, keys

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, i: int) -> Batch:
        return self._source.load(self._epoch, self._keys[i])
