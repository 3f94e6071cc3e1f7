"""Speech to decode: a Kaldi data folder or a lhotse cut manifest, as checked lhotse cuts."""

import gzip
import json
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

from lhotse import CutSet, MonoCut, Recording, SupervisionSegment, load_manifest

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of, publish_file
from wfst_bias.data.audio import audio_recording, piped_recording

_Span = Tuple[str, float, Optional[float]]  # recording, start, end; None is the end of the recording


def read_data(path: Path) -> CutSet:
    """Cuts of one channel each, in the order of the data, with the text where there is one.

    Args:
      path: a Kaldi data folder (``wav.scp``; ``segments``, ``text``, ``utt2spk`` where present) or a lhotse
        cut manifest.

    Raises:
      InputError: a key is missing, unsorted or there twice; audio is missing, truncated, empty or has
        several channels.
    """
    path = Path(path)
    if path.is_dir():
        return _read_kaldi(path)
    if not path.exists():
        raise InputError("no such data folder or cut manifest; check the path", path)
    return _read_manifest(path)


def write_cuts(cuts: CutSet, path: Path) -> int:
    """Write a lhotse cut manifest, its audio files by absolute paths; how many cuts there are."""
    if not path.name.endswith((".jsonl", ".jsonl.gz")):
        raise InputError("is no name of a cut manifest; end it in .jsonl.gz", path)
    lines = "".join(json.dumps(_with_absolute_paths(cut.to_dict()), ensure_ascii=False) + "\n" for cut in cuts)
    publish_file(path, gzip.compress(lines.encode(), mtime=0) if path.suffix == ".gz" else lines)
    return len(cuts)


def _with_absolute_paths(cut: Dict[str, Any]) -> Dict[str, Any]:
    for source in cut["recording"]["sources"]:
        if source["type"] == "file":
            source["source"] = str(Path(source["source"]).resolve())
    return cut


def read_texts(path: Path) -> Dict[str, str]:
    """Reference text of each utterance; the audio is not looked at.

    Raises:
      InputError: there is no text.
    """
    path = Path(path)
    if path.is_dir():
        return {key: text for key, text, _ in _rows(path / "text", at_least=0)}
    if not path.exists():
        raise InputError("no such data folder or cut manifest; check the path", path)
    texts = {cut.id: " ".join(s.text for s in cut.supervisions if s.text) for cut in _load_cuts(path)}
    if not any(texts.values()):
        raise InputError("no cut has a supervision with text; there is nothing to score against", path)
    return texts


def _load_cuts(path: Path) -> CutSet:
    try:
        cuts = load_manifest(path)
    except Exception as error:  # lhotse raises whatever its readers raise
        raise InputError(f"lhotse cannot read it ({error}); a cut manifest (.jsonl.gz) was expected", path) from error
    if not isinstance(cuts, CutSet):
        raise InputError(f"holds a {type(cuts).__name__}; cuts were expected, see 'lhotse cut'", path)
    return cuts


def _read_manifest(path: Path) -> CutSet:
    cuts = list(_load_cuts(path))
    if not cuts:
        raise InputError("holds no cut", path)
    for cut in cuts:
        if not isinstance(cut, MonoCut):
            raise InputError(f"cut {cut.id!r} is a {type(cut).__name__}; cuts of one channel were expected", path)
        if not cut.has_recording:
            raise InputError(f"cut {cut.id!r} has no recording; cuts of audio were expected", path)
        if cut.id.split() != [cut.id]:
            raise InputError(f"cut id {cut.id!r} has a space in it, which no Kaldi file can hold; name it anew", path)
    if len({cut.id for cut in cuts}) < len(cuts):
        raise InputError("the same cut id stands there twice; name one of them anew", path)
    return CutSet.from_cuts(cuts)


def _read_kaldi(folder: Path) -> CutSet:
    recordings = {key: _recording(key, source, folder, number) for key, source, number in _rows(folder / "wav.scp")}
    texts, speakers = _table(folder / "text"), _table(folder / "utt2spk")
    cuts = []
    for key, (recording_id, start, end), source in _segments(folder, recordings):
        recording = recordings[recording_id]
        for table, name in ((texts, "text"), (speakers, "utt2spk")):
            if table and key not in table:
                raise InputError(
                    f"utterance {key!r} of {source} is missing here; add it or take it out there", folder / name
                )
        end = recording.duration if end is None else min(end, recording.duration)
        supervision = SupervisionSegment(
            id=key,
            recording_id=recording_id,
            start=0.0,
            duration=end - start,
            text=texts[key][0] if key in texts else "",
            speaker=speakers[key][0] if key in speakers else None,
        )
        cuts.append(
            MonoCut(
                id=key, start=start, duration=end - start, channel=0, recording=recording, supervisions=[supervision]
            )
        )
    known = {cut.id for cut in cuts}
    for table, name in ((texts, "text"), (speakers, "utt2spk")):
        for key, (_, number) in table.items():
            if key not in known:
                raise InputError(
                    f"utterance {key!r} has no audio; add it to wav.scp or take it out", folder / name, number
                )
    return CutSet.from_cuts(cuts)


def _segments(folder: Path, recordings: Mapping[str, Recording]) -> List[Tuple[str, _Span, str]]:
    """Utterance, (recording, start, end) and the place where that is written, for each utterance."""
    path = folder / "segments"
    if not path.is_file():
        return [(key, (key, 0.0, None), "wav.scp") for key in recordings]
    segments: List[Tuple[str, _Span, str]] = []
    for key, rest, number in _rows(path):
        try:
            recording, *times = rest.split()
            start, end = map(float, times)
        except ValueError:
            raise InputError(f"found {key} {rest!r}; expected 'UTTERANCE RECORDING START END'", path, number) from None
        if recording not in recordings:
            raise InputError(f"recording {recording!r} is not in wav.scp; add it there", path, number)
        known = recordings[recording]
        if not 0.0 <= start <= min(end, known.duration) - 1 / known.sampling_rate:
            raise InputError(
                f"{start} to {end} s holds nothing of the {known.duration:.2f} s of {recording!r}", path, number
            )
        segments.append((key, (recording, start, end), "segments"))
    return segments


def _table(path: Path) -> Dict[str, Tuple[str, int]]:
    """Rest and line number of each key of a Kaldi table; empty where there is no such file."""
    return {key: (rest, line) for key, rest, line in _rows(path, at_least=0)} if path.is_file() else {}


def _rows(path: Path, at_least: int = 1) -> List[Tuple[str, str, int]]:
    """Key, rest and line number of each line of a Kaldi table, which must be sorted as ``LC_ALL=C sort`` does."""
    rows: List[Tuple[str, str, int]] = []
    for number, line in lines_of(path):
        key, _, rest = line.strip().replace("\t", " ").partition(" ")
        if not key or (at_least and not rest):
            raise InputError(f"found {line!r}; expected 'KEY VALUE'", path, number)
        if rows and key.encode() <= rows[-1][0].encode():
            how = "stands here again" if any(key == known for known, _, _ in rows) else f"comes after {rows[-1][0]!r}"
            raise InputError(f"key {key!r} {how}; sort the file with 'LC_ALL=C sort -u'", path, number)
        rows.append((key, rest.strip(), number))
    if not rows:
        raise InputError("is empty; a line for each utterance was expected", path)
    return rows


def _recording(key: str, source: str, folder: Path, number: int) -> Recording:
    scp = folder / "wav.scp"
    if source.endswith("|"):
        return piped_recording(key, source[:-1].strip(), scp, number)
    path = Path(source)
    if not path.exists() and not path.is_absolute():
        path = folder / source
    try:
        return audio_recording(path, key)
    except InputError as error:
        raise InputError(str(error), scp, number) from None
