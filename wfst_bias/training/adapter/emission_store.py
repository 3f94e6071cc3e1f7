"""Emissions of a frozen model for a corpus, computed once and kept in files."""

import hashlib
import os
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

import torch
from lhotse import CutSet
from lhotse.cut import Cut
from tqdm import tqdm

from wfst_bias.acoustic.emissions import AcousticModel, Emissions
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.core.types import FloatArray, Nats, Seconds
from wfst_bias.data.audio import audio_name
from wfst_bias.recognize.emissions import EmissionPipeline, batches
from wfst_bias.training.array_store import ArrayStore, Rows, stored_meta, write_arrays

LOG_PROBS, LAYERS, PHONES = "log_probs", "layers", "phones"  # parts of the store
_KIND = "emissions"
_BATCH = 16  # utterances
_LEAST = -30.0  # nats
_LOWEST, _ATOL = -12.0, 0.1  # nats, of emissions that are compared: half precision, and batched otherwise


class EmissionStore:
    """Emissions of a corpus.

    Args:
      arrays: with the parts :data:`LOG_PROBS` and, of models that have them, :data:`LAYERS` and :data:`PHONES`.
      frame_shift: seconds.
      part: the one that holds the log-probabilities.
    """

    def __init__(self, arrays: ArrayStore, frame_shift: Seconds, part: str = LOG_PROBS):
        self.frame_shift = frame_shift
        self._part = part
        self._arrays = arrays

    @property
    def names(self) -> Sequence[str]:
        return self._arrays.names

    def num_frames(self, name: str) -> int:
        return self._arrays.length(name)

    def log_probs(self, name: str) -> torch.Tensor:
        """Return float32 ``(T, C)``; what is impossible is very unlikely, since losses have no gradient at -inf."""
        return _clamped(self._arrays.array(self._part, name), _LEAST)

    def layers(self, name: str) -> Optional[torch.Tensor]:
        """Return hidden layers, float32 ``(T, L, D)``; None where the model shows none."""
        return torch.from_numpy(self._arrays.array(LAYERS, name)) if LAYERS in self._arrays.parts else None

    def phones(self, name: str) -> torch.Tensor:
        """Return the log-probabilities of a phone head, float32 ``(r T, P)``, r of its frames for each of the tokens'.

        Raises:
          InputError: the model has none.
        """
        frames = self._arrays.array(PHONES, name)
        return _clamped(frames.reshape(-1, frames.shape[-1]), _LEAST)


def _clamped(log_probs: FloatArray, least: Nats) -> torch.Tensor:
    clamped: torch.Tensor = torch.from_numpy(log_probs).clamp(min=least)
    return clamped


def store_emissions(cuts: CutSet, model: AcousticModel, folder: Path) -> EmissionStore:
    """Return the emissions of a model for cuts, computed unless the folder holds them.

    Raises:
      InputError: the folder holds the emissions of another model, or of other cuts.
    """
    folder, key = Path(folder), _key(cuts)
    ordered = sorted(cuts, key=lambda cut: float(cut.duration))
    meta = stored_meta(folder)
    if meta is not None:
        store = EmissionStore(ArrayStore.read(folder), meta["frame_shift"])
        if meta.get("key") == key and _is_of_model(model, ordered[0], store.log_probs(ordered[0].id)):
            return store
        raise InputError(
            "holds the emissions of another model, or of other data; name another OUT, or delete it", folder
        )
    index = {"key": key, "frame_shift": model.frame_shift}
    return EmissionStore(write_arrays(folder, _KIND, _computed(ordered, model), index), model.frame_shift)


def _computed(cuts: Sequence[Cut], model: AcousticModel) -> Iterator[Tuple[List[str], Dict[str, Rows]]]:
    """Yield names and arrays of each batch, without padding."""
    pipeline = EmissionPipeline(model)
    some: Iterable[List[Cut]] = list(batches(cuts, _BATCH))
    for batch in tqdm(some, desc="emissions", leave=False, disable=None):
        emissions = pipeline.model_emissions(batch)
        phones = None if emissions.phones is None else _in_frames_of(emissions, emissions.phones)
        parts = ((LOG_PROBS, emissions.log_probs), (LAYERS, emissions.layers), (PHONES, phones))
        lengths = emissions.lengths.tolist()
        yield (
            list(emissions.names),
            {
                name: [row[:length] for row, length in zip(frames.cpu().numpy(), lengths)]
                for name, frames in parts
                if frames is not None
            },
        )


def _in_frames_of(emissions: Emissions, phones: Emissions) -> torch.Tensor:
    """Return the frames of a phone head for each frame of the tokens ``(N, T, r, P)``; blank behind the last one."""
    ratio = round(emissions.frame_shift / phones.frame_shift)
    N, S, P = phones.log_probs.shape
    wanted = emissions.log_probs.shape[1] * ratio
    inside = torch.arange(S, device=phones.log_probs.device) < phones.lengths.to(phones.log_probs.device)[:, None]
    frames = phones.log_probs.masked_fill(~inside[..., None], _LEAST)[:, :wanted]
    frames = torch.nn.functional.pad(frames, (0, 0, 0, wanted - frames.shape[1]), value=_LEAST)
    frames[..., BLANK_ID].masked_fill_(frames.amax(dim=-1) == _LEAST, 0.0)
    grouped: torch.Tensor = frames.reshape(N, -1, ratio, P)
    return grouped


def _key(cuts: CutSet) -> str:
    """Return a checksum of the audio and the texts."""
    sources = [
        (c.id, os.path.realpath(audio_name(c)), c.start, c.duration, [s.text for s in c.supervisions])
        for c in cuts
    ]
    return hashlib.sha256(repr(sources).encode()).hexdigest()


def _is_of_model(model: AcousticModel, cut: Cut, stored: torch.Tensor) -> bool:
    """Whether stored emissions of a cut are the model's: it may have been trained on, or only have the same name."""
    computed = EmissionPipeline(model).model_emissions([cut]).log_probs[0].cpu()
    if computed.shape != stored.shape:
        return False
    return torch.allclose(computed.clamp(min=_LOWEST), stored.clamp(min=_LOWEST), atol=_ATOL)
