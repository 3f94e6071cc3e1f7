"""Acoustic models by their name: hama, a user's network, or emissions that are stored."""

import glob
import re
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple

import torch

from wfst_bias.acoustic.emissions import AcousticModel
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.lang.token_files import TOKEN_FILES

HAMA = "hama"
FORMS = (
    HAMA,
    "onnx:FILE[,tokens=FILE][,blank=TOKEN]",
    "hf:FOLDER",
    "archive:FILE[,tokens=FILE][,blank=TOKEN][,frame_shift=SECONDS]",
    "conformer:EXP",
)
_OPTIONS = re.compile(r"(?:,[a-z_]+=[^,]*)*$")


def load_model(spec: str, device: torch.device = torch.device("cpu")) -> AcousticModel:
    """Load the acoustic model of a specification, one of :data:`FORMS`.

    Args:
      spec: ``hama``, or ``KIND:PATH`` and options after commas.
      device: where a network runs.

    Raises:
      InputError: there is no such kind, option or file, a package is missing, or see the models.
    """
    if spec == HAMA:
        from wfst_bias.acoustic.hama import HamaModel

        return HamaModel()
    kind, _, rest = spec.partition(":")
    if kind not in _KINDS or not rest:
        raise InputError(f"there is no model {spec!r}; there are {', '.join(FORMS)}")
    make, known = _KINDS[kind]
    path, options = _split_options(rest)
    unknown = next((name for name in options if name not in known), None)
    if unknown is not None:
        form = next(form for form in FORMS if form.startswith(f"{kind}:"))
        raise InputError(f"the model {spec!r} has no option {unknown!r}; its form is {form}")
    try:
        return make(path, device, options)
    except ModuleNotFoundError as error:
        raise InputError(
            f"the model {spec!r} needs the package {error.name}; install it, 'pip install \"wfst-bias[{kind}]\"'"
        ) from None


def files_of_model(spec: str) -> List[Path]:
    """The files that a model of :func:`load_model` is read from: those named, and those next to them that belong to them.

    The network of a package has none.
    """
    from wfst_bias.acoustic.archive import FRAME_SHIFT_FILE

    _, _, rest = spec.partition(":")
    if not rest:
        return []
    path, options = _split_options(rest)
    if path.is_dir():
        return [path]
    others = [path.parent / name for name in (*TOKEN_FILES, FRAME_SHIFT_FILE)]
    others += sorted(path.parent.glob(f"{glob.escape(path.stem)}*"))  # weights outside of an ONNX file, for example
    others += [Path(value) for name, value in options.items() if name == "tokens"]
    if path.suffix == ".scp" and path.is_file():
        places = {line.split(None, 1)[-1].strip().rpartition(":")[0] for _, line in lines_of(path)}
        others += sorted(map(Path, places))
    return [path, *(file for file in others if file.is_file() and file != path)]


def _split_options(text: str) -> Tuple[Path, Dict[str, str]]:
    """Split ``PATH,NAME=VALUE...``."""
    path = _OPTIONS.sub("", text, count=1)
    return Path(path), dict(part.split("=", 1) for part in text[len(path) :].split(",")[1:])


def _onnx(path: Path, device: torch.device, options: Dict[str, str]) -> AcousticModel:
    from wfst_bias.acoustic.onnx_model import OnnxModel

    return OnnxModel(path, _path(options, "tokens"), device, options.get("blank"))


def _hf(path: Path, device: torch.device, options: Dict[str, str]) -> AcousticModel:
    from wfst_bias.acoustic.hf_model import HfModel

    return HfModel(path, device)


def _archive(path: Path, device: torch.device, options: Dict[str, str]) -> AcousticModel:
    from wfst_bias.acoustic.archive import ArchiveModel, seconds_of

    frame_shift = seconds_of(options["frame_shift"]) if "frame_shift" in options else None
    return ArchiveModel(path, _path(options, "tokens"), frame_shift, options.get("blank"))


def _conformer(path: Path, device: torch.device, options: Dict[str, str]) -> AcousticModel:
    from wfst_bias.acoustic.conformer_model import ConformerModel

    return ConformerModel(path, device)


_Maker = Callable[[Path, torch.device, Dict[str, str]], AcousticModel]
_KINDS: Dict[str, Tuple[_Maker, Tuple[str, ...]]] = {
    "onnx": (_onnx, ("tokens", "blank")),
    "hf": (_hf, ()),
    "archive": (_archive, ("tokens", "blank", "frame_shift")),
    "conformer": (_conformer, ()),
}


def _path(options: Dict[str, str], name: str) -> Optional[Path]:
    return Path(options[name]) if options.get(name) else None
