"""Folders of calibrations and adapters: what they were made for, and their weights in half precision."""

import dataclasses
import hashlib
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Tuple, TypeVar

import numpy as np
import torch
from torch import nn

import wfst_bias
from wfst_bias.acoustic.emissions import AcousticModel
from wfst_bias.adapter.adapter import Adapter
from wfst_bias.adapter.calibration import Calibration, CalibrationConfig
from wfst_bias.adapter.matching import Matcher
from wfst_bias.adapter.network import AdapterConfig, ContextualAdapter
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_folder, read_json
from wfst_bias.lang.lang import Lang, hama_lang, read_lang

CALIBRATION, ADAPTER = "calibration", "adapter"
_COMMAND = {CALIBRATION: "adapter train --kind calibration", ADAPTER: "adapter train"}
_META, _WEIGHTS, _LANG, _SOUNDING = "meta.json", "weights.npz", "lang", "sounding"
_BEHIND = "trained_behind"
_NEEDED = {CALIBRATION: ("config", "tokens"), ADAPTER: ("config", "tokens", _LANG, _SOUNDING)}
_LARGEST = float(np.finfo(np.float16).max)  # a ratio of the matcher may be larger
Config = TypeVar("Config", CalibrationConfig, AdapterConfig)
_HAMA = "hama"  # a lang that every installation has


def write_calibration(folder: Path, calibration: Calibration, tokens: str, notes: Dict[str, Any]) -> None:
    """Publish a calibration.

    Args:
      tokens: checksum of the tokens that it is for.
      notes: what it was trained on, and how.
    """
    with publish_folder(folder, CALIBRATION) as building:
        _write(
            building,
            CALIBRATION,
            calibration,
            {"config": dataclasses.asdict(calibration.config), "tokens": tokens, **notes},
        )


def read_calibration(folder: Path, model: AcousticModel) -> Calibration:
    """The calibration of a model.

    Raises:
      InputError: the folder is none, or was made for other tokens.
    """
    meta, weights = _read(folder, CALIBRATION, model)
    calibration = Calibration(len(model.tokens), _config(CalibrationConfig, meta, folder))
    _load_weights(calibration, weights, folder)
    return calibration.eval()


def write_adapter(folder: Path, adapter: Adapter, notes: Dict[str, Any]) -> None:
    """Publish an adapter with the langs that it reads lists with; see :func:`write_calibration`."""
    parts = nn.ModuleDict({"network": adapter.network, "matcher": adapter.matcher})
    with publish_folder(folder, ADAPTER) as building:
        meta = {
            "config": dataclasses.asdict(adapter.network.config),
            "tokens": adapter.lang.tokens.checksum,
            _LANG: _write_lang(building / _LANG, adapter.lang),
            _SOUNDING: _write_lang(building / _SOUNDING, adapter.sounding),
            _BEHIND: adapter.trained_behind,
            **notes,
        }
        _write(building, ADAPTER, parts, meta)


def read_adapter(folder: Path, model: AcousticModel) -> Adapter:
    """The adapter of a model; its hidden layers must be those that it was trained on."""
    meta, weights = _read(folder, ADAPTER, model)
    config = _config(AdapterConfig, meta, folder)
    if config.white_box and (getattr(model, "num_layers", 0), getattr(model, "layer_dim", 0)) != (
        config.num_layers,
        config.layer_dim,
    ):
        raise InputError(
            f"reads {config.num_layers} hidden layers of width {config.layer_dim}, which the model does not show; "
            "name the model that it was trained on",
            folder,
        )
    lang = _read_lang(Path(folder) / _LANG, meta[_LANG])
    sounding = _read_lang(Path(folder) / _SOUNDING, meta[_SOUNDING])
    if lang is None:
        raise InputError(f"has no {_LANG}; make the folder anew", Path(folder) / _META)
    phones = (sounding or lang).units
    matcher = Matcher.of(phones)
    network = ContextualAdapter(len(lang.tokens), config)
    _load_weights(nn.ModuleDict({"network": network, "matcher": matcher}), weights, folder)
    return Adapter(network, matcher, lang, sounding, getattr(model, "head", None), meta.get(_BEHIND, ""))


def weights_checksum(network: Optional[nn.Module]) -> str:
    """SHA-256 of the weights of a network; empty for none."""
    if not isinstance(network, nn.Module):
        return ""
    digest = hashlib.sha256()
    for name, weight in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(weight.detach().cpu().numpy().tobytes())
    return digest.hexdigest()


def _write(building: Path, kind: str, network: nn.Module, meta: Dict[str, Any]) -> None:
    weights = {
        name: np.clip(weight.detach().cpu().numpy(), -_LARGEST, _LARGEST).astype(np.float16)
        for name, weight in network.state_dict().items()
    }
    np.savez_compressed(building / _WEIGHTS, **weights)
    meta = {"kind": kind, "wfst_bias": wfst_bias.__version__, **meta}
    (building / _META).write_text(json.dumps(meta, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _read(folder: Path, kind: str, model: AcousticModel) -> Tuple[Dict[str, Any], Dict[str, torch.Tensor]]:
    folder = Path(folder)
    meta = read_json(folder / _META) if (folder / _META).is_file() else None
    if not isinstance(meta, dict) or meta.get("kind") != kind:
        raise InputError(f"is no {kind} folder; make one with 'wfst-bias {_COMMAND[kind]}'", folder)
    missing = [key for key in _NEEDED[kind] if key not in meta]
    if missing:
        raise InputError(f"does not have {', '.join(missing)}; make the folder anew", folder / _META)
    if meta["tokens"] != model.tokens.checksum:
        raise InputError("was trained for other tokens than the model's; train one on this model", folder)
    try:
        with np.load(folder / _WEIGHTS, allow_pickle=False) as weights:
            return meta, {name: torch.from_numpy(weights[name].astype(np.float32)) for name in weights.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"cannot be read ({error}); make the folder anew", folder / _WEIGHTS) from None


def _config(kind: Callable[..., Config], meta: Dict[str, Any], folder: Path) -> Config:
    try:
        return kind(**meta["config"])
    except (TypeError, InputError) as error:
        raise InputError(
            f"its config is none of this version's ({error}); make the folder anew", folder / _META
        ) from None


def _load_weights(network: nn.Module, weights: Dict[str, torch.Tensor], folder: Path) -> None:
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise InputError(f"does not hold the weights that its meta.json describes ({error})", folder) from None


def _write_lang(folder: Path, lang: Optional[Lang]) -> str:
    """Write a lang, and return its place for ``meta.json``."""
    if lang is None:
        return ""
    if lang.checksum == hama_lang().checksum:
        return _HAMA
    lang.write(folder)
    return folder.name


def _read_lang(folder: Path, where: str) -> Optional[Lang]:
    if not where:
        return None
    return hama_lang() if where == _HAMA else read_lang(folder)
