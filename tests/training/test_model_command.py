"""``model train``, ``export`` and ``info`` for real, on three synthetic sentences."""

import json
import shutil

import numpy as np
import onnxruntime
import pytest
import torch

from wfst_bias.acoustic.conformer_model import ConformerModel
from wfst_bias.acoustic.features import log_mel
from wfst_bias.acoustic.models import load_model
from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data
from wfst_bias.lang.lang import Lang, read_lang
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.training.curves import read_curves

SENTENCES = ("We met her at the station.", "Please call me before Friday.", "The train to the city is late.")
RECIPE = """
--model-num-layers=3
--model-dim=32
--model-num-heads=2
--model-feed-forward=48
--model-kernel=5
--model-channels=4
--model-subword-layers=1,2
--model-phone-layer=2
--training-max-steps=4
--training-warmup-steps=2
--training-validate-every=2
"""


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    from wfst_bias.synth.demo import speak_demo

    folder = tmp_path_factory.mktemp("spoken")
    speak_demo(SENTENCES, folder)
    return folder


@pytest.fixture(scope="module")
def langs(tmp_path_factory, run, world):
    """Letters for subwords, and hama's phones, with a lexicon of the sentences."""
    folder = tmp_path_factory.mktemp("langs")
    (folder / "vocab.json").write_text(json.dumps(["<pad>", "|", *"abcdefghijklmnopqrstuvwxyz'"]))
    words = sorted(set(" ".join(SENTENCES).lower().replace(".", "").split()))
    (folder / "words.txt").write_text("\n".join(words) + "\n")
    phones = read_lang(world / "lang")
    Lang(phones.units, Lexicon({word: phones.lexicon[word] for word in words})).write(folder / "phones")
    made = run("lang", "chars", folder / "chars", "--tokens", folder / "vocab.json", "--words", folder / "words.txt")
    assert made.exit_code == 0, made.output
    return "--lang", folder / "chars", "--phones", folder / "phones"


@pytest.fixture(scope="module")
def trained(tmp_path_factory, run, spoken, langs):
    folder = tmp_path_factory.mktemp("exp")
    (folder / "tiny.conf").write_text(RECIPE)
    result = run("model", "train", folder / "tiny.conf", spoken, folder / "exp", *langs)
    assert result.exit_code == 0, result.output
    assert "trained on 2 utterances, validated on 1" in result.output
    return folder


@pytest.fixture(scope="module")
def audio(spoken):
    cuts = list(read_data(spoken))
    return [cut.id for cut in cuts], [load_audio(cut, 16000) for cut in cuts]


def test_curves_have_every_step_and_validation(trained):
    rows = read_curves(trained / "exp")
    assert [int(r["step"]) for r in rows if (r["split"], r["name"]) == ("train", "loss")] == [1, 2, 3, 4]
    assert [int(r["step"]) for r in rows if (r["split"], r["name"]) == ("valid", "phone_error")] == [2, 4]


def test_more_steps_go_on_with_the_same_run(trained, run, spoken, langs, tmp_path):
    shutil.copytree(trained / "exp", tmp_path / "exp")
    result = run("model", "train", trained / "tiny.conf", spoken, tmp_path / "exp", *langs, "--steps", 6)
    assert result.exit_code == 0, result.output
    steps = [int(r["step"]) for r in read_curves(tmp_path / "exp") if (r["split"], r["name"]) == ("train", "loss")]
    assert steps == [1, 2, 3, 4, 5, 6]


def test_another_recipe_in_the_same_folder_is_rejected(trained, run, spoken, langs, tmp_path):
    (tmp_path / "other.conf").write_text(RECIPE.replace("dim=32", "dim=40"))
    result = run("model", "train", tmp_path / "other.conf", spoken, trained / "exp", *langs)
    assert result.exit_code == 1
    assert "exp: is of another training (model.dim was 32 and is 40); name another folder" in result.stderr


def test_langs_in_each_others_place_are_rejected(trained, run, spoken, langs, tmp_path):
    swapped = ("--lang", langs[3], "--phones", langs[1])
    result = run("model", "train", "small", spoken, tmp_path / "exp", *swapped)
    assert result.exit_code == 1 and "is a lang of phones; --lang is for subwords" in result.stderr


def test_data_of_which_nothing_can_be_written_are_rejected(trained, run, spoken, langs, tmp_path):
    shutil.copytree(spoken, tmp_path / "data")
    keys = [line.split()[0] for line in (spoken / "text").read_text().splitlines()]
    (tmp_path / "data" / "text").write_text("".join(f"{key} 42 %\n" for key in keys))
    result = run("model", "train", "small", tmp_path / "data", tmp_path / "exp", *langs)
    assert result.exit_code == 1
    assert "holds no utterance to train on (3 with words that a lang cannot write)" in result.stderr


def test_info(trained, run):
    output = run("model", "info", trained / "exp").output
    assert "3 of width 32" in output and "layers 1, 2, 3" in output and "29 chars, 41 phones" in output
    assert "valid phone_error" in output


def test_info_of_no_model_is_rejected(run, tmp_path):
    result = run("model", "info", tmp_path)
    assert result.exit_code == 1 and "is no folder of a Conformer (no conformer.json)" in result.stderr


def test_the_emissions_of_the_model(trained, audio):
    model = load_model(f"conformer:{trained / 'exp'}")
    emissions = model.emissions(*audio)
    assert emissions.layers.shape[2:] == (model.num_layers, model.layer_dim) == (3, 32)
    assert torch.equal(model.head(emissions.layers[:, :, -1]), emissions.log_probs)
    assert len(emissions.tokens) == 29 and len(emissions.phones.tokens) == 41
    for n, (name, samples) in enumerate(zip(*audio)):
        alone, T = model.emissions([name], [samples]), int(emissions.lengths[n])
        assert abs(T * model.frame_shift - len(samples) / 16000) <= model.frame_shift
        assert torch.allclose(alone.log_probs[0], emissions.log_probs[n, :T], atol=1e-4)
        assert torch.allclose(alone.phones.log_probs[0], emissions.phones.log_probs[n, :T], atol=1e-4)


def test_a_shipped_folder_gives_the_same_in_half_the_bytes(trained, run, audio, tmp_path):
    assert run("model", "export", trained / "exp", tmp_path / "shipped").exit_code == 0
    sizes = [(folder / "model.pt").stat().st_size for folder in (tmp_path / "shipped", trained / "exp")]
    assert sizes[0] < 0.8 * sizes[1]
    ours, shipped = (ConformerModel(f).emissions(*audio) for f in (trained / "exp", tmp_path / "shipped"))
    assert torch.allclose(ours.log_probs, shipped.log_probs, atol=0.02)


@pytest.fixture(scope="module")
def batch(audio):
    """Features of another shape than the export was made with, and what the network makes of them."""
    features = [torch.from_numpy(log_mel(*pair)) for pair in zip(*audio)]
    return torch.nn.utils.rnn.pad_sequence(features, batch_first=True), torch.tensor([len(x) for x in features])


def test_onnx_gives_what_torch_gives(trained, run, batch, audio, tmp_path):
    assert run("model", "export", trained / "exp", tmp_path / "own.onnx").exit_code == 0
    session = onnxruntime.InferenceSession(str(tmp_path / "own.onnx"))
    metadata = session.get_modelmeta().custom_metadata_map
    assert metadata["model_type"] == "zipformer2_ctc" and json.loads(metadata["phones"])[0] == "<blk>"
    log_probs, lengths, phones = session.run(None, {"x": batch[0].numpy(), "x_lens": batch[1].numpy()})
    ours = ConformerModel(trained / "exp").emissions(*audio)
    assert np.array_equal(lengths, ours.lengths)
    assert np.allclose(log_probs, ours.log_probs, atol=1e-4)
    assert np.allclose(phones, ours.phones.log_probs, atol=1e-4)


def test_torchscript_gives_what_torch_gives(trained, run, batch, audio, tmp_path):
    assert run("model", "export", trained / "exp", tmp_path / "own.pt").exit_code == 0
    files = {"tokens": ""}
    log_probs, lengths, phones = torch.jit.load(str(tmp_path / "own.pt"), _extra_files=files)(*batch)
    ours = ConformerModel(trained / "exp").emissions(*audio)
    assert json.loads(files["tokens"]) == list(ours.tokens.symbols)
    assert torch.allclose(log_probs, ours.log_probs, atol=1e-4) and torch.equal(lengths, ours.lengths)
    assert torch.allclose(phones, ours.phones.log_probs, atol=1e-4)


def test_an_export_of_another_kind_is_rejected(trained, run, tmp_path):
    result = run("model", "export", trained / "exp", tmp_path / "own.tflite")
    assert (
        result.exit_code == 1 and "ends in '.tflite'; '.onnx', '.pt' (TorchScript) or a folder's name" in result.stderr
    )


@pytest.fixture(scope="module")
def on_hama(tmp_path_factory, run, spoken, langs):
    """A network that reads hama's phones, trained on texts, too."""
    folder = tmp_path_factory.mktemp("on_hama")
    recipe = RECIPE.replace("--model-phone-layer=2", "--model-phone-layer=0") + "--model-input=hama\n--model-stacked=2\n"
    (folder / "tiny.conf").write_text(recipe)
    (folder / "texts.txt").write_text("call me at the station\nthe late train\n" * 9 + "the doctor is late\n")
    (folder / "excluded.txt").write_text("doctor\nfriday\n")
    options = ("--texts", folder / "texts.txt", "--exclude", folder / "excluded.txt")
    result = run("model", "train", folder / "tiny.conf", spoken, folder / "exp", *langs, *options)
    assert result.exit_code == 0, result.output
    return folder, result


def test_what_is_excluded_is_told(on_hama):
    folder, result = on_hama
    assert "1 utterances with a word that is excluded are left out" in result.stderr
    assert f"{folder / 'texts.txt'}: 1 texts with words that are excluded" in result.stderr
    assert "trained on 1 utterances, validated on 1" in result.stdout


def test_a_network_on_hama_shows_hamas_phones(on_hama, run, audio, tmp_path):
    assert run("model", "export", on_hama[0] / "exp", tmp_path / "shipped").exit_code == 0
    model, hama = load_model(f"conformer:{tmp_path / 'shipped'}"), load_model("hama")
    emissions, phones = model.emissions(*audio), hama.emissions(*audio)
    assert (emissions.frame_shift, emissions.phones.frame_shift) == (0.04, 0.02)
    assert torch.equal(emissions.phones.log_probs, phones.log_probs)
    assert emissions.lengths.tolist() == [-(-length // 2) for length in phones.lengths.tolist()]
    assert torch.equal(model.head(emissions.layers[:, :, -1]), emissions.log_probs)
    assert (model.longest, model.window) == (hama.longest, hama.window)


def test_a_file_of_a_network_on_hama_alone_is_of_no_use(on_hama, run, tmp_path):
    result = run("model", "export", on_hama[0] / "exp", tmp_path / "own.onnx")
    assert result.exit_code == 1 and "own.onnx: reads hama's phones, not audio" in result.stderr


def test_texts_for_a_network_that_reads_audio_are_rejected(run, spoken, langs, tmp_path):
    (tmp_path / "texts.txt").write_text("call me\n")
    result = run("model", "train", "small", spoken, tmp_path / "exp", *langs, "--texts", tmp_path / "texts.txt")
    assert result.exit_code == 1
    assert "texts are for a network that reads phones (--model-input=hama); leave --texts out" in result.stderr
