"""Work of one process: it loads what the corpus is decoded with once, and decodes one part after the other."""

import contextlib
import logging
import os
import threading
import traceback
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, Optional

import torch

from wfst_bias.core.errors import InputError
from wfst_bias.corpus.decoding import Decoding, decoding_of, tables_folder
from wfst_bias.corpus.options import OutputOptions
from wfst_bias.corpus.part import PartTask, decode_part
from wfst_bias.recognize.setup import DecodeSetup

_ONE_AT_A_TIME = threading.Lock()  # a worker of Dask may have several threads
_PACKAGE_LOGGER = logging.getLogger("wfst_bias")
LOG = "log"
_FORMAT = "%(asctime)s %(message)s"


@dataclass(frozen=True)
class Work:
    """The work on one corpus; it can be sent to another process or machine.

    Args:
      setup: what is decoded with.
      device: where.
      options: of the files.
      folder: of the parts.
      run_key: hash of the setup and the options.
      working_folder: to which all paths are relative.
    """

    setup: DecodeSetup
    device: str
    options: OutputOptions
    folder: Path
    run_key: str
    working_folder: Path = field(default_factory=Path.cwd)

    @property
    def log_folder(self) -> Path:
        """The folder of the log files."""
        return self.folder / LOG

    def decode(self, task: PartTask) -> Dict[str, Any]:
        """Decode a part; see :func:`wfst_bias.corpus.part.decode_part`."""
        with _ONE_AT_A_TIME, self._named_errors():
            decoding = _loaded(self.setup, self.device, self.run_key)
            decoding.write_tables(tables_folder(self.folder, self.run_key))
            return decode_part(task, decoding, self.options)

    @contextlib.contextmanager
    def _named_errors(self) -> Iterator[None]:
        """Raise errors of the file system, such as a full disk, with the folder of the parts."""
        try:
            yield
        except OSError as error:
            raise InputError(
                f"{error.strerror or error}; the same command continues", error.filename or self.folder
            ) from error

    def decode_all(self, tasks: Iterable[PartTask], number: int = 1) -> Iterator[Dict[str, Any]]:
        """Decode parts in this process, and write the log of that number."""
        log_to(self.log_folder / f"decode.{number}.log")
        try:
            yield from map(self.decode, tasks)
        finally:
            close_log()

    def answer(self, task: PartTask) -> "Answer":
        """The result of :meth:`decode`, or its error, for another process."""
        os.chdir(self.working_folder)
        try:
            return Answer(self.decode(task))
        except InputError as error:
            return Answer(error=str(error))
        except Exception:
            return Answer(error=traceback.format_exc())


@dataclass(frozen=True)
class Answer:
    """The answer of a worker.

    Args:
      summary: of the part that was decoded.
      error: text of the error that ends the run.
    """

    summary: Optional[Dict[str, Any]] = None
    error: str = ""

    @property
    def result(self) -> Dict[str, Any]:
        """The summary.

        Raises:
          InputError: there was an error.
        """
        if self.summary is None:
            raise InputError(self.error)
        return self.summary


@lru_cache(maxsize=1)
def _loaded(setup: DecodeSetup, device: str, run_key: str) -> Decoding:
    """The setup, read once; its files may be others under another key."""
    return decoding_of(setup, torch.device(device))


class _LogFile(logging.FileHandler):
    """The log file of a process."""


def log_to(path: Path) -> None:
    """Add the messages of the package to a log file from now on, and to no other one of ours."""
    close_log()
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = _LogFile(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter(_FORMAT))
    _PACKAGE_LOGGER.addHandler(handler)
    _PACKAGE_LOGGER.setLevel(logging.DEBUG)


def close_log() -> None:
    """Add no more messages to a log file."""
    for handler in [one for one in _PACKAGE_LOGGER.handlers if isinstance(one, _LogFile)]:
        _PACKAGE_LOGGER.removeHandler(handler)
        handler.close()
