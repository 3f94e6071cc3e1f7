"""Weights behind a phrase in other ways than a tab: ``PHRASE:10``, ``PHRASE^10``, ``PHRASE, 10``, ``PHRASE (2.5)``, ``PHRASE 2,5``."""

import re
from typing import List, NamedTuple, Optional, Sequence, Tuple

from wfst_bias.entities.entity import Entity
from wfst_bias.entities.formats.lines import weight_in_nats
from wfst_bias.entities.formats.scales import LARGEST, SCALES, nats
from wfst_bias.entities.formats.source import (
    ANY_LINE_AS_PHRASE,
    WITH_COMMA,
    Entities,
    Row,
    Source,
    shown,
    with_point,
)

WEIGHTED = "weighted"
NATS = "nats"
SCALE_NAMES = (NATS, *SCALES)
_SCALES_NAMED = (NATS, "google-boost", "nemo-boost")
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)"
_MARKED = re.compile(rf"^(.*\S)\s*([:^|=,;\t])\s*({_NUMBER})\s*$")
_COMMA_MARKED = re.compile(rf"^(.*\S)\s*([:^|=;\t])\s*({WITH_COMMA})\s*$")
_COLUMN = re.compile(rf"^(.*\S)(\s\s+)({_NUMBER})\s*$")
_SPACED = re.compile(rf"^(.*\S)(\s)({_NUMBER})\s*$")
_IN_BRACKETS = re.compile(rf"^(.*\S)\s*(\()\s*({WITH_COMMA}|[-+]?\d*\.\d+)\s*\)\s*$")  # 'Solaris (1972)' is a phrase
_COMMA_SPACED = re.compile(rf"^(.*\S)(\s+)({WITH_COMMA})\s*$")
_COLON, _SPACE, _SPACES, _TAB = ":", " ", "  ", "\t"
_PATTERNS = (_COMMA_MARKED, _COMMA_SPACED, _IN_BRACKETS, _MARKED, _COLUMN, _SPACED)  # '2,5' is no '2' and weight 5
_SHARE = 0.5  # of the lines that have a weight behind the same sign, from which on it is taken for one
_LARGEST_INTENSIFIER, _LARGEST_BOOST = 10.0, 20.0


class _Weighted(NamedTuple):
    """A line that may have a weight: its number, text, phrase, sign before the weight, and weight."""

    line: int
    text: str
    phrase: str
    sign: str
    weight: str


def _parsed(row: Row) -> Optional[_Weighted]:
    line, text = row
    for pattern in _PATTERNS:
        found = pattern.match(text)
        is_phrase = found and found[2] == _COLON and found[1][-1].isdigit()  # 'Psalm 23:4'
        if found and not is_phrase and _TAB not in found[1].strip():
            blanks = _TAB if _TAB in found[2] else _SPACE if len(found[2]) == 1 else _SPACES
            return _Weighted(line, text.strip(), found[1].strip(), found[2].strip() or blanks, found[3])
    return None


def weight_behind(row: Row) -> bool:
    """Whether a line may be a phrase with its weight."""
    return _parsed(row) is not None


def read_weighted(source: Source, scale: str) -> Entities:
    """A phrase a line, and behind any of ``: ^ | = , ;``, a tab or spaces, or in brackets, its weight, where it has one.

    Args:
      scale: of the weights, one of :data:`SCALE_NAMES`.
    """
    if scale not in SCALE_NAMES:
        source.wrong(None, f"no scale {scale!r}; {', '.join(SCALE_NAMES)} are known")
    return [_entity(source, row, _parsed(row), scale) for row in source.rows]


def _entity(source: Source, row: Row, found: Optional[_Weighted], scale: str) -> Entity:
    if found is None:
        return Entity(unquoted(row[1].strip()), 0.0, row[0])
    if scale == NATS:
        weight = weight_in_nats(source, found.line, found.weight, "'PHRASE:2.0'")
    else:
        weight = nats(source.number(found.line, found.weight, "weight", "'PHRASE:2.0'"), SCALES[scale])
    return Entity(unquoted(found.phrase), weight, found.line)


def guess_weights(source: Source, rows: Sequence[Row]) -> Optional[Entities]:
    """The entities of lines of which many have a weight behind the same sign, with a notice; None where there are none."""
    parsed = [_parsed(row) for row in rows]
    signs = [found.sign for found in parsed if found and found.sign != _TAB]
    if not signs:
        return None
    sign = max(signs, key=signs.count)
    num_tabs = sum(found is not None and found.sign == _TAB for found in parsed)
    found_rows = [found if found and found.sign in (sign, _TAB) else None for found in parsed]
    weighted = [found for found in found_rows if found and found.sign == sign]
    if sign == _SPACE and not _are_weights(weighted, len(rows)):
        _note_numbers(source, weighted, len(rows))
        return None
    if len(weighted) + num_tabs < _SHARE * len(rows) or num_tabs > len(weighted):
        _note_part(source, weighted)
        return None
    scale = _scale_of(sign, [abs(float(with_point(found.weight))) for found in weighted])
    entities = [_entity(source, row, found, scale) for row, found in zip(rows, found_rows)]
    in_nats = "in nats" if scale == NATS else f"of the scale {scale}, {_first(entities, weighted).weight:+.3g} nats"
    others = ", ".join(name for name in _SCALES_NAMED if name != scale)
    source.note(
        f"taken for {_first(entities, weighted).written!r} with the weight {weighted[0].weight} {in_nats}; --format "
        f"{WEIGHTED}:SCALE takes another scale ({others}, ...), {ANY_LINE_AS_PHRASE}",
        [found.line for found in found_rows if found],
    )
    _note_numbers(source, [found for found, used in zip(parsed, found_rows) if found and not used], len(rows))
    return entities


def _first(entities: Entities, weighted: Sequence[_Weighted]) -> Entity:
    """The entity of the first line with a weight."""
    return next(entity for entity in entities if entity.line == weighted[0].line)


def _are_weights(weighted: Sequence[_Weighted], num_rows: int) -> bool:
    """Whether numbers behind one space are weights: all lines have one, with a point, and none is a version of another.

    One decimal comma is enough, as versions have none; then lines may be without a weight.
    """
    phrases = {found.phrase for found in weighted}
    if not 1 < len(weighted) == len(phrases):
        return False
    has_points = all("." in found.weight for found in weighted) and len(weighted) == num_rows
    return has_points or any("," in found.weight for found in weighted)


def _note_numbers(source: Source, found: Sequence[_Weighted], num_rows: int) -> None:
    """Say that numbers behind phrases are parts of these where they may well be weights."""
    is_each = len(found) == num_rows > 1
    doubtful = [one for one in found if is_each or "." in one.weight or "," in one.weight]
    if doubtful:
        _note_part(source, doubtful)


def _note_part(source: Source, found: Sequence[_Weighted]) -> None:
    first = found[0]
    source.note(
        f"{shown(first.text)} is taken for a phrase, the number is a part of it; --format weighted takes it for a weight",
        [one.line for one in found],
    )


def _scale_of(sign: str, sizes: List[float]) -> str:
    """The scale that weights are probably of, by the sign before them and the largest of them."""
    return "deepgram-intensifier" if sign == _COLON and max(sizes) <= _LARGEST_INTENSIFIER else guessed_scale(sizes)


def guessed_scale(sizes: Sequence[float]) -> str:
    """The scale that weights are probably of, by the largest of their absolute values."""
    largest = max(sizes)
    return NATS if largest <= LARGEST else "google-boost" if largest <= _LARGEST_BOOST else "nemo-boost"


_QUOTES: Tuple[Tuple[str, str], ...] = (
    ('"', '"'),
    ("'", "'"),
    ("\u201c", "\u201d"),
    ("\u201e", "\u201c"),
    ("\u00ab", "\u00bb"),
)


def unquoted(text: str) -> str:
    """A phrase without the quotation marks around all of it; a text without these as it is."""
    stripped = text.strip()
    inner = stripped[1:-1].strip()
    for left, right in _QUOTES:
        if inner and stripped[0] == left and stripped[-1] == right and left not in inner and right not in inner:
            return inner
    return text
