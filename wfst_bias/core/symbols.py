"""Token and word tables: the symbols of the labels of a graph."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Iterable, Iterator, List, Mapping, Optional, Sequence, Union

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of, publish_file
from wfst_bias.core.packed_strings import MoreStrings, PackedStrings

EPS = "<eps>"
BLANK = "<blk>"
WORD_BOUNDARY = "<wb>"
BACKOFF = "#0"
CLASS = "<class>"
OOV = "<oov>"

EPS_ID = 0
BLANK_ID = 0

_PACKED = PackedStrings, MoreStrings
_OTHERS = (b"\t", b"\r", b"\0")  # what no table of ours has


@dataclass(frozen=True)
class SymbolTable:
    """Symbols by id, ids 0..n-1 without a gap: a Kaldi ``words.txt`` or ``tokens.txt``.

    Args:
      symbols: symbol of each id; a tuple, or packed strings, which are equal to one.
    """

    symbols: Sequence[str]

    @cached_property
    def ids(self) -> Mapping[str, int]:
        """The id of each symbol."""
        if isinstance(self.symbols, _PACKED):
            return _PackedIds(self.symbols)
        return {symbol: i for i, symbol in enumerate(self.symbols)}

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the symbols in their order, hexadecimal."""
        return hashlib.sha256("\n".join(self.symbols).encode()).hexdigest()

    def __len__(self) -> int:
        return len(self.symbols)

    def __contains__(self, symbol: str) -> bool:
        return self.find(symbol) >= 0

    def __getitem__(self, symbol: str) -> int:
        if (found := self.find(symbol)) < 0:
            raise KeyError(symbol)
        return found

    def find(self, symbol: str) -> int:
        """The id of a symbol; -1 where there is none."""
        symbols = self.symbols
        return symbols.find(symbol) if isinstance(symbols, _PACKED) else self.ids.get(symbol, -1)

    def _numbers_of(self, symbols: Sequence[str]) -> Iterable[int]:
        """The id of each of some symbols; -1 where there is none."""
        if isinstance(self.symbols, PackedStrings):
            return map(int, self.symbols.find_all(symbols))
        return map(self.find, symbols)

    def first_bytes(self, count: int) -> bytes:
        """The first symbols as lines of text; of a packed table as they lie on disk."""
        if isinstance(self.symbols, _PACKED):
            return self.symbols.first_bytes(count)
        return "".join(f"{symbol} {i}\n" for i, symbol in enumerate(self.symbols[:count])).encode(errors="surrogatepass")

    def extended(self, symbols: Iterable[str]) -> "SymbolTable":
        """Return the table with new symbols appended."""
        listed = list(dict.fromkeys(symbols))
        new = [symbol for symbol, number in zip(listed, self._numbers_of(listed)) if number < 0]
        if not new:
            return self
        if isinstance(self.symbols, MoreStrings):
            return SymbolTable(self.symbols.extended(new))
        if isinstance(self.symbols, PackedStrings):
            return SymbolTable(MoreStrings(self.symbols, new))
        return SymbolTable((*self.symbols, *new))

    def write(self, path: Path) -> None:
        rows = (f"{symbol} {i}\n" for i, symbol in enumerate(self.symbols))
        publish_file(path, "".join(rows))

    @staticmethod
    def mapped(path: Path, first: str) -> "SymbolTable":
        """The same as :meth:`read` of a table that :meth:`write` made, without making its symbols.

        That no symbol is repeated is not checked.
        """
        strings = _strings_of(path)
        return SymbolTable.read(path, first) if strings is None or strings[0] != first else SymbolTable(strings)

    @staticmethod
    def read(path: Path, first: str) -> "SymbolTable":
        """Read ``SYMBOL ID`` lines.

        Args:
          path: the table.
          first: the symbol that must have id 0.
        """
        symbols: List[str] = []
        seen = set()
        for number, line in lines_of(path):
            fields = line.split(" ") if line.count(" ") == 1 else re.split("[ \t]+", line.strip(" \t"))
            if len(fields) != 2 or fields[1] != str(len(symbols)):
                raise InputError(
                    f"found {line!r}; expected 'SYMBOL {len(symbols)}', ids from 0 in order",
                    path,
                    number,
                )
            if fields[0] in seen:
                raise InputError(f"symbol {fields[0]!r} is repeated; remove one", path, number)
            seen.add(fields[0])
            symbols.append(fields[0])
        if not symbols or symbols[0] != first:
            raise InputError(f"id 0 must be {first!r}; make the folder anew", path, 1)
        return SymbolTable(tuple(symbols))


class _PackedIds(Mapping[str, int]):
    """The numbers of packed strings, which are found when they are asked for."""

    def __init__(self, strings: Union[PackedStrings, MoreStrings]):
        self._strings = strings

    def __getitem__(self, string: str) -> int:
        if (number := self._strings.find(string)) < 0:
            raise KeyError(string)
        return number

    def __iter__(self) -> Iterator[str]:
        return iter(self._strings)

    def __len__(self) -> int:
        return len(self._strings)


def _strings_of(path: Path) -> Optional[PackedStrings]:
    """The symbols of a table; None where a line is not ``SYMBOL ID`` with the id of its place."""
    try:
        content = Path(path).read_bytes()
        content.decode()
    except (OSError, UnicodeDecodeError):
        return None
    num_lines = content.count(b"\n")
    has_others = any(other in content for other in _OTHERS) or content.count(b" ") != num_lines
    if not num_lines or has_others or not content.endswith(b"\n"):
        return None
    text = np.frombuffer(content, np.uint8)
    line_ends = np.flatnonzero(text == ord("\n"))
    ends = line_ends - 2  # of the symbols: before a blank and a digit, or more of them
    for power in range(1, len(str(num_lines - 1))):
        ends[10**power :] -= 1
    starts = np.concatenate([[0], line_ends[:-1] + 1])
    if (ends <= starts).any() or (text[ends] != ord(" ")).any():
        return None
    for power in range(len(str(num_lines - 1))):
        first = 10**power if power else 0
        digits = np.arange(first, num_lines) // 10**power % 10
        if (text[line_ends[first:] - 1 - power] != ord("0") + digits).any():
            return None
    return PackedStrings(text, starts, ends)
