"""What a commit decodes, recorded from stored emissions, and the digits in which two records differ.

`record` runs the command line of any tree, so that the code before and after a change can be compared. `compare` reads
two such folders line by line and exits with 1 where anything differs; a rename OLD=NEW holds for files of A and for
fields of its JSON lines, at any depth.

python benchmarks/regression.py record OUT [--data DIR] [--emissions DIR] [--python PY --tree ROOT] [--parts base list]
python benchmarks/regression.py compare A B [--renamed OLD=NEW ...]
"""

import argparse
import gzip
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping, Sequence

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("WFST_BIAS_DATA", ROOT / "../shared/data"))
WEIGHTS = Path("egs/kathleen/conf/weights.conf")
PARTS = ("base", "list", "adapter", "utterance_lists", "characters")
NUM_DISTRACTORS, NUM_UTTERANCES, NUM_BEST = 1000, 80, 20
VOCABULARY = " abcdefghijklmnopqrstuvwxyz'"  # columns of the character model, as NeMo has them, blank last
CHARACTER_FRAME_SHIFT, SAMPLING_RATE = 0.02, 16000
CHARACTER_LIST = "achieve\nno doubt\nArchie\n"

COMPARED = (
    *("text", "text.*", "ctm", "ctm.with_list", "entities.jsonl", "refused.jsonl", "rejected.jsonl", "nbest.jsonl"),
    *("lat.1.gz", "terms.1.jsonl.gz", "lookup.jsonl", "report.tsv", "meta.json"),
)
TIME = "real_time_factor"  # end of the names of fields of meta.json that a run measures
ABSENT, SHOWN = "(no line)", 100

Run = Callable[..., None]


def record(out: Path, data: Path, emissions: Path, python: str, tree: Path, parts: Sequence[str]) -> None:
    """Decode with the command line of a tree.

    Args:
      out: made where it is missing; a decode folder for each part in it, graphs and lists anew in
        ``out/work``.
      data: folder with ``kathleen``, ``lm`` and ``pyctcdecode``.
      emissions: of hama for ``kathleen``; made by this tree where the folder is missing, else reused.
      parts: of :data:`PARTS`.

    Raises:
      subprocess.CalledProcessError: a command failed.
    """
    out, data, tree = (path.resolve() for path in (out, data, tree))
    # commands run in OUT with relative paths, so that those in meta.json are the same for each record
    speech, work = data / "kathleen", Path("work")
    # a graph whose inputs are the same would not be compiled again, whatever became of the code
    shutil.rmtree(out / work, ignore_errors=True)
    (out / work).mkdir(parents=True)
    # the tree's own, since its options may have other names
    weights = ("--config", tree / WEIGHTS)
    run = partial(_run, python, tree, out)
    decode = partial(_decode, run, weights)
    hama = f"archive:{emissions}/emissions.npz"
    if not (out / emissions).is_dir():
        run("model", "emissions", "hama", speech, emissions)
    if set(parts) - {"characters"}:
        run("lang", "hama", work / "lang")
        run("graph", "base", work / "lang", data / "lm/en-us-2g.arpa.gz", work / "base")
    if {"list", "adapter"} & set(parts):
        pool = ("--biasing", speech / f"biasing_{NUM_DISTRACTORS}.tsv", "--distractors", NUM_DISTRACTORS)
        run("entities", "sample", work / "list.txt", *pool)
        run("graph", "compile", work / "base", work / "list.txt", work / "graph", *weights)
    stages = ("--stages", "rescore,verify,lookup")
    if "base" in parts:
        decode("base", work / "base", speech, hama)
    if "list" in parts:
        decode("list", work / "graph", speech, hama, *stages)
        shutil.copy(out / work / "graph/report.tsv", out / "list")
    if "adapter" in parts:
        decode("adapter", work / "graph", speech, hama, *stages, "--adapter", "default")
    if "utterance_lists" in parts:
        _write_first_utterances(speech, out / work / "few")
        decode("utterance_lists", work / "base", work / "few", hama, "--biasing", speech / "biasing_100.tsv")
    if "characters" in parts:
        logits = np.array(json.loads((data / "pyctcdecode/libri_logits.json").read_text()), np.float32)
        folder = work / "characters"
        _write_character_data(out / folder, logits)
        # the words of the base language model, so that nothing is trained by the tree
        arpa = data / "lm/en-us-2g.arpa.gz"
        run("lang", "chars", folder / "lang", "--tokens", folder / "vocab.txt", "--words", arpa)
        run("graph", "base", folder / "lang", arpa, folder / "base")
        run("graph", "compile", folder / "base", folder / "list.txt", folder / "graph", *weights)
        decode("characters", folder / "graph", folder / "data", f"archive:{folder}/emissions.npz")


def _run(python: str, tree: Path, out: Path, *arguments: Any) -> None:
    """Run a command of the tree in OUT and print its seconds."""
    begin = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
    subprocess.run([python, "-m", "wfst_bias", *map(str, arguments)], check=True, cwd=out, env=environment)
    print(f"{time.perf_counter() - begin:7.1f} s  {' '.join(map(str, arguments))}", flush=True)


def _decode(run: Run, weights: Sequence[Any], name: str, graph: Path, speech: Path, model: str, *more: Any) -> None:
    run("decode", graph, speech, name, *weights, "--model", model, "--nbest", NUM_BEST, *more)


def _write_first_utterances(speech: Path, folder: Path) -> None:
    """Write a data folder of the first :data:`NUM_UTTERANCES`."""
    folder.mkdir()
    rows = [line.split(None, 1) for line in (speech / "wav.scp").read_text().splitlines()[:NUM_UTTERANCES]]
    (folder / "wav.scp").write_text("".join(f"{utterance} {speech / path}\n" for utterance, path in rows))


def _write_character_data(folder: Path, logits: np.ndarray) -> None:
    """Write an archive, a list and a data folder of one utterance with logits ``(T, C)``; its audio is silence."""
    (folder / "data").mkdir(parents=True)
    np.savez(folder / "emissions.npz", libri=logits)
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    (folder / "frame_shift").write_text(f"{CHARACTER_FRAME_SHIFT}\n")
    (folder / "list.txt").write_text(CHARACTER_LIST)
    silence = np.zeros(round(len(logits) * CHARACTER_FRAME_SHIFT * SAMPLING_RATE))
    soundfile.write(folder / "data/libri.wav", silence, SAMPLING_RATE)
    (folder / "data/wav.scp").write_text("libri libri.wav\n")


def compare(a: Path, b: Path, renamed: Mapping[str, str]) -> bool:
    """Print a line for each file, and return whether all of them are equal.

    Args:
      renamed: names of files and of JSON fields of A to those of B.

    Raises:
      SystemExit: neither folder has a file to compare.
    """
    in_a = {path.with_name(renamed.get(path.name, path.name)): a / path for path in _compared(a)}
    in_b = {path: b / path for path in _compared(b)}
    if not in_a and not in_b:
        raise SystemExit(f"{a} and {b} hold no decode folders; make them with 'record'")
    equal = True
    for path in sorted({*in_a, *in_b}):
        if path not in in_a or path not in in_b:
            difference = f"missing in {b if path in in_a else a}"
        else:
            difference = _difference(_lines(in_a[path], renamed), _lines(in_b[path], {}))
        print(f"{path}: {difference or 'equal'}")
        equal = equal and not difference
    return equal


def _compared(root: Path) -> Iterator[Path]:
    """Files of the decode folders of a record, relative to it."""
    for pattern in COMPARED:
        yield from (path.relative_to(root) for path in root.glob(f"*/{pattern}"))


def _difference(a: Iterator[str], b: Iterator[str]) -> str:
    """Return how many lines differ and the first of them; empty where none does."""
    pairs = enumerate(itertools.zip_longest(a, b, fillvalue=ABSENT), start=1)
    different = ((number, x, y) for number, (x, y) in pairs if x != y)
    first = next(different, None)
    if first is None:
        return ""
    number, x, y = first
    count = 1 + sum(1 for _ in different)
    # show the digits that differ in long lines, too
    begin = max(0, len(os.path.commonprefix([x, y])) - SHOWN // 2)
    return f"{count} lines differ, the first is {number}:\n  A {x[begin:][:SHOWN]}\n  B {y[begin:][:SHOWN]}"


def _lines(path: Path, renamed: Mapping[str, str]) -> Iterator[str]:
    """Lines of a file: JSON with renamed fields, sorted by name; of meta.json a line for each field."""
    if path.name == "meta.json":
        meta = _renamed(_json(path.read_text(encoding="utf-8")), renamed)
        yield from (f"{k}: {json.dumps(v, sort_keys=True)}" for k, v in sorted(meta.items()) if not k.endswith(TIME))
        return
    is_json = path.name.removesuffix(".gz").endswith(".jsonl")
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield json.dumps(_renamed(_json(line), renamed), sort_keys=True) if is_json else line.removesuffix("\n")


def _json(text: str) -> Any:
    """Return the value of JSON; numbers become strings with "#", as they are written: 0.10 is not 0.1."""
    number = "#{}".format
    return json.loads(text, parse_float=number, parse_int=number, parse_constant=number)


def _renamed(value: Any, renamed: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {renamed.get(name, name): _renamed(part, renamed) for name, part in value.items()}
    return [_renamed(part, renamed) for part in value] if isinstance(value, list) else value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    recorder = commands.add_parser("record", help="decode with the command line of a tree")
    recorder.add_argument("out", type=Path)
    recorder.add_argument("--data", type=Path, default=DATA)
    recorder.add_argument("--emissions", type=Path, help="folder of 'model emissions'; default: OUT/emissions")
    recorder.add_argument("--python", type=os.path.abspath, default=sys.executable)
    recorder.add_argument("--tree", type=Path, default=ROOT)
    recorder.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="default: all")
    comparer = commands.add_parser("compare", help="exit with 1 where two records differ")
    comparer.add_argument("a", type=Path)
    comparer.add_argument("b", type=Path)
    comparer.add_argument("--renamed", nargs="+", action="extend", default=[], metavar="OLD=NEW")
    given = parser.parse_args()
    if given.command == "compare":
        if wrong := [pair for pair in given.renamed if not all(pair.partition("="))]:
            parser.error(f"found {wrong[0]!r}; OLD=NEW was expected")
        sys.exit(0 if compare(given.a, given.b, dict(pair.split("=", 1) for pair in given.renamed)) else 1)
    emissions = given.emissions.resolve() if given.emissions else Path("emissions")  # the latter in OUT
    record(given.out, given.data, emissions, given.python, given.tree, given.parts)


if __name__ == "__main__":
    main()
