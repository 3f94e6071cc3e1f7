"""Calibrations and adapters on the command line: trained on stored emissions, decoded with, looked at."""

import json

import numpy as np
import pytest
import torch

from helpers import toy
from wfst_bias.adapter import store
from wfst_bias.adapter.adapter import Adapter
from wfst_bias.adapter.matching import Matcher
from wfst_bias.adapter.network import AdapterConfig, ContextualAdapter

TEXTS = dict(list(toy.TEXTS.items())[:12])
_RECIPE = """
--num-simulated=12
--network-dim=16
--network-num-blocks=1
--network-num-candidates=6
--lists-most=200
"""
_RECIPE += "".join(f"--{phase}-max-steps=2\n--{phase}-validate-every=2\n" for phase in ("text", "guided", "joint"))


@pytest.fixture(scope="module", autouse=True)
def another_lang_for_hama():
    """Its lexicon takes seconds to read, and every adapter that is written or read is compared with it."""
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "hama_lang", toy.letters)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory, world, run):
    """Data, their emissions, a graph with a list, and a trained calibration and adapter."""
    folder = tmp_path_factory.mktemp("upstream")
    toy.write_data(folder / "data", TEXTS)
    np.savez(folder / "emissions.npz", **toy.heard(TEXTS))
    (folder / "tokens.txt").write_text((world / "lang" / "tokens.txt").read_text())
    (folder / "frame_shift").write_text("0.02\n")
    (folder / "names.txt").write_text("".join(f"{name.capitalize()}\n" for name in [*toy.NAMES, *toy.OTHERS]))
    (folder / "common.txt").write_text("".join(f"{word}\n" for word in toy.COMMON))
    trained = ("--lang", folder / "lang")
    (folder / "recipe.conf").write_text(_RECIPE)
    toy.lang().write(folder / "lang")
    for command in (
        ("graph", "compile", world / "base", folder / "names.txt", folder / "graph"),
        ("adapter", "train", archive(folder), folder / "data", folder / "calibration", *trained, "--steps", 2)
        + ("--kind", "calibration"),
        ("adapter", "train", archive(folder), folder / "data", folder / "adapter", *trained)
        + ("--recipe", folder / "recipe.conf", "--calibration", folder / "calibration")
        + ("--distractors", folder / "names.txt", "--common", folder / "common.txt"),
    ):
        result = run(*command)
        assert result.exit_code == 0, result.output
    assert json.loads((folder / "adapter" / "meta.json").read_text())["config"]["num_candidates"] == 6
    torch.manual_seed(0)
    network = ContextualAdapter(len(toy.lang().tokens), AdapterConfig(dim=16, num_blocks=1))
    boundary = toy.lang().tokens["<wb>"]
    untrained = Adapter(network, Matcher(len(toy.lang().tokens), boundary), toy.lang())
    store.write_adapter(folder / "untrained", untrained, {})
    toy.write_data(folder / "few", dict(list(TEXTS.items())[:3]))
    return folder


def archive(folder):
    return f"archive:{folder}/emissions.npz"


def test_what_was_trained_tells_on_what(folder):
    for kind in ("calibration", "adapter"):
        meta = json.loads((folder / kind / "meta.json").read_text())
        assert (meta["kind"], meta["model"], meta["trained_on"]) == (kind, archive(folder), "data")
        assert 0 < meta["num_utterances"] < len(TEXTS)  # some are kept back
        assert (folder / f"{kind}.exp" / "emissions").is_dir()


@pytest.fixture
def decode(folder, run, tmp_path):
    """Decodes a few utterances; returns the decode folder."""

    def decode(name, *options, graph=folder / "graph"):
        result = run("decode", graph, folder / "few", tmp_path / name, "--model", archive(folder), *options)
        assert result.exit_code == 0, result.output
        return tmp_path / name

    return decode


def meta(decode_dir):
    return json.loads((decode_dir / "meta.json").read_text())


def test_decode_with_a_calibration_and_an_adapter(folder, decode):
    both = decode("both", "--adapter", folder / "adapter", "--calibration", folder / "calibration")
    assert meta(both)["adapter"] == str(folder / "adapter")
    assert meta(both)["calibration"] == str(folder / "calibration")
    assert meta(both)["upstream_real_time_factor"] > 0
    words = (both / "text").read_text().split()
    assert set(words).intersection(toy.NAMES)
    none = decode("none", "--adapter", "none", "--calibration", "none")
    assert (meta(none)["adapter"], meta(none)["calibration"]) == ("none", "none")
    # nothing comes with the package for this model
    as_it_comes = decode("default")
    assert (meta(as_it_comes)["adapter"], meta(as_it_comes)["calibration"]) == ("none", "none")
    assert (as_it_comes / "ctm").read_text() == (none / "ctm").read_text()


def test_an_untrained_adapter_and_a_base_without_a_list_change_nothing(folder, decode, world):
    plain = decode("plain", "--adapter", "none")
    assert (
        (decode("with", "--adapter", folder / "untrained") / "entities.jsonl").read_text()
        == (plain / "entities.jsonl").read_text()
        != ""
    )
    base = decode("base", "--adapter", "none", graph=world / "base")
    with_adapter = decode("base_with", "--adapter", folder / "adapter", graph=world / "base")
    assert (with_adapter / "ctm").read_text() == (base / "ctm").read_text()


def test_a_list_for_the_adapter_alone(folder, decode, run, world, tmp_path):
    decode("alone", "--adapter", folder / "adapter", "--list", folder / "names.txt", graph=world / "base")
    arguments = ("--list", folder / "names.txt", "--format", "nemo")
    result = run("decode", world / "base", folder / "few", tmp_path / "out", "--model", archive(folder), *arguments)
    assert result.exit_code == 1 and "names.txt:1: found" in result.output
    rows = [f"{name}\t{TEXTS[name]}\t[]\t[]\n" for name in list(TEXTS)[:3]]
    (tmp_path / "biasing.tsv").write_text("".join(rows))
    arguments = ("--biasing", tmp_path / "biasing.tsv", "--list", folder / "names.txt")
    result = run("decode", world / "base", folder / "few", tmp_path / "out", "--model", archive(folder), *arguments)
    assert result.exit_code == 2 and "each utterance has a list of its own: leave --list out" in result.output


def test_each_utterance_attends_to_its_own_list(folder, decode, world, tmp_path):
    rows = [f'{name}\t{TEXTS[name]}\t[]\t["{TEXTS[name].split()[2]}"]\n' for name in list(TEXTS)[:3]]
    (tmp_path / "biasing.tsv").write_text("".join(rows))
    own = ("--biasing", tmp_path / "biasing.tsv")
    found = decode("own", "--adapter", folder / "untrained", *own, graph=world / "base")
    plain = decode("own_plain", "--adapter", "none", *own, graph=world / "base")
    assert (found / "ctm").read_text() == (plain / "ctm").read_text()


def plot(run, folder, out, utterance="utt_000", graph=None, adapter="untrained"):
    arguments = (graph or folder / "graph", folder / "few", utterance, out, "--model", archive(folder))
    return run(
        "adapter", "plot", *arguments, "--top", 40, "--adapter", folder / adapter if adapter != "none" else adapter
    )


def test_attention_is_drawn(folder, run, tmp_path):
    for name in ("attention.png", "attention.svg"):
        result = plot(run, folder, tmp_path / name)
        assert result.exit_code == 0 and result.output.endswith(f"{tmp_path / name}: written\n")
    assert (tmp_path / "attention.png").read_bytes()[:4] == b"\x89PNG"
    svg = (tmp_path / "attention.svg").read_text()
    # phrases as they are written in the list, words as they are decoded
    said = TEXTS["utt_000"].split()[2]
    assert f">{said.capitalize()}</text>" in svg and f">{said}</text>" in svg
    options = ("--adapter", folder / "adapter", "--calibration", folder / "calibration", "--top", 1)
    arguments = (folder / "graph", folder / "few", "utt_000", tmp_path / "one.svg", "--model", archive(folder))
    assert run("adapter", "plot", *arguments, *options).exit_code == 0
    svg = (tmp_path / "one.svg").read_text()
    assert sum(f">{name.capitalize()}</text>" in svg for name in [*toy.NAMES, *toy.OTHERS]) == 1


def test_what_cannot_be_drawn_is_told(folder, run, world, tmp_path):
    out = tmp_path / "attention.png"
    for result, message in (
        (plot(run, folder, out, "utt_999"), f"{folder}/few: has no utterance 'utt_999'; name one of its wav.scp"),
        (plot(run, folder, out, graph=world / "base"), f"{world}/base: has no list to attend to; name a graph of"),
        (plot(run, folder, out, adapter="none"), "there is no adapter to look at"),
        (plot(run, folder, tmp_path / "a.gif"), "a.gif: ends in '.gif'; .png or .svg was expected"),
        (plot(run, folder, out, adapter="calibration"), "calibration: is no adapter folder; make one with"),
    ):
        assert result.exit_code == 1 and result.output.splitlines()[-1].startswith(
            f"wfst-bias: {message}" if "/" in message else "wfst-bias: "
        )
        assert message in result.output.splitlines()[-1]
    assert not list(tmp_path.iterdir())
