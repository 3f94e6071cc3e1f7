"""Forked processes: what does not survive a fork is made anew, or refused, so that nothing waits forever.

A fork copies one thread. The others are gone in the child, and whoever gives them work waits for ever: OpenMP (torch) and
onnxruntime, whose sessions can be made anew, and k2, which makes its threads in the first search and cannot make them again.
"""

import os
import sys
from functools import lru_cache
from typing import Callable, Generic, List, Optional, TypeVar

from wfst_bias.core.errors import InputError

T = TypeVar("T")

_searched_in: Optional[int] = None  # the process in which k2 has made its threads
_of_other_processes: List[object] = []  # never freed: they would wait for the end of their threads


class PerProcess(Generic[T]):
    """An object with threads, which is made again in each forked process that uses it.

    Args:
      make: makes it.
    """

    def __init__(self, make: Callable[[], T]):
        self._make = make
        self._made_in: Optional[int] = None
        self._value: Optional[T] = None

    def get(self) -> T:
        """The object of this process."""
        if self._made_in != os.getpid():
            _of_other_processes.append(self._value)
            self._value, self._made_in = self._make(), os.getpid()
        assert self._value is not None
        return self._value


@lru_cache(maxsize=None)
def use_one_thread_in_forks() -> None:
    """Let torch work with one thread in every process that is forked from now on: its others are not there."""
    os.register_at_fork(after_in_child=_use_one_thread)


def _use_one_thread() -> None:
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)


def check_search_process() -> None:
    """Note that this process searches.

    Raises:
      InputError: it was forked from one that has searched, so that k2 would wait for ever.
    """
    global _searched_in
    if _searched_in is None:
        _searched_in = os.getpid()
    elif _searched_in != os.getpid():
        raise InputError(
            "this process was forked from one that has searched already, and the threads of k2 do not survive a fork; "
            "start processes with multiprocessing.get_context('spawn'), or fork before the first transcription"
        )
