"""The layout of emission columns: which column is which token in which block.

A graph with entity lists reads several copies of the emissions, side by side in blocks as wide as the token table:
the plain ones, the boosted ones, one block for each gate, and one through which the lists of all utterances are
entered where no token tells words apart.
"""

import math
from dataclasses import dataclass
from typing import Sequence, TypeVar, cast

import torch

from wfst_bias.core.types import IntArray

_PLAIN, _BOOSTED, _FIRST_GATE = 0, 1, 2

# numbers of columns or tokens: an int, or an array or a tensor of integers; results have the same type
Numbers = TypeVar("Numbers", int, IntArray, torch.Tensor)


@dataclass(frozen=True)
class ColumnLayout:
    """Columns of emissions as a graph reads them.

    Args:
      num_tokens: size of the token table, blank included; the width of a block.
      has_lists: whether the graph has entity lists; without any, it reads the plain block alone.
      num_gates: how many kinds of utterances have lists of their own.
      has_entry_block: whether the lists of all utterances are entered through a block of their own, the last one.
    """

    num_tokens: int
    has_lists: bool = True
    num_gates: int = 0
    has_entry_block: bool = False

    @classmethod
    def of_lists(cls, num_tokens: int, gates: Sequence[int], marks_words: bool) -> "ColumnLayout":
        """The layout of a graph with some lists.

        Args:
          num_tokens: size of the token table.
          gates: of each list, -1 where every utterance has it ``(L,)``.
          marks_words: whether a token tells words apart.
        """
        num_gates = max((gate + 1 for gate in gates), default=0)
        return cls(num_tokens, bool(gates), num_gates, bool(gates) and not marks_words)

    @property
    def num_blocks(self) -> int:
        return _FIRST_GATE + self.num_gates + self.has_entry_block if self.has_lists else 1

    @property
    def num_columns(self) -> int:
        return self.num_tokens * self.num_blocks

    def token(self, column: Numbers) -> Numbers:
        """The token of each column, which must not be negative."""
        return column % self.num_tokens  # type: ignore[return-value]

    def block(self, column: Numbers) -> Numbers:
        """The number of each column's block; columns must not be negative."""
        return column // self.num_tokens  # type: ignore[no-any-return]

    def is_plain(self, column: Numbers) -> Numbers:
        """Which columns are of the plain block."""
        return cast(Numbers, self.block(column) == _PLAIN)

    def plain(self, columns: torch.Tensor) -> torch.Tensor:
        """The plain block of emissions in all columns ``(..., num_columns)``, ``(..., num_tokens)``."""
        plain: torch.Tensor = columns[..., : self.num_tokens]
        return plain

    def is_boosted(self, column: Numbers) -> Numbers:
        """Which columns are of the boosted block."""
        return cast(Numbers, self.block(column) == _BOOSTED)

    def boosted(self, token: Numbers) -> Numbers:
        """The boosted column of each token."""
        return token + _BOOSTED * self.num_tokens  # type: ignore[return-value]

    def gated(self, token: Numbers, gate: int) -> Numbers:
        """The column of each token that only utterances of a gate can read."""
        return token + (_FIRST_GATE + gate) * self.num_tokens  # type: ignore[return-value]

    def entry(self, token: Numbers) -> Numbers:
        """The column of each token by which the lists of all utterances are entered."""
        return self.gated(token, self.num_gates)

    def stack(self, plain: torch.Tensor, boosted: torch.Tensor, gates: Sequence[int]) -> torch.Tensor:
        """All blocks of a batch.

        Args:
          plain, boosted: emissions, nats ``(N, T, num_tokens)``.
          gates: the gate of each utterance ``(N,)``; the blocks of all others are minus infinity.

        Returns:
          ``(N, T, num_columns)``.
        """
        blocks = [plain, boosted]
        gate_of = torch.tensor(gates, device=plain.device)[:, None, None]
        # k2 never takes an arc of score minus infinity: behind a gate that is not its own an utterance finds nothing
        blocks += [torch.where(gate_of == gate, plain, -math.inf) for gate in range(self.num_gates)]
        if self.has_entry_block:
            blocks.append(plain)
        return torch.cat(blocks, dim=-1)

    def free_frame(self, block: torch.Tensor) -> torch.Tensor:
        """A frame with the same scores ``(num_tokens,)`` plain and boosted, in which no list with an entry block or
        a gate is entered ``(num_columns,)``.
        """
        frame: torch.Tensor = block.repeat(self.num_blocks)
        frame[_FIRST_GATE * self.num_tokens :] = -math.inf
        return frame
