"""A process that checks inputs, so that one that kills the process or never ends stops nothing else."""

import multiprocessing
import os
import pickle
import resource
import shutil
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Dict, NamedTuple, Optional

from fuzz.catalog import targets
from fuzz.target import Case, Finding, Target, built, mutations

MEMORY = 2 << 30  # bytes that the inputs of a process may take on top of the libraries
SECONDS_TO_KILL = 60.0  # of a processor, without an input that ends: a library does not come back
SECONDS_TO_WAIT = 900.0  # of a clock, without an input that ends: it waits for something
_RAM = Path("/dev/shm")


class Job(NamedTuple):
    """Some inputs of a target; the key determines them."""

    number: int
    target: str
    key: str
    count: int
    first: int = 0


class Worker:
    """A process, its folder of inputs, and the job that it is at."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fuzz.", dir=_RAM if _RAM.is_dir() else None))
        self._counter = multiprocessing.get_context("spawn").RawValue("q", 0)
        self.job: Optional[Job] = None
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, end = context.Pipe()
        self._process = context.Process(target=_work, args=(end, str(self.folder), self._counter), daemon=True)
        self._process.start()
        end.close()
        self._seen = -1

    def give(self, job: Job) -> None:
        self.job, self._seen = job, -1
        self._counter.value = 0
        self.connection.send(job)

    @property
    def is_stuck(self) -> bool:
        """Whether no input has ended for long."""
        if self._counter.value != self._seen:
            self._seen, self._used, self._since = self._counter.value, self._processor_seconds(), time.monotonic()
        used, waited = self._processor_seconds() - self._used, time.monotonic() - self._since
        return used > SECONDS_TO_KILL or waited > SECONDS_TO_WAIT

    def _processor_seconds(self) -> float:
        """Time of a processor that the process has used."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def replace(self) -> Finding:
        """End the process, which has died or is stuck; its last input is the finding. A new process takes its place."""
        self._process.join(0.0 if self.is_stuck else 5.0)
        alive = self._process.is_alive()
        self._process.kill()
        self._process.join()
        code = self._process.exitcode
        place = next(self.folder.iterdir(), self.folder)
        files = {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}
        shutil.rmtree(place)
        self.folder.mkdir(exist_ok=True)
        kind, place = ("hang", "never returns") if alive else ("crash", f"the process ends with {code}")
        self._start()
        return Finding(kind, place, f"input {self._counter.value} of {self.job}", Case(files, None))

    @property
    def num_done(self) -> int:
        """Inputs of the job that have ended."""
        return int(self._counter.value)

    def close(self) -> None:
        self.connection.close()  # which ends an idle process
        self._process.join(2.0)
        self._process.kill()
        self._process.join()
        shutil.rmtree(self.folder, ignore_errors=True)


def _work(connection: Connection, folder: str, counter: Any) -> None:
    """Do jobs until there is none; answers each with its findings and seconds."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.stderr = open(os.devnull, "w")
    os.dup2(sys.stderr.fileno(), 1), os.dup2(sys.stderr.fileno(), 2)  # libraries in C write there
    known = targets()
    used: Dict[str, Target] = {}
    while True:
        try:
            job = connection.recv()
        except EOFError:
            return
        if job.target not in used:
            used[job.target] = known[job.target]
            _set_memory_limit()
        started, findings = time.perf_counter(), []
        place = Path(folder) / job.target.replace("/", "-")
        place.mkdir()
        try:
            for finding in inputs_of(used[job.target], place, job):
                counter.value += 1
                if finding:
                    findings.append(finding)
        except Exception as error:  # of a target: the run ends with it
            connection.send(error)
            raise
        shutil.rmtree(place)
        connection.send((pickle.dumps(findings), counter.value, time.perf_counter() - started))


def inputs_of(target: Target, folder: Path, job: Job):
    """Check the inputs of a job."""
    if target.cases is not None:
        return built(target, folder, job.key, job.count)
    return mutations(target, folder, job.key, job.count, job.first)


def _set_memory_limit() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, hard))
