"""Files of options, as Kaldi has them: lines ``--option=value`` and ``--switch``; ``#`` begins a comment.

A value of several words, or with ``#`` in it, stands in quotes, single or double ones; within them every character is
itself. Nothing is expanded: ``$DRUG`` is ``$DRUG``.
"""

import difflib
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Collection, Dict, List, Optional, Tuple

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of

_LINE = re.compile(r"""((?:[^'"#]|'[^']*'|"[^"]*")*)(#.*)?""")
_OPTION = re.compile(r"(--[a-z0-9][\w-]*)(?:=(.*))?", re.IGNORECASE)
_FORM = "write '--OPTION=VALUE', or '--SWITCH' alone"


@dataclass(frozen=True)
class OptionLine:
    """An option in a file.

    Args:
      name: with its dashes, ``--search-beam``.
      value: what stands after ``=``, blanks around it removed; ``None`` where there is no ``=``.
      path: the file.
      line: its line, counted from 1.
      text: the line, without its comment.
    """

    name: str
    value: Optional[str]
    path: Path
    line: int
    text: str

    @property
    def words(self) -> Tuple[str, ...]:
        """The words of the value without quotes; blanks separate them."""
        words = shlex.shlex(self.value or "", posix=True)
        words.whitespace_split, words.commenters, words.escape = True, "", ""
        return tuple(words)

    @property
    def one_value(self) -> str:
        """The value as one text: without its quotes, or as it stands where it has none."""
        if self.value is None:
            raise self.error(f"{self.name} needs a value; write '{self.name}=VALUE'")
        if not re.search("['\"]", self.value):
            return self.value
        if len(self.words) != 1:
            raise self.error(f"{len(self.words)} values were given, 1 was expected; put quotes around all of it")
        return self.words[0]

    def error(self, problem: str) -> InputError:
        """An error of this line."""
        return InputError(f"found {self.text!r}; {problem}", self.path, self.line)


def read_option_lines(path: Path) -> List[OptionLine]:
    """Read a file of options, see above.

    Raises:
      InputError: the file is missing, or a line has another form.
    """
    found: List[OptionLine] = []
    for number, line in lines_of(path):
        line = line.strip()
        parts = _LINE.fullmatch(line)
        if not parts:
            raise InputError(f"found {line!r}; a quote is not closed: close it, or use the other kind", path, number)
        content, comment = parts.groups()
        if comment and content and not content[-1].isspace():
            raise InputError(f"found {line!r}; write a blank before the #, or quotes around the value", path, number)
        text = content.strip()
        if not text:
            continue
        option = _OPTION.fullmatch(text)
        if not option:
            raise InputError(f"found {text!r}; {_FORM}", path, number)
        name, value = option.groups()
        found.append(OptionLine(name, None if value is None else value.strip(), Path(path), number, text))
    return found


def check_repeated(lines: List[OptionLine], repeatable: Collection[str]) -> None:
    """Raise an :class:`InputError` where an option stands twice that may not; see ``OptionLine.name``."""
    seen: Dict[str, OptionLine] = {}
    for line in lines:
        first = seen.setdefault(line.name, line)
        if first is not line and line.name not in repeatable:
            raise line.error(f"line {first.line} has {first.text!r} already; keep one of them")


def closest(name: str, known: Collection[str]) -> str:
    """A question after the most similar of the known names, ``; did you mean --search-beam?``; empty if none is similar."""
    similar = difflib.get_close_matches(name.lower().replace("_", "-"), sorted(known), n=1)
    return f"; did you mean {similar[0]}?" if similar else ""
