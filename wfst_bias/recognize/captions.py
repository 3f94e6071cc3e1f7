"""Subtitles of a transcript: SubRip (``.srt``) and WebVTT (https://www.w3.org/TR/webvtt1/)."""

from dataclasses import dataclass
from typing import Iterator, List, Sequence

from wfst_bias.core.types import Seconds
from wfst_bias.decode.transcript import Word


@dataclass(frozen=True)
class CaptionConfig:
    """How words are put into captions; the defaults are those of common subtitle guidelines.

    Args:
      max_characters: of a line.
      max_lines: of a caption.
      max_duration: of a caption.
      pause: a silence of this length begins a new caption.
    """

    max_characters: int = 42
    max_lines: int = 2
    max_duration: Seconds = 7.0
    pause: Seconds = 0.8


@dataclass(frozen=True)
class Caption:
    """Lines that are shown together."""

    start: Seconds
    end: Seconds
    lines: Sequence[str]


def captions(words: Sequence[Word], config: CaptionConfig = CaptionConfig()) -> Iterator[Caption]:
    """The captions of a transcript, in the order of time; every word is in exactly one."""
    group: List[Word] = []
    for word in words:
        if group and not _fits(group, word, config):
            yield _caption(group, config)
            group = []
        group.append(word)
    if group:
        yield _caption(group, config)


def _fits(group: Sequence[Word], word: Word, config: CaptionConfig) -> bool:
    lines = _lines([one.text for one in (*group, word)], config.max_characters)
    return (
        len(lines) <= config.max_lines
        and word.end - group[0].start <= config.max_duration
        and word.start - group[-1].end < config.pause
    )


def _caption(group: Sequence[Word], config: CaptionConfig) -> Caption:
    return Caption(group[0].start, group[-1].end, _lines([word.text for word in group], config.max_characters))


def _lines(words: Sequence[str], max_characters: int) -> List[str]:
    """Words in lines; a word that is longer than a line has one of its own."""
    lines: List[str] = []
    for word in words:
        if lines and len(lines[-1]) + 1 + len(word) <= max_characters:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def srt(words: Sequence[Word], config: CaptionConfig = CaptionConfig()) -> str:
    """The content of a SubRip file."""
    blocks = [
        f"{number}\n{_time(one.start, ',')} --> {_time(one.end, ',')}\n" + "\n".join(one.lines) + "\n"
        for number, one in enumerate(captions(words, config), start=1)
    ]
    return "\n".join(blocks)


def vtt(words: Sequence[Word], config: CaptionConfig = CaptionConfig()) -> str:
    """The content of a WebVTT file."""
    escaped = lambda line: line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    blocks = [
        f"{_time(one.start, '.')} --> {_time(one.end, '.')}\n" + "\n".join(map(escaped, one.lines)) + "\n"
        for one in captions(words, config)
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def _time(seconds: Seconds, decimal: str) -> str:
    """``HH:MM:SS,mmm``."""
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d}{decimal}{milliseconds % 1000:03d}"
