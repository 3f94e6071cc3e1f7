"""Small networks, exported to ONNX as NeMo, icefall, WeNet and optimum do it."""

import string

import onnx
import torch

from wfst_bias.acoustic.conformer_export import exporter_options

SYMBOLS = [" ", *string.ascii_lowercase, "'"]  # NeMo's characters; blank stands behind them


class Network(torch.nn.Module):
    """Random scores of ``num_tokens`` a frame, a frame each ``stride`` steps.

    Args:
      with_lengths: it gives the frames of each utterance, too.
      logits: it gives scores that are not normalised.
    """

    def __init__(self, num_features, stride, num_tokens, channels_first=False, with_lengths=False, logits=False):
        super().__init__()
        torch.manual_seed(0)
        self.convolution = torch.nn.Conv1d(num_features, num_tokens, stride, stride)
        self.stride, self.channels_first = stride, channels_first
        self.with_lengths, self.logits = with_lengths, logits

    def forward(self, x, lengths=None):
        if x.dim() == 2:
            x = x[:, None]
        elif not self.channels_first:
            x = x.transpose(1, 2)
        scores = self.convolution(x).transpose(1, 2)
        if not self.logits:
            scores = scores.log_softmax(dim=-1)
        if lengths is None:
            return scores
        # an export keeps an input only where an output depends on it
        scores = scores + 0.0 * lengths.sum()
        return (scores, torch.div(lengths, self.stride, rounding_mode="floor")) if self.with_lengths else scores


def export(path, network, example, inputs, outputs, meta=None, time=1):
    """Write a network with its time axis, and with metadata as sherpa-onnx's scripts add them."""
    axes = {inputs[0]: {0: "N", time: "T"}, outputs[0]: {0: "N", 1: "T_out"}}
    axes.update({name: {0: "N"} for name in inputs[1:] + outputs[1:]})
    arguments = (example, torch.tensor([example.shape[time]]))[: len(inputs)]
    torch.onnx.export(
        network,
        arguments,
        str(path),
        input_names=inputs,
        output_names=outputs,
        dynamic_axes=axes,
        opset_version=13,
        **exporter_options(),
    )
    if meta:
        model = onnx.load(path)
        onnx.helper.set_model_props(model, {key: str(value) for key, value in meta.items()})
        onnx.save(model, path)
    return path


def nemo(folder, meta=None, num_mels=80, stride=4):
    """``(1, num_mels, T)`` and its length to log-probabilities, as ``EncDecCTCModel.export``."""
    (folder / "vocab.txt").write_text("\n".join(SYMBOLS) + "\n")
    network = Network(num_mels, stride, len(SYMBOLS) + 1, channels_first=True).eval()
    example = torch.zeros(1, num_mels, 64)
    path = export(folder / "model.onnx", network, example, ["audio_signal", "length"], ["logprobs"], meta, time=2)
    return path, network


def zipformer(folder):
    """``(1, T, 80)`` and its length to log-probabilities and theirs, as icefall's ``export-onnx-ctc.py``."""
    rows = ["<blk>", *SYMBOLS[1:], "|", "#0", "#1"]
    (folder / "tokens.txt").write_text("".join(f"{symbol} {i}\n" for i, symbol in enumerate(rows)))
    network = Network(80, 4, len(SYMBOLS) + 1, with_lengths=True).eval()
    names = ["x", "x_lens"], ["log_probs", "log_probs_len"]
    meta = {"model_type": "zipformer2_ctc", "version": "1", "model_author": "k2-fsa"}
    return export(folder / "model.onnx", network, torch.zeros(1, 100, 80), *names, meta), network


def wenet(folder):
    """As sherpa-onnx's ``scripts/wenet/export-onnx.py``."""
    rows = ["<blank>", *SYMBOLS[1:], "▁"]
    (folder / "units.txt").write_text("".join(f"{symbol} {i}\n" for i, symbol in enumerate(rows)))
    network = Network(80, 4, len(rows), with_lengths=True).eval()
    names = ["x", "x_lens"], ["log_probs", "log_probs_lens"]
    meta = {"model_type": "wenet_ctc", "subsampling_factor": 4, "vocab_size": len(rows)}
    return export(folder / "model.onnx", network, torch.zeros(1, 100, 80), *names, meta), network


def yesno(folder):
    """8 kHz, 23 filters and no length, as icefall's yesno recipe."""
    (folder / "tokens.txt").write_text("<eps> 0\nSIL 1\nY 2\nN 3\n")
    network = Network(23, 3, 4).eval()
    meta = {"model_type": "tdnn", "vocab_size": 4}
    return export(folder / "model.onnx", network, torch.zeros(1, 100, 23), ["x"], ["log_prob"], meta), network


def waveform(folder, name="waveform"):
    """Samples to logits, 20 ms a frame."""
    (folder / "tokens.txt").write_text("<blk> 0\n| 1\na 2\nb 3\n")
    network = Network(1, 320, 4, logits=True).eval()
    return export(folder / "model.onnx", network, torch.zeros(1, 3200), [name], ["logits"]), network
