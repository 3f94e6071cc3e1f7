"""Evidence models by name: a file, none, or what comes with the package for a model."""

from importlib import resources
from pathlib import Path
from typing import Optional

from wfst_bias.evidence.model import EvidenceModel

NONE, CONFIDENCE, DEFAULT = "none", "confidence", "default"


def evidence_of(named: str, model_name: str) -> Optional[EvidenceModel]:
    """Read the evidence model of an acoustic model; None where there is none.

    Args:
      named: a file, :data:`NONE`, :data:`CONFIDENCE`, or :data:`DEFAULT` for what comes with the package.
      model_name: specification of the acoustic model.
    """
    if named in (NONE, CONFIDENCE):
        return None
    if named != DEFAULT:
        return EvidenceModel.read(Path(named))
    path = Path(str(resources.files("wfst_bias.evidence"))) / "shipped" / f"{model_name}.json"
    return EvidenceModel.read(path) if path.is_file() else None
