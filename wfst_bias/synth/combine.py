"""Several corpora as one Kaldi data folder."""

from pathlib import Path
from typing import Sequence

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_folder
from wfst_bias.data.cuts import read_data
from wfst_bias.synth.data_folder import Row, write_data_folder


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
    rows = []
    for number, part in enumerate(parts, 1):
        for cut in read_data(part):
            source = cut.recording.sources[0]
            if source.type != "file" or abs(cut.duration - cut.recording.duration) > 1e-3:
                raise InputError(f"utterance {cut.id!r} is no file of its own; cut the audio into utterances", part)
            name = f"{number}-{cut.id}"
            speaker = next((s.speaker for s in cut.supervisions if s.speaker), "unknown")
            text = " ".join(s.text for s in cut.supervisions if s.text)
            rows.append(Row(name, str(Path(source.source).resolve()), text.lower(), f"{number}-{speaker}"))
    with publish_folder(out, "data") as building:
        write_data_folder(building, sorted(rows, key=lambda row: row.name), parts=[str(part) for part in parts])
    return len(rows)
