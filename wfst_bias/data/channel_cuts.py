"""Cuts of one channel of recordings with several."""

from dataclasses import replace
from typing import List

from lhotse import MonoCut, MultiCut
from lhotse.cut import Cut, MixedCut, PaddingCut
from lhotse.utils import is_equal_or_contains

from wfst_bias.core.errors import InputError
from wfst_bias.data.channels import Channel


def with_channel(cut: Cut, channel: Channel) -> Cut:
    """A cut of the chosen channel; one of several channels is averaged when it is read.

    Supervisions of other channels are left out.

    Raises:
      InputError: the cut does not have the channel.
    """
    if isinstance(channel, str) or isinstance(cut, PaddingCut):
        return cut
    if isinstance(cut, MixedCut):
        return _mixed_with_channel(cut, channel)
    known = cut.recording.channel_ids
    found = _channels(cut)
    if channel > len(known) or known[channel - 1] not in found:
        raise InputError(f"{_holds(cut)}; channel {channel} was asked for")
    if isinstance(cut, MonoCut):
        return cut
    number = known[channel - 1]
    supervisions = [s for s in cut.supervisions if is_equal_or_contains(s.channel, number)]
    return MonoCut(
        id=cut.id,
        start=cut.start,
        duration=cut.duration,
        channel=number,
        supervisions=[replace(s, channel=number) for s in supervisions],
        recording=cut.recording,
        custom=cut.custom,
    )


def _mixed_with_channel(cut: MixedCut, channel: int) -> MixedCut:
    """A mix in which each track of several channels keeps one; those of one channel are on all channels of a mix."""
    if not any(isinstance(track.cut, MultiCut) for track in cut.tracks):
        if channel != 1:
            raise InputError(f"is a mix of 1 channel; channel {channel} was asked for")
        return cut
    tracks = [
        replace(track, cut=with_channel(track.cut, channel)) if isinstance(track.cut, MultiCut) else track
        for track in cut.tracks
    ]
    return replace(cut, tracks=tracks)


def _channels(cut: Cut) -> List[int]:
    """The numbers that lhotse gives to the channels of a cut of one recording."""
    return [cut.channel] if isinstance(cut.channel, int) else list(cut.channel)


def _holds(cut: Cut) -> str:
    """The channels of a cut of one recording, in words."""
    known = cut.recording.channel_ids
    found = [known.index(number) + 1 for number in _channels(cut)]
    if len(found) == len(known):
        return f"has {len(known)} channel{'s' if len(known) > 1 else ''}"
    return f"holds channel {', '.join(map(str, found))} of {len(known)}"
