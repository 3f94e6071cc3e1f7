"""The contract between acoustic models and their audio, checked for every model."""

from typing import Optional, Sequence

import numpy as np

from wfst_bias.acoustic.emissions import AcousticModel, Emissions, EmissionsError
from wfst_bias.core.errors import InputError
from wfst_bias.core.types import FloatArray, Seconds

TOLERANCE = 2  # frames
WINDOW = 0.025  # seconds


def compute_emissions(model: AcousticModel, names: Sequence[str], audio: Sequence[FloatArray]) -> Emissions:
    """Compute the emissions of a batch, and check that they are of these utterances and as long as their audio.

    The frames of an utterance, and those of a phone head, last as long as its audio within :data:`TOLERANCE` frames
    and :data:`WINDOW`. A front end without padding loses its window at the end, and a subsampling by convolutions
    without padding loses frames at both edges: the worst in use, WeNet's by 4, gives ``floor(x / 4 - 1.125)``
    frames of ``x`` steps of 10 ms. That is less than 2.125 frames of 40 ms too few, of which 15 ms are the window's.

    Args:
      model: anything with the members of :class:`wfst_bias.acoustic.emissions.AcousticModel`.
      names, audio: see there.

    Raises:
      InputError: the emissions are of other utterances or of other tokens than the model's, are longer or shorter
        than the audio, or are none, see :class:`wfst_bias.acoustic.emissions.Emissions`.
    """
    for name, samples in zip(names, audio):
        _check_samples(name, samples)
    who = f"the model {getattr(model, 'name', type(model).__name__)}"
    try:
        emissions = model.emissions(names, audio)
    except EmissionsError as error:
        raise InputError(f"{who}: {error}") from error
    _check_names(who, list(emissions.names), list(names))
    if len(emissions.tokens) != len(model.tokens):
        raise InputError(
            f"utterance {names[0]!r}: {who} returned {len(emissions.tokens)} columns, but {len(model.tokens)} were "
            "expected, one for each of its tokens; name the tokens that it was trained with"
        )
    seconds = np.array([len(samples) for samples in audio]) / model.sampling_rate
    longest = getattr(model, "longest", None)
    _check_durations(who, emissions, seconds, longest)
    if emissions.phones is not None:
        _check_names(f"the phone head of {who}", list(emissions.phones.names), list(names))
        _check_durations(f"the phone head of {who}", emissions.phones, seconds, longest)
    return emissions


def _check_samples(name: str, samples: FloatArray) -> None:
    if not isinstance(samples, np.ndarray) or samples.ndim != 1 or not np.issubdtype(samples.dtype, np.floating):
        found = f"{samples.dtype} {samples.shape}" if isinstance(samples, np.ndarray) else type(samples).__name__
        raise InputError(
            f"utterance {name!r}: the audio is {found}; an array of mono samples in [-1, 1], float32 (num_samples,), "
            "was expected"
        )


def _check_names(who: str, found: Sequence[str], expected: Sequence[str]) -> None:
    if found == expected:
        return
    if len(found) != len(expected):
        raise InputError(
            f"{who} returned {len(found)} utterances, but {len(expected)} were expected, {expected[0]!r} the first; "
            "return one for each recording"
        )
    first = next(i for i, (one, other) in enumerate(zip(found, expected)) if one != other)
    raise InputError(
        f"{who} returned utterance {found[first]!r} where {expected[first]!r} was expected; return the utterances in "
        "the order of the recordings"
    )


def _check_durations(who: str, emissions: Emissions, seconds: FloatArray, longest: Optional[Seconds]) -> None:
    """Compare frames with the duration of the audio ``(N,)``, seconds."""
    lengths, shift = emissions.lengths.numpy(), emissions.frame_shift
    wrong = np.abs(lengths * shift - seconds) > TOLERANCE * shift + WINDOW + 1e-6
    if not wrong.any():
        return
    worst = int(wrong.argmax())
    name, audio, frames = emissions.names[worst], float(seconds[worst]), int(lengths[worst])
    found = (
        f"utterance {name!r}, a recording of {_formatted(audio)}: {who} returned {_formatted(frames * shift)} of frames, "
        f"{frames} of {shift:g} s"
    )
    if longest is not None and audio > longest:
        raise InputError(f"{found}; cut it into segments of at most {longest:g} s")
    raise InputError(
        f"{found}, but the audio makes {audio / frames:.3g} s a frame; name the frame shift of the network, and give "
        "the model the whole of this audio"
    )


def _formatted(seconds: Seconds) -> str:
    return f"{seconds:.1f} s" if seconds >= 10.0 else f"{seconds:.2f} s"
