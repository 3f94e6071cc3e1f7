"""What a frozen model says of a corpus, kept in files."""

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import BinaryIO, Dict, List, Optional, Sequence, Tuple

import numpy as np
import torch
from lhotse import CutSet
from lhotse.cut import Cut
from tqdm import tqdm

from wfst_bias.acoustic.emissions import AcousticModel
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_folder, read_json
from wfst_bias.recognize.emissions import EmissionPipeline, batches

_BATCH = 16  # utterances
_LEAST = -30.0  # nats
_LOWEST, _ATOL = -12.0, 0.1  # nats, of emissions that are compared: half precision, and batched otherwise


class EmissionStore:
    """Emissions of a corpus in memory-mapped files, half precision.

    Args:
      folder: made by :func:`store_emissions`.
    """

    def __init__(self, folder: Path):
        index = read_json(Path(folder) / "meta.json")
        self.frame_shift: float = index["frame_shift"]
        ends = np.cumsum(index["lengths"])
        self._spans = dict(zip(index["names"], zip(ends - index["lengths"], ends)))
        load = lambda name: np.load(Path(folder) / name, mmap_mode="r") if (Path(folder) / name).is_file() else None
        self._log_probs, self._layers, self._phones = map(load, ("log_probs.npy", "layers.npy", "phones.npy"))

    @property
    def names(self) -> Sequence[str]:
        return tuple(self._spans)

    def num_frames(self, name: str) -> int:
        start, end = self._spans[name]
        return int(end - start)

    def log_probs(self, name: str) -> torch.Tensor:
        """Float32 ``(T, C)``; what is impossible is very unlikely, for losses have no gradient at minus infinity."""
        return self._part(self._log_probs, name).clamp(min=_LEAST)

    def layers(self, name: str) -> Optional[torch.Tensor]:
        """Float32 ``(T, L, D)``, of a model that shows them."""
        return self._part(self._layers, name)

    def phones(self, name: str) -> Optional[torch.Tensor]:
        """Log-probabilities of a phone head, float32 ``(T, P)``."""
        phones = self._part(self._phones, name)
        return None if phones is None else phones.clamp(min=_LEAST)

    def _part(self, frames: Optional[np.ndarray], name: str) -> Optional[torch.Tensor]:
        return None if frames is None else torch.from_numpy(frames[slice(*self._spans[name])].astype(np.float32))


def store_emissions(cuts: CutSet, model: AcousticModel, folder: Path) -> EmissionStore:
    """What a model says of cuts, computed unless the folder holds it.

    Raises:
      InputError: the folder holds what another model said, or what was said of other cuts.
    """
    folder, key = Path(folder), _key(cuts)
    cuts = sorted(cuts, key=lambda cut: cut.duration)
    if (folder / "meta.json").is_file():
        store = EmissionStore(folder)
        if read_json(folder / "meta.json").get("key") == key and _says(model, cuts[0], store.log_probs(cuts[0].id)):
            return store
        raise InputError(
            "holds the emissions of another model, or of other data; name another OUT, or delete it", folder
        )
    lengths: List[int] = []
    names: List[str] = []
    with publish_folder(folder, "emissions") as building, contextlib.ExitStack() as files:
        parts: Dict[str, Tuple[BinaryIO, Tuple[int, ...]]] = {}
        pipeline = EmissionPipeline(model)
        for batch in tqdm(list(batches(cuts, _BATCH)), desc="emissions", leave=False, disable=None):
            emissions = pipeline.model_emissions(batch)
            phones = None if emissions.phones is None else emissions.phones.log_probs
            for name, frames in (("log_probs", emissions.log_probs), ("layers", emissions.layers), ("phones", phones)):
                if frames is None:
                    continue
                if name not in parts:
                    stream = files.enter_context(open(building / f"{name}.raw", "wb"))
                    parts[name] = (stream, tuple(frames.shape[2:]))
                for row, length in zip(frames.cpu().numpy(), emissions.lengths.tolist()):
                    parts[name][0].write(row[:length].astype(np.float16).tobytes())
            names += emissions.names
            lengths += emissions.lengths.tolist()
        files.close()
        for name, (_, shape) in parts.items():
            raw = np.memmap(building / f"{name}.raw", np.float16, "r", shape=(sum(lengths), *shape))
            np.save(building / f"{name}.npy", raw)
            (building / f"{name}.raw").unlink()
        index = {"kind": "emissions", "key": key, "frame_shift": model.frame_shift, "names": names, "lengths": lengths}
        (building / "meta.json").write_text(json.dumps(index))
    return EmissionStore(folder)


def _key(cuts: CutSet) -> str:
    """Of the audio and the texts."""
    sources = [
        (c.id, os.path.realpath(c.recording.sources[0].source), c.start, c.duration, [s.text for s in c.supervisions])
        for c in cuts
    ]
    return hashlib.sha256(repr(sources).encode()).hexdigest()


def _says(model: AcousticModel, cut: Cut, stored: torch.Tensor) -> bool:
    """Whether it is this model that said so of a cut: it may have been trained on, or be another by the same name."""
    said = EmissionPipeline(model).model_emissions([cut]).log_probs[0].cpu()
    finite = lambda log_probs: log_probs.clamp(min=_LOWEST)
    return said.shape == stored.shape and torch.allclose(finite(said), finite(stored), atol=_ATOL)
