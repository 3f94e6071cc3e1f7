"""Comments in lists: lines, and ends of lines, that are no phrases."""

import re
from typing import List

from wfst_bias.entities.formats.source import ANY_LINE_AS_PHRASE, Row, Source, shown

_COMMENT = re.compile(r"\s*(#+|//+|;+)(\s|$)")  # '#metoo' and 'C#' are phrases
_HASH_BEFORE_WORDS = re.compile(r"\s*#[^\W\d_]+\s+\S")
_TRAILING = re.compile(r"^(.*\S)\s+#+\s+(?=\S*[^\W\d])")  # 'We are # 1' is a phrase


def without_comments(source: Source) -> Source:
    """A list without its comments, which are blank lines then; a notice says what was taken for one."""
    if not any(mark in source.text for mark in ("#", "//", ";")):
        return source
    comments: List[Row] = []
    trailing: List[Row] = []
    lines: List[Row] = []
    for line, text in source.lines:
        if _COMMENT.match(text):
            comments.append((line, text))
            text = ""
        elif not source.is_json and (found := _TRAILING.match(text)):
            text = found[1]
            trailing.append((line, text))
        lines.append((line, text))
    if comments:
        source.note(
            f"{shown(comments[0][1].strip())} is taken for a comment, no phrase; {ANY_LINE_AS_PHRASE}",
            [line for line, _ in comments],
            is_left_out=True,
        )
    if trailing:
        source.note(
            f"taken for {shown(trailing[0][1].strip())} and a comment behind '#'; {ANY_LINE_AS_PHRASE}",
            [line for line, _ in trailing],
        )
    hashes = [line for line, text in lines if not source.is_json and _HASH_BEFORE_WORDS.match(text)]
    if hashes:
        source.note("taken for a phrase; a comment has a space behind '#'", hashes)
    return source.with_lines(lines)
