"""Workers of a Dask cluster, which read and write the same file system."""

import re
from functools import lru_cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator

from wfst_bias.core.errors import InputError
from wfst_bias.core.types import Seconds
from wfst_bias.corpus.part import PartTask
from wfst_bias.corpus.worker import Answer, Work, log_to

_TIMEOUT: Seconds = 20.0  # to reach the scheduler


class DaskWorkers:
    """Decodes parts on a Dask cluster.

    Args:
      work: that all workers do.
      address: of the scheduler, such as ``tcp://10.0.0.1:8786``, or its file.
    """

    def __init__(self, work: Work, address: str):
        self._work, self._address = work, address

    def run(self, tasks: Iterable[PartTask]) -> Iterator[Dict[str, Any]]:
        """The summaries of parts, as they are ready.

        A worker that ends is replaced by the scheduler, and its part is decoded again.

        Raises:
          InputError: the cluster cannot be reached, or a worker cannot work at all.
        """
        try:
            distributed: Any = import_module("distributed")
        except ModuleNotFoundError:
            raise InputError("--scheduler needs Dask; install it, 'pip install \"wfst-bias[dask]\"'") from None
        where = {"scheduler_file": self._address} if Path(self._address).is_file() else {"address": self._address}
        try:
            client = distributed.Client(**where, timeout=_TIMEOUT)
        except (OSError, ValueError) as error:
            raise InputError(f"no Dask scheduler answers at {self._address!r} ({error}); is it running?") from None
        with client:
            waiting = iter(tasks)
            results = distributed.as_completed()
            task_of = {}

            def submit(task: PartTask) -> None:
                future = client.submit(_decode, self._work, task, pure=False)
                task_of[future.key] = task
                results.add(future)

            def fill() -> None:
                """Let a second part wait at each worker that there is now."""
                for task in islice(waiting, max(0, 2 * max(1, len(client.nthreads())) - len(task_of))):
                    submit(task)

            fill()
            for future in results:
                task = task_of.pop(future.key)
                problem = future.exception()
                if isinstance(problem, distributed.KilledWorker):
                    submit(task.after_death(str(problem)))
                    continue
                if problem is not None:
                    raise InputError(f"part {task.part.number}: {type(problem).__name__}: {problem}") from problem
                summary = future.result().result
                fill()
                yield summary


def _decode(work: Work, task: PartTask) -> Answer:
    """Decode a part in a worker."""
    worker: Any = import_module("distributed").get_worker()
    name = re.sub(r"\W+", "_", str(worker.name))
    _log_once(work.log_folder / f"decode.{name}.log", work.run_key)
    return work.answer(task)


@lru_cache(maxsize=1)
def _log_once(path: Path, run_key: str) -> None:
    """Log to a file, once for each run; that of an earlier run may be gone."""
    log_to(path)
