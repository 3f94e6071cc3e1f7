"""Short audio files as most are: one channel, the sampling rate of the model; read without the import of lhotse.

All other audio is a cut of lhotse (:mod:`wfst_bias.data.audio`), which is imported where the first one is read.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Tuple, Union

import numpy as np
import soundfile

from wfst_bias.core.errors import InputError
from wfst_bias.core.types import FloatArray, Seconds
from wfst_bias.data.channels import MEAN, Channel
from wfst_bias.data.libsndfile import check_not_empty, checked_header, sample_blocks
from wfst_bias.data.wav import check_audio_file, system_errors

if TYPE_CHECKING:
    from lhotse.cut import Cut

_LOUDEST = 10.0  # float samples a little beyond 1 are common, those far beyond were never scaled


@dataclass(frozen=True)
class ShortFile:
    """An audio file of one channel, which takes the place of a cut of lhotse.

    Args:
      id: name of the utterance.
      path: of the file.
      sampling_rate: samples a second.
      num_samples: that it has.
    """

    id: str
    path: Path
    sampling_rate: int
    num_samples: int
    supervisions: Tuple[Any, ...] = ()

    @property
    def duration(self) -> Seconds:
        return self.num_samples / self.sampling_rate

    @property
    def recording_id(self) -> str:
        return self.id

    def samples(self) -> FloatArray:
        """The samples, in [-1, 1], float32 ``(num_samples,)``.

        Raises:
          InputError: the file is shorter than its header has it, cannot be read or holds NaN.
        """
        check_audio_file(self.path)
        try:
            samples = np.concatenate([block[0] for block in sample_blocks(self.path)])
        except (soundfile.LibsndfileError, OSError, ValueError):
            samples = np.zeros(0, np.float32)
        if len(samples) != self.num_samples:  # it is not what the header says
            from wfst_bias.data.audio import audio_cut, load_audio

            return load_audio(audio_cut(self.path, self.id), self.sampling_rate)
        check_samples(samples, "", str(self.path))
        return np.ascontiguousarray(samples, np.float32)


def file_cut(path: Path, key: str, channel: Channel, sampling_rate: int, longest: Seconds) -> "Union[ShortFile, Cut]":
    """An audio file; a :class:`ShortFile` where it is one, else a cut of lhotse.

    Args:
      path: of the file.
      key: name of the utterance.
      channel: that is wanted.
      sampling_rate: that is wanted.
      longest: duration up to which a file is short.

    Raises:
      InputError: the file cannot be used or does not have the channel.
    """
    check_audio_file(path)
    try:
        with system_errors(path):
            header = checked_header(path)
    except soundfile.LibsndfileError:
        header = None
    if header is not None:
        check_not_empty(header.frames, path)
        is_as_wanted = (header.channels, header.samplerate) == (1, sampling_rate) and channel in (MEAN, 1)
        if is_as_wanted and header.frames <= longest * sampling_rate:
            return ShortFile(key, path, sampling_rate, header.frames)
    from wfst_bias.data.audio import audio_cut

    return audio_cut(path, key, channel, header)


def samples_of(cut: "Union[ShortFile, Cut]", sampling_rate: int) -> FloatArray:
    """The samples of a short file or a cut; see :func:`wfst_bias.data.audio.load_audio`."""
    if isinstance(cut, ShortFile):
        return cut.samples()
    from wfst_bias.data.audio import load_audio

    return load_audio(cut, sampling_rate)


def check_samples(samples: FloatArray, who: str, path: Optional[str]) -> None:
    """Raise :class:`InputError` where samples are not finite, or far beyond 1.

    Args:
      who: what the message begins with.
      path: of their file.
    """
    if not np.isfinite(samples).all():
        raise InputError(f"{who}the audio holds NaN or infinite samples; make the file anew", path)
    if (peak := np.abs(samples).max(initial=0.0)) > _LOUDEST:
        raise InputError(f"{who}the samples go up to {peak:.3g}; -1 to 1 was expected, scale them", path)
