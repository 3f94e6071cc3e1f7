"""The channel of a recording that is decoded: one of them, or the average of all."""

from typing import Union

from wfst_bias.core.errors import InputError

MEAN = "mean"
"""All channels, averaged, as ``ffmpeg -ac 1`` and ``sox remix -`` do it: whoever speaks on any channel is heard."""

Channel = Union[int, str]
"""The number of a channel, from 1 as in CTM, SPHERE and sox, or :data:`MEAN`."""


def parse_channel(text: Union[int, str]) -> Channel:
    """A channel as it is written on a command line.

    Raises:
      InputError: it is neither a number from 1 nor ``mean``.
    """
    name = str(text).strip().lower()
    if name == MEAN:
        return MEAN
    if not name.isdecimal() or int(name) < 1:
        raise InputError(f"the channel is {text!r}; expected its number, from 1, or '{MEAN}' for the average of all")
    return int(name)
