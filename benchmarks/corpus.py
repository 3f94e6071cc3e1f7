"""Whole corpora: speed and memory of jobs, and what interruptions, broken inputs and full disks do to the result.

The corpus repeats the utterances of Kaldi data folders, in their order and with names of their own, until it has --hours.
What `wfst-bias decode` writes for it is compared byte by byte, but for meta.json and log/. Everything is written below OUT.
The last line is "ok", or the exit code is 1.

python benchmarks/corpus.py scale|kill|broken|jobs|disk GRAPH OUT --data FOLDER [FOLDER ...] [--hours H] [--nj N]
    [--part-seconds S] [--times N] [--seed N] [--silence S] [-- OPTIONS OF DECODE]
python benchmarks/corpus.py compare DIR DIR

scale   one process, then --nj N: time, speed, padding and memory over time
kill    kill -9 of the driver at --times moments, of a worker at as many, SIGTERM at as many; each run is continued
broken  one input in a hundred (at least one of each kind) cannot be decoded; the results of the others must be the same
jobs    --job K/3 and --merge; a Dask cluster of two workers where distributed is installed
disk    the disk is full (root: a small tmpfs; else a limit on the size of a file), and then it is not
"""

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any, Dict, List, Tuple

from corpus_tools import (
    BROKEN,
    DecodeCommand,
    Finished,
    differences,
    failed,
    records,
    repeated,
    utterances,
    workers_of,
    write_broken,
    write_corpus,
)
from tabulate import tabulate

Problems = List[str]


def main() -> None:
    command, options = _split(sys.argv[1:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["scale", "kill", "broken", "jobs", "disk", "compare"])
    parser.add_argument("graph", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, nargs="+", default=[])
    parser.add_argument("--hours", type=float, default=0.05)
    parser.add_argument("--nj", type=int, default=2)
    parser.add_argument("--part-seconds", type=float, default=20.0)
    parser.add_argument("--times", type=int, default=3, help="how often a process is killed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--silence", type=float, default=60.0, help="seconds of the input of silence")
    arguments = parser.parse_args(command)
    if arguments.what == "compare":
        end([f"{name} differs" for name in differences(arguments.graph, arguments.out)])
    if arguments.out.exists():
        parser.error(f"{arguments.out} exists; name a new folder")
    arguments.out.mkdir(parents=True)
    rows = repeated(utterances(arguments.data), 3600 * arguments.hours)
    data = write_corpus(arguments.out.resolve() / "data", rows)
    options += ["--part-seconds", str(arguments.part_seconds)]
    decoding = DecodeCommand(arguments.graph.resolve(), data, options)
    end(
        {"scale": scale, "kill": kill, "broken": broken, "jobs": jobs, "disk": disk}[arguments.what](
            decoding, arguments
        )
    )


def _split(words: List[str]) -> Tuple[List[str], List[str]]:
    """Those before ``--``, and those after it."""
    place = words.index("--") if "--" in words else len(words)
    return words[:place], words[place + 1 :]


def end(problems: Problems) -> None:
    print("\n".join(problems) or "ok")
    raise SystemExit(bool(problems))


def compared(name: str, one: Path, other: Path) -> Problems:
    return [f"{name}: {file} differs" for file in differences(one, other)]


def scale(decoding: DecodeCommand, arguments: argparse.Namespace) -> Problems:
    """One process against several."""
    runs = [("1", arguments.out / "one"), (str(arguments.nj), arguments.out / "several")]
    done = [(number, out, decoding.must_run(out, "--nj", number)) for number, out in runs]
    print(tabulate([times(*run) for run in done], headers="keys", floatfmt=".4g"))
    for number, _, finished in done:
        print(f"\n--nj {number}")
        print(tabulate(finished.memory.rows(), headers="keys", floatfmt=".3f"))
    print(f"\n--nj {arguments.nj} is {done[0][2].wall / done[1][2].wall:.2f} x as fast as one process")
    return compared(f"--nj {arguments.nj}", runs[0][1], runs[1][1])


def times(number: str, out: Path, done: Finished) -> Dict[str, Any]:
    """The row of a run."""
    meta = json.loads((out / "meta.json").read_text(encoding="utf-8"))
    audio = meta["audio_seconds"]
    row = {"processes": number, "audio [h]": audio / 3600, "wall [s]": done.wall, "CPU [s]": done.cpu}
    return {**row, "x real time": audio / done.wall, "padding [%]": 100 * meta["padding"], "parts": meta["num_parts"]}


def kill(decoding: DecodeCommand, arguments: argparse.Namespace) -> Problems:
    """Processes killed at random moments; their runs are continued."""
    whole, out, problems = arguments.out / "whole", arguments.out / "killed", []
    wall = decoding.must_run(whole, "--nj", str(arguments.nj)).wall
    chance = random.Random(arguments.seed)
    # a continued run starts the model before it decodes the rest, so that a moment is any within a whole run
    for number in (signal.SIGKILL, signal.SIGTERM):
        name = f"{signal.Signals(number).name} of the driver"
        for _ in range(arguments.times):
            moment = chance.uniform(0.0, wall)
            done = decoding.run(out, "--nj", str(arguments.nj), watch=_at([moment], partial(_signal, number)))
            left = len(list(out.with_name("killed.parts").glob("*")))
            print(f"{name} after {moment:.1f} s: exit code {done.code}, {left} entries are kept", flush=True)
            if done.code == 0:
                problems += _anew(name, whole, out)
    for _ in range(arguments.times):
        moments = sorted(chance.uniform(0.0, wall) for _ in range(2))
        done = decoding.run(
            out, "--nj", str(arguments.nj), watch=_at(moments, lambda driver: _kill_worker(driver, chance))
        )
        print(f"a worker killed after {moments[0]:.1f} and {moments[1]:.1f} s: exit code {done.code}", flush=True)
        problems += _anew("worker", whole, out) if done.code == 0 else [f"worker: {done.errors[-500:]}"]
    decoding.must_run(out, "--nj", str(arguments.nj))
    return problems + compared("after all", whole, out)


def _at(moments: List[float], act: Any) -> Any:
    """Act at moments in the life of a process, once at each."""
    left = list(moments)

    def watch(process: "subprocess.Popen[bytes]", seconds: float) -> None:
        if left and seconds >= left[0]:
            left.pop(0)
            act(process)

    return watch


def _signal(number: int, driver: "subprocess.Popen[bytes]") -> None:
    driver.send_signal(number)


def _kill_worker(driver: "subprocess.Popen[bytes]", chance: random.Random) -> None:
    if workers := workers_of(driver.pid):
        os.kill(chance.choice(workers), signal.SIGKILL)


def _anew(name: str, whole: Path, out: Path) -> Problems:
    """Compare a result, and remove it."""
    problems = compared(name, whole, out)
    shutil.rmtree(out)
    return problems


def broken(decoding: DecodeCommand, arguments: argparse.Namespace) -> Problems:
    """Inputs that cannot be decoded among those that can."""
    rows = repeated(utterances(arguments.data), 3600 * arguments.hours)
    kinds = write_broken(arguments.out.resolve() / "inputs", rows[0].path, arguments.silence)
    copies = range(max(1, round(len(rows) / 100 / len(kinds))))
    inputs = [(f"{kind}-{copy}", file) for copy in copies for kind, file in kinds]
    data = write_corpus(arguments.out.resolve() / "broken_data", rows, inputs)
    whole, out = arguments.out / "whole", arguments.out / "with_broken"
    decoding.must_run(whole, "--nj", str(arguments.nj))
    DecodeCommand(decoding.graph, data, decoding.options).must_run(out, "--nj", str(arguments.nj))
    found = failed(out)
    print(tabulate(sorted(found.items()), headers=["failed", "reason"], maxcolwidths=[40, 100]))
    left, right = records(whole), records(out)
    problems = [f"{name} differs" for name in sorted({*left, *right}) if left.get(name) != right.get(name)]
    must = {kind for kind, _ in inputs if not kind.startswith(("silence", "short", "truncated"))}  # audio
    return problems + [f"{kind} is not in failed.jsonl" for kind in sorted(must - {n.split(BROKEN)[-1] for n in found})]


def jobs(decoding: DecodeCommand, arguments: argparse.Namespace) -> Problems:
    """Every way to run the same plan."""
    one, several = arguments.out / "one", arguments.out / "three_jobs"
    decoding.must_run(one)
    for job in (2, 3, 1):
        decoding.must_run(several, "--job", f"{job}/3")
    decoding.must_run(several, "--merge")
    problems = compared("--job and --merge", one, several)
    try:
        from distributed import LocalCluster
    except ModuleNotFoundError:
        print("distributed is not installed; Dask was left out")
        return problems
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        decoding.must_run(arguments.out / "dask", "--scheduler", cluster.scheduler_address)
    return problems + compared("Dask", one, arguments.out / "dask")


def disk(decoding: DecodeCommand, arguments: argparse.Namespace) -> Problems:
    """A disk that is full, and then is not."""
    whole = arguments.out / "whole"
    decoding.must_run(whole, "--nj", str(arguments.nj))
    size = sum(path.stat().st_size for path in whole.rglob("*") if path.is_file())
    largest = max(path.stat().st_size for path in whole.rglob("*") if path.is_file())
    mount = (arguments.out / "small").resolve()
    mount.mkdir()
    is_mounted = os.geteuid() == 0 and _mount(mount, "-t", "tmpfs", "-o", f"size={size // 2}", "none")
    try:
        limit: Dict[str, Any] = {}
        if not is_mounted:
            limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest // 2, largest // 2))}
        done = decoding.run(mount / "decoded", "--nj", str(arguments.nj), **limit)
        print(f"{'full disk' if is_mounted else 'small files'}: exit code {done.code}\n{done.errors[-600:]}")
        problems = [] if done.code else ["a full disk is no error"]
        if not any(words in done.errors for words in ("No space left", "File too large", "disk")):
            problems.append("the error does not name the disk")
        if is_mounted:
            _mount(mount, "-o", "remount,size=1g")
        decoding.must_run(mount / "decoded", "--nj", str(arguments.nj))
        return problems + compared("after a full disk", whole, mount / "decoded")
    finally:
        if is_mounted:
            subprocess.run(["umount", str(mount)], check=True)


def _mount(folder: Path, *words: str) -> bool:
    return subprocess.run(["mount", *words, str(folder)], capture_output=True).returncode == 0


if __name__ == "__main__":
    main()
