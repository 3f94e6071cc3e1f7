"""Captions of a transcript: SubRip (``.srt``) and WebVTT (https://www.w3.org/TR/webvtt1/)."""

from dataclasses import dataclass, replace
from typing import Iterator, List, Sequence

from wfst_bias.core.types import Seconds
from wfst_bias.decode.transcript import Word

_SHORTEST_BREAK: Seconds = 0.15  # a shorter silence between words is no place to break a full caption


@dataclass(frozen=True)
class CaptionConfig:
    """How words are put into captions; the defaults are those of common subtitle guidelines.

    Args:
      max_characters: of a line; only a single longer word has a longer line.
      max_lines: of a caption.
      max_duration: of a caption.
      min_duration: a shorter caption stays for this long, where the next one does not begin before.
      pause: a silence of this length begins a new caption.
    """

    max_characters: int = 42
    max_lines: int = 2
    max_duration: Seconds = 7.0
    min_duration: Seconds = 1.0
    pause: Seconds = 0.65


@dataclass(frozen=True)
class Caption:
    """Lines that are shown together."""

    start: Seconds
    end: Seconds
    lines: Sequence[str]


def captions(words: Sequence[Word], config: CaptionConfig = CaptionConfig()) -> List[Caption]:
    """The captions of a transcript, in the order of time; every word is in exactly one.

    A caption ends at a pause. One that is full without a pause ends at the longest silence in its second half.
    """
    found = [_caption(group, config) for group in _groups(words, config)]
    ends = [following.start for following in found[1:]] + [float("inf")]
    return [_with_duration(one, end, config) for one, end in zip(found, ends)]


def _groups(words: Sequence[Word], config: CaptionConfig) -> Iterator[List[Word]]:
    """The words of each caption."""
    group: List[Word] = []
    for word in words:
        if group and word.start - group[-1].end >= config.pause:
            yield group
            group = []
        while group and not _fits([*group, word], config):
            num_words = _break_of(group)
            yield group[:num_words]
            group = group[num_words:]
        group.append(word)
    if group:
        yield group


def _fits(group: Sequence[Word], config: CaptionConfig) -> bool:
    lines = _lines([word.text for word in group], config.max_characters)
    return len(lines) <= config.max_lines and group[-1].end - group[0].start <= config.max_duration


def _break_of(group: Sequence[Word]) -> int:
    """The number of words before the best place to break a full caption."""
    places = range(len(group) // 2 + 1, len(group))
    silences = {group[place].start - group[place - 1].end: place for place in places}
    longest = max(silences, default=0.0)
    return silences[longest] if longest >= _SHORTEST_BREAK else len(group)


def _caption(group: Sequence[Word], config: CaptionConfig) -> Caption:
    return Caption(group[0].start, group[-1].end, _lines([word.text for word in group], config.max_characters))


def _with_duration(caption: Caption, following: Seconds, config: CaptionConfig) -> Caption:
    """The same caption, shown neither too shortly nor too long, and until the next one begins at most."""
    end = max(caption.end, caption.start + config.min_duration)
    end = min(end, caption.start + config.max_duration, following)
    return replace(caption, end=end)


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
        f"{number}\n{_times(one, ',')}\n" + "\n".join(one.lines) + "\n"
        for number, one in enumerate(captions(words, config), start=1)
    ]
    return "\n".join(blocks)


def vtt(words: Sequence[Word], config: CaptionConfig = CaptionConfig()) -> str:
    """The content of a WebVTT file."""
    escaped = lambda line: line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    blocks = [
        f"{_times(one, '.')}\n" + "\n".join(map(escaped, one.lines)) + "\n" for one in captions(words, config)
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def _times(caption: Caption, decimal: str) -> str:
    """Start and end in milliseconds; the end is later than the start, as WebVTT wants it."""
    start = round(caption.start * 1000)
    return f"{_time(start, decimal)} --> {_time(max(start + 1, round(caption.end * 1000)), decimal)}"


def _time(milliseconds: int, decimal: str) -> str:
    """``HH:MM:SS,mmm``."""
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d}{decimal}{milliseconds % 1000:03d}"
