"""Several corpora as one Kaldi data folder."""

import json
from pathlib import Path
from typing import Sequence

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_folder
from wfst_bias.data.cuts import read_data


def combine(parts: Sequence[Path], out: Path) -> int:
    """Put corpora together; the audio stays where it is.

    Args:
      parts: Kaldi data folders or lhotse cut manifests.
      out: a Kaldi data folder, made anew; utterance ``u`` of the first part is ``1-u`` there.

    Returns:
      how many utterances there are.

    Raises:
      InputError: an utterance is a stretch of a longer recording, or its recording is no file.
    """
    rows = {"wav.scp": [], "text": [], "utt2spk": []}
    for number, part in enumerate(parts, 1):
        for cut in read_data(part):
            source = cut.recording.sources[0]
            if source.type != "file" or abs(cut.duration - cut.recording.duration) > 1e-3:
                raise InputError(f"utterance {cut.id!r} is no file of its own; cut the audio into utterances", part)
            name = f"{number}-{cut.id}"
            speaker = next((s.speaker for s in cut.supervisions if s.speaker), "unknown")
            text = " ".join(s.text for s in cut.supervisions if s.text)
            rows["wav.scp"].append(f"{name} {Path(source.source).resolve()}\n")
            rows["text"].append(f"{name} {text.lower()}\n")
            rows["utt2spk"].append(f"{name} {number}-{speaker}\n")
    with publish_folder(out, "data") as building:
        for name, lines in rows.items():
            (building / name).write_text("".join(sorted(lines)), encoding="utf-8")
        meta = {"kind": "data", "parts": [str(part) for part in parts]}
        (building / "meta.json").write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")
    return len(rows["text"])
