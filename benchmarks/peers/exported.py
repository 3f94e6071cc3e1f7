"""Peers that search a graph of this system, exported for OpenFst: kaldi-decoder, and sherpa-onnx with the same search inside.

The list is in the graph, so that each list is an export of all of it. ``pip install kaldi-decoder sherpa-onnx onnx``.
"""

from pathlib import Path
from typing import List, Sequence

import numpy as np
import torch

from peers.interface import Resources, WordList
from peers.ours import graph_of, search_config
from wfst_bias.acoustic.boost import boosted
from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.core.types import FloatArray
from wfst_bias.decode.search import relative
from wfst_bias.graph.exchange import KALDI_GRAPH, export_graph
from wfst_bias.graph.listed import OPEN
from wfst_bias.graph.store import read_base

_LOWEST = -100.0  # nats below the best token of a frame


class _Exported:
    """A base, and the folder with its graph and the last list."""

    _keeps_boosted = False

    def __init__(self, resources: Resources):
        self._resources, self._base = resources, read_base(resources.base)
        self._search = search_config(resources.settings)
        self._path = resources.folder / "kaldi" / KALDI_GRAPH

    def _export(self, listed: WordList) -> None:
        graph = graph_of(self._base, listed, self._resources.settings)
        export_graph(graph, self._path.parent, "kaldi", keep_boosted=self._keeps_boosted)
        self._symbols, self._layout = graph.words.symbols, graph.layout

    def _scaled(self, array: FloatArray) -> FloatArray:
        """Emissions in the columns that the graph reads, ``(T, D)``."""
        columns = relative(torch.from_numpy(np.ascontiguousarray(array, np.float32)))[None]
        if self._keeps_boosted and self._layout.has_lists:
            columns = self._layout.stack(columns, boosted(columns, BoostConfig()), [OPEN])
        return (columns[0] * self._search.acoustic_scale).numpy()


class KaldiDecoder(_Exported):
    """kaldi-decoder's search for the best path; with ``boosted``, the graph reads boosted columns inside the list."""

    def __init__(self, resources: Resources):
        import kaldi_decoder
        import kaldifst

        super().__init__(resources)
        self._kaldi, self._fst = kaldi_decoder, kaldifst
        self._keeps_boosted = bool(resources.settings.get("boosted"))
        self._options = kaldi_decoder.FasterDecoderOptions(
            beam=self._search.search_beam, max_active=self._search.max_active
        )

    def build(self, listed: WordList) -> None:
        """See :class:`~peers.interface.Peer`."""
        self._graph = None
        self._export(listed)
        self._graph = self._fst.StdVectorFst.read(str(self._path))
        self._path.unlink()

    def texts(self, arrays: Sequence[FloatArray]) -> List[str]:
        """See :class:`~peers.interface.Peer`."""
        return [self._text(self._scaled(array)) for array in arrays]

    def _text(self, scaled: FloatArray) -> str:
        peer = self._kaldi.FasterDecoder(self._graph, self._options)
        peer.decode(self._kaldi.DecodableCtc(np.ascontiguousarray(scaled)))
        _, path = peer.get_best_path()
        words = self._fst.get_linear_symbol_sequence(path)[2]
        return " ".join(self._symbols[word] for word in words)


class SherpaOnnx(_Exported):
    """The recognizer of sherpa-onnx with a graph; its beam is 16, and its model returns the emissions that it is given as audio."""

    def __init__(self, resources: Resources):
        import sherpa_onnx
        from sherpa_onnx.lib import _sherpa_onnx

        super().__init__(resources)
        self._sherpa, self._package = _sherpa_onnx, sherpa_onnx
        tokens = self._base.lang.tokens.symbols
        self._model, self._tokens = resources.folder / "model.onnx", resources.folder / "tokens.txt"
        write_identity(self._model, len(tokens))
        names = ["<blk>", *tokens[1:]]
        self._tokens.write_text("".join(f"{name} {i}\n" for i, name in enumerate(names)), encoding="utf-8")

    def build(self, listed: WordList) -> None:
        """See :class:`~peers.interface.Peer`."""
        sherpa = self._sherpa
        self._recognizer = None
        self._export(listed)
        omnilingual = sherpa.OfflineOmnilingualAsrCtcModelConfig(model=str(self._model))
        model = sherpa.OfflineModelConfig(omnilingual=omnilingual, tokens=str(self._tokens), num_threads=1)
        graph = sherpa.OfflineCtcFstDecoderConfig(graph=str(self._path), max_active=self._search.max_active)
        self._recognizer = sherpa.OfflineRecognizer(
            sherpa.OfflineRecognizerConfig(model_config=model, ctc_fst_decoder_config=graph)
        )
        self._path.unlink()

    def texts(self, arrays: Sequence[FloatArray]) -> List[str]:
        """See :class:`~peers.interface.Peer`."""
        return [self._text(self._scaled(array)) for array in arrays]

    def _text(self, scaled: FloatArray) -> str:
        stream = self._recognizer.create_stream()
        samples = np.concatenate([[0.0, _LOWEST], np.maximum(scaled, _LOWEST).ravel()]).astype(np.float32)
        stream.accept_waveform(16000, samples)
        self._recognizer.decode_stream(stream)
        return " ".join(self._symbols[word] for word in stream.result.words)


def write_identity(path: Path, num_tokens: int) -> None:
    """Write an ONNX model that returns its samples ``(1, 2 + T * C)`` as log-probabilities ``(1, T, C)``.

    sherpa-onnx normalizes samples to mean 0 and variance 1; the first two, which were 0 and -100, undo it.
    """
    from onnx import TensorProto, helper, numpy_helper, save

    constants = {
        "zero": np.array([0]),
        "one": np.array([1]),
        "two": np.array([2]),
        "end": np.array([np.iinfo(np.int64).max]),
        "axis": np.array([1]),
        "shape": np.array([1, -1, num_tokens]),
        "span": np.array([-_LOWEST], np.float32),
    }
    nodes = [
        helper.make_node("Slice", ["x", "zero", "one", "axis"], ["best"]),
        helper.make_node("Slice", ["x", "one", "two", "axis"], ["worst"]),
        helper.make_node("Slice", ["x", "two", "end", "axis"], ["rest"]),
        helper.make_node("Sub", ["best", "worst"], ["range"]),
        helper.make_node("Div", ["span", "range"], ["scale"]),
        helper.make_node("Sub", ["rest", "best"], ["moved"]),
        helper.make_node("Mul", ["moved", "scale"], ["scaled"]),
        helper.make_node("Reshape", ["scaled", "shape"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "identity",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, "samples"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, "frames", num_tokens])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    save(model, str(path))
