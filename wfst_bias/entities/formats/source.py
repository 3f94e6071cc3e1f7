"""What a reader reads, and what it makes of a row."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, List, NoReturn, Optional, Sequence, Tuple

from wfst_bias.entities.entity import Entity
from wfst_bias.errors import InputError
from wfst_bias.files import lines_of


@dataclass(frozen=True)
class Source:
    """A list as it lies on disk.

    Args:
      path: its file.
      lines: all of its lines, ``(number, text)`` from 1.
    """

    path: Path
    lines: Tuple[Tuple[int, str], ...]

    @classmethod
    def read(cls, path: Path) -> "Source":
        return cls(Path(path), tuple(lines_of(path)))

    @property
    def rows(self) -> List[Tuple[int, str]]:
        """The lines that are not blank."""
        return [(number, text) for number, text in self.lines if text.strip()]

    @property
    def text(self) -> str:
        return "\n".join(text for _, text in self.lines)

    def wrong(self, line: Optional[int], message: str) -> NoReturn:
        raise InputError(message, self.path, line)

    def number(self, line: int, text: Any, what: str, example: str) -> float:
        """A finite number, or an error that shows how to write one."""
        try:
            value = float(text)
        except (TypeError, ValueError):
            value = float("nan")
        if isinstance(text, bool) or not abs(value) < float("inf"):
            self.wrong(line, f"{what} {text!r} is not a number; write {example}")
        return value


@dataclass
class Document:
    """The JSON value of a list, and where in the file its strings stand."""

    source: Source
    value: Any
    _position: int = field(default=0, repr=False)

    @classmethod
    def of(cls, source: Source) -> "Document":
        try:
            return cls(source, json.loads(source.text))
        except json.JSONDecodeError as error:
            source.wrong(error.lineno, f"is not JSON ({error.msg}); mend it, or name another --format")

    def line_of(self, text: str) -> int:
        """The line of the next place where a string stands; strings are asked for in their order."""
        for written in (json.dumps(text, ensure_ascii=False), json.dumps(text)):
            found = self.source.text.find(written, self._position)
            if found >= 0:
                self._position = found + len(written)
                break
        return self.source.text.count("\n", 0, self._position) + 1


def phrase_of(source: Source, line: int, text: Any, key: str) -> str:
    """A phrase that is a string with something in it."""
    if not isinstance(text, str) or not text.strip():
        source.wrong(line, f"{key} is {text!r}; a phrase was expected")
    return text.strip()


def strings(source: Source, line: int, value: Any, key: str) -> Sequence[str]:
    """A list of strings, which may be missing, or one string alone."""
    value = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        source.wrong(line, f'{key} is {value!r}; a list of strings was expected, ["..."]')
    return tuple(item.strip() for item in value)


Entities = List[Entity]
