"""Texts of decode folders, and files of names of utterances."""

from pathlib import Path
from typing import Dict, List, Mapping, Tuple

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.core.text import words_of


def text_path(decode_dir: Path, stage: str = "") -> Path:
    """Return the file of the texts up to a stage of the second pass; of the last one where it is empty."""
    return Path(decode_dir) / (f"text.{stage}" if stage else "text")


def hypotheses_of(texts: Mapping[str, str], decode_dir: Path, stage: str = "") -> Dict[str, Tuple[str, ...]]:
    """Read the words of each utterance of a decode folder up to a stage.

    Raises:
      InputError: utterances are missing on one side.
    """
    path = text_path(decode_dir, stage)
    hypotheses = read_hypotheses(path)
    for key in texts:
        if key not in hypotheses:
            raise InputError(f"utterance {key!r} of the references is missing; decode the same data", path)
    for key in hypotheses:
        if key not in texts:
            raise InputError(f"utterance {key!r} has no reference; score the data that was decoded", path)
    return hypotheses


def read_names(path: Path, known: Mapping[str, str]) -> List[str]:
    """Read names of utterances, one a line, each one of those that are known."""
    names = []
    for number, line in lines_of(path):
        if line.strip() not in known:
            raise InputError(f"{line.strip()!r} is no utterance of the data; write one name a line", path, number)
        names.append(line.strip())
    if not names:
        raise InputError("names no utterance", path)
    return names


def read_hypotheses(path: Path) -> Dict[str, Tuple[str, ...]]:
    """Read the words of each line of a Kaldi ``text``; a line may have only its key."""
    hypotheses: Dict[str, Tuple[str, ...]] = {}
    for number, line in lines_of(path):
        key, text = (line.split(None, 1) + ["", ""])[:2]
        if not key or key in hypotheses:
            raise InputError(f"found {line!r}; expected 'UTTERANCE WORD...', each utterance once", path, number)
        hypotheses[key] = words_of(text)
    return hypotheses
