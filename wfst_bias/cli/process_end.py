"""The end of a process without the work that Python and its libraries do for a longer life."""

import atexit
import os
import sys
import threading
from typing import Union


def end_process(code: Union[int, str, None]) -> None:
    """End the process as :func:`sys.exit` does, but for the objects of its modules: torch takes half a second to free them.

    What is registered with :mod:`atexit` runs. Return where Python has to end the process itself: a thread still runs, the
    output cannot be written, or the code is a message.
    """
    if not isinstance(code, (int, type(None))):
        return
    if any(not thread.daemon and thread is not threading.main_thread() for thread in threading.enumerate()):
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):  # no reader, no space left, closed, none
        return
    atexit._run_exitfuncs()
    os._exit((code or 0) & 0xFF)
