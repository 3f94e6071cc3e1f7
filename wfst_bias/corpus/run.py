"""The decoding of a corpus, which may be interrupted and continued, by one process or by many."""

import contextlib
import fcntl
import json
import logging
import shutil
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, Mapping

from lhotse.cut import Cut

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import check_folder, publish_folder
from wfst_bias.corpus.decoding import tables_folder
from wfst_bias.corpus.merge import KIND, merge_parts
from wfst_bias.corpus.options import OutputOptions, RunOptions
from wfst_bias.corpus.part import PartTask, read_summary
from wfst_bias.corpus.plan import PartsInOrder, Plan
from wfst_bias.corpus.progress import Progress
from wfst_bias.data.failures import OnFailure, raise_failure

_logger = logging.getLogger(__name__)

_PARTS_KIND = "decode-parts"

Decode = Callable[[Iterable[PartTask]], Iterator[Dict[str, Any]]]
"""Decodes parts, and gives their summaries in any order."""


@dataclass(frozen=True)
class CorpusRun:
    """One corpus, and where its parts and its results stand.

    The parts stand in a folder until all are decoded. The name of each is a hash of all that it depends on: audio, model,
    graph, lists and options. So nothing is decoded twice, and results of other options or inputs are never mixed in.

    Args:
      read: the utterances, in the order of the data; what cannot be read is given to its argument.
      decode_dir: the result.
      folder: of the parts.
      run_key: hash of model, graph, lists and options.
      meta: entries of ``meta.json``.
      output: options that the files depend on.
      options: of the run.
    """

    read: Callable[[OnFailure], Iterable[Cut]]
    decode_dir: Path
    folder: Path
    run_key: str
    meta: Mapping[str, Any] = field(default_factory=dict)
    output: OutputOptions = OutputOptions()
    options: RunOptions = RunOptions()

    @property
    def tables(self) -> Path:
        """The folder of what is the same for all parts."""
        return tables_folder(self.folder, self.run_key)

    @cached_property
    def plan(self) -> Plan:
        """The parts; all data are read here, and the headers of their audio files where durations are not known.

        Raises:
          InputError: the data cannot be read at all, or, where the run is strict, one input of it.
        """
        parts = PartsInOrder(self.options.part_seconds)
        cuts = self.read(raise_failure if self.options.strict else parts.failed)
        return Plan.of(parts.parts(cuts), self.run_key, self.output.batch_size)

    def decode(self, decode: Decode, job: int = 1, num_jobs: int = 1) -> None:
        """Decode the parts that are not decoded yet.

        Args:
          decode: decodes them.
          job, num_jobs: every ``num_jobs``-th part is decoded, from the ``job``-th on, counted from 1.

        Raises:
          InputError: too many inputs fail, or, where the run is strict, one; what is decoded is kept for the next run.
        """
        check_folder(self.decode_dir, KIND)
        check_folder(self.folder, _PARTS_KIND)
        plan = self.plan
        # with its mark from the start: other jobs may begin in the same moment
        with publish_folder(self.folder, _PARTS_KIND, replaces=False) as made:
            (made / "meta.json").write_text(json.dumps({"kind": _PARTS_KIND}), encoding="utf-8")
        with self._alone() if num_jobs == 1 else contextlib.nullcontext():
            self._decode(decode, plan, job, num_jobs)

    def _decode(self, decode: Decode, plan: Plan, job: int, num_jobs: int) -> None:
        failures = _Failures(self.options)
        num_done, duration = 0, 0.0
        for task in self._tasks(job, num_jobs):
            failures.num_inputs += task.part.num_inputs
            summary = read_summary(task.folder) if task.folder.is_dir() else None
            if summary and not summary["num_unexpected"]:
                num_done += 1
                failures.add(summary)
            else:  # what failed unexpectedly may not fail again
                shutil.rmtree(task.folder, ignore_errors=True)
                duration += task.part.duration
        failures.check()
        if num_done:
            _logger.info("%d of %d parts are decoded already", num_done, plan.num_parts)
        waiting = (task for task in self._tasks(job, num_jobs) if not task.folder.is_dir())
        try:
            with Progress(duration, self.options.progress) as progress:
                for summary in decode(waiting):
                    progress.add(summary["duration"], summary["num_failed"])
                    failures.add(summary)
                    failures.check()
        except BaseException:
            if num_jobs == 1:  # else others may have begun parts
                self._leave()
            raise

    def merge(self) -> Dict[str, Any]:
        """Join the parts, all of which have been decoded, and remove them.

        Returns:
          the content of ``meta.json``.

        Raises:
          InputError: parts are missing.
        """
        check_folder(self.decode_dir, KIND)
        with self._alone():
            meta = merge_parts(self.plan, self.folder, self.tables, self.decode_dir, self.meta)
        shutil.rmtree(self.folder, ignore_errors=True)
        return meta

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Let no other run decode into the same folder within the block.

        Raises:
          InputError: another one does.
        """
        if not self.folder.is_dir():
            yield
            return
        with open(self.folder / "lock", "wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InputError(
                    "another run decodes into the same folder; wait for its end", self.decode_dir
                ) from None
            except OSError:  # the file system has no locks
                pass
            yield

    def _leave(self) -> None:
        """Keep the folder of the parts only if there are some."""
        num_parts = sum((self.folder / key).is_dir() for _, key in self.plan)
        if num_parts:
            _logger.info("%d parts are kept in %s; the same command continues there", num_parts, self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _tasks(self, job: int, num_jobs: int) -> Iterator[PartTask]:
        for part, key in self.plan:
            if part.number % num_jobs == job % num_jobs:
                yield PartTask(part, self.folder / key)


class _Failures:
    """Counts inputs that failed, and ends a run that has too many of them.

    Args:
      options: of the run.
    """

    def __init__(self, options: RunOptions):
        self._options = options
        self.num_inputs = 0
        """All inputs of the run."""
        self._num_failed = 0
        self._first = ""

    def add(self, summary: Mapping[str, Any]) -> None:
        """Add a part."""
        self._num_failed += summary["num_failed"]
        self._first = self._first or summary["first_failure"] or ""

    def check(self) -> None:
        """Check the inputs that failed so far.

        Raises:
          InputError: there are more of them than may fail of all inputs.
        """
        if self._options.strict and self._num_failed:
            raise InputError(self._first)
        if self._num_failed > self._options.max_failed * self.num_inputs:
            raise InputError(
                f"{self._num_failed:,} of {self.num_inputs:,} inputs failed, more than --max-failed "
                f"{self._options.max_failed:g}; the first: {self._first}"
            )
