"""The start of ``wfst-bias transcribe`` for one short recording, against importing what it cannot do without.

The command and ``python -c "import torch, k2, hama"`` run in alternation, on one core and with warm caches; CPU seconds
(user and system) are compared, pair by pair. Then the parts of the command are timed one after the other in a process.
Both have their bytecode: it is written below ``--bytecode``, where the environment forbids that elsewhere, too.

python benchmarks/start.py AUDIO [--list NAMES.txt] [--pairs N] [--bytecode DIR]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Dict, Iterator, List, Sequence, Tuple

_IMPORTS = "import torch, k2, hama"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("audio", type=Path)
    parser.add_argument("--list", type=Path, help="phrases, one a line; two names where not given")
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--bytecode", type=Path, default=Path(tempfile.gettempdir()) / "wfst_bias_bytecode")
    parser.add_argument("--phases", action="store_true", help=argparse.SUPPRESS)  # this process times the parts
    arguments = parser.parse_args()
    if arguments.phases:
        for name, seconds in _phases(arguments.audio, arguments.list):
            print(f"{name}\t{seconds:.4f}")
        return
    with tempfile.TemporaryDirectory() as folder:
        names = arguments.list
        if names is None:
            names = Path(folder) / "names.txt"
            names.write_text("Zelenskyy\nmetoprolol\n")
        _compare(arguments.audio, names, arguments.pairs, arguments.bytecode)


def _compare(audio: Path, names: Path, pairs: int, bytecode: Path) -> None:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(bytecode), "OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    transcribe = [sys.executable, "-m", "wfst_bias", "transcribe", str(audio)]
    commands = {
        _IMPORTS: [sys.executable, "-c", _IMPORTS],
        "transcribe": transcribe,
        "transcribe --entities": [*transcribe, "--entities", str(names)],
    }
    for command in commands.values():  # caches and bytecode
        _cpu_seconds(command, environment)
    found: Dict[str, List[float]] = {name: [] for name in commands}
    for _ in range(pairs):
        for name, command in commands.items():
            found[name].append(_cpu_seconds(command, environment))
    print(f"CPU seconds of {pairs} runs in alternation: least and median, median of the ratios of pairs")
    for name, seconds in found.items():
        ratio = statistics.median(one / other for one, other in zip(seconds, found[_IMPORTS]))
        print(f"{name:24}{min(seconds):6.2f}{statistics.median(seconds):7.2f}{ratio:7.2f} x")
    phases: Dict[str, List[float]] = {}
    for _ in range(pairs):
        this = [sys.executable, __file__, str(audio), "--list", str(names), "--phases"]
        for line in subprocess.run(this, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines():
            name, seconds = line.split("\t")
            phases.setdefault(name, []).append(float(seconds))
    print("parts of transcribe --entities, CPU seconds, median")
    for name, seconds in phases.items():
        print(f"{name:24}{statistics.median(seconds):7.3f}")


def _cpu_seconds(command: Sequence[str], environment: Dict[str, str]) -> float:
    """The CPU seconds of a command that succeeds."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed")
    return usage.ru_utime + usage.ru_stime


def _phases(audio: Path, names: Path) -> Iterator[Tuple[str, float]]:
    """Each part of a transcription in this process, and its CPU seconds."""
    begin = time.process_time()

    def spent() -> float:
        nonlocal begin
        before, begin = begin, time.process_time()
        return begin - before

    import hama  # noqa: F401
    import k2  # noqa: F401
    import torch

    torch.set_num_threads(1)
    yield _IMPORTS, spent()
    import wfst_bias.cli.main  # noqa: F401
    from wfst_bias.cli.recognizer import recognizer_of  # noqa: F401
    from wfst_bias.data.channels import MEAN
    from wfst_bias.data.short_files import file_cut
    from wfst_bias.graph.store import read_base
    from wfst_bias.recognize.recognizer import Recognizer
    from wfst_bias.recognize.transcribe import default_base

    yield "other imports", spent()
    base = read_base(default_base())
    yield "base", spent()
    recognizer = Recognizer(base, batch_size=1).biased(names)
    yield "list", spent()
    cut = file_cut(audio, str(audio), MEAN, recognizer.pipeline.model.sampling_rate, 30.0)
    emissions = recognizer.emissions([cut])
    yield "acoustic model", spent()
    searched = recognizer.search(emissions)
    yield "search", spent()
    recognizer.recognize_batch(emissions)
    yield "search and second pass", spent()
    del searched


if __name__ == "__main__":
    main()
