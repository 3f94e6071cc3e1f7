"""Calibrations and adapters by name: a folder, none, or what comes with the package for a model."""

import sys
from importlib import resources
from pathlib import Path
from typing import Dict, Optional

import torch

from wfst_bias.acoustic.emissions import AcousticModel
from wfst_bias.acoustic.models import HAMA
from wfst_bias.adapter.emission_adapter import EmissionAdapter

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
    """The emission adapter of a model: calibration, then contextual adapter.

    Args:
      calibration, adapter: a folder, :data:`NONE`, or :data:`DEFAULT` for what comes with the package.
      device: where the networks compute, and leave what they changed.
    """
    if calibration == adapter == NONE:
        return EmissionAdapter(meta={"calibration": NONE, "adapter": NONE})
    from wfst_bias.adapter.store import ADAPTER, CALIBRATION, read_adapter, read_calibration, weights_checksum

    model_name = getattr(model, "made_by", "") or model_name  # an archive stands for its model
    folders: Dict[str, Optional[Path]] = {}
    for kind, named in ((CALIBRATION, calibration), (ADAPTER, adapter)):
        folders[kind] = None if named == NONE else shipped(kind, model_name) if named == DEFAULT else Path(named)
    calibration_dir, adapter_dir = folders[CALIBRATION], folders[ADAPTER]
    network = None if calibration_dir is None else read_calibration(calibration_dir, model).to(device)
    bias = None if adapter_dir is None else read_adapter(adapter_dir, model).to(device)
    if bias is not None and bias.trained_behind != weights_checksum(network):
        print(
            f"wfst-bias: {adapter_dir}: was trained {'behind another' if bias.trained_behind else 'without a'} "
            f"calibration; name the same with --calibration, or {NONE}",
            file=sys.stderr,
        )
    meta = {
        kind: DEFAULT if named == DEFAULT and folders[kind] else str(folders[kind] or NONE)
        for kind, named in ((CALIBRATION, calibration), (ADAPTER, adapter))
    }
    return EmissionAdapter(network, bias, meta)
