"""Arrays of utterances for training, one behind the other in memory-mapped files of half precision."""

import contextlib
import json
from pathlib import Path
from typing import Any, BinaryIO, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_folder, read_json
from wfst_bias.core.types import Array, FloatArray

_META = "meta.json"

Rows = Sequence[Array]  # an array (T_n, ...) for each utterance of a batch


class ArrayStore:
    """Arrays ``(T, ...)`` of utterances, in parts: each part has an array of every utterance.

    Args:
      names: of the utterances.
      lengths: ``T`` of each.
      parts: by name, the arrays of all utterances one behind the other.
      meta: further content of the store's ``meta.json``.
    """

    def __init__(
        self, names: Sequence[str], lengths: Sequence[int], parts: Mapping[str, Array], meta: Mapping[str, Any] = {}
    ):
        ends = np.cumsum(lengths, dtype=np.int64)
        self._spans = {name: (int(end) - length, int(end)) for name, length, end in zip(names, lengths, ends)}
        self._parts = dict(parts)
        self.meta = dict(meta)

    @classmethod
    def read(cls, folder: Path) -> "ArrayStore":
        """Open a folder that :func:`write_arrays` has written; the arrays stay on disk until they are asked for."""
        meta = read_json(Path(folder) / _META)
        parts = {path.stem: np.load(path, mmap_mode="r") for path in sorted(Path(folder).glob("*.npy"))}
        return cls(meta["names"], meta["lengths"], parts, meta)

    @property
    def names(self) -> Tuple[str, ...]:
        return tuple(self._spans)

    @property
    def num_frames(self) -> int:
        """The sum of ``T`` over all utterances."""
        return max((end for _, end in self._spans.values()), default=0)

    def length(self, name: str) -> int:
        """Return ``T`` of an utterance."""
        start, end = self._spans[name]
        return end - start

    @property
    def parts(self) -> Tuple[str, ...]:
        return tuple(self._parts)

    def array(self, part: str, name: str) -> FloatArray:
        """Return the array of an utterance, float32 ``(T, ...)``.

        Raises:
          InputError: there is no such part.
        """
        if part not in self._parts:
            raise InputError(
                f"there are no {part} in the store, but {', '.join(self._parts)}; name a model with {part}"
            )
        return self._parts[part][slice(*self._spans[name])].astype(np.float32)

    def frames(self, part: str, start: int, count: int) -> FloatArray:
        """Return ``count`` frames from frame ``start`` of all on, float32; behind the last one comes the first again."""
        return self._parts[part].take(np.arange(start, start + count), axis=0, mode="wrap").astype(np.float32)


def stored_meta(folder: Path) -> Optional[Dict[str, Any]]:
    """Return the content of a store's ``meta.json``; None where the folder has none."""
    path = Path(folder) / _META
    if not path.is_file():
        return None
    meta: Dict[str, Any] = read_json(path)
    return meta


def write_arrays(
    folder: Path, kind: str, batches: Iterable[Tuple[Sequence[str], Mapping[str, Rows]]], meta: Mapping[str, Any]
) -> ArrayStore:
    """Write the arrays of utterances, in half precision.

    Args:
      folder: made anew, see :func:`wfst_bias.core.files.publish_folder`.
      kind: of the folder.
      batches: names of some utterances, and the arrays of each part.
      meta: further content of ``meta.json``.
    """
    names: List[str] = []
    lengths: List[int] = []
    with publish_folder(folder, kind) as building:
        shapes: Dict[str, Tuple[int, ...]] = {}
        with contextlib.ExitStack() as files:
            streams: Dict[str, BinaryIO] = {}
            for some, parts in batches:
                for part, rows in parts.items():
                    if part not in streams:
                        streams[part] = files.enter_context(open(building / f"{part}.raw", "wb"))
                        shapes[part] = rows[0].shape[1:]
                    for row in rows:
                        row.astype(np.float16).tofile(streams[part])
                names += some
                lengths += map(len, next(iter(parts.values())))
        for part, shape in shapes.items():
            raw = np.memmap(building / f"{part}.raw", np.float16, "r", shape=(sum(lengths), *shape))
            np.save(building / f"{part}.npy", raw)
            del raw
            (building / f"{part}.raw").unlink()
        content = {"kind": kind, **meta, "names": names, "lengths": lengths}
        (building / _META).write_text(json.dumps(content))
    return ArrayStore.read(folder)
