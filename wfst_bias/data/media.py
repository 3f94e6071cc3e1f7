"""Audio that libsndfile does not read, by ffmpeg through PyAV: AAC in MP4, WebM, WMA, AMR, the sound of videos."""

from pathlib import Path
from typing import Any, Iterator, List, Optional, Tuple, Union

import numpy as np
from lhotse.audio.backend import LibsndfileCompatibleAudioInfo

from wfst_bias.core.errors import InputError
from wfst_bias.core.types import Array, FloatArray, Seconds

_PREROLL: Seconds = 0.5  # decoders need the packets before the one that is wanted


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
        if offset > _PREROLL:
            container.seek(int((offset - _PREROLL) / stream.time_base), stream=stream)
        parts: List[FloatArray] = []
        for begin, samples in _frames(container, stream, path):
            end = begin + samples.shape[1]
            if end <= first:
                continue
            parts.append(samples[:, max(0, first - begin) : None if last is None else max(0, last - begin)])
            if last is not None and end >= last:
                break
    if not parts:
        return np.zeros((stream.channels, 0), np.float32), rate
    return np.concatenate(parts, axis=1), rate


def media_info(path: Union[str, Path, Any]) -> LibsndfileCompatibleAudioInfo:
    """Channels, number of samples, rate and duration of the first audio stream, from its decoded samples.

    Raises:
      InputError: PyAV is not installed, or there is no audio stream.
    """
    with _opened(path) as container:
        stream = _audio_stream(container, path)
        rate, channels = int(stream.rate), int(stream.channels)
        num_samples = max((begin + samples.shape[1] for begin, samples in _frames(container, stream, path)), default=0)
    return LibsndfileCompatibleAudioInfo(channels, num_samples, rate, num_samples / rate)


def _opened(path: Union[str, Path, Any]) -> Any:
    try:
        import av
    except ModuleNotFoundError:
        raise InputError(
            "is not audio that libsndfile reads; ffmpeg reads more, through PyAV, which is not installed: "
            "'pip install \"wfst-bias[media]\"', or convert the file to WAV or FLAC",
            path if isinstance(path, (str, Path)) else None,
        ) from None
    try:
        return av.open(str(path) if isinstance(path, Path) else path)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise InputError(
            f"is not audio that libsndfile or ffmpeg read ({error}); convert it to WAV or FLAC", path
        ) from error


def _audio_stream(container: Any, path: Union[str, Path, Any]) -> Any:
    if not container.streams.audio:
        raise InputError("has no audio stream; a file with sound was expected", path)
    return container.streams.audio[0]


def _frames(container: Any, stream: Any, path: Union[str, Path, Any]) -> Iterator[Tuple[int, FloatArray]]:
    """Where each decoded frame begins, in samples, and its samples ``(channels, num_samples)``.

    The time of the first frame is the file's; each other frame follows the one before it.
    """
    import av

    position: Optional[int] = None
    start = stream.start_time or 0
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.FFmpegError as error:
            seconds = float((packet.pts or 0) * stream.time_base)
            raise InputError(
                f"the audio breaks at {seconds:.1f} s ({error}); copy or convert it again", path
            ) from error
        for frame in frames:
            if frame.pts is not None and position is None:
                position = round(float((frame.pts - start) * stream.time_base) * frame.sample_rate)
            begin = position or 0
            samples = _samples(frame)
            position = begin + samples.shape[1]
            yield begin, samples


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
