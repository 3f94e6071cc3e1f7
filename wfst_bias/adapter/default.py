"""Calibrations and adapters by name: a folder, none, or what comes with the package for a model."""

import sys
from importlib import resources
from pathlib import Path
from typing import Optional

import torch

from wfst_bias.acoustic.emissions import AcousticModel
from wfst_bias.acoustic.models import HAMA
from wfst_bias.adapter.emission_adapter import EmissionAdapter
from wfst_bias.adapter.store import ADAPTER, CALIBRATION, read_adapter, read_calibration, weights_checksum

NONE, DEFAULT = "none", "default"


def shipped(kind: str, model_name: str) -> Optional[Path]:
    """The folder that comes with the package for a model; none where there is none."""
    folder = Path(str(resources.files("wfst_bias.adapter"))) / "shipped" / f"{model_name}_{kind}"
    return folder if model_name == HAMA and folder.is_dir() else None


def emission_adapter_of(
    model: AcousticModel,
    model_name: str,
    calibration: str = NONE,
    adapter: str = NONE,
    device: torch.device = torch.device("cpu"),
) -> EmissionAdapter:
    """What changes the emissions of a model.

    Args:
      calibration, adapter: a folder, :data:`NONE`, or :data:`DEFAULT` for what comes with the package.
      device: where the networks compute, and leave what they changed.
    """
    folders, model_name = {}, getattr(model, "made_by", "") or model_name  # an archive stands for its model
    for kind, named in ((CALIBRATION, calibration), (ADAPTER, adapter)):
        folders[kind] = None if named == NONE else shipped(kind, model_name) if named == DEFAULT else Path(named)
    mend = None if folders[CALIBRATION] is None else read_calibration(folders[CALIBRATION], model).to(device)
    bias = None if folders[ADAPTER] is None else read_adapter(folders[ADAPTER], model).to(device)
    if bias is not None and bias.trained_behind != weights_checksum(mend):
        print(
            f"wfst-bias: {folders[ADAPTER]}: was trained {'behind another' if bias.trained_behind else 'without a'} "
            f"calibration; name the same with --calibration, or {NONE}",
            file=sys.stderr,
        )
    meta = {
        kind: DEFAULT if named == DEFAULT and folders[kind] else str(folders[kind] or NONE)
        for kind, named in ((CALIBRATION, calibration), (ADAPTER, adapter))
    }
    return EmissionAdapter(mend, bias, meta)
