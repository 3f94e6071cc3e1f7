"""``python -m fuzz``: a run over all targets, some targets, or one saved input."""

import argparse
import hashlib
import os
import pickle
import random
import sys
import time
from collections import Counter, defaultdict
from multiprocessing.connection import wait
from pathlib import Path
from typing import Dict, List, Optional, Sequence

from tabulate import tabulate

from fuzz.catalog import targets
from fuzz.target import Case, Finding, check
from fuzz.worker import Job, Worker

_INPUTS_OF_A_JOB = 500
_SAVED = 3  # inputs with the same finding
_SECONDS_BETWEEN_LINES = 60.0
_EXPECTED = "expected.pickle"


def main(arguments: Optional[Sequence[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("target", nargs="*", help="targets; all where none is given; TARGET/... for all of a family")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="of all targets together")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--seed", type=int, default=None, help="of the inputs; random and printed where not given")
    parser.add_argument(
        "--first", type=int, default=0, help="number of the first job: goes on with a run of the same seed"
    )
    parser.add_argument("--out", type=Path, default=Path("exp/fuzz"), help="folder of the inputs with findings")
    parser.add_argument("--list", action="store_true", help="name the targets")
    parser.add_argument("--reproduce", type=Path, metavar="FOLDER", help="check one saved input of the target")
    given = parser.parse_args(arguments)
    known = targets()
    names = [name for name in known if not given.target or any(_matches(name, one) for one in given.target)]
    if given.list or not names:
        print("\n".join(known))
        return 0 if given.list else 2
    if given.reproduce:
        return _reproduce(names[0], given.reproduce)
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    run = Run(names, given.inputs, seed, given.out)
    print(f"{len(run.jobs):,} jobs, seed {seed}, findings go to {given.out}", flush=True)
    run.do(given.first, given.jobs)
    print(run.table)
    print(
        f"{sum(run.inputs.values()):,} inputs, {run.total('crash')} crashes, {run.total('hang')} hangs, "
        f"{run.total('lost')} with lost content, {run.total('nameless')} errors without a file; {run.hours:.2f} hours"
    )
    return int(any(run.counts.values()))


def _matches(name: str, wanted: str) -> bool:
    return name == wanted or name.startswith(wanted.rstrip("/") + "/")


class Run:
    """A number of inputs of some targets, and their findings."""

    def __init__(self, names: Sequence[str], num_inputs: int, seed: int, out: Path):
        self._seed, self._out = seed, out
        self._known = targets()
        self.inputs: Counter = Counter()
        self.seconds: Dict[str, float] = defaultdict(float)
        self.counts: Counter = Counter()  # of findings, by target and kind
        self._places: Counter = Counter()
        self.hours = 0.0
        self.jobs = self._all_jobs(names, num_inputs)

    def _all_jobs(self, names: Sequence[str], num_inputs: int) -> List[Job]:
        """Jobs of all targets, mixed evenly."""
        shares = {name: self._known[name].share for name in names}
        wanted = {name: max(1, round(num_inputs * share / sum(shares.values()))) for name, share in shares.items()}
        rows = []
        for name, count in wanted.items():
            for begin in range(0, count, _INPUTS_OF_A_JOB):
                size = min(_INPUTS_OF_A_JOB, count - begin)
                rows.append(((begin + size / 2) / count, name, f"{self._seed}:{name}:{begin}", size))
        return [Job(number, *row[1:]) for number, row in enumerate(sorted(rows))]

    def do(self, first: int, num_workers: int) -> None:
        started = last = time.monotonic()
        waiting = self.jobs[first:][::-1]
        workers = [Worker() for _ in range(min(num_workers, len(waiting)))]
        try:
            while waiting or any(worker.job for worker in workers):
                for worker in workers:
                    if worker.job is None and waiting:
                        worker.give(waiting.pop())
                self._collect(workers, waiting)
                if time.monotonic() - last > _SECONDS_BETWEEN_LINES:
                    last = time.monotonic()
                    self._tell(workers, waiting)
        except KeyboardInterrupt:
            print(f"\nstopped; go on with --seed {self._seed} --first {self._next(workers, waiting)}")
        finally:
            for worker in workers:
                worker.close()
            self.hours = (time.monotonic() - started) / 3600

    def _collect(self, workers: Sequence[Worker], waiting: List[Job]) -> None:
        """Take what processes have finished, and replace those that died or are stuck."""
        ready = wait([worker.connection for worker in workers if worker.job], timeout=1.0)
        for worker in workers:
            job = worker.job
            if job is None:
                continue
            if worker.connection in ready:
                try:
                    answer = worker.connection.recv()
                except (EOFError, ConnectionError):
                    self._replace(worker, waiting)
                    continue
                if isinstance(answer, Exception):
                    raise answer
                findings, count, seconds = answer
                self._count(job, count, seconds, pickle.loads(findings))
                worker.job = None
            elif worker.is_stuck:
                self._replace(worker, waiting)

    def _replace(self, worker: Worker, waiting: List[Job]) -> None:
        job, done = worker.job, worker.num_done
        assert job is not None
        self._count(job, done + 1, 0.0, [worker.replace()])
        worker.job = None
        if self._known[job.target].cases is None and job.first + done + 1 < job.count:
            waiting.append(job._replace(first=job.first + done + 1))

    def _count(self, job: Job, num_inputs: int, seconds: float, findings: Sequence[Finding]) -> None:
        self.inputs[job.target] += num_inputs
        self.seconds[job.target] += seconds
        for finding in findings:
            self.counts[job.target, finding.kind] += 1
            key = job.target, finding.kind, finding.place
            self._places[key] += 1
            if self._places[key] <= _SAVED:
                folder = self._save(job.target, finding)
                print(
                    f"{job.target}: {finding.kind} at {finding.place}; again: PYTHONPATH=tests {sys.executable} "
                    f"-m fuzz {job.target} --reproduce {folder}",
                    flush=True,
                )

    def _save(self, target: str, finding: Finding) -> Path:
        """Write an input, its finding and the expected content."""
        content = repr(sorted(finding.case.files.items())).encode()
        folder = self._out / target / f"{finding.kind}-{hashlib.sha256(content).hexdigest()[:12]}"
        for name, data in finding.case.files.items():
            path = folder / "files" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "finding.txt").write_text(f"{finding.kind} {finding.place}\n{finding.details}\n", errors="replace")
        (folder / _EXPECTED).write_bytes(pickle.dumps(finding.case.expected))
        return folder

    def _next(self, workers: Sequence[Worker], waiting: Sequence[Job]) -> int:
        """The first job that is not done."""
        return min(
            [worker.job.number for worker in workers if worker.job] + [job.number for job in waiting[-1:]], default=0
        )

    def _tell(self, workers: Sequence[Worker], waiting: Sequence[Job]) -> None:
        print(
            f"{sum(self.inputs.values()):,} inputs, {sum(self.counts.values())} findings; "
            f"go on with --seed {self._seed} --first {self._next(workers, waiting)}",
            flush=True,
        )

    def total(self, kind: str) -> int:
        return sum(count for (_, found), count in self.counts.items() if found == kind)

    @property
    def table(self) -> str:
        kinds = ("crash", "hang", "lost", "nameless")
        rows = [
            (
                name,
                f"{count:,}",
                f"{count / self.seconds[name]:,.0f}" if self.seconds[name] else "-",
                *(self.counts[name, kind] for kind in kinds),
            )
            for name, count in sorted(self.inputs.items())
        ]
        return tabulate(
            rows, ("target", "inputs", "a second", "crashes", "hangs", "lost", "nameless"), disable_numparse=True
        )


def _reproduce(name: str, folder: Path) -> int:
    expected = pickle.loads((folder / _EXPECTED).read_bytes()) if (folder / _EXPECTED).is_file() else None
    place = (folder / "files").resolve()
    files = {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    finding = check(targets()[name], place, Case(files, expected))
    print(f"{finding.kind} at {finding.place}\n{finding.details}" if finding else "no finding")
    return int(finding is not None)


if __name__ == "__main__":
    sys.exit(main())
