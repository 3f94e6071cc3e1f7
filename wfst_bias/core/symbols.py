"""Token and word tables: the symbols of the labels of a graph."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Dict, Iterable, List, Tuple

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of, publish_file

EPS = "<eps>"
BLANK = "<blk>"
WORD_BOUNDARY = "<wb>"
BACKOFF = "#0"
CLASS = "<class>"
OOV = "<oov>"

EPS_ID = 0
BLANK_ID = 0


@dataclass(frozen=True)
class SymbolTable:
    """Symbols by id, ids 0..n-1 without a gap: a Kaldi ``words.txt`` or ``tokens.txt``.

    Args:
      symbols: symbol of each id.
    """

    symbols: Tuple[str, ...]

    @cached_property
    def ids(self) -> Dict[str, int]:
        return {symbol: i for i, symbol in enumerate(self.symbols)}

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the symbols in their order, hexadecimal."""
        return hashlib.sha256("\n".join(self.symbols).encode()).hexdigest()

    def __len__(self) -> int:
        return len(self.symbols)

    def __contains__(self, symbol: str) -> bool:
        return symbol in self.ids

    def __getitem__(self, symbol: str) -> int:
        return self.ids[symbol]

    def extended(self, symbols: Iterable[str]) -> "SymbolTable":
        """Return the table with new symbols appended."""
        new = dict.fromkeys(s for s in symbols if s not in self.ids)
        return SymbolTable(self.symbols + tuple(new)) if new else self

    def write(self, path: Path) -> None:
        rows = (f"{symbol} {i}\n" for i, symbol in enumerate(self.symbols))
        publish_file(path, "".join(rows))

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
