"""Checkpoints, from which a run goes on, and the weights that are kept for an average."""

import io
import random
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np
import torch

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_file
from wfst_bias.core.torch_files import load_data

Weights = Dict[str, torch.Tensor]
RandomStates = Tuple[Any, Any, torch.Tensor, List[torch.Tensor]]  # of Python, numpy, torch and CUDA devices
# arrays of numpy 1 and 2 in the checkpoints of wfst_bias 0.1
_ARRAYS = {
    *("numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct"),
    *("numpy ndarray", "numpy dtype", "_codecs encode"),
}


def save(path: Path, content: Any) -> None:
    """Write with ``torch.save``, whole or not at all."""
    stream = io.BytesIO()
    torch.save(content, stream)
    publish_file(path, stream.getvalue())


def load(path: Path) -> Any:
    """Read what :func:`save` wrote, onto the CPU: data only, since a pickle could run any code."""
    try:
        return load_data(path, _ARRAYS)
    except FileNotFoundError:
        raise InputError("no such file; train a model first", path) from None
    except Exception as error:  # pickle and zip raise anything
        raise InputError(f"is no checkpoint that torch reads ({error}); train anew", path) from error


def random_states() -> RandomStates:
    """Return the random states of Python, numpy and torch, CUDA devices included; numbers are in tensors."""
    version, numbers, gauss = random.getstate()
    generator, keys, *rest = np.random.get_state()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    of_numpy = (generator, torch.from_numpy(np.asarray(keys).astype(np.int64)), *rest)
    return (version, torch.tensor(numbers), gauss), of_numpy, torch.get_rng_state(), cuda


def restore_random_states(states: RandomStates) -> None:
    """Set the random states that :func:`random_states` returned."""
    (version, numbers, gauss), (generator, keys, *rest), of_torch, cuda = states
    random.setstate((version, tuple(map(int, numbers)), gauss))
    np.random.set_state((generator, np.asarray(keys, np.uint32), *rest))
    torch.set_rng_state(of_torch)
    if torch.cuda.is_available() and len(cuda) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(cuda)


def average(many: Sequence[Weights]) -> Weights:
    """Return the mean of each weight; of what is no float (a counter) the last."""
    return {
        name: torch.stack([weights[name].double() for weights in many]).mean(dim=0).to(last.dtype)
        if last.is_floating_point()
        else last
        for name, last in many[-1].items()
    }


class Kept:
    """The weights of the best few validations, in a folder.

    Args:
      folder: of the experiment.
      at_most: how many are kept.
    """

    def __init__(self, folder: Path, at_most: int):
        self._folder = Path(folder) / "kept"
        self._at_most = at_most

    def add(self, step: int, weights: Weights, values: Dict[int, float]) -> Dict[int, float]:
        """Keep weights that are among the best.

        Args:
          step: at which they are.
          values: validation losses of the steps that are kept and of this one.

        Returns:
          the values of those that are kept now.
        """
        best = sorted(values, key=lambda known: (values[known], -known))[: self._at_most]
        if step in best:
            save(self._path(step), weights)
        return {known: values[known] for known in best}

    def prune(self, steps: Sequence[int]) -> None:
        """Delete all but those of ``steps``; called when the checkpoint that needs the others is replaced."""
        for path in self._folder.glob("*.pt"):
            if path not in map(self._path, steps):
                path.unlink()

    def load(self, steps: Sequence[int]) -> List[Weights]:
        return [load(self._path(step)) for step in steps]

    def _path(self, step: int) -> Path:
        return self._folder / f"step-{step:08d}.pt"
