"""Samples of cuts: of whole recordings or parts, of one channel or several, of mixes."""

import contextlib
import hashlib
import logging
import weakref
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Callable, Iterator, Optional

import numpy as np
from lhotse import AudioSource, Recording
from lhotse.augmentation import Resample
from lhotse.cut import Cut, MixedCut, MonoCut, PaddingCut

from wfst_bias.core.errors import InputError
from wfst_bias.core.types import FloatArray, Seconds
from wfst_bias.data.backend import install_audio_backend
from wfst_bias.data.channel_cuts import with_channel
from wfst_bias.data.channels import MEAN, Channel
from wfst_bias.data.commands import close, path_of, sources_of, with_outputs
from wfst_bias.data.libsndfile import Header
from wfst_bias.data.recordings import audio_recording, piped_recording, samples_recording
from wfst_bias.data.short_files import check_samples
from wfst_bias.data.wav import check_audio_file

_logger = logging.getLogger(__name__)

_CANCELED = 1e-3  # least power of an average, against its loudest channel alone: else one channel is the other one inverted
_RATES = 100, 1_000_000  # samples a second; others are of broken headers, and resampling them takes hours
_ASSUMED_RATE = 16000  # of a recording that is not opened yet
_CHANNEL_TO_OPEN, _TO_THE_END, _IS_SIDE = "channel_to_open", "to_the_end", "is_side"  # custom fields of its cuts
_DURATION_TOLERANCE: Seconds = 0.1  # Kaldi writes six digits

install_audio_backend()


def load_audio(cut: Cut, sampling_rate: int) -> FloatArray:
    """Samples of a cut in [-1, 1], resampled, float32 ``(num_samples,)``; the average of its channels.

    Args:
      cut: of one recording, or a mix; see :func:`wfst_bias.data.channels.with_channel` for one channel of several.

    Raises:
      InputError: there is no audio, it is shorter than its header has it, cannot be read or holds NaN.
    """
    cut = opened_cut(cut)
    path = next((source.source for source in sources_of(cut) if source.type != "memory"), None)
    who = "" if cut.id == path else f"utterance {cut.id!r}: "
    if not cut.has_recording:
        raise InputError(f"{who}has no audio")
    if not _RATES[0] <= cut.sampling_rate <= _RATES[1]:
        raise InputError(f"{who}has {cut.sampling_rate} samples a second; {_RATES[0]} to {_RATES[1]} were expected", path)
    for source in (one.source for one in sources_of(cut) if one.type == "file"):
        try:
            check_audio_file(source)
        except InputError as error:
            raise InputError(f"{who}{error.message}", source) from error
    try:
        read, outputs = with_outputs(cut)
    except InputError as error:
        raise InputError(f"{who}{error.message}") from error
    try:
        samples = _mixed_samples(read, sampling_rate) if isinstance(cut, MixedCut) else _samples(read, sampling_rate)
    except Exception as error:  # lhotse raises whatever its many readers raise, and wraps it
        reason = type(error.__cause__ or error).__name__
        problem = _difference(cut) or f"the audio ends or breaks before its header says ({reason}); copy it again"
        raise InputError(f"{who}{problem}", path) from error
    finally:
        close(outputs)
    check_samples(samples, who, path)
    return np.ascontiguousarray(samples, np.float32)


def _difference(cut: Cut) -> str:
    """How a file differs from what its manifest says, in words; empty where none does."""
    if isinstance(cut, MixedCut):
        return next(filter(None, (_difference(track.cut) for track in cut.tracks)), "")
    if isinstance(cut, PaddingCut) or not cut.has_recording or cut.recording.transforms:
        return ""
    expected = cut.recording
    for path in (Path(source.source) for source in expected.sources if source.type == "file"):
        with contextlib.suppress(InputError):
            found = audio_recording(path, cut.id)
            if (found.sampling_rate, found.num_samples) != (expected.sampling_rate, expected.num_samples):
                return (
                    f"has {found.duration:.2f} s at {found.sampling_rate} Hz; {expected.duration:.2f} s at "
                    f"{expected.sampling_rate} Hz stand in its manifest, make that anew"
                )
    return ""


def _samples(cut: Cut, sampling_rate: int) -> FloatArray:
    resampled = cut if cut.sampling_rate == sampling_rate else cut.resample(sampling_rate)
    return _mean_of_channels(resampled.load_audio(), cut.id)


def _mixed_samples(cut: MixedCut, sampling_rate: int) -> FloatArray:
    """The samples of a mix; it is resampled as a whole, because its tracks have their loudness from each other."""
    samples = _mean_of_channels(cut.load_audio(), cut.id)
    if cut.sampling_rate == sampling_rate:
        return samples
    resampled: FloatArray = Resample(cut.sampling_rate, sampling_rate)(samples[None], cut.sampling_rate)[0]
    return resampled


def _mean_of_channels(samples: FloatArray, name: str) -> FloatArray:
    """The average of the channels, or the loudest channel, which is told, where they cancel each other."""
    mean: FloatArray = samples[0] if len(samples) == 1 else samples.mean(axis=0)
    if len(samples) == 1:
        return mean
    powers = np.square(samples).mean(axis=1)
    if not np.isfinite(powers).all() or np.square(mean).mean() >= _CANCELED * powers.max() / len(samples) ** 2:
        return mean
    loudest = int(powers.argmax())
    _log_channel_choice(name, loudest + 1)
    chosen: FloatArray = samples[loudest]
    return chosen


@lru_cache(maxsize=1024)
def _log_channel_choice(name: str, channel: int) -> None:
    """Log, once for each recording, that one channel of it is used."""
    _logger.warning("%s: its channels cancel each other; channel %d is used instead of their average", name, channel)


def audio_name(cut: Cut) -> str:
    """The file or command that a cut of one channel is read from; a checksum of the description of any other audio."""
    sources = list(sources_of(cut))
    if isinstance(cut, MonoCut) and cut.recording.num_channels == 1 and sources[0].type != "memory":
        return str(sources[0].source)
    return hashlib.sha256(repr(cut.to_dict()).encode()).hexdigest()


def audio_reader(cut: Cut, sampling_rate: int) -> Callable[[Seconds, Seconds], FloatArray]:
    """A function that reads a cut from one time to another; see :func:`load_audio`.

    Only that part of a file is read. A command is run once, and its output read from a temporary file. A mix is read as a
    whole, because its tracks have their loudness from each other.
    """
    if isinstance(cut, MixedCut):
        samples = load_audio(cut, sampling_rate)
        return lambda start, end: samples[round(start * sampling_rate) : round(end * sampling_rate)]
    whole, outputs = with_outputs(opened_cut(cut))
    commands = {path_of(output): command for command, output in outputs.items()}

    def read(start: Seconds, end: Seconds) -> FloatArray:
        stop = whole.duration if end >= cut.duration else min(end, whole.duration)
        try:
            return load_audio(whole.truncate(offset=start, duration=stop - start, preserve_id=True), sampling_rate)
        except InputError as error:
            raise InputError(error.message, commands.get(str(error.path), error.path)) from error

    weakref.finalize(read, close, outputs)
    return read


def unopened_recording(key: str, source: str, is_command: bool, duration: Seconds) -> Recording:
    """A recording whose duration somebody wrote down; its rate and channels are known when it is opened."""
    audio = AudioSource(type="command" if is_command else "file", channels=[0], source=source)
    return Recording(key, [audio], _ASSUMED_RATE, round(duration * _ASSUMED_RATE), duration)


def unopened_cut(cut: MonoCut, channel: Channel, to_the_end: bool, is_side: bool = False) -> MonoCut:
    """A cut of such a recording.

    Args:
      channel: to take when it is opened.
      to_the_end: the cut goes to the end of the recording, wherever that is.
      is_side: a recording of one channel has that of the speaker only.
    """
    return replace(cut, custom={_CHANNEL_TO_OPEN: channel, _TO_THE_END: to_the_end, _IS_SIDE: is_side})


def opened_cut(cut: Cut) -> Cut:
    """A cut whose recording has been opened: that of the file, with its rate and channels.

    Raises:
      InputError: the file cannot be used, has another duration than was written down, or not the channel.
    """
    custom = {} if isinstance(cut, (MixedCut, PaddingCut)) else dict(cut.custom or {})
    if _CHANNEL_TO_OPEN not in custom:
        return cut
    channel, to_the_end, is_side = (custom.pop(name, False) for name in (_CHANNEL_TO_OPEN, _TO_THE_END, _IS_SIDE))
    source, assumed = cut.recording.sources[0], cut.recording.duration
    is_command = source.type == "command"
    path = None if is_command else source.source
    recording = (piped_recording if is_command else audio_recording)(source.source, cut.recording.id)
    if abs(recording.duration - assumed) > max(_DURATION_TOLERANCE, 1e-4 * assumed):
        raise InputError(
            f"lasts {recording.duration:.2f} s; {assumed:.2f} s stand in the utt2dur or reco2dur of its folder, make that "
            "anew or delete it",
            path,
        )
    is_last = to_the_end and cut.end >= assumed - 1 / _ASSUMED_RATE
    end = recording.duration if is_last else min(cut.end, recording.duration)
    if end - cut.start < 1 / recording.sampling_rate:
        raise InputError(f"{cut.start:.2f} to {cut.end:.2f} s holds nothing of the {recording.duration:.2f} s", path)
    found = replace(
        recording.to_cut(),
        id=cut.id,
        start=cut.start,
        duration=end - cut.start,
        supervisions=cut.supervisions,
        custom=custom or None,
    )
    try:
        return with_channel(found, MEAN if is_side and recording.num_channels == 1 else channel)
    except InputError as error:
        raise InputError(error.message, path) from None


def audio_cut(path: Path, key: str, channel: Channel = MEAN, header: Optional[Header] = None) -> Cut:
    """A cut of a whole audio file; see :func:`audio_recording`.

    Args:
      header: of the file, where it has been checked already.

    Raises:
      InputError: the file cannot be used or does not have the channel.
    """
    cut = replace(audio_recording(path, key, header).to_cut(), id=key)
    try:
        return with_channel(cut, channel)
    except InputError as error:
        raise InputError(error.message, path) from None


def cut_of_audio(audio: Any, name: str, sampling_rate: int, channel: Channel = MEAN) -> Cut:
    """A cut of a file, which is named by its path, or of samples.

    Args:
      audio: path or samples; see :func:`wfst_bias.data.recordings.samples_recording`.
      name: of samples.
      sampling_rate: of samples.

    Raises:
      InputError: the file or the samples cannot be used, or do not have the channel.
    """
    if isinstance(audio, (str, Path)):
        return audio_cut(Path(audio), str(audio), channel)
    return with_channel(samples_recording(audio, sampling_rate, name).to_cut(), channel)


def cuts_of_audio(audio: Any, sampling_rate: int, channel: Channel = MEAN) -> Iterator[Cut]:
    """Cuts of several files or samples, those of samples named ``audio-1``, ``audio-2``, ... by their place.

    Args:
      audio: an iterable of what :func:`cut_of_audio` takes, or one of these alone.
      sampling_rate, channel: see there.
    """
    if isinstance(audio, (str, Path)) or getattr(audio, "ndim", 1) != 1:
        audio = [audio]  # one file, or samples of a wrong shape
    return (cut_of_audio(one, f"audio-{number}", sampling_rate, channel) for number, one in enumerate(audio, 1))
