"""Sources of batches: the protocol between a trainer and its data."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Protocol, Sequence, TypeVar

import torch
from torch.utils.data import DataLoader, Dataset


class Batch(Protocol):
    """Tensors that a loss function reads."""

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device."""
        ...


Tensors = TypeVar("Tensors", bound="TensorBatch")


@dataclass(frozen=True)
class TensorBatch:
    """A batch whose fields are tensors, records with a method ``to``, or None."""

    def to(self: Tensors, device: torch.device) -> Tensors:
        """Return the batch on a device."""
        parts = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        moved = {name: None if part is None else part.to(device) for name, part in parts.items()}
        return dataclasses.replace(self, **moved)


class BatchSource(Protocol):
    """Batches that can be loaded again: the same epoch and key give the same batch, whatever came before.

    So a run that was killed goes on exactly where it was, workers load ahead in any order, and the processes of a
    distributed run each take their own.
    """

    def plan(self, epoch: int) -> Sequence[Any]:
        """Return a key for each batch of an epoch, in their order; cheap, nothing is loaded."""
        ...

    def load(self, epoch: int, key: Any) -> Batch:
        """Load the batch of a key of that epoch's plan."""
        ...


def loader(source: BatchSource, epoch: int, keys: Sequence[Any], num_workers: int) -> "DataLoader[Batch]":
    """Return the batches of some keys of an epoch's plan, loaded ahead by worker processes where there are any."""
    return DataLoader(
        _Planned(source, epoch, keys),
        batch_size=None,
        num_workers=num_workers,
        collate_fn=_as_it_is,
        generator=torch.Generator(),  # of its own: the global one is part of what a checkpoint restores
    )


def _as_it_is(batch: Any) -> Any:
    return batch


class _Planned(Dataset[Batch]):
    def __init__(self, source: BatchSource, epoch: int, keys: Sequence[Any]):
        self._source, self._epoch, self._keys = source, epoch, keys

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, i: int) -> Batch:
        return self._source.load(self._epoch, self._keys[i])
