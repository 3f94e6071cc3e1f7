"""Audio that libsndfile does not read, by ffmpeg through PyAV: AAC in MP4, WebM, WMA, AMR, the sound of videos."""

import contextlib
import logging
from itertools import chain
from pathlib import Path
from typing import Any, Iterable, Iterator, List, Optional, Tuple, Union

import numpy as np
from lhotse.audio.backend import LibsndfileCompatibleAudioInfo

from wfst_bias.core.errors import InputError
from wfst_bias.core.types import Array, FloatArray, Seconds

_logger = logging.getLogger(__name__)

_PREROLL: Seconds = 0.5  # decoders need the packets before the one that is wanted
_ROUNDING: Seconds = 0.005  # of the times of frames: containers have milliseconds, and recorders a little jitter
_LONGEST_OVERLAP: Seconds = 1.0  # of frames; times that go back further are wrong
_LONGEST_GAP: Seconds = 86400.0  # between frames
_CUT_OFF: Seconds = 0.5  # that much less than the header says is no rounding


def read_media(
    path: Union[str, Path, Any], offset: Seconds = 0.0, duration: Optional[Seconds] = None
) -> Tuple[FloatArray, int]:
    """Samples of the first audio stream, float32 ``(channels, num_samples)`` in [-1, 1], and the sampling rate.

    Args:
      path: a file, or a binary stream.
      offset, duration: of the part to read.

    Raises:
      InputError: PyAV is not installed, or there is no audio stream.
    """
    with _opened(path) as container:
        stream = _audio_stream(container, path)
        rate = int(stream.rate)
        first = round(offset * rate)
        last = None if duration is None else first + round(duration * rate)
        if offset <= _PREROLL:
            return _between(_frames(container, stream, path), first, last, stream.channels), rate
        _seek(container, stream, offset - _PREROLL)
        frames = _frames(container, stream, path)
        earliest = next(frames, None)
        if earliest is None or earliest[0] <= first:
            return _between(chain([earliest] if earliest else [], frames), first, last, stream.channels), rate
    with _opened(path) as container:  # the index of the file is wrong: read all that comes before
        stream = _audio_stream(container, path)
        return _between(_frames(container, stream, path), first, last, stream.channels), rate


def _seek(container: Any, stream: Any, seconds: Seconds) -> None:
    """Go to a time, or before it; a file without an index stays where it is."""
    import av

    with contextlib.suppress(av.error.FFmpegError):
        container.seek((stream.start_time or 0) + int(seconds / stream.time_base), stream=stream)


def _between(
    frames: Iterable[Tuple[int, FloatArray]], first: int, last: Optional[int], num_channels: int
) -> FloatArray:
    """Samples from ``first`` to ``last``, or to the end of the last frame; zeros where there is no frame."""
    parts: List[FloatArray] = []
    position = first
    for begin, samples in frames:
        end = begin + samples.shape[1]
        if end <= first:
            continue
        stop = end if last is None else min(end, last)
        gap = min(begin, stop) - position
        if gap > 0:
            parts.append(np.zeros((num_channels, gap), np.float32))
            position += gap
        if stop > position:
            parts.append(samples[:, position - begin : stop - begin])
            position = stop
        if last is not None and end >= last:
            break
    return np.concatenate(parts, axis=1) if parts else np.zeros((num_channels, 0), np.float32)


def media_info(path: Union[str, Path, Any]) -> LibsndfileCompatibleAudioInfo:
    """Channels, number of samples, rate and duration of the first audio stream, from its decoded samples.

    Raises:
      InputError: PyAV is not installed, or there is no audio stream.
    """
    with _opened(path) as container:
        stream = _audio_stream(container, path)
        if stream.codec_context is None or not stream.rate:
            raise InputError("holds audio that ffmpeg does not decode; convert it to WAV or FLAC", path)
        rate, channels = int(stream.rate), int(stream.channels)
        broken: List[str] = []
        frames = _frames(container, stream, path, broken)
        num_samples = max((begin + samples.shape[1] for begin, samples in frames), default=0)
        announced = _announced(container, stream)
    seconds = num_samples / rate
    if broken and not num_samples:
        raise InputError(f"the audio breaks at {broken[0]}; copy or convert it again", path)
    if seconds < announced - _CUT_OFF:
        _logger.warning(
            "%s: is truncated: %.2f s of the %.2f s that its header announces are there, and are used; copy it again for the rest",
            *(path, seconds, announced),
        )
    elif broken:
        _logger.warning("%s: the audio breaks at %s; the %.2f s that can be decoded are used", path, broken[0], seconds)
    return LibsndfileCompatibleAudioInfo(channels, num_samples, rate, seconds)


def _announced(container: Any, stream: Any) -> Seconds:
    """The length that the header has; 0 where it has none, or estimates it from the bit rate."""
    if "mp4" in container.format.name:
        return float((stream.duration or 0) * stream.time_base)
    if "matroska" in container.format.name and len(container.streams) == 1:  # of the longest stream
        return float(container.duration or 0) / 1e6
    return 0.0


def _opened(path: Union[str, Path, Any]) -> Any:
    try:
        import av
    except ModuleNotFoundError:
        raise InputError(
            "is not audio that libsndfile reads; ffmpeg reads more, through PyAV, which is not installed: "
            "'pip install \"wfst-bias[media]\"', or convert the file to WAV or FLAC",
            path if isinstance(path, (str, Path)) else None,
        ) from None
    if hasattr(path, "seek"):
        path.seek(0)
    try:
        return av.open(str(path) if isinstance(path, Path) else path)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        problem = f"is not audio that libsndfile or ffmpeg read ({error}); convert it to WAV or FLAC"
        raise InputError(_known_problem(path) or problem, path) from error


def _known_problem(path: Union[str, Path, Any]) -> str:
    """The reason why nothing reads a file, where its first bytes tell it."""
    head = b"?"
    with contextlib.suppress(OSError), contextlib.ExitStack() as files:
        stream: Any = path if hasattr(path, "seek") else files.enter_context(open(path, "rb"))
        stream.seek(0)
        head = stream.read(64)
    if not head:
        return "is empty, 0 bytes; copy or record it again"
    if head[4:8] == b"ftyp":
        return "is MP4 without its index, which stands at its end: it was cut off or never finished; copy it again"
    if head.startswith(b"version https://git-lfs"):
        return "is a pointer of Git LFS, not the audio; fetch that, 'git lfs pull'"
    if head.startswith(b"\x1f\x8b"):
        return "is packed by gzip; unpack it"
    return ""


def _audio_stream(container: Any, path: Union[str, Path, Any]) -> Any:
    if not container.streams.audio:
        raise InputError("has no audio stream; a file with sound was expected", path)
    return container.streams.audio[0]


def _frames(
    container: Any, stream: Any, path: Union[str, Path, Any], broken: Optional[List[str]] = None
) -> Iterator[Tuple[int, FloatArray]]:
    """Where each decoded frame begins, in samples, and its samples ``(channels, num_samples)``.

    Frames that follow each other but for rounding are joined. There may be a gap between others, such as a muted
    recorder leaves, or what is broken. A frame that begins earlier than the one before it ends loses what they have in common.
    """
    position: Optional[int] = None
    for frame in _decoded(container, stream, broken):
        rate, samples = frame.sample_rate, _samples(frame)
        timed = position or 0
        if frame.pts is not None:
            timed = round(float((frame.pts - (stream.start_time or 0)) * stream.time_base) * rate)
        begin = timed if position is None or abs(timed - position) > _ROUNDING * rate else position
        if position is not None:
            if not -_LONGEST_OVERLAP * rate <= begin - position <= _LONGEST_GAP * rate:
                raise InputError(
                    f"the times of its frames jump from {position / rate:.1f} to {begin / rate:.1f} s; write it anew, "
                    "'ffmpeg -i IN OUT.flac'",
                    path,
                )
            samples = samples[:, max(0, position - begin) :]
            begin = max(begin, position)
        position = begin + samples.shape[1]
        yield begin, samples


def _decoded(container: Any, stream: Any, broken: Optional[List[str]] = None) -> Iterator[Any]:
    """The frames of a stream, from where the container is, that can be decoded.

    Args:
      broken: receives time and reason where others cannot.
    """
    import av

    last: Seconds = 0.0
    errors: List[str] = [] if broken is None else broken
    try:
        for packet in container.demux(stream):
            last = float(packet.pts * stream.time_base) if packet.pts is not None else last
            try:
                yield from packet.decode()
            except (av.error.FFmpegError, OSError) as error:
                errors.append(f"{last:.1f} s ({error})")
    except (av.error.FFmpegError, OSError) as error:
        errors.append(f"{last:.1f} s ({error})")


def _samples(frame: Any) -> FloatArray:
    """Samples of one frame ``(channels, num_samples)``, scaled to [-1, 1]."""
    values: Array = frame.to_ndarray()
    channels = len(frame.layout.channels)
    if not frame.format.is_planar:  # (1, num_samples x channels)
        values = values.reshape(-1, channels).T
    if values.dtype == np.uint8:
        return (values.astype(np.float32) - 128.0) / 128.0
    if np.issubdtype(values.dtype, np.integer):
        return values.astype(np.float32) / float(-np.iinfo(values.dtype).min)
    return np.ascontiguousarray(values, np.float32)
