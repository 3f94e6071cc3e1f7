"""A Conformer as ONNX or TorchScript: features in, the emissions of both heads out.

The ONNX file has the layout of icefall's CTC exports, so that sherpa-onnx reads it, too.
"""

import inspect
import io
import json
import tempfile
import warnings
from pathlib import Path
from typing import Dict, Tuple

import torch
from torch import Tensor, nn

from wfst_bias.acoustic.conformer import Conformer
from wfst_bias.acoustic.conformer_config import HAMA, SUBSAMPLING
from wfst_bias.acoustic.conformer_model import ConformerVocabulary, read_conformer, read_description, write_shipped
from wfst_bias.acoustic.features import SAMPLING_RATE
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_file

_INPUTS, _OUTPUTS = ("x", "x_lens"), ("log_probs", "log_probs_len", "phone_log_probs")
_LAYOUT = "zipformer2_ctc"  # sherpa-onnx's name of it, whatever the network is
_OPSET = 14
Example = Tuple[Tensor, Tensor]  # features and lengths

_EXAMPLE = 67  # feature frames; any number will do


def export(folder: Path, out: Path) -> None:
    """Write the network of a model folder.

    Inputs are ``x`` ``(N, S, M)``, log-mel energies as lhotse's ``Fbank`` makes them, and ``x_lens`` ``(N,)`` in
    feature frames; outputs are ``log_probs`` ``(N, T, C)``, ``log_probs_len`` ``(N,)`` and ``phone_log_probs``
    ``(N, T, P)``. The tokens of both heads are in the metadata of the file.

    Args:
      folder: of the experiment, or shipped.
      out: a file ``.onnx`` or ``.pt`` (TorchScript); a name without an ending is a folder to ship, see
        :func:`wfst_bias.acoustic.conformer_model.write_shipped`.

    Raises:
      InputError: the name ends otherwise, or is that of a file and the network reads hama's phones.
    """
    out = Path(out)
    if not out.suffix:
        return write_shipped(folder, out)
    if out.suffix not in (".onnx", ".pt"):
        raise InputError(f"ends in {out.suffix!r}; '.onnx', '.pt' (TorchScript) or a folder's name was expected", out)
    config, vocabulary = read_description(folder)
    if config.input == HAMA:
        raise InputError(
            "reads hama's phones, not audio, so that a file of it alone is of no use; name a folder, without an ending", out
        )
    network = _Exported(read_conformer(folder)).eval()
    features = torch.zeros(2, _EXAMPLE, config.num_mels)
    example = (features, torch.tensor([_EXAMPLE, _EXAMPLE // 2]))
    metadata = _metadata(vocabulary, config.num_mels)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of every shape that it reads
        write = _onnx if out.suffix == ".onnx" else _torchscript
        publish_file(out, write(network, example, metadata))


class _Exported(nn.Module):
    def __init__(self, network: Conformer):
        super().__init__()
        self.network = network

    def forward(self, features: Tensor, lengths: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        output = self.network(features, lengths)
        assert output.phone_log_probs is not None  # it reads log-mel energies
        return output.log_probs, output.lengths, output.phone_log_probs


def _metadata(vocabulary: ConformerVocabulary, num_mels: int) -> Dict[str, str]:
    return {
        "model_type": _LAYOUT,
        "comment": "Conformer CTC of wfst-bias",
        "sample_rate": str(SAMPLING_RATE),
        "feat_dim": str(num_mels),
        "subsampling_factor": str(SUBSAMPLING),
        "tokens": json.dumps(vocabulary.subwords.tokens.symbols, ensure_ascii=False),
        "phones": json.dumps(vocabulary.phones.tokens.symbols, ensure_ascii=False),
    }


def _torchscript(network: nn.Module, example: Example, metadata: Dict[str, str]) -> bytes:
    stream = io.BytesIO()
    traced = torch.jit.trace(network, example)  # type: ignore[attr-defined,no-untyped-call]
    torch.jit.save(traced, stream, _extra_files=dict(metadata))  # type: ignore[attr-defined,no-untyped-call]
    return stream.getvalue()


def _onnx(network: nn.Module, example: Example, metadata: Dict[str, str]) -> bytes:
    axes = {"x": {0: "N", 1: "S"}, "log_probs": {0: "N", 1: "T"}, "phone_log_probs": {0: "N", 1: "T"}}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"  # not all versions of torch write into a stream
        torch.onnx.export(
            network,
            example,
            str(path),
            input_names=_INPUTS,
            output_names=_OUTPUTS,
            dynamic_axes={**axes, "x_lens": {0: "N"}, "log_probs_len": {0: "N"}},
            opset_version=_OPSET,
            **exporter_options(),
        )
        model = path.read_bytes()
    return model + b"".join(_metadata_entry(*pair) for pair in metadata.items())


def exporter_options() -> Dict[str, bool]:
    """Return what makes ``torch.onnx.export`` trace: its default changed with torch 2.9, the option came with 2.5."""
    return {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}


def _metadata_entry(key: str, value: str) -> bytes:
    """Return an entry of a ModelProto's ``metadata_props``; concatenated protocol buffers are merged."""
    entry = _field(1, key.encode()) + _field(2, value.encode())
    return _field(14, entry)


def _field(number: int, content: bytes) -> bytes:
    """Return a length-delimited field of a protocol buffer."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    low = [value >> shift & 0x7F for shift in range(0, max(1, value.bit_length()), 7)]
    return bytes([*(part | 0x80 for part in low[:-1]), low[-1]])
