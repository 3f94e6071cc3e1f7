"""Files of torch that hold data only: one that could run a program is not loaded."""

import pickletools
import zipfile
from pathlib import Path
from typing import AbstractSet, Any

import torch
from torch._C import PyTorchFileReader

# what a pickle of tensors calls; any other could run anything
_TENSORS = {
    "collections OrderedDict",
    "torch._utils _rebuild_tensor_v2",
    *(f"torch {kind}Storage" for kind in ("Float", "Double", "Int", "Long", "Bool", "Byte", "Half", "BFloat16")),
}
_CALLING = {"INST", "EXT1", "EXT2", "EXT4"}  # other operations that import what they name


def load_data(path: Path, harmless: AbstractSet[str]) -> Any:
    """Load a file of torch onto the CPU, if it is whole and nothing but data.

    ``torch.load(weights_only=True)`` demands the same, but takes tensors alone. The record is checked as torch will read it.

    Args:
      path: of the file.
      harmless: what its pickle may name beside tensors, as ``module name``.

    Raises:
      ValueError: it is damaged, or names something else; torch and zipfile raise others where it is no such file.
    """
    with zipfile.ZipFile(path) as packed:  # torch does not compare the checksums, and k2 ends the process over wrong arcs
        if (damaged := packed.testzip()) is not None:
            raise ValueError(f"{damaged} is damaged")
    records: Any = PyTorchFileReader(str(path))  # its stubs lack methods
    operations = list(pickletools.genops(records.get_record("data.pkl")))
    called = {argument for operation, argument, _ in operations if "GLOBAL" in operation.name}
    forbidden = {operation.name for operation, _, _ in operations} & _CALLING
    if not called <= _TENSORS | harmless or forbidden or "constants.pkl" in records.get_all_records():
        raise ValueError(f"calls {[*(called - _TENSORS - harmless), *forbidden]}")
    return torch.load(path, map_location="cpu", weights_only=False)
