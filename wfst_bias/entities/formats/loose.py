"""Lists that have no format: one line with separators, bullets and numbers, quotation marks, weights in other ways."""

import csv
import html
import re
from typing import List, Optional, Sequence

from wfst_bias.entities.formats.lines import plain_entity
from wfst_bias.entities.formats.source import ANY_LINE_AS_PHRASE, Entities, Row, Source, shown
from wfst_bias.entities.formats.weighted import guess_weights, unquoted, weight_behind

SEPARATED = "separated"
_SEPARATORS = "\t;\uff1b|\u3001\uff0c\u060c,"  # the likelier ones first
_ROUND = r"^\s*[\u2022\u2023\u25e6\u25aa\u25cf\u25cb]\s*(?=\S)"
_ROUND_BULLET = re.compile(_ROUND)
_BULLET = re.compile(rf"{_ROUND}|^\s*(?:[-*+\u2013\u2014\u00b7](?:\s+\[[ xX]\])?|\[[ xX]?\])\s+(?=\S)")
_NUMBERED = re.compile(r"^\s*\(?(\d{1,9})([.):]?\)?)\s+(?=\S)")
_FEWEST_NUMBERED, _FEWEST_BARE = 2, 3  # lines with '1.' and with '1'
_SHARE = 0.5  # of the lines that have a bullet, or a separator behind them, from which on it is no part of them
_NUMBER_BEFORE = re.compile(r"^(?:\s*\d+[.,]\d+|\s+\d+)\s+(?=\S*[^\W\d])")  # weights, or counts as uniq -c writes them
_ESCAPE = re.compile(r"&(?:#\d{1,6}|#[xX][\da-fA-F]{1,5}|[A-Za-z]\w+);")  # of HTML
_KEY = re.compile(r"^\s*[\w -]+:\s*$")
_NUM_SHOWN = 3  # phrases of a line


def read_loose(source: Source) -> Entities:
    """A phrase a line in whatever way people write that; what is more than a phrase a line is told in a notice."""
    rows = _without_escapes(source, _without_yaml(source, source.rows))
    if len(rows) == 1:
        rows = _one_line(source, rows[0])
    else:
        rows = _without_last_separator(source, rows)
        _note_separators(source, rows)
    _note_underscores(source, rows)
    rows = _without_numbers(source, _without_bullets(source, rows))
    entities = guess_weights(source, rows)
    if entities is None:
        entities = [plain_entity(source, line, text) for line, text in _without_quotes(source, rows)]
    return entities


def read_separated(source: Source) -> Entities:
    """Phrases between commas, semicolons, bars or tabs, on any number of lines."""
    rows = [row for line in source.rows for row in _split(line, _separator(line[1]))]
    return [plain_entity(source, line, unquoted(text)) for line, text in rows]


def _separator(text: str) -> str:
    """The sign that separates the phrases of a line; empty where there is none."""
    return next((sign for sign in _SEPARATORS if sign in text), "")


def _split(row: Row, sign: str) -> List[Row]:
    """The phrases of a line, quotation marks around them honored; itself where there is one."""
    line, text = row
    if not sign:
        return [row]
    cells = next(iter(csv.reader([text], delimiter=sign, skipinitialspace=True)), [])
    return [(line, cell.strip()) for cell in cells if cell.strip()]


def _one_line(source: Source, row: Row) -> Sequence[Row]:
    sign = _separator(row[1])
    rows = _split(row, sign)
    is_table = sign == "\t" and (len(rows) < 3 or any(re.search(r"\d", text) for _, text in rows))
    has_weight = len(rows) == 2 and weight_behind(row) and not all(map(weight_behind, rows))
    if len(rows) < 2 or is_table or has_weight:
        return [row]
    first = ", ".join(shown(text) for _, text in rows[:_NUM_SHOWN])
    more = ", ..." * (len(rows) > _NUM_SHOWN)
    source.note(f"the only line is taken for {len(rows)} phrases: {first}{more}; {ANY_LINE_AS_PHRASE}", [row[0]])
    return rows


def _without_last_separator(source: Source, rows: Sequence[Row]) -> Sequence[Row]:
    """The lines without the comma that most of them end in."""
    ending = [line for line, text in rows if text.rstrip()[-1] in ",;"]
    if len(ending) < _SHARE * len(rows):
        return rows
    source.note(f"the sign at the end of the line is taken for a separator; {ANY_LINE_AS_PHRASE}", ending)
    stripped = [(line, text.rstrip().rstrip(",;").rstrip()) for line, text in rows]
    return [row for row in stripped if row[1].strip()]


def _note_separators(source: Source, rows: Sequence[Row]) -> None:
    """Say that lines with separators are taken for one phrase each, where they are probably several."""
    for sign in ";|,":
        counts = [text.count(sign) for _, text in rows]
        lines = [line for (line, _), count in zip(rows, counts) if count > 1]
        if min(counts, default=0) and not all(map(weight_behind, rows)):
            lines = [line for line, _ in rows]
        if lines:
            source.note(
                f"taken for one phrase; --format {SEPARATED} takes what is between {sign!r} for phrases, --format "
                "csv:COLUMN a column",
                lines,
            )
            return


def _note_underscores(source: Source, rows: Sequence[Row]) -> None:
    if all("_" in text for _, text in rows):
        source.note(
            "taken for one phrase, with a space for each '_'; --format nemo-spellings takes what is behind the first '_' "
            "for spoken forms of what is before it",
            [line for line, _ in rows],
        )


def _without_yaml(source: Source, rows: Sequence[Row]) -> Sequence[Row]:
    """The lines without the start and the key of a YAML list."""
    left_out = [line for line, text in rows[:1] if text.strip() == "---"]
    rest = rows[len(left_out) :]
    if len(rest) > 1 and _KEY.match(rest[0][1]) and all(_BULLET.match(text) for _, text in rest[1:]):
        left_out.append(rest[0][0])
        rest = rest[1:]
    if left_out and rest:
        source.note(f"no phrase, but the head of a YAML list; {ANY_LINE_AS_PHRASE}", left_out, is_left_out=True)
        return rest
    return rows


def _without_escapes(source: Source, rows: Sequence[Row]) -> Sequence[Row]:
    """The lines with the signs that their escapes of HTML stand for: ``AT&amp;T``, ``L&#39;Aquila``."""
    resolved = [(line, _ESCAPE.sub(lambda escape: html.unescape(escape[0]), text)) for line, text in rows]
    lines = [line for (line, text), (_, plain) in zip(rows, resolved) if text != plain]
    if lines:
        text = next(plain for (_, text), (_, plain) in zip(rows, resolved) if text != plain)
        source.note(f"taken for {shown(text.strip())}, its '&...;' for a sign of HTML; {ANY_LINE_AS_PHRASE}", lines)
    return [row for row in resolved if row[1].strip()]


def _without_bullets(source: Source, rows: Sequence[Row]) -> Sequence[Row]:
    has_most = sum(bool(_BULLET.match(text)) for _, text in rows) >= _SHARE * len(rows)
    bullet = _BULLET if has_most else _ROUND_BULLET
    lines = [line for line, text in rows if bullet.match(text)]
    if not lines:
        return rows
    stripped = [(line, bullet.sub("", text, 1)) for line, text in rows]
    _note_stripped(source, "bullet", rows, stripped, lines)
    return stripped


def _without_numbers(source: Source, rows: Sequence[Row]) -> Sequence[Row]:
    """The lines without numbers before them that count the lines, or are all the same."""
    if len(rows) > 1 and all(_NUMBER_BEFORE.match(text) for _, text in rows):
        source.note("taken for a phrase with the number before it; a weight stands behind its phrase", [rows[0][0]])
        return rows
    found = [_NUMBERED.match(text) for _, text in rows]
    numbers = [int(one[1]) for one in found if one]
    marked = all(one[2] for one in found if one)
    if len(numbers) < max(len(rows), _FEWEST_NUMBERED if marked else _FEWEST_BARE):
        return rows
    counts = numbers[0] in (0, 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    if not (counts or (marked and set(numbers) == {1})):
        if marked:
            source.note("taken for a phrase with its number, as the numbers do not count the lines", [rows[0][0]])
        return rows
    stripped = [(line, _NUMBERED.sub("", text, 1)) for line, text in rows]
    _note_stripped(source, "number of the line", rows, stripped, [line for line, _ in rows])
    return stripped


def _without_quotes(source: Source, rows: Sequence[Row]) -> Sequence[Row]:
    stripped = [(line, unquoted(text)) for line, text in rows]
    lines = [line for (line, text), (_, inner) in zip(rows, stripped) if text != inner]
    if lines:
        _note_stripped(source, "pair of quotation marks", rows, stripped, lines)
    return stripped


def _note_stripped(source: Source, what: str, rows: Sequence[Row], stripped: Sequence[Row], lines: List[int]) -> None:
    text: Optional[str] = next((inner for (_, text), (_, inner) in zip(rows, stripped) if text != inner), None)
    source.note(f"taken for {shown(text)} and a {what}; {ANY_LINE_AS_PHRASE}", lines)
