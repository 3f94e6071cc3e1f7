"""Kaldi data folders of speech that was made here."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence


@dataclass(frozen=True)
class Row:
    """An utterance of a data folder.

    Args:
      name: of the utterance.
      audio: path of its audio file, absolute or relative to the folder.
      text: its words.
      speaker: of the utterance.
    """

    name: str
    audio: str
    text: str
    speaker: str


def write_data_folder(folder: Path, rows: Sequence[Row], **meta: Any) -> None:
    """Write ``wav.scp``, ``text``, ``utt2spk`` and a ``meta.json`` with ``meta`` into a folder."""
    for file, field in (("wav.scp", "audio"), ("text", "text"), ("utt2spk", "speaker")):
        lines = [f"{row.name} {getattr(row, field)}".strip() + "\n" for row in rows]
        (folder / file).write_text("".join(lines), encoding="utf-8")
    content = {"kind": "data", **meta}
    (folder / "meta.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
