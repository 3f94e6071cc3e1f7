"""Kaldi data folders: ``wav.scp``; ``segments``, ``text``, ``utt2spk``, ``utt2dur``, ``reco2dur`` where present."""

from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from sys import intern
from typing import Dict, Iterator, Optional, Tuple, Union

from lhotse import Recording, SupervisionSegment
from lhotse.cut import Cut

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.core.types import Seconds
from wfst_bias.data.audio import unopened_cut, unopened_recording
from wfst_bias.data.channels import MEAN, Channel, with_channel
from wfst_bias.data.failures import FailedInput, OnFailure, raise_failure
from wfst_bias.data.recordings import audio_recording, piped_recording
from wfst_bias.data.wav import audio_exists

_OPEN_RECORDINGS = 4096  # headers kept for the other segments of the same recordings
_TO_THE_END = -1.0  # the end of a segment, in Kaldi's extract-segments

Row = Tuple[str, str, int]
"""Key, rest and number of a line."""


@dataclass(frozen=True)
class _Utterance:
    """An utterance as the tables of a folder have it; without an end it goes to the end of its recording."""

    key: str
    recording: str
    source: str
    line: int  # of the source in wav.scp
    start: Seconds = 0.0
    end: Optional[Seconds] = None
    segment_line: Optional[int] = None


class KaldiFolder:
    """The utterances of a folder, in its order.

    Args:
      folder: with ``wav.scp``.
      channel: of the recordings.
      on_failure: what is done with an utterance that cannot be used.
      believes_durations: do not open audio whose duration is in ``utt2dur``, or ``reco2dur`` for segments; what is wrong
        with it is found when it is decoded.
    """

    def __init__(
        self, folder: Path, channel: Channel = MEAN, on_failure: OnFailure = raise_failure, believes_durations: bool = True
    ):
        self._folder, self._channel, self._on_failure = folder, channel, on_failure
        self._is_strict = on_failure is raise_failure
        self._believes_durations = believes_durations
        self._scp, self._segments = folder / "wav.scp", folder / "segments"

    def __iter__(self) -> Iterator[Cut]:
        texts, speakers = (_table(self._folder / name) for name in ("text", "utt2spk"))
        has_text, has_speakers = bool(texts), bool(speakers)
        durations = self._durations() if self._believes_durations else {}
        opened = lru_cache(_OPEN_RECORDINGS)(partial(self._opened, durations))

        def failed(failure: FailedInput) -> None:
            texts.pop(failure.utterance, None), speakers.pop(failure.utterance, None)
            self._on_failure(failure)

        for utterance in self._utterances(failed):
            text, speaker = texts.pop(utterance.key, None), speakers.pop(utterance.key, None)
            try:
                recording = opened(utterance.recording, utterance.source, utterance.line)
                cut = self._cut(utterance, recording, is_opened=utterance.recording not in durations)
                if self._is_strict:
                    self._check_listed(utterance, text is None and has_text, speaker is None and has_speakers)
            except InputError as error:
                self._on_failure(FailedInput.of_error(utterance.key, error))
                continue
            yield _with_text(cut, text, speaker)
        for table, name in ((texts, "text"), (speakers, "utt2spk")):
            for key, (_, line) in table.items():
                if table is texts or key not in texts:
                    reason = f"utterance {key!r} has no audio; add it to wav.scp or take it out"
                    self._on_failure(FailedInput(key, reason, str(self._folder / name), line))

    def _check_listed(self, utterance: _Utterance, lacks_text: bool, lacks_speaker: bool) -> None:
        source = "wav.scp" if utterance.segment_line is None else "segments"
        for lacks, name in ((lacks_text, "text"), (lacks_speaker, "utt2spk")):
            if lacks:
                raise InputError(
                    f"utterance {utterance.key!r} of {source} is missing here; add it or take it out there",
                    self._folder / name,
                )

    def _utterances(self, failed: OnFailure) -> Iterator[_Utterance]:
        if not self._segments.is_file():
            for key, source, line in rows_of(self._scp, failed):
                yield _Utterance(key, key, source, line)
            return
        recordings = {key: (source, line) for key, source, line in rows_of(self._scp, self._on_failure)}
        for key, rest, number in rows_of(self._segments, failed):
            try:
                recording, start, end = _span(key, rest)
                if recording not in recordings:
                    raise InputError(f"recording {recording!r} is not in wav.scp; add it there")
            except InputError as error:
                failed(FailedInput(key, error.message, str(self._segments), number))
            else:
                yield _Utterance(key, recording, *recordings[recording], start, end, number)

    def _durations(self) -> Dict[str, Seconds]:
        """Duration of each recording, where the folder has it."""
        names = ("reco2dur",) if self._segments.is_file() else ("reco2dur", "utt2dur")
        found: Dict[str, Seconds] = {}
        for path in (self._folder / name for name in names):
            for key, rest, line in rows_of(path) if path.is_file() else ():
                try:
                    found[intern(key)] = float(rest)
                except ValueError:
                    raise InputError(f"found {key} {rest!r}; expected 'KEY SECONDS'", path, line) from None
        return {key: seconds for key, seconds in found.items() if seconds > 0.0}

    def _opened(
        self, durations: Dict[str, Seconds], key: str, source: str, line: int
    ) -> Union[Recording, InputError]:
        """A recording, or what is wrong with it; not opened where its duration is known."""
        is_command = source.endswith("|")
        try:
            where = source[:-1].strip() if is_command else str(self._path(source))
            if key in durations:
                return unopened_recording(key, where, is_command, durations[key])
            if is_command:
                return piped_recording(where, key, self._scp, line)
            return audio_recording(Path(where), key)
        except InputError as error:
            return error if is_command else InputError(str(error), self._scp, line)

    def _path(self, source: str) -> Path:
        path = Path(source)
        return path if path.is_absolute() or audio_exists(path) else self._folder / path

    def _cut(self, utterance: _Utterance, recording: Union[Recording, InputError], is_opened: bool) -> Cut:
        if isinstance(recording, InputError):
            raise recording
        start, end, known = utterance.start, utterance.end, recording.duration
        if not 0.0 <= start <= min(known if end is None else end, known) - 1 / recording.sampling_rate:
            raise InputError(
                f"{start} to {known if end is None else end} s holds nothing of the {known:.2f} s of {recording.id!r}",
                self._segments,
                utterance.segment_line,
            )
        stop = known if end is None else min(end, known)
        cut = replace(recording.to_cut(), id=utterance.key, start=start, duration=stop - start)
        if not is_opened:
            return unopened_cut(cut, self._channel, to_the_end=end is None)
        try:
            return with_channel(cut, self._channel)
        except InputError as error:
            raise InputError(f"{utterance.recording}: {error.message}", self._scp, utterance.line) from None


def _with_text(cut: Cut, text: Optional[Tuple[str, int]], speaker: Optional[Tuple[str, int]]) -> Cut:
    supervision = SupervisionSegment(
        id=cut.id,
        recording_id=cut.recording.id,
        start=0.0,
        duration=cut.duration,
        channel=cut.channel,
        text=text[0] if text else "",
        speaker=speaker[0] if speaker else None,
    )
    return replace(cut, supervisions=[supervision])


def _span(key: str, rest: str) -> Tuple[str, Seconds, Optional[Seconds]]:
    """Recording, start and end of a line of ``segments``."""
    try:
        recording, *times = rest.split()
        start, end = map(float, times)
    except ValueError:
        raise InputError(f"found {key} {rest!r}; expected 'UTTERANCE RECORDING START END'") from None
    return recording, start, None if end == _TO_THE_END else end


def _table(path: Path) -> Dict[str, Tuple[str, int]]:
    """Rest and line number of each key of a Kaldi table; empty where there is no such file."""
    if not path.is_file():
        return {}
    return {intern(key): (intern(rest), line) for key, rest, line in rows_of(path, needs_value=False)}


def rows_of(path: Path, on_failure: OnFailure = raise_failure, needs_value: bool = True) -> Iterator[Row]:
    """Yield the lines of a Kaldi table, which must be sorted as ``LC_ALL=C sort`` does.

    Args:
      on_failure: what is done with a line that is malformed or has the key of an earlier one.
      needs_value: a key alone is malformed.

    Raises:
      InputError: the table is empty or not sorted.
    """
    last, last_number, number = "", 0, 0
    earlier: Dict[str, int] = {}
    for number, line in lines_of(path):
        key, _, rest = line.strip().replace("\t", " ").partition(" ")
        if not key or (needs_value and not rest):
            reason = f"found {line!r}; expected 'KEY VALUE'"
            on_failure(FailedInput(key or f"{path.name}:{number}", reason, str(path), number))
            continue
        if last_number and key <= last:  # the order of code points is that of UTF-8 bytes
            first = last_number if key == last else _first_line(path, key, number, earlier)
            if first is None:
                raise InputError(
                    f"key {key!r} comes after {last!r}; sort the file with 'LC_ALL=C sort -u'", path, number
                )
            reason = f"key {key!r} stands here again, after line {first}; sort the file with 'LC_ALL=C sort -u'"
            on_failure(FailedInput(key, reason, str(path), number))
            continue
        last, last_number = key, number
        if earlier:
            earlier[key] = number
        yield key, rest.strip(), number
    if not number:
        raise InputError("is empty; a line for each utterance was expected", path)


def _first_line(path: Path, key: str, number: int, known: Dict[str, int]) -> Optional[int]:
    """The first line, above line ``number``, with a key; the keys above are kept in ``known``."""
    if not known:
        for earlier, line in lines_of(path):
            if earlier >= number:
                break
            known.setdefault(line.strip().replace("\t", " ").partition(" ")[0], earlier)
    return known.get(key)
