"""The backend by which lhotse reads all audio: libsndfile first, then ffmpeg, then whatever else lhotse has."""

import io
import sys
from pathlib import Path
from typing import Any, Callable, List, Optional, Tuple

import numpy as np
import soundfile
from lhotse.audio.backend import (
    AudioBackend,
    LibsndfileCompatibleAudioInfo,
    get_default_audio_backend,
    set_current_audio_backend,
)
from lhotse.audio.utils import AudioLoadingError
from lhotse.utils import compute_num_samples

from wfst_bias.core.types import FloatArray, Seconds
from wfst_bias.data.libsndfile import Source, sample_blocks
from wfst_bias.data.media import media_info, read_media
from wfst_bias.data.wav import ArchivePlace, libsndfile_input

_PREROLL: Seconds = 1.0  # of MP3, whose frames need some bits of those before them


def install_audio_backend() -> None:
    """Let lhotse read audio of every kind."""
    set_current_audio_backend(AnyAudioBackend())


class AnyAudioBackend(AudioBackend):  # type: ignore[misc]  # lhotse's class has no annotations
    """Reads with the first of several libraries that can."""

    def read_audio(
        self,
        path_or_fd: Source,
        offset: Seconds = 0.0,
        duration: Optional[Seconds] = None,
        force_opus_sampling_rate: Optional[int] = None,
    ) -> Tuple[FloatArray, int]:
        """Samples ``(channels, num_samples)``, and the sampling rate."""
        others: Callable[..., Tuple[FloatArray, int]] = get_default_audio_backend().read_audio
        read: Tuple[FloatArray, int] = _first_that_works(
            path_or_fd,
            lambda: read_by_libsndfile(path_or_fd, offset, duration),
            lambda: read_media(_whole(path_or_fd), offset, duration),
            lambda: others(path_or_fd, offset, duration, force_opus_sampling_rate),
        )
        return read

    def info(self, path_or_fd: Source, force_opus_sampling_rate: Optional[int] = None) -> LibsndfileCompatibleAudioInfo:
        """Channels, number of samples, rate and duration."""
        others: Callable[..., LibsndfileCompatibleAudioInfo] = get_default_audio_backend().info
        return _first_that_works(path_or_fd, lambda: others(path_or_fd), lambda: media_info(_whole(path_or_fd)))

    def supports_info(self) -> bool:
        return True

    def supports_save(self) -> bool:
        return True

    def save_audio(self, *arguments: Any, **options: Any) -> None:
        """Write audio as lhotse does by default."""
        get_default_audio_backend().save_audio(*arguments, **options)


def read_by_libsndfile(
    source: Source, offset: Seconds = 0.0, duration: Optional[Seconds] = None
) -> Tuple[FloatArray, int]:
    """Samples ``(channels, num_samples)``, and the sampling rate."""
    with libsndfile_input(source) as stream, soundfile.SoundFile(stream) as file:
        rate, channels, is_mp3 = int(file.samplerate), file.channels, file.format == "MP3"
    first = compute_num_samples(offset, rate)
    count = sys.maxsize if duration is None else compute_num_samples(duration, rate)
    before = min(first, round(_PREROLL * rate)) if is_mp3 else 0
    blocks = list(sample_blocks(source, first - before, count + before))
    samples = np.concatenate(blocks, axis=1) if blocks else np.zeros((channels, 0), np.float32)
    return samples[:, before:], rate


def _whole(source: Source) -> Source:
    """A source that has no other file around it."""
    place = ArchivePlace.parse(source) if isinstance(source, (str, Path)) else None
    return io.BytesIO(place.read()) if place else source


def _first_that_works(source: Source, *functions: Callable[[], Any]) -> Any:
    errors: List[str] = []
    for function in functions:
        if isinstance(source, io.IOBase):
            source.seek(0)
        try:
            return function()
        except Exception as error:  # each library has its own
            errors.append(f"{type(error).__name__}: {error}")
    raise AudioLoadingError("; ".join(errors))
