"""Folders in lhotse's Shar format: cuts in ``cuts.*.jsonl.gz``, their audio in ``recording.*.tar``."""

import json
import tarfile
from pathlib import Path
from typing import Iterable, Iterator, List, Optional, Tuple, Union

from lhotse import Recording
from lhotse.cut import Cut

from wfst_bias.data.failures import FailedInput
from wfst_bias.data.wav import ArchivePlace

ReadCut = Tuple[Path, Optional[int], Union[Cut, FailedInput]]
"""File, line if there are lines, and the cut, or the reason why it cannot be read."""


def shards_of(folder: Path) -> List[Path]:
    """The files of cuts, in their order; empty where this is no Shar folder."""
    return sorted(folder.glob("cuts.*.jsonl*"))


def with_recordings(cuts: Iterable[ReadCut], shard: Path) -> Iterator[ReadCut]:
    """Give each cut of a shard its recording, which stays where it is: a part of the tar file.

    lhotse's own ``CutSet.from_shar`` puts all audio into memory, and drops what has no audio.

    Args:
      cuts: of the shard.
      shard: where the cuts stand; the tar file has the same number.
    """
    tar = shard.with_name(f"recording.{shard.name.split('.')[1]}.tar")
    recordings = _recordings(tar)
    broken = ""
    for path, line, cut in cuts:
        name, recording = "", None
        if not broken:
            try:
                name, recording = next(recordings)
            except StopIteration:
                broken = "ends before the audio of this cut"
            except Exception as error:  # tarfile, json and lhotse have many
                broken = f"cannot be read ({type(error).__name__}: {error})"
        if isinstance(cut, FailedInput):
            yield path, line, cut
            continue
        if broken:
            yield path, line, FailedInput(cut.id, f"{broken}; make the Shar folder anew", str(tar))
        elif name != cut.id:
            reason = f"has the audio of {name!r} in the place of that of {cut.id!r}; make the Shar folder anew"
            yield path, line, FailedInput(cut.id, reason, str(tar))
        else:
            cut.recording = recording
            yield path, line, cut


def _recordings(tar: Path) -> Iterator[Tuple[str, Optional[Recording]]]:
    """The name of each cut and its recording, in the order of a tar file: audio, description, audio, description, ..."""
    with tarfile.open(tar, "r:") as stream:
        while audio := stream.next():
            name = str(Path(audio.name).with_suffix(""))
            description = stream.next()
            if description is None:
                raise EOFError(f"no description follows {audio.name}")
            content = stream.extractfile(description)
            if audio.name.endswith(".nodata") or content is None:
                yield name, None
                continue
            recording = Recording.from_dict(json.loads(content.read()))
            source = recording.sources[0]
            source.type, source.source = "file", str(ArchivePlace(tar.resolve(), audio.offset_data, audio.size))
            yield name, recording
