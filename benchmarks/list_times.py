"""Seconds that a list costs beyond one of three words, from the file to the graph folder, on one core.

python benchmarks/list_times.py BASE [--words 10000 100000]

The words are made of pieces of words of the lexicon, and none of them is in it. Cold: none of their pronunciations is in the user's
cache; warm: all are. Each figure is the CPU time of ``wfst-bias graph compile`` less that of a list of three words, the least of
three runs. Domains are those of the package; two phrases in Python are swapped into a base that is in use.
"""

import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Dict, List, Sequence

from wfst_bias.core.cache import cache_folder
from wfst_bias.graph.compile import graph_of_list
from wfst_bias.graph.store import read_base

_TRIES = 3
_ONE_CORE = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def unknown_words(known: Sequence[str], num: int, rng: random.Random) -> List[str]:
    """Words that a lexicon does not have, as names are: the beginning of one word and the end of another one."""
    plain = [word for word in known if word.isascii() and word.isalpha() and len(word) >= 6]
    made: Dict[str, None] = {}
    has = set(known)
    while len(made) < num:
        first, last = rng.sample(plain, 2)
        word = first[: rng.randint(3, 5)] + last[-rng.randint(3, 5) :]
        if word not in has:
            made[word.capitalize()] = None
    return list(made)


def seconds(command: Sequence[str]) -> float:
    """CPU seconds of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **_ONE_CORE})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compiled(base: Path, listed: str, out: Path, cold: bool = False) -> float:
    """The least CPU seconds of compiling a list into a new folder."""
    found = []
    for _ in range(_TRIES):
        if cold:
            for folder in cache_folder().glob("readings-*"):
                shutil.rmtree(folder)
        shutil.rmtree(out, ignore_errors=True)
        found.append(seconds([sys.executable, "-m", "wfst_bias", "graph", "compile", str(base), listed, str(out)]))
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=Path)
    parser.add_argument("--words", type=int, nargs="+", default=[10_000, 100_000])
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    base = read_base(arguments.base)
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        few, out = Path(folder) / "few.txt", Path(folder) / "graph"
        few.write_text("\n".join(unknown_words(base.lang.lexicon.words, 3, rng)) + "\n")
        three = compiled(arguments.base, str(few), out)
        print(f"three words: {three:.2f} s")
        for num in arguments.words:
            listed = Path(folder) / f"{num}.txt"
            listed.write_text("\n".join(unknown_words(base.lang.lexicon.words, num, rng)) + "\n")
            cold = compiled(arguments.base, str(listed), out, cold=True) - three
            warm = compiled(arguments.base, str(listed), out) - three
            print(f"{num:,} unknown words: cold {cold:.2f} s, warm {warm:.2f} s")
        for domain in ("medicine", "parliament"):
            warm = compiled(arguments.base, domain, out) - three
            print(f"{domain}: {warm:.2f} s")
    for _ in range(5):
        names = unknown_words(base.lang.lexicon.words, 2, rng)
        begin = time.process_time()
        graph, _ = graph_of_list(base, names)
        print(f"two phrases in Python: {1000 * (time.process_time() - begin):.1f} ms")
        del graph


if __name__ == "__main__":
    main()
