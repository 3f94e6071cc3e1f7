"""lhotse data: cut manifests and Shar folders, read one cut at a time."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Iterator, Optional, Union

from lhotse import CutSet, load_manifest
from lhotse.cut import Cut, MixedCut, PaddingCut
from lhotse.serialization import deserialize_item

from wfst_bias.core.errors import InputError, content_errors
from wfst_bias.core.files import lines_of
from wfst_bias.core.types import Seconds
from wfst_bias.data.channel_cuts import with_channel
from wfst_bias.data.channels import MEAN, Channel
from wfst_bias.data.failures import FailedInput, OnFailure, raise_failure
from wfst_bias.data.shar import ReadCut, shards_of, with_recordings
from wfst_bias.data.wav import audio_exists

_DURATION_TOLERANCE: Seconds = 0.025  # lhotse's own, for the samples of a recording


class CutManifest:
    """The cuts of a manifest, or of a Shar folder, that have audio, in their order.

    Args:
      path: of the manifest (``.jsonl``, ``.jsonl.gz``, or another form that lhotse reads) or folder.
      channel: of the cuts.
      on_failure: what is done with a cut that cannot be used.
    """

    def __init__(self, path: Path, channel: Channel = MEAN, on_failure: OnFailure = raise_failure):
        self._path, self._channel, self._on_failure = path, channel, on_failure

    def __iter__(self) -> Iterator[Cut]:
        numbers: Dict[str, int] = {}
        number = 0
        for number, (path, line, item) in enumerate(read_cuts(self._path), 1):
            if isinstance(item, FailedInput):
                self._on_failure(item)
                continue
            try:
                with content_errors(path, line, "make the manifest anew"):
                    if (first := numbers.setdefault(item.id, number)) < number:
                        place = f"in line {first}" if path == self._path and line else f"as number {first}"
                        raise InputError(f"cut {item.id!r} stands there twice, first {place}; name one of them anew")
                    checked = _checked(_with_found_files(item, path.parent), self._channel)
            except InputError as error:
                self._on_failure(FailedInput(str(item.id), error.message, str(path), line))
            else:
                yield checked
        if not number:
            raise InputError("holds no cut", self._path)


def read_cuts(path: Path, with_audio: bool = True) -> Iterator[ReadCut]:
    """Yield each cut, or the reason why it cannot be read, with the file where it stands, and its line if there are lines.

    Args:
      path: of a manifest or a Shar folder.
      with_audio: find the audio of the cuts of a Shar folder.

    Raises:
      InputError: this is no cut manifest.
    """
    if path.is_dir():
        for shard in shards_of(path):
            cuts = _cuts_of_lines(shard)
            yield from with_recordings(cuts, shard) if with_audio else cuts
    elif path.name.endswith((".jsonl", ".jsonl.gz")):
        yield from _cuts_of_lines(path)
    else:
        yield from _cuts_of_lhotse(path)


def _cuts_of_lines(path: Path) -> Iterator[ReadCut]:
    for number, line in lines_of(path):
        if not line.strip():
            continue
        fields: Any = None
        name = f"{path.name}:{number}"
        try:
            fields = json.loads(line)
            name = str(fields["id"])
            item = deserialize_item(fields)
        except Exception as error:  # lhotse raises whatever its readers raise
            if number == 1 and not isinstance(fields, dict):
                raise _unreadable(path, error) from error
            reason = f"lhotse cannot read it ({type(error).__name__}: {error}); a cut was expected"
            if isinstance(fields, dict) and "audio_filepath" in fields:
                reason = "is a row of a NeMo manifest; a cut was expected, make a Kaldi folder with wav.scp and segments of it"
            yield path, number, FailedInput(name, reason, str(path), number)
            continue
        if isinstance(item, Cut):
            yield path, number, _with_texts(item, path, number)
        elif number == 1:
            raise _of_other_kind(path, item)
        else:
            reason = f"is a {type(item).__name__}; a cut was expected"
            yield path, number, FailedInput(name, reason, str(path), number)


def _cuts_of_lhotse(path: Path) -> Iterator[ReadCut]:
    try:
        cuts = load_manifest(path)
    except Exception as error:  # lhotse raises whatever its readers raise
        raise _unreadable(path, error) from error
    if not isinstance(cuts, CutSet):
        raise _of_other_kind(path, cuts)
    for cut in cuts:
        yield path, None, _with_texts(cut, path)


def _with_texts(cut: Cut, path: Path, number: Optional[int] = None) -> Union[Cut, FailedInput]:
    """A cut whose texts are texts; else why it cannot be used."""
    other = next((one.text for one in cut.supervisions if not isinstance(one.text, (str, type(None)))), None)
    if other is None:
        return cut
    return FailedInput(str(cut.id), f"the text of a supervision is {other!r}; words were expected", str(path), number)


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(f"lhotse cannot read it ({error}); a cut manifest (.jsonl.gz) was expected", path)


def _of_other_kind(path: Path, found: Any) -> InputError:
    return InputError(f"holds a {type(found).__name__}; cuts were expected, see 'lhotse cut'", path)


def _with_found_files(cut: Cut, folder: Path) -> Cut:
    """A cut that reads from the folder of its manifest what is not in the current folder, to which lhotse's paths are relative."""
    if isinstance(cut, MixedCut):
        return replace(cut, tracks=[replace(track, cut=_with_found_files(track.cut, folder)) for track in cut.tracks])
    if isinstance(cut, PaddingCut) or not cut.has_recording:
        return cut
    paths = [Path(source.source) for source in cut.recording.sources if source.type == "file"]
    is_there = any(not path.is_absolute() and not audio_exists(path) and audio_exists(folder / path) for path in paths)
    return cut.with_recording_path_prefix(folder) if is_there else cut


def _checked(cut: Cut, channel: Channel) -> Cut:
    """A cut that can be decoded, of the chosen channel; its audio is not looked at.

    Raises:
      InputError: it cannot be.
    """
    if cut.id.split() != [cut.id]:
        raise InputError(f"cut id {cut.id!r} has a space in it, which no Kaldi file can hold; name it anew")
    if isinstance(cut, PaddingCut):
        raise InputError(f"cut {cut.id!r} is padding alone; a cut of audio was expected")
    if isinstance(cut, MixedCut):
        audible = [track.cut for track in cut.tracks if not isinstance(track.cut, PaddingCut)]
        if not audible:
            raise InputError(f"cut {cut.id!r} is padding alone; a cut of audio was expected")
    else:
        audible = [cut]
    for part in audible:
        if not part.has_recording:
            raise InputError(f"cut {cut.id!r} has no recording; cuts of audio were expected")
        if not part.start >= 0.0:
            raise InputError(f"cut {cut.id!r} begins at {part.start} s; 0 or more was expected")
        if not part.start <= part.end - 1 / part.sampling_rate:
            raise InputError(f"cut {cut.id!r} goes from {part.start} to {part.end} s; it holds nothing")
        if part.end > part.recording.duration + _DURATION_TOLERANCE:
            raise InputError(
                f"cut {cut.id!r} ends at {part.end} s of a recording of {part.recording.duration} s; cut it anew"
            )
    return with_channel(cut, channel)
