"""Ctrl-C: the command unwinds, or is ended where a call into compiled code does not return soon."""

import contextlib
import os
import signal
import threading
from types import FrameType
from typing import Iterator, Optional

import click

from wfst_bias.core.files import remove_unfinished
from wfst_bias.core.types import Seconds

EXIT_CODE = 128 + signal.SIGINT
_GRACE: Seconds = 0.4


class Interrupted(BaseException):
    """Ctrl-C was pressed; click takes a ``KeyboardInterrupt`` for its own."""


def _may_handle() -> bool:
    """Whether this thread may, and SIGINT is not ignored, as it is in programs that a script runs in the background."""
    is_main = threading.current_thread() is threading.main_thread()
    return is_main and signal.getsignal(signal.SIGINT) != signal.SIG_IGN


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Raise :class:`Interrupted` in the block at SIGINT, whatever compiled code or libraries make of the error."""
    interrupted = False

    def interrupt(number: int, frame: Optional[FrameType]) -> None:
        nonlocal interrupted
        interrupted = True
        raise Interrupted

    if not _may_handle():
        yield
        return
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    except BaseException:
        if interrupted:  # also where the import of a library has made another error of it
            raise Interrupted from None
        raise
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def ends_soon_when_interrupted(grace: Seconds = _GRACE) -> Iterator[None]:
    """End the process with exit code 130 soon after a SIGINT in the block, which unwinds first if it can.

    Python runs signal handlers between its own instructions only, and a network may compute for seconds before the next
    one. The signal wakes a thread, which waits for the block to unwind, and then ends the process; the temporary files of
    :mod:`wfst_bias.core.files` are removed first. Nothing that is registered with :mod:`atexit` runs: what libraries have
    there may take longer than all of the rest.

    Args:
      grace: how long the thread waits.
    """
    if not _may_handle():
        yield
        return
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    left = threading.Event()

    def watch() -> None:
        while number := os.read(read_end, 1):  # nothing at the end of the block
            if number[0] == signal.SIGINT and not left.wait(grace):
                _end()

    thread = threading.Thread(target=watch, name="interrupts", daemon=True)
    before = signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    thread.start()
    try:
        yield
    except Interrupted:
        _end()
    finally:
        left.set()
        signal.set_wakeup_fd(before)
        os.close(write_end)
        thread.join()
        os.close(read_end)


def report_interrupted() -> None:
    """Print on standard error that Ctrl-C was pressed."""
    click.echo("\nwfst-bias: interrupted", err=True)


def _end() -> None:
    remove_unfinished()
    report_interrupted()
    os._exit(EXIT_CODE)
