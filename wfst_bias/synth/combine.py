"""Several corpora as one Kaldi data folder."""

from pathlib import Path
from typing import Sequence

from lhotse.cut import Cut, MixedCut

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_folder
from wfst_bias.core.text import clean, lower
from wfst_bias.data.cuts import read_data, text_of
from wfst_bias.synth.data_folder import Row, write_data_folder


def combine(parts: Sequence[Path], out: Path) -> int:
    """Put corpora together; the audio stays where it is.

    Args:
      parts: Kaldi data folders or lhotse cut manifests.
      out: a Kaldi data folder, made anew; utterance ``u`` of the first part is ``1-u`` there.

    Returns:
      how many utterances there are.

    Raises:
      InputError: an utterance is a stretch or a channel of a larger recording, or its recording is no file.
    """
    rows = []
    for number, part in enumerate(parts, 1):
        for cut in read_data(part):
            if not _is_file(cut):
                raise InputError(f"utterance {cut.id!r} is no file of its own; cut the audio into utterances", part)
            source = cut.recording.sources[0]
            name = f"{number}-{cut.id}"
            speaker = next((s.speaker for s in cut.supervisions if s.speaker), "unknown")
            text = text_of(cut)
            rows.append(Row(name, str(Path(source.source).resolve()), lower(clean(text)), f"{number}-{speaker}"))
    with publish_folder(out, "data") as building:
        write_data_folder(building, sorted(rows, key=lambda row: row.name), parts=[str(part) for part in parts])
    return len(rows)


def _is_file(cut: Cut) -> bool:
    """Whether a cut is one whole file with all its channels."""
    if isinstance(cut, MixedCut):
        return False
    (source, *others), channels = cut.recording.sources, 1 if isinstance(cut.channel, int) else len(cut.channel)
    is_whole = abs(cut.duration - cut.recording.duration) <= 1e-3 and channels == cut.recording.num_channels
    return source.type == "file" and not others and is_whole
