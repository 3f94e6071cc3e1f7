"""What every acoustic model owes to the audio that it is given, checked in one place."""

from typing import Optional, Sequence

import numpy as np

from wfst_bias.acoustic.emissions import AcousticModel, Emissions, EmissionsError, Seconds
from wfst_bias.core.errors import InputError

TOLERANCE = 2  # frames
WINDOW = 0.025  # seconds


def compute_emissions(model: AcousticModel, names: Sequence[str], audio: Sequence[np.ndarray]) -> Emissions:
    """Emissions of a batch by a model, which are of these utterances and as long as their audio.

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


def _check_names(who: str, found: Sequence[str], expected: Sequence[str]) -> None:
    if found == expected:
        return
    if len(found) != len(expected):
        raise InputError(
            f"{who} returned {len(found)} utterances, but {len(expected)} were expected, {expected[0]!r} the first; "
            "return one for each recording"
        )
    place = next(i for i, (one, other) in enumerate(zip(found, expected)) if one != other)
    raise InputError(
        f"{who} returned utterance {found[place]!r} where {expected[place]!r} was expected; return the utterances in "
        "the order of the recordings"
    )


def _check_durations(who: str, emissions: Emissions, seconds: np.ndarray, longest: Optional[Seconds]) -> None:
    """Frames against audio ``(N,)``, in seconds."""
    lengths, shift = emissions.lengths.numpy(), emissions.frame_shift
    wrong = np.abs(lengths * shift - seconds) > TOLERANCE * shift + WINDOW + 1e-6
    if not wrong.any():
        return
    place = int(wrong.argmax())
    name, audio, frames = emissions.names[place], float(seconds[place]), int(lengths[place])
    told = (
        f"utterance {name!r}, a recording of {_told(audio)}: {who} returned {_told(frames * shift)} of frames, "
        f"{frames} of {shift:g} s"
    )
    if longest is not None and audio > longest:
        raise InputError(f"{told}; cut it into segments of at most {longest:g} s")
    raise InputError(
        f"{told}, but the audio makes {audio / frames:.3g} s a frame; name the frame shift of the network, and give "
        "the model the whole of this audio"
    )


def _told(seconds: Seconds) -> str:
    return f"{seconds:.1f} s" if seconds >= 10.0 else f"{seconds:.2f} s"
