"""CTC networks exported to ONNX by NeMo, icefall, WeNet and transformers, as sherpa-onnx takes them."""

import json
from pathlib import Path
from typing import Dict, Optional, Sequence, Tuple

import numpy as np
import onnxruntime
import torch

from wfst_bias.acoustic.emissions import Emissions, padded_emissions
from wfst_bias.acoustic.onnx_layout import Dimension, layout_of, number
from wfst_bias.acoustic.windows import LONGEST_WINDOW
from wfst_bias.core.errors import InputError
from wfst_bias.core.forks import PerProcess
from wfst_bias.core.types import FloatArray
from wfst_bias.lang.token_files import ModelTokens, model_tokens, read_model_tokens, tokens_next_to

_SHORTEST = 0.025  # seconds, a window
_DTYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}
_PROBES = (4.8, 14.4)  # seconds, whose 960 steps of difference every subsampling in use divides


class OnnxModel:
    """A non-streaming CTC export.

    Its features are made as its metadata describes; where the subsampling is not there, it is measured.
    Utterances go through it one by one: many exports do not mask their padding.

    Args:
      path: the ``.onnx`` file.
      tokens: its tokens; where not given those of its metadata, or see
        :func:`wfst_bias.lang.token_files.tokens_next_to`.
      device: where it runs, if onnxruntime has that device.
      blank: its token of that name, where it is not one of the usual ones.

    Raises:
      InputError: onnxruntime cannot read it, its layout is not known, or its tokens are missing or too few.
    """

    longest = LONGEST_WINDOW

    def __init__(
        self,
        path: Path,
        tokens: Optional[Path] = None,
        device: torch.device = torch.device("cpu"),
        blank: Optional[str] = None,
    ):
        self._path = Path(path)
        self.name = f"onnx:{path}"
        self._session = PerProcess(lambda: _session(self._path, torch.device(device)))
        session = self._session.get()
        inputs, output = session.get_inputs(), session.get_outputs()[0]
        self._main = next((i for i in inputs if "float" in i.type), inputs[0])
        self._others = [i for i in inputs if i.name != self._main.name]
        self._check_inputs()
        meta = session.get_modelmeta().custom_metadata_map
        self._layout = layout_of(self._path, self._main, meta)
        read, self._tokens_in = _tokens(self._path, tokens, meta, blank)
        self.tokens, self._column = read.table, list(read.column)
        self._check_output(output.shape)
        self.sampling_rate = self._layout.frontend.sampling_rate
        subsampling = number(self._path, meta, "subsampling_factor") or self._measured_subsampling()
        self.frame_shift = self._layout.frontend.shift * subsampling

    def emissions(self, names: Sequence[str], audio: Sequence[FloatArray]) -> Emissions:
        """See :class:`wfst_bias.acoustic.emissions.AcousticModel`."""
        log_probs = [self._log_probs(name, samples) for name, samples in zip(names, audio)]
        return padded_emissions(log_probs, self.frame_shift, self.tokens, names)

    def _log_probs(self, name: str, samples: FloatArray) -> FloatArray:
        """Return the log-probabilities of one utterance ``(T, C)``."""
        if len(samples) < _SHORTEST * self.sampling_rate:
            raise InputError(f"utterance {name!r} has {len(samples)} samples, less than 25 ms; take it out of the data")
        features = self._layout.frontend(np.ascontiguousarray(samples, np.float32))
        try:
            scores = self._scores(self._layout.batch(features), len(features))
        except Exception as error:  # onnxruntime's errors have no root of their own
            raise InputError(
                f"cannot take utterance {name!r} of {len(samples) / self.sampling_rate:.2f} s "
                f"({_first_line(error)}); take it out of the data, or export the network again",
                self._path,
            ) from error
        self._check_output((1, *scores.shape))
        # an export may give logits; of log-probabilities this is the identity
        result: FloatArray = torch.from_numpy(scores).log_softmax(dim=-1)[:, self._column].numpy()
        return result

    def _scores(self, batch: FloatArray, num_steps: int) -> FloatArray:
        """Return the output of the network, ``(T, C)`` in its own order of columns."""
        feeds = {self._main.name: batch.astype(_DTYPES[self._main.type])}
        for other in self._others:
            value = np.array([num_steps]) if len(other.shape) == 1 else np.ones((1, num_steps))
            feeds[other.name] = value.astype(_DTYPES[other.type])
        scores, *rest = self._session.get().run(None, feeds)
        lengths = [x for x in rest if x.shape == (1,) and np.issubdtype(x.dtype, np.integer)]
        result: FloatArray = scores[0, : int(lengths[0][0]) if lengths else None].astype(np.float32)
        return result

    def _measured_subsampling(self) -> int:
        """Return the steps of a frame, by the numbers of frames for inputs of two lengths."""
        steps, frames = [], []
        for seconds in _PROBES:
            features = self._layout.frontend(np.zeros(round(seconds * self.sampling_rate), np.float32))
            steps.append(len(features))
            try:
                frames.append(len(self._scores(self._layout.batch(features), len(features))))
            except Exception as error:  # see above
                raise InputError(
                    f"cannot take {seconds} s ({_first_line(error)}); export it with a batch and a time of any size",
                    self._path,
                ) from error
        if frames[0] >= frames[1]:
            raise InputError(
                f"gives {frames[0]} frames of {_PROBES[0]} s and {frames[1]} of {_PROBES[1]} s; export it with a time "
                "of any size",
                self._path,
            )
        return round((steps[1] - steps[0]) / (frames[1] - frames[0]))

    def _check_inputs(self) -> None:
        """Check that the network takes its features and at most their length or their mask."""
        inputs = (self._main, *self._others)
        known = all("int" in i.type and (len(i.shape) == 1 or i.name == "attention_mask") for i in self._others)
        if not known or any(i.type not in _DTYPES for i in inputs):
            names = ", ".join(f"{i.name} {i.shape}" for i in inputs[:6])
            raise InputError(
                f"takes {len(inputs)} inputs ({names} ...); features and their length were expected, export the "
                "non-streaming CTC network",
                self._path,
            )

    def _check_output(self, shape: Sequence[Dimension]) -> None:
        """Raises :class:`InputError` where it is not ``(N, T, C)``, a column for each token; what is named is of any size."""
        if len(shape) != 3:
            raise InputError(
                f"gives {shape}; scores (batch, time, tokens) were expected, export the CTC network", self._path
            )
        if isinstance(shape[2], int) and shape[2] != len(self._column):
            raise InputError(
                f"has {shape[2]} outputs, but {self._tokens_in} has {len(self._column)} tokens with blank; "
                "name the tokens of this network, onnx:FILE,tokens=FILE, or which of them is blank, onnx:FILE,blank=TOKEN",
                self._path,
            )


def _tokens(
    path: Path, tokens: Optional[Path], meta: Dict[str, str], blank: Optional[str]
) -> Tuple[ModelTokens, str]:
    """Return the tokens that are named, of the metadata or next to the file, and where they were found."""
    if tokens is None and "tokens" in meta:  # where 'wfst-bias model export' writes them
        try:
            return model_tokens(json.loads(meta["tokens"]), blank), "its metadata"
        except (ValueError, TypeError):
            raise InputError(
                "the tokens of its metadata are no JSON array; name its tokens, ',tokens=FILE'", path
            ) from None
    found = Path(tokens) if tokens else tokens_next_to(path)
    return read_model_tokens(found, blank), str(found)


def _session(path: Path, device: torch.device) -> onnxruntime.InferenceSession:
    if not path.is_file():
        raise InputError("no such file; name the .onnx file of a CTC network", path)
    wanted = (["CUDAExecutionProvider"] if device.type == "cuda" else []) + ["CPUExecutionProvider"]
    try:
        available = onnxruntime.get_available_providers()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()  # it does not know OMP_NUM_THREADS
        return onnxruntime.InferenceSession(str(path), options, providers=[p for p in wanted if p in available])
    except Exception as error:  # onnxruntime's errors have no root of their own
        raise InputError(
            f"is no network that onnxruntime reads ({_first_line(error)}); export it again", path
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
