"""The files that the audio of cuts is read from."""

import os
import shlex
from pathlib import Path
from typing import Any, Iterator, List

from lhotse.cut import Cut

from wfst_bias.data.wav import ArchivePlace


def files_of(cuts: Any) -> List[Path]:
    """The files that there are of those that the audio of cuts depends on, each once, in the order of the cuts.

    They are audio files, the archives around audio (``a.ark:1234``, ``x.tar:BEGIN+SIZE``), and the words of commands.

    Args:
      cuts: a cut of any type, its description (:meth:`lhotse.cut.Cut.to_dict`), or a sequence of them.
    """
    return [Path(name) for name in dict.fromkeys(_names(cuts)) if os.path.isfile(name)]


def _names(value: Any) -> Iterator[str]:
    """Names in cuts that may be those of files."""
    if isinstance(value, Cut):
        yield from _names(value.to_dict())
    elif isinstance(value, dict) and isinstance(value.get("source"), str) and value.get("type") in ("file", "command"):
        words = words_of(value["source"]) if value["type"] == "command" else [value["source"]]
        yield from map(_around, words)
    elif isinstance(value, (dict, list, tuple)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _names(one)


def _around(name: str) -> str:
    """The archive of a place in an archive, or the file itself."""
    place = ArchivePlace.parse(name)
    return str(place.path) if place else name


def words_of(command: str) -> Iterator[str]:
    """The words of a command line of a shell, and what follows a ``=`` in them."""
    try:
        lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError:  # a quote is missing
        words = command.split()
    for word in words:
        yield word
        if "=" in word:
            yield word.partition("=")[2]
