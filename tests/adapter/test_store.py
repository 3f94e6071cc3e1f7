"""Folders of calibrations and adapters come back as they were, or tell what is wrong with them."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from helpers.toy import NAMES, TEXTS, SlowToy, ToyModel, WhiteToy, letters
from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.adapter import store
from wfst_bias.adapter.adapter import Adapter
from wfst_bias.adapter.calibration import Calibration, CalibrationConfig
from wfst_bias.adapter.default import DEFAULT, NONE, emission_adapter_of, shipped
from wfst_bias.adapter.matching import Matcher
from wfst_bias.adapter.network import AdapterConfig, ContextualAdapter
from wfst_bias.adapter.store import read_adapter, read_calibration, weights_checksum, write_adapter, write_calibration
from wfst_bias.core.errors import InputError
from wfst_bias.entities.entity import Entity
from wfst_bias.lang.lang import hama_lang


def moved(network):
    """Every weight away from where it begins, to what half precision can hold."""
    torch.manual_seed(4)
    with torch.no_grad():
        for weight in [*network.parameters(), *network.buffers()]:
            weight += 0.1 * torch.rand_like(weight)
            weight.copy_(weight.half())
    return network.eval()


@pytest.fixture
def calibration(lang):
    return moved(Calibration(len(lang.tokens), CalibrationConfig(dim=8, num_blocks=1, strength=0.7)))


@pytest.fixture
def adapter(lang):
    network = moved(ContextualAdapter(len(lang.tokens), AdapterConfig(dim=8, num_blocks=1, num_candidates=5)))
    return Adapter(network, moved(Matcher(len(lang.tokens), lang.tokens[lang.boundary])), lang)


@pytest.fixture
def folder(tmp_path, calibration, adapter, lang):
    write_calibration(tmp_path / "calibration", calibration, lang.tokens.checksum, {"trained_on": "toy"})
    write_adapter(tmp_path / "adapter", adapter, {"trained_on": "toy"})
    return tmp_path


def test_a_calibration_comes_back(folder, calibration, model):
    again = read_calibration(folder / "calibration", model)
    batch = model.emissions(list(TEXTS)[:3], [None] * 3)
    assert again.config == calibration.config and not again.training
    assert torch.equal(again.calibrated(batch).log_probs, calibration.calibrated(batch).log_probs)
    assert json.loads((folder / "calibration" / "meta.json").read_text())["trained_on"] == "toy"


def test_an_adapter_comes_back(folder, adapter, model):
    again = read_adapter(folder / "adapter", model)
    batch = model.emissions(list(TEXTS)[:3], [None] * 3)
    lists = [tuple(map(Entity, NAMES))] * 3
    assert again.lang.checksum == adapter.lang.checksum and again.sounding is None
    assert torch.equal(again.adapted(batch, lists).log_probs, adapter.adapted(batch, lists).log_probs)


def test_the_lang_of_hama_is_not_written_again(tmp_path, adapter, model, lang, monkeypatch):
    monkeypatch.setattr(store, "hama_lang", lambda: lang)
    write_adapter(tmp_path / "hama", adapter, {})
    assert sorted(path.name for path in (tmp_path / "hama").iterdir()) == ["meta.json", "weights.npz"]
    assert read_adapter(tmp_path / "hama", model).lang is lang


def test_a_ratio_beyond_half_precision_stays_a_number(tmp_path, adapter, model):
    with torch.no_grad():
        adapter.matcher.ratio[3, 3] = 1e6  # of a unit that a large corpus has three times
    write_adapter(tmp_path / "adapter", adapter, {})
    assert read_adapter(tmp_path / "adapter", model).matcher.ratio.isfinite().all()


def told(message, read, *arguments):
    with pytest.raises(InputError) as error:
        read(*arguments)
    assert str(error.value) == message


def test_what_is_no_folder_of_ours_is_told(folder, model, tmp_path):
    told(
        f"{tmp_path}/none: is no calibration folder; make one with 'wfst-bias adapter train --kind calibration'",
        *(read_calibration, tmp_path / "none", model),
    )
    told(
        f"{folder}/calibration: is no adapter folder; make one with 'wfst-bias adapter train'",
        *(read_adapter, folder / "calibration", model),
    )


def test_other_tokens_are_told(folder, heard):
    other = ToyModel(heard)
    other.tokens = letters().tokens
    message = "was trained for other tokens than the model's; train one on this model"
    told(f"{folder}/adapter: {message}", read_adapter, folder / "adapter", other)
    told(f"{folder}/calibration: {message}", read_calibration, folder / "calibration", other)


def test_layers_that_the_model_does_not_show_are_told(tmp_path, heard):
    white = WhiteToy(heard)
    config = AdapterConfig(dim=8, num_layers=2, layer_dim=12)
    network = ContextualAdapter(len(white.tokens), config)
    matcher = Matcher(len(white.tokens), letters().tokens["|"])
    write_adapter(tmp_path / "adapter", Adapter(network, matcher, letters(), None, white.head), {})
    read_adapter(tmp_path / "adapter", white)
    white.num_layers = 3
    told(
        f"{tmp_path}/adapter: reads 2 hidden layers of width 12, which the model does not show; name the model that "
        "it was trained on",
        *(read_adapter, tmp_path / "adapter", white),
    )


@pytest.mark.parametrize("damage", ["cut", "emptied", "scrambled", "lost"])
def test_damaged_weights_are_told(folder, model, damage):
    weights = folder / "adapter" / "weights.npz"
    content = weights.read_bytes()
    if damage == "lost":
        weights.unlink()
    else:
        middle = len(content) // 2
        scrambled = (
            content[:middle] + bytes(255 - byte for byte in content[middle : middle + 200]) + content[middle + 200 :]
        )
        weights.write_bytes({"cut": content[:middle], "emptied": b"", "scrambled": scrambled}[damage])
    with pytest.raises(InputError, match=r"adapter/weights.npz: cannot be read \(.*\); make the folder anew"):
        read_adapter(folder / "adapter", model)


def test_a_description_without_its_sizes_is_told(folder, model):
    meta = json.loads((folder / "adapter" / "meta.json").read_text())
    del meta["config"], meta["lang"]
    (folder / "adapter" / "meta.json").write_text(json.dumps(meta))
    message = f"{folder}/adapter/meta.json: does not have config, lang; make the folder anew"
    told(message, read_adapter, folder / "adapter", model)


@pytest.mark.parametrize("config", [None, {"width": 3}, {"kernel": 2}])
def test_a_config_of_another_version_is_told(folder, model, config):
    for kind, read in (("adapter", read_adapter), ("calibration", read_calibration)):
        path = folder / kind / "meta.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "config": config}))
        with pytest.raises(InputError, match=f"{kind}/meta.json: its config is none of this version's"):
            read(folder / kind, model)


def test_the_calibration_that_an_adapter_was_trained_behind(folder, model, capsys):
    calibration = read_calibration(folder / "calibration", model)
    adapter = read_adapter(folder / "adapter", model)
    emission_adapter_of(model, "toy", NONE, str(folder / "adapter"))
    assert capsys.readouterr().err == ""
    emission_adapter_of(model, "toy", str(folder / "calibration"), str(folder / "adapter"))
    assert "adapter: was trained without a calibration; name the same with --calib" in capsys.readouterr().err
    adapter.trained_behind = weights_checksum(calibration)
    write_adapter(folder / "adapter", adapter, {})
    emission_adapter_of(model, "toy", str(folder / "calibration"), str(folder / "adapter"))
    assert capsys.readouterr().err == ""
    emission_adapter_of(model, "toy", NONE, str(folder / "adapter"))
    assert "adapter: was trained behind another calibration" in capsys.readouterr().err


def test_an_adapter_that_hears_phones_wants_a_phone_head(tmp_path, heard, lang):
    white = WhiteToy(heard)
    network = ContextualAdapter(len(white.tokens), AdapterConfig(dim=8))
    adapter = Adapter(network, Matcher.of(lang.units), letters(), lang, white.head)
    batch = white.emissions(list(TEXTS)[:2], [None] * 2)
    lists = [tuple(map(Entity, NAMES))] * 2
    adapter.adapted(batch, lists)
    half = replace(batch.phones, log_probs=batch.phones.log_probs[:, ::2], lengths=(batch.phones.lengths + 1) // 2)
    for phones in (None, half):
        with pytest.raises(InputError, match="the adapter finds phrases by phones, of which the model has none"):
            adapter.adapted(replace(batch, phones=phones), lists)


def test_an_adapter_hears_phones_in_shorter_frames_than_its_tokens(heard, lang):
    slow = SlowToy(heard)
    torch.manual_seed(1)
    network = ContextualAdapter(len(slow.tokens), AdapterConfig(dim=8))
    adapter = Adapter(network, Matcher.of(lang.units), letters(), lang, slow.head)
    batch = slow.emissions(list(TEXTS)[:2], [None] * 2)
    attended = adapter.attend(batch, [tuple(map(Entity, NAMES))] * 2)
    assert attended.emissions.log_probs.shape == attended.changed.log_probs.shape == batch.log_probs.shape
    fast = WhiteToy(heard).emissions(list(TEXTS)[:2], [None] * 2)
    same = adapter.attend(fast, [tuple(map(Entity, NAMES))] * 2)
    assert torch.equal(attended.candidates.pronunciation, same.candidates.pronunciation)


def test_weights_of_another_size_are_told(folder, model):
    weights = folder / "calibration" / "weights.npz"
    with np.load(weights) as known:
        shorter = {name: known[name] for name in known.files[1:]}
    np.savez(weights, **shorter)
    with pytest.raises(InputError, match="calibration: does not hold the weights that its meta.json describes"):
        read_calibration(folder / "calibration", model)


def test_an_adapter_comes_with_hama():
    class Hama:
        tokens = hama_lang().tokens

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "hama_lang", hama_lang)
        upstream = emission_adapter_of(Hama, "hama", DEFAULT, DEFAULT)
    assert upstream.meta == {"calibration": "none", "adapter": "default"} and upstream.calibration is None
    heard = torch.randn(1, 40, len(Hama.tokens), generator=torch.Generator().manual_seed(1)) * 3
    batch = Emissions(heard.log_softmax(-1), torch.tensor([40]), 0.02, Hama.tokens, ["noise"])
    assert upstream.changed(batch, [()]) is batch
    changed = upstream.changed(batch, [(Entity("Zelenskyy"), Entity("Ozempic"))])
    assert changed.log_probs.isfinite().all()
    assert emission_adapter_of(Hama, "hama").adapter is None  # off unless asked for
    size = sum(path.stat().st_size for path in shipped("adapter", "hama").parent.rglob("*"))
    assert size < 10_000_000


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is here")
def test_emissions_come_to_the_device_of_the_networks(folder, model):
    cuda = torch.device("cuda")
    upstream = emission_adapter_of(model, "toy", str(folder / "calibration"), str(folder / "adapter"), cuda)
    batch = model.emissions(list(TEXTS)[:2], [None] * 2)
    assert upstream.changed(batch, [tuple(map(Entity, NAMES)), ()]).log_probs.device.type == "cuda"


def test_what_stands_before_the_search(folder, model):
    nothing = emission_adapter_of(model, "toy", NONE, NONE)
    assert nothing.calibration is nothing.adapter is None and nothing.meta == {"calibration": "none", "adapter": "none"}
    # nothing comes with the package for other models than hama
    assert emission_adapter_of(model, "toy", DEFAULT, DEFAULT) == nothing
    both = emission_adapter_of(model, "toy", str(folder / "calibration"), str(folder / "adapter"))
    assert both.meta == {"calibration": f"{folder}/calibration", "adapter": f"{folder}/adapter"}
    batch = model.emissions(list(TEXTS)[:2], [None] * 2)
    lists = [tuple(map(Entity, NAMES)), ()]
    calibrated = replace(both, adapter=None).changed(batch, lists)
    changed = both.changed(batch, lists)
    assert torch.equal(changed.log_probs, both.adapter.adapted(calibrated, lists).log_probs)
    assert torch.equal(changed.log_probs[1], calibrated.log_probs[1])
    assert not torch.equal(calibrated.log_probs, batch.log_probs)
