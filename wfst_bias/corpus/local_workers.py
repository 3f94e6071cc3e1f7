"""Worker processes on this machine, one thread each; one that ends is replaced, and its part is decoded again."""

import logging
import os
import signal
import threading
import time
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, Dict, Iterable, Iterator, List, Optional

import torch

from wfst_bias.corpus.part import PartTask
from wfst_bias.corpus.worker import Work, log_to

_logger = logging.getLogger(__name__)

_PROCESSES = get_context("spawn")  # a fork of a process that has used k2 or OpenMP hangs
_THREADS = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class LocalWorkers:
    """Decodes parts in processes of this machine.

    Args:
      work: that all of them do.
      num_workers: how many there are; of several GPUs each has one.
    """

    def __init__(self, work: Work, num_workers: int):
        self._work, self._num_workers = work, num_workers

    def run(self, tasks: Iterable[PartTask]) -> Iterator[Dict[str, Any]]:
        """The summaries of parts, as they are ready.

        Raises:
          InputError: a worker cannot work at all.
        """
        waiting = iter(tasks)
        busy: List[_Worker] = []
        try:
            for number in range(1, self._num_workers + 1):
                if (task := next(waiting, None)) is not None:
                    busy.append(_Worker(self._work_of(number), number))
                    busy[-1].give(task)
            while busy:
                ready = wait([worker.connection for worker in busy])
                for worker in [worker for worker in busy if worker.connection in ready]:
                    summary = worker.result()
                    if summary is None:  # it ended, and another one has the part
                        continue
                    if (task := next(waiting, None)) is not None:
                        worker.give(task)
                    else:
                        worker.end()
                        busy.remove(worker)
                    yield summary
        finally:
            for worker in busy:
                worker.end()

    def _work_of(self, number: int) -> Work:
        if self._work.device != "cuda":
            return self._work
        return replace(self._work, device=f"cuda:{(number - 1) % max(1, torch.cuda.device_count())}")


class _Worker:
    """One process, and the part that it decodes."""

    connection: Connection
    _task: PartTask

    def __init__(self, work: Work, number: int):
        self._work, self._number = work, number
        self._start()

    def _start(self) -> None:
        self.connection, other = _PROCESSES.Pipe()
        arguments = (other, self._work, self._number, os.getpid())
        self._process = _PROCESSES.Process(target=_serve, args=arguments, name=f"decode.{self._number}", daemon=True)
        before = {name: os.environ.get(name) for name in _THREADS}
        os.environ.update(_THREADS)  # read when the libraries are loaded
        try:
            self._process.start()
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
        other.close()  # the end of the process ends the connection

    def give(self, task: PartTask) -> None:
        """Let the process decode a part."""
        self._task = task
        try:
            self.connection.send(task)
        except OSError:  # it has ended; so will the wait for its result
            pass

    def result(self) -> Optional[Dict[str, Any]]:
        """The summary of the part; None where the process ended, and a new one decodes the part."""
        try:
            result: Dict[str, Any] = self.connection.recv().result
            return result
        except (EOFError, OSError):
            pass
        self._process.join()
        code = self._process.exitcode or 0
        reason = f"signal {-code}" if code < 0 else f"exit code {code}"
        _logger.info(
            "worker %d ended (%s) in part %d; another one takes over", self._number, reason, self._task.part.number
        )
        task = self._task.after_death(reason)
        self.connection.close()
        self._start()
        self.give(task)
        return None

    def end(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.join()
        self.connection.close()


def _serve(connection: Connection, work: Work, number: int, parent: int) -> None:
    """Decode the parts that come through a connection until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    torch.set_num_threads(1)
    log_to(work.log_folder / f"decode.{number}.log")
    try:
        while True:
            connection.send(work.answer(connection.recv()))
    except (EOFError, OSError):
        pass


def _end_with(parent: int) -> None:
    """End this process when its parent is gone, which may have been killed."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
