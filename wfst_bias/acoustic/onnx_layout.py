"""Input layouts of exported CTC networks: by the metadata that sherpa-onnx and icefall write, or by the input of the network."""

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Protocol, Sequence, Union

import numpy as np

from wfst_bias.acoustic.frontends import ALL_FEATURES, NOTHING, PER_FEATURE, Frontend, KaldiFbank, NemoMel, Samples
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import read_json
from wfst_bias.core.types import FloatArray

NEMO = ("EncDecCTCModel", "EncDecCTCModelBPE", "EncDecHybridRNNTCTCBPEModel")
ICEFALL, WENET, YESNO = "zipformer2_ctc", "wenet_ctc", "tdnn"  # YESNO: icefall's recipe at 8 kHz

Dimension = Union[int, str, None]

_KNOWN = (
    f"known are the model_type {', '.join((*NEMO, ICEFALL, WENET, YESNO))} of sherpa-onnx's metadata and, without "
    "metadata, NeMo's own export (input 'audio_signal') and networks that take samples (batch, time)"
)


class NetworkInput(Protocol):
    """An input of a network, as onnxruntime describes it; a size that is not fixed has a name."""

    @property
    def name(self) -> str: ...

    @property
    def shape(self) -> Sequence[Dimension]: ...


@dataclass(frozen=True)
class Layout:
    """The input that a network expects.

    Args:
      frontend: makes its features.
      channels_first: it takes ``(1, num_features, T)`` instead of ``(1, T, num_features)``.
    """

    frontend: Frontend
    channels_first: bool = False

    def batch(self, features: FloatArray) -> FloatArray:
        """Return features ``(T, num_features)``, or samples ``(T,)``, of one utterance as the network takes them."""
        return np.ascontiguousarray(features.T if self.channels_first else features)[None]


def layout_of(path: Path, taken: NetworkInput, meta: Dict[str, str]) -> Layout:
    """Return the layout of an export.

    Args:
      path: of the export, for errors, and for files next to it.
      taken: its main input.
      meta: its metadata.

    Raises:
      InputError: it has none of the layouts that are known.
    """
    kind, rank = meta.get("model_type", ""), len(taken.shape)
    if rank == 3 and (kind in NEMO or (not kind and taken.name == "audio_signal")):
        return Layout(_nemo(path, taken.shape[1], meta), channels_first=True)
    if rank == 3 and kind in (ICEFALL, WENET, YESNO):
        num_mels = _num_mels(path, taken.shape[2], meta)
        sampling_rate = number(path, meta, "sample_rate") or (8000 if kind == YESNO else 16000)
        if kind == WENET:  # torchaudio's defaults, on 16-bit integers
            return Layout(KaldiFbank(num_mels, sampling_rate, high_freq=0.0, snip_edges=True, scale=32768.0))
        return Layout(KaldiFbank(num_mels, sampling_rate))
    if rank == 2 and not kind:
        return Layout(_samples(path, taken.name, meta))
    found = f"model_type {kind!r}" if kind else "no model_type"
    raise InputError(f"has {found} and the input {taken.name} {taken.shape}; {_KNOWN}", path)


def number(path: Path, meta: Dict[str, str], key: str) -> int:
    """Return a number of the metadata, 0 where it is not there."""
    text = meta.get(key, "0")
    if not text.isdigit():
        raise InputError(f"its metadata has {key} = {text!r}; a whole number was expected", path)
    return int(text)


def _nemo(path: Path, dimension: Dimension, meta: Dict[str, str]) -> NemoMel:
    if number(path, meta, "is_giga_am"):
        raise InputError("is GigaAM, whose features are not known here; take an archive of its emissions", path)
    normalize = meta.get("normalize_type", PER_FEATURE)
    normalize = NOTHING if normalize in ("NA", "None") else normalize
    if normalize not in (PER_FEATURE, ALL_FEATURES, NOTHING):
        raise InputError(f"its normalize_type is {normalize!r}; per_feature, all_features or '' was expected", path)
    return NemoMel(_num_mels(path, dimension, meta), number(path, meta, "sample_rate") or 16000, normalize)


def _samples(path: Path, name: str, meta: Dict[str, str]) -> Samples:
    """Return the front end of a network that takes samples; the folder of an optimum export has the normalization."""
    if name != "input_values":
        return Samples(number(path, meta, "sample_rate") or 16000)
    settings = path.parent / "preprocessor_config.json"
    if not settings.is_file():
        raise InputError(f"{settings.name} is missing next to it, which has the normalization of samples", path)
    config = read_json(settings)
    return Samples(config.get("sampling_rate", 16000), bool(config.get("do_normalize", True)))


def _num_mels(path: Path, dimension: Dimension, meta: Dict[str, str]) -> int:
    """Return the number of features that a network takes: by its input, its metadata, or 80."""
    if isinstance(dimension, int):
        return dimension
    return number(path, meta, "feat_dim") or number(path, meta, "feature_dim") or 80
