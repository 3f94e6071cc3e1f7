"""Models by their name, and a corpus decoded with each of them."""

import json

import numpy as np
import pytest
import torch

from helpers import hf_folders
from helpers import onnx_exports as exports
from wfst_bias.acoustic import models
from wfst_bias.acoustic.hama import HamaModel
from wfst_bias.acoustic.models import load_model
from wfst_bias.core.errors import InputError
from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data


def test_hama_is_the_default():
    assert isinstance(load_model("hama"), HamaModel)


@pytest.mark.parametrize(
    "spec, message",
    [
        (
            "kaldi:exp",
            "there is no model 'kaldi:exp'; there are hama, onnx:FILE[,tokens=FILE][,blank=TOKEN], hf:FOLDER, "
            "archive:FILE[,tokens=FILE][,blank=TOKEN][,frame_shift=SECONDS], conformer:EXP",
        ),
        ("onnx:", "there is no model 'onnx:'; there are hama, "),
        ("hf:x,tokens=y", "the model 'hf:x,tokens=y' has no option 'tokens'; its form is hf:FOLDER"),
        ("onnx:nowhere/a.onnx", "nowhere/a.onnx: no such file; name the .onnx file of a CTC network"),
        ("archive:a,b.npz", "a,b.npz: no such file; name an archive of emissions"),
        ("hf:nowhere", "nowhere: has no config.json and no preprocessor_config.json and no vocab.json; a folder that"),
        ("archive:a.npz,frame_shift=40", "found '40' for the frame shift; seconds were expected, 0.04 or the like"),
    ],
)
def test_a_model_that_is_not_there_is_rejected(spec, message):
    with pytest.raises(InputError) as error:
        load_model(spec)
    assert str(error.value).startswith(message)


def test_a_package_that_is_missing_is_rejected(monkeypatch):
    def make(path, device, options):
        raise ModuleNotFoundError("No module named 'transformers'", name="transformers")

    monkeypatch.setitem(models._KINDS, "hf", (make, ()))
    with pytest.raises(InputError) as error:
        load_model("hf:folder")
    assert str(error.value) == (
        "the model 'hf:folder' needs the package transformers; install it, 'pip install \"wfst-bias[hf]\"'"
    )


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    path = tmp_path_factory.mktemp("words") / "sentences.txt"
    path.write_text("we met the doctor at the station\nplease call the doctor\n")
    return path


def _decode(run, folder, words, speech, spec, *lang):
    """Decode with a graph compiled on the lang that ``lang`` makes; return the transcript."""
    for command in (
        ("lang", *lang[:1], folder / "lang", *lang[1:]),
        ("lm", "train", words, folder / "lm.arpa.gz", "--order", 2),
        ("graph", "base", folder / "lang", folder / "lm.arpa.gz", folder / "base"),
        ("decode", folder / "base", speech, folder / "decode", "--model", spec),
    ):
        result = run(*command)
        assert result.exit_code == 0, result.output
    assert json.loads((folder / "decode" / "meta.json").read_text())["model"] == spec
    return dict(line.partition(" ")[::2] for line in (folder / "decode" / "text").read_text().splitlines())


@pytest.fixture(scope="module")
def word_list(tmp_path_factory):
    path = tmp_path_factory.mktemp("words") / "words.txt"
    path.write_text("\n".join(["we", "met", "the", "doctor", "at", "station", "please", "call"]))
    return path


def test_a_folder_of_transformers_decodes_on_the_lang_of_its_vocabulary(tmp_path, run, words, word_list, speech):
    folder = hf_folders.wav2vec2_large(tmp_path)
    options = ("chars", "--tokens", folder / "vocab.json", "--words", word_list)
    assert len(_decode(run, tmp_path, words, speech, f"hf:{folder}", *options)) == 2


def test_an_export_of_nemo_decodes_on_the_lang_of_its_vocabulary(tmp_path, run, words, word_list, speech):
    path, _ = exports.nemo(tmp_path)
    options = ("chars", "--tokens", tmp_path / "vocab.txt", "--words", word_list)
    assert len(_decode(run, tmp_path, words, speech, f"onnx:{path}", *options)) == 2


def test_stored_emissions_of_hama_decode_as_hama_does(tmp_path, run, world, speech):
    hama, cuts = HamaModel(), read_data(speech)
    found = hama.emissions([cut.id for cut in cuts], [load_audio(cut, 16000) for cut in cuts])
    stored = {name: found.log_probs[i, : found.lengths[i]].numpy() for i, name in enumerate(found.names)}
    np.savez(tmp_path / "hama.npz", **stored)
    hama.tokens.write(tmp_path / "tokens.txt")
    archive = f"archive:{tmp_path}/hama.npz,frame_shift=0.02,tokens={tmp_path}/tokens.txt"
    for name, spec in (("there", archive), ("here", "hama")):
        assert run("decode", world / "base", speech, tmp_path / name, "--model", spec).exit_code == 0
    assert (tmp_path / "there" / "text").read_text() == (tmp_path / "here" / "text").read_text() != ""
    assert (tmp_path / "there" / "ctm").read_text() == (tmp_path / "here" / "ctm").read_text()


def test_a_graph_on_other_tokens_is_rejected(tmp_path, run, world, speech):
    path, _ = exports.nemo(tmp_path)
    result = run("decode", world / "base", speech, tmp_path / "out", "--model", f"onnx:{path}")
    problem = "wfst-bias: the graph was made for other tokens than the model's; compile it on the model's lang folder"
    assert result.exit_code == 1 and result.stderr.splitlines()[-1] == problem
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("blank", ["<blk>", None])
def test_pieces_of_nemo_have_one_table_in_the_lang_and_in_the_model(tmp_path, run, word_list, blank):
    """``lang subwords`` reads NeMo's tokenizer, the model its ``tokens.txt``, with blank or without."""
    import sentencepiece

    tokenizer = tmp_path / "tokenizer"
    sentencepiece.SentencePieceTrainer.train(
        input=str(word_list), model_prefix=str(tokenizer), vocab_size=18, bos_id=-1, eos_id=-1, minloglevel=2
    )
    processor = sentencepiece.SentencePieceProcessor(model_file=f"{tokenizer}.model")
    pieces = [processor.id_to_piece(i) for i in range(len(processor))] + [blank] * (blank is not None)
    network = exports.Network(80, 8, len(processor) + 1, channels_first=True).eval()
    path = exports.export(
        tmp_path / "model.onnx", network, torch.zeros(1, 80, 64), ["audio_signal", "length"], ["logprobs"], time=2
    )
    rows = (f"{piece} {i}" if blank else piece for i, piece in enumerate(pieces))
    (tmp_path / "tokens.txt").write_text("\n".join(rows) + "\n")
    assert (
        run("lang", "subwords", tmp_path / "lang", "--model", f"{tokenizer}.model", "--words", word_list).exit_code == 0
    )
    meta = json.loads((tmp_path / "lang" / "lang.json").read_text())
    assert meta["units"]["tokens"] == load_model(f"onnx:{path}").tokens.checksum


def test_phones_of_icefall_have_one_table_in_the_lang_and_in_the_model(tmp_path, run):
    path, _ = exports.yesno(tmp_path)
    (tmp_path / "lexicon.txt").write_text("yes Y\nno N\n")
    made = run(
        "lang", "phones", tmp_path / "lang", "--tokens", tmp_path / "tokens.txt", "--lexicon", tmp_path / "lexicon.txt"
    )
    assert made.exit_code == 0, made.output
    meta = json.loads((tmp_path / "lang" / "lang.json").read_text())
    assert meta["units"]["tokens"] == load_model(f"onnx:{path}").tokens.checksum
