"""Lists with a header and columns: our own TSV, AWS vocabulary tables, CSV."""

import csv
from typing import Any, Dict, List, Optional, Sequence, Tuple

from wfst_bias.core.symbols import CLASS
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.formats.lines import weight_in_nats
from wfst_bias.entities.formats.source import ANY_LINE_AS_PHRASE, Entities, Source, phrase_of
from wfst_bias.lang.ipa import arpabet_of_ipa

OWN_COLUMNS = ("phrase", "weight", "display", "spoken", "pronunciation", "class", "gate")
_AWS_COLUMNS = ("Phrase", "IPA", "SoundsLike", "DisplayAs")
_HEADERS = frozenset(
    "phrase phrases name names word words term terms entity entities keyword keywords hotword hotwords text vocabulary".split()
)
_BETWEEN = "|"  # several spoken forms or pronunciations


def _header(source: Source) -> List[str]:
    return [name.strip() for name in source.rows[0][1].split("\t")]


def is_own_table(source: Source) -> bool:
    return "phrase" in _header(source) and len(_header(source)) > 1


def is_aws_table(source: Source) -> bool:
    header = _header(source)
    return "Phrase" in header and set(header) <= set(_AWS_COLUMNS)


def _table(source: Source, known: Sequence[str]) -> List[Tuple[int, Dict[str, str]]]:
    """Each row by its columns; those that are empty are left out."""
    (first, _), header = source.rows[0], _header(source)
    unknown = [name for name in header if name not in known]
    if unknown or len(set(header)) < len(header):
        what = f"{unknown[0]!r} is no column" if unknown else "a column is there twice"
        source.wrong(first, f"{what}; {', '.join(known)} are known")
    table = []
    for line, text in source.rows[1:]:
        cells = [cell.strip() for cell in text.split("\t")]
        if len(cells) > len(header):
            source.wrong(line, f"{len(cells)} columns found, the header has {len(header)}; separate by one tab")
        table.append((line, {name: cell for name, cell in zip(header, cells) if cell}))
    return table


def read_own_table(source: Source) -> Entities:
    """Tab-separated, with a header of :data:`OWN_COLUMNS`; several forms in one cell stand between ``|``."""
    return [_own(source, line, row) for line, row in _table(source, OWN_COLUMNS)]


def _own(source: Source, line: int, row: Dict[str, str]) -> Entity:
    if "phrase" not in row:
        source.wrong(line, "the phrase is missing; write it into its column")
    return Entity(
        row["phrase"],
        weight_in_nats(source, line, row["weight"], "2.0") if "weight" in row else 0.0,
        line,
        row.get("class", CLASS),
        row.get("display", ""),
        tuple(_several(row.get("spoken", ""))),
        tuple(tuple(units.split()) for units in _several(row.get("pronunciation", ""))),
        gate_of(source, line, row.get("gate")),
    )


def gate_of(source: Source, line: int, text: Any) -> Optional[float]:
    """A threshold of the evidence, a probability."""
    if text is None:
        return None
    gate = source.number(line, text, "gate", "0.25")
    if not 0.0 < gate <= 1.0:
        source.wrong(line, f"gate {text!r} is no probability; write 0.25")
    return gate


def _several(cell: str) -> List[str]:
    return [part.strip() for part in cell.split(_BETWEEN) if part.strip()]


def read_aws_table(source: Source) -> Entities:
    """Amazon Transcribe's vocabulary tables: hyphens for spaces, ``A.B.C.`` for letters, IPA or SoundsLike."""
    entities = []
    for line, row in _table(source, _AWS_COLUMNS):
        if "Phrase" not in row:
            source.wrong(line, "the Phrase is missing; write it into its column")
        phrase = row["Phrase"].replace("-", " ").strip()
        if not phrase:
            source.wrong(line, f"the Phrase is {row['Phrase']!r}; write a word, or take the row out")
        sounds = row.get("SoundsLike", "").replace("-", "")
        ipa = row.get("IPA", "").replace(" ", "")
        try:
            pronunciations = (arpabet_of_ipa(ipa),) if ipa else ()
        except ValueError as error:
            source.wrong(line, f"IPA {row['IPA']!r}: {error}; leave it empty, or write it as it sounds in SoundsLike")
        spoken = (sounds,) if sounds else ()
        entities.append(
            Entity(phrase, 0.0, line, display=row.get("DisplayAs", ""), spoken=spoken, pronunciations=pronunciations)
        )
    return entities


def read_csv(source: Source, column: str) -> Entities:
    """A column of a CSV file, by its name or its number from 1."""
    found = _csv_rows(source)
    if not found:
        source.wrong(source.rows[0][0], "all cells are empty; a header, and a phrase in each row, were expected")
    (first, header), *rows = found
    names = [name.strip() for name in header]
    if column in names:
        at = names.index(column)
    elif column.isdecimal() and 1 <= int(column) <= len(names):
        at = int(column) - 1
    else:
        source.wrong(first, f"has no column {column!r}; it has {', '.join(names)}")
    filled = [(line, row[at]) for line, row in rows if len(row) > at and row[at].strip()]
    empty = [line for line, row in rows if len(row) <= at or not row[at].strip()]
    if empty and not filled:
        source.wrong(empty[0], f"column {names[at]!r} is empty; write a phrase, or name another column")
    if empty:
        source.note(f"column {names[at]!r} is empty, no phrase", empty, is_left_out=True)
    return [Entity(phrase_of(source, line, cell, names[at]), 0.0, line) for line, cell in filled]


def read_unnamed_csv(source: Source) -> Entities:
    """A CSV file of which no column is named: one of a single column, or of a single line.

    Raises:
      InputError: there are several columns.
    """
    rows = _csv_rows(source)
    header = [name.strip() for name in rows[0][1]] if rows else []
    if len(rows) == 1 and len(header) > 1:
        source.note(
            f"the only line is taken for {len(header)} phrases; name a column with --format csv:COLUMN", [rows[0][0]]
        )
        return [Entity(phrase_of(source, rows[0][0], name, "a cell"), 0.0, rows[0][0]) for name in header if name]
    if any(len([cell for cell in row if cell.strip()]) > 1 for _, row in rows):
        columns = ", ".join(header)
        source.wrong(
            None, f"is a CSV file: name the column of the phrases, --format csv:COLUMN (its first row has {columns})"
        )
    phrases = [(line, next(cell for cell in row if cell.strip())) for line, row in rows]
    first = phrases[0][1].strip() if phrases else ""
    if first.lower() in _HEADERS:
        source.note(f"{first!r} is taken for the header; {ANY_LINE_AS_PHRASE}", [phrases[0][0]], is_left_out=True)
        phrases = phrases[1:]
    elif phrases:
        source.note(
            f"the file is taken for one column without a header, {first!r} for a phrase; --format csv:1 takes it for the "
            "header",
            [phrases[0][0]],
        )
    return [Entity(phrase_of(source, line, phrase, "a cell"), 0.0, line) for line, phrase in phrases]


def _csv_rows(source: Source) -> List[Tuple[int, List[str]]]:
    """The cells of each row that is not empty, and its last line; the separator is that of the header."""
    try:
        dialect = csv.Sniffer().sniff(source.rows[0][1], delimiters=",;\t|")
        dialect.doublequote, dialect.quotechar = True, '"'  # the header rarely has a quotation mark to learn this from
    except csv.Error:
        dialect = csv.excel
    cells = csv.reader([text for _, text in source.lines], dialect)
    try:
        return [(cells.line_num, row) for row in cells if any(cell.strip() for cell in row)]
    except csv.Error as error:
        source.wrong(cells.line_num, f"is not CSV ({error}); is there a quote that is never closed?")
