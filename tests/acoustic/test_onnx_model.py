"""Exports of others: their own answer, with blank first, and errors for those that are not known."""

import json

import numpy as np
import pytest
import torch

from helpers import onnx_exports as exports
from wfst_bias.acoustic.conformer_export import exporter_options
from wfst_bias.acoustic.frontends import ALL_FEATURES, NOTHING, PER_FEATURE, KaldiFbank, NemoMel, Samples
from wfst_bias.acoustic.models import load_model
from wfst_bias.acoustic.onnx_model import OnnxModel
from wfst_bias.core.errors import InputError

CONFORMER = {"model_type": "EncDecCTCModelBPE", "normalize_type": "per_feature", "subsampling_factor": 4}


@pytest.fixture(scope="module")
def audio():
    """Two utterances, of 1 and 0.61 s."""
    rng = np.random.default_rng(2)
    return [(0.1 * rng.standard_normal(size)).astype(np.float32) for size in (16000, 9760)]


def assert_same_emissions(model, network, frontend, audio, blank, channels_first=False):
    """The model's emissions are the network's own, of the features given, with its column ``blank`` first."""
    found = model.emissions(["a", "b"], audio)
    for i, samples in enumerate(audio):
        features = torch.from_numpy(frontend(samples))
        with torch.no_grad():
            scores = network((features.T if channels_first else features)[None])[0].log_softmax(dim=-1)
        order = [blank] + [column for column in range(scores.shape[1]) if column != blank]
        assert found.lengths[i] == len(scores)
        torch.testing.assert_close(found.log_probs[i, : len(scores)], scores[:, order], atol=1e-4, rtol=0)


def test_nemo_without_metadata(tmp_path, audio):
    path, network = exports.nemo(tmp_path, stride=8)
    model = OnnxModel(path)
    assert_same_emissions(model, network, NemoMel(), audio, blank=28, channels_first=True)
    assert model.tokens.symbols[:4] == ("<blk>", "|", "a", "b") and len(model.tokens) == 29
    assert (model.frame_shift, model.sampling_rate) == (0.08, 16000)


@pytest.mark.parametrize(
    "meta, num_mels, normalize",
    [
        (CONFORMER, 80, PER_FEATURE),
        ({**CONFORMER, "model_type": "EncDecHybridRNNTCTCBPEModel", "normalize_type": "NA"}, 80, NOTHING),
        ({**CONFORMER, "model_type": "EncDecCTCModel", "normalize_type": "all_features"}, 64, ALL_FEATURES),
        ({**CONFORMER, "normalize_type": ""}, 128, NOTHING),
    ],
)
def test_nemo_with_the_metadata_of_sherpa(tmp_path, audio, meta, num_mels, normalize):
    path, network = exports.nemo(tmp_path, meta, num_mels)
    model = OnnxModel(path)
    assert model.frame_shift == 0.04
    assert_same_emissions(model, network, NemoMel(num_mels, normalize=normalize), audio, blank=28, channels_first=True)


@pytest.mark.parametrize(
    "write, frontend, frame_shift",
    [
        (exports.zipformer, KaldiFbank(), 0.04),
        (exports.wenet, KaldiFbank(high_freq=0.0, snip_edges=True, scale=32768.0), 0.04),
        (exports.yesno, KaldiFbank(23, sampling_rate=8000), 0.03),
        (exports.waveform, Samples(), 0.02),
    ],
)
def test_networks_of_icefall_wenet_and_of_samples(tmp_path, audio, write, frontend, frame_shift):
    path, network = write(tmp_path)
    model = OnnxModel(path)
    assert model.frame_shift == pytest.approx(frame_shift)
    assert model.sampling_rate == frontend.sampling_rate
    assert_same_emissions(model, network, frontend, audio, blank=0)


def test_tokens_in_the_metadata_need_no_file(tmp_path):
    symbols = ["<blk>", "|", "a", "b"]
    meta = {"model_type": "zipformer2_ctc", "tokens": json.dumps(symbols)}
    network = exports.Network(80, 4, 4, with_lengths=True).eval()
    names = ["x", "x_lens"], ["log_probs", "log_probs_len"]
    path = exports.export(tmp_path / "model.onnx", network, torch.zeros(1, 100, 80), *names, meta)
    assert OnnxModel(path).tokens.symbols == tuple(symbols)


def test_marks_of_icefalls_lexicon_are_no_tokens(tmp_path):
    path, _ = exports.zipformer(tmp_path)
    assert OnnxModel(path).tokens.symbols[-2:] == ("'", "|")


@pytest.mark.parametrize("normalize", [True, False])
def test_a_network_of_transformers_as_optimum_exports_it(tmp_path, audio, normalize):
    path, network = exports.waveform(tmp_path, "input_values")
    with pytest.raises(
        InputError, match="preprocessor_config.json is missing next to it, which has the normalization of"
    ):
        OnnxModel(path)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({"do_normalize": normalize, "sampling_rate": 16000}))
    assert_same_emissions(OnnxModel(path), network, Samples(normalize=normalize), audio, blank=0)


def test_a_network_that_takes_a_mask_of_its_samples(tmp_path, audio):
    (tmp_path / "tokens.txt").write_text("<blk> 0\n| 1\na 2\nb 3\n")
    network = exports.Network(1, 320, 4).eval()
    names = ["input", "attention_mask"]
    arguments = (torch.zeros(1, 3200), torch.ones(1, 3200, dtype=torch.int64))
    axes = {name: {0: "N", 1: "T"} for name in (*names, "logits")}
    path = tmp_path / "model.onnx"
    torch.onnx.export(
        network,
        arguments,
        str(path),
        input_names=names,
        output_names=["logits"],
        dynamic_axes=axes,
        **exporter_options(),
    )
    assert_same_emissions(OnnxModel(path), network, Samples(), audio, blank=0)


def test_tokens_of_another_name(tmp_path, audio):
    path, _ = exports.nemo(tmp_path)
    (tmp_path / "vocab.txt").rename(tmp_path / "labels")
    assert OnnxModel(path, tmp_path / "labels").emissions(["a"], audio[:1]).log_probs.shape == (1, 25, 29)
    with pytest.raises(InputError, match="no tokens.txt, vocab.txt, .*is in its folder; put one there, or name one"):
        OnnxModel(path)


def test_a_blank_of_another_name(tmp_path, audio):
    path, _ = exports.nemo(tmp_path)
    lines = (tmp_path / "vocab.txt").read_text().splitlines()
    expected = OnnxModel(path).emissions(["a"], audio[:1]).log_probs
    (tmp_path / "labels").write_text("\n".join([*lines, "<b>"]) + "\n")
    with pytest.raises(InputError, match=r"or which of them is blank, onnx:FILE,blank=TOKEN"):
        load_model(f"onnx:{path},tokens={tmp_path / 'labels'}")
    model = load_model(f"onnx:{path},tokens={tmp_path / 'labels'},blank=<b>")
    assert torch.equal(model.emissions(["a"], audio[:1]).log_probs, expected)


@pytest.mark.parametrize(
    "meta, message",
    [
        (
            {"model_type": "paraformer"},
            r"has model_type 'paraformer' and the input audio_signal \['N', 80, 'T'\]; known are the model_type "
            "EncDecCTCModel, EncDecCTCModelBPE, EncDecHybridRNNTCTCBPEModel, zipformer2_ctc, wenet_ctc, tdnn of "
            "sherpa-onnx's metadata and, without metadata, NeMo's own export",
        ),
        ({**CONFORMER, "is_giga_am": 1}, "is GigaAM, whose features are not known here; take an archive"),
        ({**CONFORMER, "normalize_type": "fixed_mean"}, "normalize_type is 'fixed_mean'; per_feature, all_features or"),
        ({**CONFORMER, "subsampling_factor": "four"}, "has subsampling_factor = 'four'; a whole number was expected"),
    ],
)
def test_layouts_that_are_not_known(tmp_path, meta, message):
    path, _ = exports.nemo(tmp_path, meta)
    with pytest.raises(InputError, match=f"^{path}: .*{message}"):
        OnnxModel(path)


def test_a_streaming_network_is_rejected(tmp_path):
    class Streaming(torch.nn.Module):
        def forward(self, x, states):
            return x + states

    example = torch.zeros(1, 100, 80)
    path = str(tmp_path / "streaming.onnx")
    torch.onnx.export(
        Streaming(), (example, example), path, input_names=["x", "cached_key"], output_names=["y"], **exporter_options()
    )
    with pytest.raises(InputError, match=r"takes 2 inputs .*features and their length were expected, export the non-"):
        OnnxModel(path)


def test_an_encoder_without_scores_is_rejected(tmp_path):
    (tmp_path / "tokens.txt").write_text("<blk> 0\na 1\n")
    network = torch.nn.Sequential(torch.nn.Conv1d(80, 2, 4, 4), torch.nn.Flatten()).eval()
    path = exports.export(tmp_path / "a.onnx", network, torch.zeros(1, 80, 64), ["audio_signal"], ["y"], time=2)
    with pytest.raises(
        InputError, match=r"gives \['N', .*\]; scores \(batch, time, tokens\) were expected, export the CTC"
    ):
        OnnxModel(path)


def test_a_network_of_one_length_is_rejected(tmp_path):
    (tmp_path / "tokens.txt").write_text("<blk> 0\na 1\n")
    network = torch.nn.Sequential(torch.nn.Linear(80, 2)).eval()
    path = tmp_path / "fixed.onnx"
    torch.onnx.export(
        network, torch.zeros(1, 300, 80), str(path), input_names=["x"], output_names=["y"], **exporter_options()
    )
    model = exports.onnx.load(path)
    exports.onnx.helper.set_model_props(model, {"model_type": "tdnn"})
    exports.onnx.save(model, path)
    with pytest.raises(InputError, match="cannot take 4.8 s .*export it with a batch and a time of any size"):
        OnnxModel(path)


def test_files_that_are_none_and_tokens_of_another_network(tmp_path):
    with pytest.raises(InputError, match="no.onnx: no such file; name the .onnx file of a CTC network"):
        OnnxModel(tmp_path / "no.onnx")
    (tmp_path / "broken.onnx").write_bytes(b"broken")
    with pytest.raises(InputError, match="broken.onnx: is no network that onnxruntime reads .*export it again"):
        OnnxModel(tmp_path / "broken.onnx")
    path, _ = exports.nemo(tmp_path)
    (tmp_path / "vocab.txt").write_text("a\nb\n")
    with pytest.raises(InputError, match="has 29 outputs, but .*vocab.txt has 3 tokens with blank; name the tokens of"):
        OnnxModel(path)


def test_too_short_an_utterance_is_rejected_by_its_name(tmp_path):
    path, _ = exports.nemo(tmp_path, stride=16)
    model = OnnxModel(path)
    with pytest.raises(InputError, match="utterance 'a' has 300 samples, less than 25 ms; take it out of the data"):
        model.emissions(["a"], [np.zeros(300, np.float32)])
    with pytest.raises(InputError, match=r"cannot take utterance 'a' of 0.05 s .*take it out of the data"):
        model.emissions(["a"], [np.zeros(800, np.float32)])
