"""Confusions of a phone model: which phones it recognizes where a phone is spoken, as a table that can be read."""

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Tuple

import numpy as np

from wfst_bias.core.symbols import BLANK_ID, SymbolTable
from wfst_bias.core.types import FloatArray

NOTHING = "-"
"""In the table: no phone recognized, or none spoken."""


@dataclass(frozen=True)
class Confusions:
    """The confusions of a phone model.

    Args:
      phones: :data:`NOTHING`, then the phones.
      recognized: of each spoken phone, the share that is recognized as each phone, float64 ``(P, P)``. A row sums to 1, but
        for the first one: the phones that are recognized in addition, for each spoken one.
    """

    phones: Tuple[str, ...]
    recognized: FloatArray

    def between_tokens(self, tokens: SymbolTable) -> FloatArray:
        """The same for the tokens of a model ``(V, V)``: blank stands for nothing, a token without a row is never confused."""
        shares = np.eye(len(tokens))
        shares[BLANK_ID] = 0.0
        ids = [BLANK_ID, *(tokens.ids.get(phone, -1) for phone in self.phones[1:])]
        rows = np.array([row for row, token in enumerate(ids) if token >= 0])
        known = np.array([token for token in ids if token >= 0])
        table = self.recognized[np.ix_(rows, rows)]
        table[1:] /= table[1:].sum(axis=1, keepdims=True)
        shares[np.ix_(known, known)] = table
        return shares

    def text(self) -> str:
        """The table in percent."""
        rows = [("spoken", *self.phones)]
        rows += [(phone, *(f"{100 * share:.1f}" for share in row)) for phone, row in zip(self.phones, self.recognized)]
        return "".join("\t".join(row) + "\n" for row in rows)

    @classmethod
    def from_text(cls, text: str) -> "Confusions":
        """Read what :meth:`text` wrote."""
        header, *rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
        recognized = np.array([row[1:] for row in rows], float)
        recognized[0] /= 100.0
        recognized[1:] /= recognized[1:].sum(axis=1, keepdims=True)  # rounded
        return cls(tuple(header[1:]), recognized)


@lru_cache(maxsize=1)
def hama_confusions() -> Confusions:
    """The confusions of hama, counted in read and in accented speech (``benchmarks/predicted_false_alarms.py``)."""
    return Confusions.from_text((resources.files(__package__) / "hama_confusions.tsv").read_text(encoding="utf-8"))
