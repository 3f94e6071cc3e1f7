"""Emissions that were computed elsewhere: Kaldi matrices, numpy arrays and lhotse manifests, by utterance."""

import json
import zipfile
from pathlib import Path
from typing import Callable, Iterable, Optional, Sequence, Tuple

import numpy as np
import torch

from wfst_bias.acoustic.emissions import AcousticModel, Emissions, padded_emissions
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of, publish_folder, read_json
from wfst_bias.core.types import FloatArray, Seconds
from wfst_bias.lang.token_files import read_model_tokens, tokens_next_to

FRAME_SHIFT_FILE = "frame_shift"  # Kaldi's, with the seconds of a frame
ARRAYS = "emissions.npz"  # of a folder of ours
_KIND, _META = "emissions", "meta.json"
_KINDS = ".scp and .ark (Kaldi), .npz (numpy) and .jsonl or .jsonl.gz (lhotse)"

Lookup = Callable[[str], Optional[FloatArray]]


class ArchiveModel:
    """Stored log-probabilities; of the audio only the duration is checked, by the contract.

    Args:
      path: ``.scp`` or ``.ark`` of Kaldi, ``.npz`` of an array for each utterance, or a lhotse manifest of cuts or
        features, with a matrix ``(T, C)`` of each utterance.
      tokens: of the columns; where not given see :func:`wfst_bias.lang.token_files.tokens_next_to`.
      frame_shift: seconds a frame; where not given it is that of lhotse's manifest, or of the file
        :data:`FRAME_SHIFT_FILE` next to it.
      blank: its token of that name, where it is not one of the usual ones.

    Attributes:
      made_by: name of the model whose emissions they are, where :func:`write_archive` has written them; else empty.

    Raises:
      InputError: it cannot be read, or its tokens or its frame shift are missing.
    """

    sampling_rate = 16000

    def __init__(
        self,
        path: Path,
        tokens: Optional[Path] = None,
        frame_shift: Optional[Seconds] = None,
        blank: Optional[str] = None,
    ):
        self._path = Path(path)
        self.name = f"archive:{path}"
        if not self._path.is_file():
            raise InputError(f"no such file; name an archive of emissions: {_KINDS}", path)
        self._lookup, stored_shift = _open(self._path)
        self.frame_shift = frame_shift or stored_shift or _frame_shift_next_to(self._path)
        self._tokens_path = Path(tokens) if tokens else tokens_next_to(self._path)
        read = read_model_tokens(self._tokens_path, blank)
        self.tokens, self._column = read.table, list(read.column)
        self.made_by = _model_next_to(self._path)

    def emissions(self, names: Sequence[str], audio: Sequence[FloatArray]) -> Emissions:
        """See :class:`wfst_bias.acoustic.emissions.AcousticModel`."""
        return padded_emissions([self._log_probs(name) for name in names], self.frame_shift, self.tokens, names)

    def _log_probs(self, name: str) -> FloatArray:
        """Return the log-probabilities of one utterance ``(T, C)``, normalized, blank first."""
        scores = self._lookup(name)
        if scores is None:
            raise InputError(
                f"has no utterance {name!r} that can be read; its names must be those of the data", self._path
            )
        if scores.ndim != 2 or scores.shape[1] != len(self._column):
            raise InputError(
                f"utterance {name!r} has the shape {scores.shape}, but (frames, {len(self._column)}) was expected: "
                f"{self._tokens_path} has {len(self._column)} tokens with blank",
                self._path,
            )
        if len(scores) and scores.min() >= 0.0 and np.allclose(scores.sum(axis=1), 1.0, atol=1e-2):
            raise InputError(f"utterance {name!r} has probabilities; store their natural logarithms", self._path)
        result: FloatArray = (
            torch.from_numpy(np.asarray(scores, np.float32)).log_softmax(dim=-1)[:, self._column].numpy()
        )
        return result


def write_archive(folder: Path, model: AcousticModel, model_name: str, batches: Iterable[Emissions]) -> int:
    """Store the emissions of a model, so that many decodings can read them: ``archive:FOLDER/emissions.npz``.

    Hidden layers and a phone head's emissions are left out.

    Args:
      folder: made anew.
      model_name: its specification.
      batches: of the utterances.

    Returns:
      how many utterances there are.
    """
    count = 0
    with publish_folder(folder, _KIND) as building:
        with zipfile.ZipFile(building / ARRAYS, "w") as arrays:
            for batch in batches:
                for name, log_probs, length in zip(batch.names, batch.log_probs.cpu().numpy(), batch.lengths):
                    with arrays.open(f"{name}.npy", "w", force_zip64=True) as stream:
                        np.lib.format.write_array(  # type: ignore[no-untyped-call]
                            stream, np.ascontiguousarray(log_probs[: int(length)])
                        )
                    count += 1
        model.tokens.write(building / "tokens.txt")
        (building / FRAME_SHIFT_FILE).write_text(f"{model.frame_shift:g}\n", encoding="utf-8")
        meta = {"kind": _KIND, "model": model_name, "num_utterances": count}
        (building / _META).write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")
    return count


def _model_next_to(path: Path) -> str:
    meta = read_json(path.parent / _META) if path.name == ARRAYS and (path.parent / _META).is_file() else {}
    return meta.get("model", "") if meta.get("kind") == _KIND else ""


def _open(path: Path) -> Tuple[Lookup, Optional[Seconds]]:
    """Return how to find the matrix of an utterance, None where there is none, and the frame shift where it is known."""
    if path.suffix in (".scp", ".ark"):
        return _kaldi(path), None
    if path.suffix == ".npz":
        return _numpy(path), None
    if path.name.endswith((".jsonl", ".jsonl.gz")):
        return _lhotse(path)
    raise InputError(f"is no archive that is known; known are {_KINDS}", path)


def _kaldi(path: Path) -> Lookup:
    import kaldi_native_io

    try:
        matrices = kaldi_native_io.RandomAccessFloatMatrixReader(f"{path.suffix[1:]}:{path}")
    except (RuntimeError, UnicodeDecodeError) as error:
        raise InputError("Kaldi cannot read it; an archive of matrices or its .scp was expected", path) from error

    def lookup(name: str) -> Optional[FloatArray]:
        try:
            return np.array(matrices[name]) if name in matrices else None
        except (RuntimeError, UnicodeDecodeError) as error:
            raise InputError(
                f"Kaldi cannot read the matrix of {name!r}; paths in an .scp start where the command runs", path
            ) from error

    return lookup


def _numpy(path: Path) -> Lookup:
    try:
        arrays = np.load(path, allow_pickle=False)
    except Exception as error:  # zipfile and numpy have errors of their own
        raise InputError(f"numpy cannot read it ({error}); a file of np.savez was expected", path) from error

    def lookup(name: str) -> Optional[FloatArray]:
        try:
            return np.asarray(arrays[name], np.float32) if name in arrays else None
        except Exception as error:  # zipfile, zlib and numpy, again
            raise InputError(f"numpy cannot read the array of {name!r} ({error}); make the file anew", path) from error

    return lookup


def _lhotse(path: Path) -> Tuple[Lookup, Seconds]:
    """Cuts with features by their ids, or features by those of their recordings."""
    from lhotse import CutSet, FeatureSet, load_manifest

    try:
        manifest = load_manifest(path)
    except Exception as error:  # lhotse raises errors of any kind
        raise InputError(f"lhotse cannot read it ({error}); cuts or features were expected", path) from error
    if isinstance(manifest, CutSet):
        found = {cut.id: (cut.frame_shift, cut.load_features) for cut in manifest if cut.has_features}
    elif isinstance(manifest, FeatureSet):
        found = {features.recording_id: (features.frame_shift, features.load) for features in manifest}
    else:
        found = {}
    if not found:
        raise InputError(f"holds a {type(manifest).__name__} without features; emissions were expected there", path)
    frame_shift, _ = next(iter(found.values()))
    return lambda name: found[name][1]() if name in found else None, frame_shift


def _frame_shift_next_to(path: Path) -> Seconds:
    file = path.parent / FRAME_SHIFT_FILE
    if not file.is_file():
        raise InputError(
            "has no frame shift; name its seconds, archive:FILE,frame_shift=0.04, or write them into the file "
            f"{FRAME_SHIFT_FILE} next to it",
            path,
        )
    return seconds_of(" ".join(line for _, line in lines_of(file)), file)


def seconds_of(text: str, path: Optional[Path] = None) -> Seconds:
    """Parse the frame shift that a user writes.

    Raises:
      InputError: it is no time of a frame.
    """
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds < 1.0:
        raise InputError(f"found {text.strip()!r} for the frame shift; seconds were expected, 0.04 or the like", path)
    return seconds
