"""Kaldi data folders: ``wav.scp``; ``segments``, ``text``, ``utt2spk``, ``utt2dur``, ``reco2dur``, ``reco2file_and_channel`` where present."""

import logging
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Dict, Iterator, Optional, Tuple, Union

from lhotse import Recording, SupervisionSegment
from lhotse.cut import Cut

from wfst_bias.core.errors import InputError
from wfst_bias.core.types import Seconds
from wfst_bias.data.audio import unopened_cut, unopened_recording
from wfst_bias.data.channel_cuts import with_channel
from wfst_bias.data.channels import MEAN, Channel
from wfst_bias.data.failures import FailedInput, OnFailure, raise_failure
from wfst_bias.data.kaldi_tables import channels_of, durations_of, rows_of, span_of, table_of
from wfst_bias.data.recordings import audio_recording, piped_recording
from wfst_bias.data.wav import audio_exists

_logger = logging.getLogger(__name__)

_OPEN_RECORDINGS = 4096  # headers kept for the other segments of the same recordings
_NO_MATTER: Seconds = 0.05  # by which a segment may end behind its recording, of rounding

_LONGEST: Seconds = 1e9  # no recording lasts thirty years


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
    channel: Optional[int] = None  # from 1, by segments


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
        texts, speakers = (table_of(self._folder / name) for name in ("text", "utt2spk"))
        has_text, has_speakers = bool(texts), bool(speakers)
        durations = self._durations() if self._believes_durations else {}
        sides = channels_of(self._folder / "reco2file_and_channel")
        opened = lru_cache(_OPEN_RECORDINGS)(partial(self._opened, durations))

        def failed(failure: FailedInput) -> None:
            texts.pop(failure.utterance, None), speakers.pop(failure.utterance, None)
            self._on_failure(failure)

        for utterance in self._utterances(failed):
            text, speaker = texts.pop(utterance.key, None), speakers.pop(utterance.key, None)
            try:
                recording = opened(utterance.recording, utterance.source, utterance.line)
                cut = self._cut(utterance, recording, sides.get(utterance.recording), utterance.recording not in durations)
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
                recording, start, end, channel = span_of(key, rest, self._segments, number)
                if recording not in recordings:
                    raise InputError(f"recording {recording!r} is not in wav.scp; add it there")
            except InputError as error:
                failed(FailedInput(key, error.message, str(self._segments), number))
            else:
                yield _Utterance(key, recording, *recordings[recording], start, end, number, channel)

    def _durations(self) -> Dict[str, Seconds]:
        """Duration of each recording, where the folder has it."""
        names = ("reco2dur",) if self._segments.is_file() else ("reco2dur", "utt2dur")
        found = {key: seconds for name in names for key, seconds in durations_of(self._folder / name).items()}
        return {key: seconds for key, seconds in found.items() if 0.0 < seconds < _LONGEST}

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
        """The file of a source, which may be spelled with another normal form than on the disk."""
        if source.isascii() and Path(source).is_absolute():
            return Path(source)
        for name in dict.fromkeys([source, *(unicodedata.normalize(form, source) for form in ("NFC", "NFD"))]):
            for path in (Path(name), self._folder / name):
                if audio_exists(path):
                    return path
        return self._folder / source

    def _cut(
        self, utterance: _Utterance, recording: Union[Recording, InputError], side: Optional[int], is_opened: bool
    ) -> Cut:
        """The cut of an utterance.

        Args:
          side: the channel by ``reco2file_and_channel``, which stands for whoever speaks in a recording of one channel, too.
        """
        if isinstance(recording, InputError):
            raise recording
        start, end, known = utterance.start, utterance.end, recording.duration
        if not start >= 0.0:
            raise InputError(f"begins at {start} s; 0 or more was expected", self._segments, utterance.segment_line)
        if not start <= min(known if end is None else end, known) - 1 / recording.sampling_rate:
            raise InputError(
                f"{start} to {known if end is None else end} s holds nothing of the {known:.2f} s of {recording.id!r}",
                self._segments,
                utterance.segment_line,
            )
        if end is not None and end > known + _NO_MATTER:
            _logger.warning(
                "%s:%s: %r ends at %s s of the %.2f s of %r, and is taken to the end of the recording",
                *(self._segments, utterance.segment_line, utterance.key, end, known, recording.id),
            )
        stop = known if end is None else min(end, known)
        cut = replace(recording.to_cut(), id=utterance.key, start=start, duration=stop - start)
        channel = utterance.channel or side if self._channel == MEAN else self._channel
        is_side = channel == side and self._channel == MEAN and utterance.channel is None
        if not is_opened:
            return unopened_cut(cut, channel or MEAN, end is None, is_side)
        try:
            return with_channel(cut, MEAN if is_side and recording.num_channels == 1 else channel or MEAN)
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
