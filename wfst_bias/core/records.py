"""Dataclasses of arrays as folders, mapped into memory when read."""

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.types import Array


def write_record(folder: Path, record: Any) -> None:
    """The arrays of a dataclass, and of those in it, as files; its other fields belong into the meta file."""
    folder.mkdir(exist_ok=True)
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray):
            np.save(folder / f"{field.name}.npy", value)
        elif is_dataclass(value):
            write_record(folder / field.name, value)


def read_record(folder: Path, cls: type, **others: Any) -> Any:
    """Read what :func:`write_record` wrote, its arrays mapped; the other fields are given."""
    values = {}
    for field in fields(cls):
        if field.name in others:
            values[field.name] = others[field.name]
        elif isinstance(field.type, type) and is_dataclass(field.type):
            values[field.name] = read_record(folder / field.name, field.type, **others)
        else:
            values[field.name] = mapped_array(folder / f"{field.name}.npy")
    return cls(**values)


def mapped_array(path: Path) -> Array:
    """An array of a graph folder, mapped into memory."""
    try:
        mapped: Array = np.load(path, mmap_mode="c", allow_pickle=False)
        return mapped
    except Exception as error:  # numpy raises whatever it meets in a damaged header
        raise InputError(f"is missing or damaged ({error}); make the graph folder anew", path) from None
