"""A list as it lies on disk, the JSON document in it, and the checks of its values."""

import json
import re
import reprlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Dict, Iterable, List, NoReturn, Optional, Sequence, Tuple

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.core.text import clean
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.notices import Notice

_STRING = r'"(?:[^"\\]|\\.)*"'  # of valid JSON
_KEY_OR_ITEM = re.compile(rf"({_STRING})(?:\s*(:)\s*({_STRING})?)?")
_LAST_COMMA = re.compile(r",\s*[\]}]")
_RARE_LINE_END = re.compile("[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_MARKER = re.compile(
    r"\s*[\[<]/?(unk|unknown|oov|eps|s|blk|blank|pad|sil|spn|nsn|noise|laughter)[\]>]\s*", re.IGNORECASE
)
WITH_COMMA = r"[-+]?\d+,\d{1,2}"  # a number as German and French have it; '1,000' is a thousand
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # JSON may hold one, UTF-8 cannot


Row = Tuple[int, str]
"""Number and text of a line."""

ANY_LINE_AS_PHRASE = "--format lines takes each line for a phrase"


@dataclass(frozen=True)
class Source:
    """A list as it lies on disk.

    Args:
      path: its file.
      lines: all of its lines, ``(number, text)`` from 1.
      notices: what is to be said of them, see :meth:`note`.
    """

    path: Path
    lines: Tuple[Row, ...]
    notices: List[Notice] = field(default_factory=list, compare=False)

    @classmethod
    def read(cls, path: Path) -> "Source":
        return cls(Path(path), tuple(lines_of(path)))

    def with_lines(self, lines: Iterable[Row]) -> "Source":
        """The same file with other lines, or with parts of them; its notices are those of this one, too."""
        return replace(self, lines=tuple(lines))

    def note(self, message: str, lines: Sequence[int], is_left_out: bool = False) -> None:
        """Say how some lines are taken; see :class:`wfst_bias.entities.notices.Notice`."""
        self.notices.append(Notice(message, self.path, tuple(dict.fromkeys(lines)), is_left_out))

    def split(self) -> "Source":
        """The same file, its lines ending at each of Unicode's line ends; those that are left of a line have its number."""
        if not _RARE_LINE_END.search(self.text):
            return self
        lines = [line for line, text in self.lines if _RARE_LINE_END.search(text.rstrip())]
        if lines:
            self.note("has signs other than LF and CR LF that end a line (CR, VT, LS, ...): taken as line ends", lines)
        return self.with_lines((line, part) for line, text in self.lines for part in _RARE_LINE_END.split(text))

    @cached_property
    def rows(self) -> Sequence[Row]:
        """The lines that are not blank."""
        return [row for row in self.lines if row[1].strip() and (row[1].isascii() or clean(row[1]))]

    @cached_property
    def text(self) -> str:
        return "\n".join(text for _, text in self.lines)

    @cached_property
    def is_json(self) -> bool:
        """Whether it begins as JSON does."""
        return bool(self.rows) and self.rows[0][1].lstrip()[0] in "{[" and not is_marker(self.rows[0][1])

    def wrong(self, line: Optional[int], message: str) -> NoReturn:
        raise InputError(message, self.path, line)

    def json(self, text: str, first_line: int, advice: str) -> Any:
        """The value of JSON text that begins in a line, or an error with some advice."""
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:  # the latter for brackets in brackets, without end
            line = first_line + getattr(error, "lineno", 1) - 1
            advice = _json_advice(text, getattr(error, "pos", 0)) or advice
            self.wrong(line, f"is not JSON ({getattr(error, 'msg', error)}); {advice}")

    def number(self, line: int, text: Any, what: str, example: str) -> float:
        """A finite number, with a decimal point or comma, or an error that shows how to write one."""
        try:
            value = float(with_point(text) if isinstance(text, str) else text)
        except (TypeError, ValueError, OverflowError):
            value = float("nan")
        if isinstance(text, bool) or not abs(value) < float("inf"):
            self.wrong(line, f"{what} {shown(text)} is not a number; write {example}")
        return value


@dataclass
class Document:
    """The JSON value of a list, and where in the file its strings stand.

    Args:
      source: the file.
      value: what it holds.
      line: of the string that was asked for last.
    """

    source: Source
    value: Any
    line: int = 1
    _num_asked: Dict[Tuple[str, str], int] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, source: Source) -> "Document":
        """The JSON value of a file; a list of them where each line holds one."""
        try:
            return cls(source, json.loads(source.text))
        except (ValueError, RecursionError):
            pass
        try:
            values = [json.loads(text) for _, text in source.rows]
        except (ValueError, RecursionError):
            values = []
        if len(values) > 1:
            return cls(source, values)
        return cls(source, source.json(source.text, 1, "correct it, or name another --format"))

    @cached_property
    def _places(self) -> Tuple[Dict[Tuple[str, str], List[int]], Dict[str, int]]:
        """The lines of each string, by the key before it, if any, and the first line of each key."""
        values: Dict[Tuple[str, str], List[int]] = {}
        keys: Dict[str, int] = {}
        line, end = 1, 0
        for found in _KEY_OR_ITEM.finditer(self.source.text):
            line += self.source.text.count("\n", end, found.start())
            end = found.start()
            first, colon, second = found.groups()
            key = _unquoted(first) if colon else ""
            if colon:
                keys.setdefault(key, line)
            if second or not colon:
                values.setdefault((key, _unquoted(second or first)), []).append(line)
        return values, keys

    def phrase(self, text: Any, key: str) -> Tuple[str, int]:
        """A phrase that is a string with something in it, and its line; equal ones are asked for in their order.

        Args:
          key: that it stands behind, or what it is, where it is an item of a list.
        """
        if isinstance(text, str):
            value = (key, text) if (key, text) in self._places[0] else ("", text)
            lines = self._places[0].get(value, [self.line])
            asked = self._num_asked[value] = self._num_asked.get(value, 0) + 1
            self.line = lines[min(asked, len(lines)) - 1]
        return phrase_of(self.source, self.line, text, key), self.line

    def line_of(self, key: str) -> int:
        """The line where a key stands first; 1 where it does not."""
        return self._places[1].get(key, 1)

    def wrong(self, key: str, message: str) -> NoReturn:
        """An error in the line of a key."""
        self.source.wrong(self.line_of(key), message)


def _json_advice(text: str, at: int) -> str:
    """Advice about text that is not JSON from a place on; empty where nothing is known."""
    comma = text.rfind(",", 0, at + 1)
    if comma >= 0 and _LAST_COMMA.match(text, comma):
        return "take out the comma before the closing bracket"
    rest = text[at:].lstrip()
    if rest.startswith("'"):
        return 'put each string into double quotation marks, "...", not single ones'
    if rest[:1].isalpha():
        return 'put each string into double quotation marks, "...", or name --format lines if it is no JSON'
    return ""


def is_marker(phrase: str) -> bool:
    """Whether a phrase is a mark of grammars and token files for what is no word: ``[unk]`` of Vosk, ``<s>``."""
    return bool(_MARKER.fullmatch(phrase))


def _unquoted(string: str) -> str:
    return str(json.loads(string)) if "\\" in string else string[1:-1]


def with_point(number: str) -> str:
    """A number with a decimal point for a decimal comma; another text as it is."""
    return number.replace(",", ".") if re.fullmatch(rf"\s*{WITH_COMMA}\s*", number) else number


def shown(value: Any) -> str:
    """A value in a message, cut where it is long."""
    return reprlib.repr(value)


def phrase_of(source: Source, line: int, text: Any, key: str) -> str:
    """A string with something in it, on one line."""
    if not _is_phrase(text):
        source.wrong(line, f"{key} is {shown(text)}; a phrase was expected")
    return " ".join(text.split())


def strings(source: Source, line: int, value: Any, key: str) -> Sequence[str]:
    """A list of strings, which may be missing, or one string alone."""
    if value is None:
        return ()
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list) or not all(map(_is_phrase, value)):
        source.wrong(line, f'{key} is {shown(value)}; a list of strings was expected, ["..."]')
    return tuple(" ".join(item.split()) for item in value)


def _is_phrase(text: Any) -> bool:
    return isinstance(text, str) and bool(text.strip()) and (text.isascii() or not _HALF_CHARACTER.search(text))


Entities = List[Entity]
