"""The processes of a ``torchrun`` that train one network together, or this one alone."""

import atexit
import contextlib
import os
from typing import Any, Callable, Iterator, List

import torch
from torch import nn


class Ranks:
    """Communication between the processes; a process alone is the first of one."""

    def __init__(self) -> None:
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        if self.count > 1 and not torch.distributed.is_initialized():
            torch.distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
            # gloo's threads, left to the end of the interpreter, abort some processes that did all their work
            atexit.register(torch.distributed.destroy_process_group)

    @property
    def first(self) -> bool:
        return self.rank == 0

    def device(self, device: torch.device) -> torch.device:
        """Return the device of this process: the processes of a machine share out its GPUs."""
        if self.count > 1 and device.type == "cuda" and device.index is None:
            device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
            torch.cuda.set_device(device)
        return device

    def wrapped(self, model: nn.Module, device: torch.device) -> nn.Module:
        """Wrap the network so that its gradients are the mean over the processes."""
        if self.count == 1:
            return model
        devices = [device] if device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(model, device_ids=devices)

    def gathered(self, value: Any) -> List[Any]:
        """Return the values of all processes, in every one."""
        if self.count == 1:
            return [value]
        values: List[Any] = [None] * self.count
        torch.distributed.all_gather_object(values, value)
        return values

    def agreed(self, measure: Callable[[], Any]) -> Any:
        """Return what the first process measures, in every one; the others wait."""
        return self.gathered(measure() if self.first else None)[0]

    @contextlib.contextmanager
    def first_alone(self) -> Iterator[None]:
        """Let the first process go through the block, then the others, which find what it has made."""
        if not self.first:
            self.gathered(None)
        yield
        if self.first:
            self.gathered(None)
