"""Many strings in one array of bytes, as they lie on disk; they are made into strings when they are asked for."""

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Dict, Iterable, Iterator, List, Optional, Union, overload

import numpy as np

from wfst_bias.core.types import Array, IntArray

_FEW = 64  # lookups that are faster one by one than by a dictionary of all strings


class _Strings(Sequence):  # type: ignore[type-arg]  # of str
    """Strings that are made when they are asked for."""

    @abstractmethod
    def find(self, string: str) -> int:
        """The number of a string; -1 where it is not there."""

    @abstractmethod
    def _at(self, number: int) -> str:
        """The string with a number."""

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> List[str]: ...

    def __getitem__(self, index: Union[int, slice]) -> Union[str, List[str]]:
        if isinstance(index, slice):
            return [*self][index]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self._at(index % len(self))

    def __contains__(self, string: object) -> bool:
        return isinstance(string, str) and self.find(string) >= 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and [*self] == [*other]

    __hash__ = None  # type: ignore[assignment]


class PackedStrings(_Strings):
    """Strings in UTF-8 that have no line feed.

    Args:
      text: lines that begin with a string each, uint8 ``(B,)``; behind a string stands a line feed, or a blank and
        something else, where no string has a blank.
      starts, ends: of the strings in the text ``(N,)``.
      order: their numbers in the order of their bytes ``(N,)``, where that is known.
    """

    def __init__(self, text: Array, starts: IntArray, ends: IntArray, order: Optional[IntArray] = None):
        self.text = np.asarray(text)
        self._starts = np.asarray(starts)
        self._ends = np.asarray(ends)
        self.order = order if order is None else np.asarray(order)
        self._num_found = 0

    @classmethod
    def of_lines(cls, text: Array, order: Optional[IntArray] = None) -> "PackedStrings":
        """The lines of a text that ends in a line feed."""
        ends = np.flatnonzero(text == 10)
        return cls(text, np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends, ends, order)

    @classmethod
    def of(cls, strings: Iterable[str]) -> "PackedStrings":
        """Pack strings, with their order."""
        encoded = [string.encode(errors="surrogatepass") for string in strings]
        text = np.frombuffer(b"".join(one + b"\n" for one in encoded), np.uint8)
        return cls.of_lines(text, np.array(sorted(range(len(encoded)), key=encoded.__getitem__), np.int32))

    def __len__(self) -> int:
        return len(self._ends)

    def _at(self, number: int) -> str:
        return self._bytes(number).decode(errors="surrogatepass")

    def __iter__(self) -> Iterator[str]:
        return iter(self._strings)

    def find(self, string: str) -> int:
        self._num_found += 1
        if self._num_found > _FEW or "_numbers" in vars(self):
            return self._numbers.get(string, -1)
        wanted = string.encode(errors="surrogatepass")
        number = self._found_in_text(wanted) if self.order is None else self._found_in_order(wanted)
        return number if 0 <= number < len(self) and self._bytes(number) == wanted else -1

    def find_all(self, strings: "Sequence[str]") -> IntArray:
        """The number of each of some strings, -1 where it is not there, int64 ``(M,)``."""
        find = self.find if len(strings) <= _FEW else lambda string: self._numbers.get(string, -1)
        return np.fromiter(map(find, strings), np.int64, len(strings))

    def first_bytes(self, count: int) -> bytes:
        """The lines of the first strings."""
        return self.text[: self._starts[count] if count < len(self) else len(self.text)].tobytes()

    @property
    def not_ascii(self) -> List[str]:
        """The strings with a character that is not ASCII."""
        numbers = np.unique(np.searchsorted(self._ends, np.flatnonzero(self.text >= 0x80)))
        return [self[number] for number in numbers.tolist()]

    @cached_property
    def _strings(self) -> List[str]:
        lines = self._buffer.decode(errors="surrogatepass").split("\n")[: len(self)]
        has_more = len(self) and self.text[self._ends[0]] != 10
        return [line[: line.index(" ")] for line in lines] if has_more else lines

    @cached_property
    def _numbers(self) -> Dict[str, int]:
        return {string: number for number, string in enumerate(self._strings)}

    @cached_property
    def _buffer(self) -> bytes:
        return self.text.tobytes()

    def _bytes(self, number: int) -> bytes:
        return self.text[self._starts[number] : self._ends[number]].tobytes()

    def _found_in_order(self, wanted: bytes) -> int:
        """Bisect for some bytes; the number of the first string that is not below them."""
        assert self.order is not None
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._bytes(self.order[middle]) < wanted:
                low = middle + 1
            else:
                high = middle
        return int(self.order[low]) if low < len(self) else -1

    def _found_in_text(self, wanted: bytes) -> int:
        """The number of the first line that begins with some bytes and the byte that stands behind each string."""
        if not len(self):
            return -1
        wanted += bytes([self.text[self._ends[0]]])
        if self._buffer.startswith(wanted):
            return 0
        place = self._buffer.find(b"\n" + wanted)
        return int(np.searchsorted(self._starts, place + 1)) if place >= 0 else -1


class MoreStrings(_Strings):
    """Packed strings and a few more behind them.

    Args:
      packed: the first ones.
      more: the others, none of which is among the first ones.
    """

    def __init__(self, packed: PackedStrings, more: Iterable[str]):
        self._packed = packed
        self._more = tuple(more)
        self._numbers = {string: number for number, string in enumerate(self._more, len(packed))}

    def __len__(self) -> int:
        return len(self._packed) + len(self._more)

    def _at(self, number: int) -> str:
        behind = number - len(self._packed)
        return self._more[behind] if behind >= 0 else self._packed[number]

    def __iter__(self) -> Iterator[str]:
        yield from self._packed
        yield from self._more

    def find(self, string: str) -> int:
        number = self._numbers.get(string, -1)
        return number if number >= 0 else self._packed.find(string)

    def first_bytes(self, count: int) -> bytes:
        """The lines of the first packed strings."""
        return self._packed.first_bytes(count)

    def extended(self, more: Iterable[str]) -> "MoreStrings":
        """The same and more strings, none of which is there yet."""
        return MoreStrings(self._packed, (*self._more, *more))
