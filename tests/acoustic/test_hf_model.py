"""Networks of transformers: their own answer, alone or in a batch, and the layers before it."""

import json
import shutil

import numpy as np
import pytest
import torch
from transformers import AutoFeatureExtractor, AutoModelForCTC, Wav2Vec2Model

from helpers import hf_folders
from wfst_bias.acoustic.hf_model import HfModel
from wfst_bias.core.errors import InputError

NETWORKS = [hf_folders.wav2vec2_base, hf_folders.wav2vec2_large, hf_folders.hubert, hf_folders.wav2vec2_bert]
NAMES = ["a", "b", "c"]


@pytest.fixture(scope="module")
def audio():
    """Three utterances of 0.51, 1 and 0.69 s; the first has an odd number of frames."""
    rng = np.random.default_rng(3)
    return [(0.1 * rng.standard_normal(size)).astype(np.float32) for size in (8200, 16000, 11111)]


@pytest.fixture(scope="module", params=NETWORKS, ids=lambda make: make.__name__)
def folder(request, tmp_path_factory):
    return request.param(tmp_path_factory.mktemp(request.param.__name__))


@pytest.fixture
def large(tmp_path_factory):
    return hf_folders.wav2vec2_large(tmp_path_factory.mktemp("large"))


def test_emissions_are_what_transformers_computes_for_each_utterance(folder, audio):
    network = AutoModelForCTC.from_pretrained(folder).eval()
    extractor = AutoFeatureExtractor.from_pretrained(folder)
    model = HfModel(folder)
    found = model.emissions(NAMES, audio)
    assert model.tokens.symbols[:6] == ("<blk>", "<s>", "</s>", "<unk>", "|", "A")
    assert (model.frame_shift, model.sampling_rate, model.num_layers, model.layer_dim) == (0.02, 16000, 4, 32)
    for i, samples in enumerate(audio):
        with torch.no_grad():
            inputs = extractor(samples, sampling_rate=16000, return_tensors="pt")
            out = network(**inputs, output_hidden_states=True)
            last = network.base_model(**inputs).last_hidden_state  # in transformers 5 the last of the others lacks its norm
        num_frames = int(found.lengths[i])  # of Wav2Vec2-BERT a last half frame is left out
        assert num_frames in (out.logits.shape[1], out.logits.shape[1] - 1)
        expected = out.logits[0, :num_frames].log_softmax(dim=-1)
        torch.testing.assert_close(found.log_probs[i, :num_frames], expected, atol=1e-4, rtol=0)
        hidden = torch.stack([*out.hidden_states[:-1], last], dim=2)[0, :num_frames]
        torch.testing.assert_close(found.layers[i, :num_frames], hidden, atol=1e-4, rtol=1e-4)


def test_an_utterance_in_a_batch_gets_what_it_gets_alone(folder, audio):
    model = HfModel(folder)
    together = model.emissions(NAMES, audio)
    for i, samples in enumerate(audio):
        alone = model.emissions(NAMES[i : i + 1], [samples])
        num_frames = int(alone.lengths[0])
        assert together.lengths[i] == num_frames
        for found, expected in ((together.log_probs, alone.log_probs), (together.layers, alone.layers)):
            torch.testing.assert_close(found[i, :num_frames], expected[0, :num_frames], atol=1e-4, rtol=1e-4)


def test_the_head_reads_the_last_layer_and_passes_gradients_to_it(folder, audio):
    model = HfModel(folder)
    found = model.emissions(NAMES, audio)
    assert torch.equal(model.head(found.layers[:, :, -1]), found.log_probs)
    hidden = found.layers[:, :, -1].clone().requires_grad_()
    model.head(hidden).sum().backward()
    assert hidden.grad.abs().sum() > 0
    assert not any(weight.requires_grad for weight in model.network.parameters())


def test_chosen_layers(large, audio):
    every = HfModel(large).emissions(NAMES, audio)
    model = HfModel(large, layers=(0, 2))
    assert model.num_layers == 3
    assert torch.equal(model.emissions(NAMES, audio).layers, every.layers[:, :, [0, 2, 3]])
    with pytest.raises(InputError, match=r"has no layers \(3,\); 3 are before its last, counted from 0"):
        HfModel(large, layers=[3])


@pytest.mark.parametrize("make", [hf_folders.wav2vec2_large, hf_folders.wav2vec2_bert])
def test_networks_with_an_adapter_have_longer_frames_and_one_layer(tmp_path, audio, make):
    model = HfModel(make(tmp_path, add_adapter=True, num_adapter_layers=1))
    assert (model.frame_shift, model.num_layers) == (0.04, 1)
    together = model.emissions(NAMES, audio)
    assert together.layers.shape[2] == 1 and abs(int(together.lengths[1]) - 25) <= 1
    alone = model.emissions(NAMES[:1], audio[:1])
    num_frames = int(alone.lengths[0])
    torch.testing.assert_close(together.log_probs[0, :num_frames], alone.log_probs[0, :num_frames], atol=1e-4, rtol=0)


def test_blank_is_the_token_for_padding_wherever_it_stands(large, audio):
    config = json.loads((large / "config.json").read_text())
    vocabulary = {symbol: (i - 1) % len(hf_folders.SYMBOLS) for i, symbol in enumerate(hf_folders.SYMBOLS)}
    (large / "vocab.json").write_text(json.dumps(vocabulary))
    (large / "config.json").write_text(json.dumps({**config, "pad_token_id": vocabulary["<pad>"]}))
    model = HfModel(large)
    assert model.tokens.symbols[:3] == ("<blk>", "<s>", "</s>")
    found = model.emissions(NAMES, audio)
    with torch.no_grad():
        expected = model.network.lm_head(found.layers[:, :, -1]).log_softmax(dim=-1)
    torch.testing.assert_close(found.log_probs[..., 0], expected[..., -1])
    (large / "config.json").write_text(json.dumps({**config, "pad_token_id": vocabulary["'"]}))
    assert HfModel(large).tokens.symbols[1] == "<s>" and "<pad>" in HfModel(large).tokens


def test_tokens_that_a_fine_tuning_added(large):
    """The usual recipe adds ``<s>`` and ``</s>`` behind the vocabulary; the head has outputs for them or has none."""
    base = {symbol: i for i, symbol in enumerate(s for s in hf_folders.SYMBOLS if s not in ("<s>", "</s>"))}
    (large / "vocab.json").write_text(json.dumps(base))
    (large / "added_tokens.json").write_text(json.dumps({"<s>": len(base), "</s>": len(base) + 1}))
    assert HfModel(large).tokens.symbols[-2:] == ("<s>", "</s>")


def test_folders_that_cannot_be_used(tmp_path, large):
    def assert_rejected(message, folder=large):
        with pytest.raises(InputError) as error:
            HfModel(folder)
        assert str(error.value).startswith(f"{folder}: {message}"), str(error.value)

    assert_rejected(
        "has no config.json and no preprocessor_config.json and no vocab.json; a folder that transformers' "
        "save_pretrained wrote was expected, of the model and of its processor",
        tmp_path / "nothing",
    )
    config = (large / "config.json").read_text()
    (large / "config.json").write_text(json.dumps({**json.loads(config), "pad_token_id": 40}))
    assert_rejected("its pad_token_id is 40, the blank of CTC; an id of vocab.json was expected")
    (large / "config.json").write_text(config)
    (large / "vocab.json").write_text(json.dumps(["<pad>", "|", "A"]))
    assert_rejected(
        "its head has 32 outputs, but vocab.json has 3 tokens; take the vocabulary that it was trained with"
    )
    pretrained = tmp_path / "pretrained"
    shutil.copytree(large, pretrained)
    Wav2Vec2Model.from_pretrained(large).save_pretrained(pretrained)
    assert_rejected("has no weights for lm_head.", pretrained)
    (large / "model.safetensors").write_bytes(b"broken")
    assert_rejected("transformers cannot load a CTC network from it (")
    (large / "config.json").write_text(json.dumps({"model_type": "whisper"}))
    assert_rejected("transformers cannot load a CTC network from it (Unrecognized configuration class")


def test_too_short_an_utterance_is_rejected_by_its_name(folder):
    with pytest.raises(InputError, match="utterance 'b' has 500 samples, less than 40 ms; take it out of the data"):
        HfModel(folder).emissions(["a", "b"], [np.zeros(8000, np.float32), np.zeros(500, np.float32)])


def test_vocabularies_of_many_languages_are_rejected(large):
    (large / "vocab.json").write_text(json.dumps({"eng": {"<pad>": 0}, "fra": {"<pad>": 0}}))
    with pytest.raises(
        InputError, match="vocab.json: has a vocabulary for each language; keep one in it, that of 'eng'"
    ):
        HfModel(large)
