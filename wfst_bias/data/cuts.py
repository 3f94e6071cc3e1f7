"""Speech to decode: a Kaldi data folder, a lhotse cut manifest or a Shar folder, as checked lhotse cuts."""

import json
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, Tuple, Union

from lhotse import CutSet
from lhotse.cut import Cut
from lhotse.cut.data import DataCut

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_lines
from wfst_bias.core.types import Seconds
from wfst_bias.data.channels import MEAN, Channel, parse_channel
from wfst_bias.data.failures import OnFailure, raise_failure
from wfst_bias.data.kaldi import KaldiFolder
from wfst_bias.data.kaldi_tables import rows_of
from wfst_bias.data.manifests import CutManifest, read_cuts
from wfst_bias.data.shar import shards_of


def read_data(path: Path, channel: Union[Channel, str] = MEAN, on_failure: OnFailure = raise_failure) -> CutSet:
    """Cuts with audio, in the order of the data, with the text where there is one.

    By default all audio is opened and checked before anything is returned, and the first input that cannot be used stops.
    With another ``on_failure`` the cuts are made one by one, each time they are iterated over, and nothing is kept: audio
    is not opened where the folder has its duration, and an utterance without a line in ``text`` has no reference.

    Args:
      path: a Kaldi data folder (``wav.scp``; ``segments``, ``text``, ``utt2spk``, ``utt2dur``, ``reco2dur`` where present)
        or a lhotse cut manifest or Shar folder.
      channel: number of the channel, from 1, or :data:`wfst_bias.data.channels.MEAN` for the average of all.
      on_failure: what is done with an utterance that cannot be used: a malformed line, a name that is there twice, audio
        that is missing, truncated, empty or has no such channel; those of ``text`` without audio come last.

    Raises:
      InputError: the data as a whole cannot be used: a table is missing, empty or unsorted, this is no manifest.
    """
    path, channel = Path(path), parse_channel(channel)
    if not path.exists():
        raise InputError("no such data folder or cut manifest; check the path", path)
    is_strict = on_failure is raise_failure
    cuts: Union[KaldiFolder, CutManifest]
    if path.is_dir() and not shards_of(path):
        if not (path / "wav.scp").is_file():
            raise InputError("no such file; check the path", path / "wav.scp")
        cuts = KaldiFolder(path, channel, on_failure, believes_durations=not is_strict)
    else:
        cuts = CutManifest(path, channel, on_failure)
    return CutSet(list(cuts) if is_strict else cuts)


def place_in_recording(cut: Cut) -> Tuple[str, Seconds]:
    """The recording of a cut, and where the cut begins in it; a mix, or a cut without audio, is a recording itself."""
    if isinstance(cut, DataCut) and cut.has_recording:
        return str(cut.recording_id), float(cut.start)
    return str(cut.id), 0.0


def text_of(cut: Cut) -> str:
    """The reference text of a cut: that of its supervisions, in the order in which they begin."""
    return " ".join(s.text for s in sorted(cut.supervisions, key=lambda s: s.start) if s.text)


def check_manifest_name(path: Path) -> None:
    """Raise :class:`InputError` where a file name is none of a cut manifest."""
    if not path.name.endswith((".jsonl", ".jsonl.gz")):
        raise InputError("is no name of a cut manifest; end it in .jsonl.gz", path)


def write_cuts(cuts: Iterable[Cut], path: Path) -> int:
    """Write a lhotse cut manifest, its audio files by absolute paths; how many cuts there are."""
    check_manifest_name(path)
    count = 0
    with publish_lines(path) as manifest:
        for cut in cuts:
            manifest.write(json.dumps(_with_absolute_paths(cut.to_dict()), ensure_ascii=False) + "\n")
            count += 1
    return count


def _with_absolute_paths(cut: Dict[str, Any]) -> Dict[str, Any]:
    for source in _sources(cut):
        if source["type"] == "memory":
            raise InputError(f"cut {cut['id']!r} has its audio in memory, which no manifest holds; write the audio to a file")
        if source["type"] == "file":
            source["source"] = str(Path(source["source"]).resolve())
    return cut


def _sources(cut: Dict[str, Any]) -> Iterator[Dict[str, Any]]:
    """The audio sources of a cut, or of the tracks of a mix."""
    for track in cut.get("tracks", ()):
        yield from _sources(track["cut"])
    yield from cut.get("recording", {}).get("sources", ())


def read_texts(path: Path) -> Dict[str, str]:
    """Reference text of each utterance; the audio is not looked at.

    Raises:
      InputError: there is no text.
    """
    path = Path(path)
    if path.is_dir() and not shards_of(path):
        return {key: text for key, text, _ in rows_of(path / "text", needs_value=False)}
    if not path.exists():
        raise InputError("no such data folder or cut manifest; check the path", path)
    texts = {item.id: text_of(item) for _, _, item in read_cuts(path, with_audio=False) if isinstance(item, Cut)}
    if not any(texts.values()):
        raise InputError("no cut has a supervision with text; there is nothing to score against", path)
    return texts
