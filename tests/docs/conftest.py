"""The small world in which the pages' examples run: its files have the names that the pages use.

All of it is made by our own commands from synthesized speech: ``data/lang``, ``lm.arpa.gz``, ``big.arpa.gz``, ``exp/base``,
``names.txt``, ``exp/names``, ``data/test`` and ``data/dev`` with the same sentences, ``meeting.wav``, ``recordings/``,
``exp/decode_none`` and ``exp/decode_names``, ``few_steps.conf`` of a short training, and models with random weights (``nemo/``,
``pieces/``, ``zipformer/``, ``wav2vec2/``, ``phones/``, ``emissions/``). Each page has a copy of its own.
"""

import os
import shutil
import sys
from pathlib import Path

import pytest
import soundfile

from helpers.doc_blocks import PAGES, ROOT, read_blocks
from helpers.doc_models import write_kaldi_archive, write_models
from wfst_bias.synth.synthesis import synthesize
from wfst_bias.synth.voices import voice_of

NAMES = "Zelenskyy\nWhittemore\nAnn Whittemore\nmetoprolol\nOlena Kowalczyk\n"
SPOKEN = """
We met Zelenskyy at the station.
Please call Ann Whittemore before Friday.
The doctor told us to take metoprolol in the morning.
The flight to the city was late.
Whittemore will send the report to Zelenskyy.
She will call you back from the station.
"""
SENTENCES = """
the meeting with the doctor is on monday
please call me when you are in the city
she told us to send the report before friday
the flight to the city was late
he will call you back from the station
we met the doctor at the station in the morning
take it in the morning and call the doctor
she will send the report to the city
"""
_FEW_STEPS = """
--num-simulated=12
--lists-fewest=5
--lists-most=20
--text-max-steps=2
--guided-max-steps=2
--joint-max-steps=2
"""
_OURS = f"""#!{sys.executable}
from wfst_bias.cli.main import main

if __name__ == "__main__":
    main(prog_name="wfst-bias")
"""
_QUEUE = f'#!/bin/sh\nexec "{ROOT / "egs" / "run_jobs.sh"}" "$@"\n'
# an array job as Slurm runs it, one task after the other; --wrap COMMAND is a job of one task
_SBATCH = """#!/usr/bin/env python3
import os, re, subprocess, sys
words = sys.argv[1:]
if "--wrap" in words:
    tasks, command = [1], ["bash", "-c", words[words.index("--wrap") + 1]]
else:
    first, last = map(int, re.search(r"--array=(\\d+)-(\\d+)", open(words[-1]).read()).groups())
    tasks, command = range(first, last + 1), ["bash", words[-1]]
for task in tasks:
    subprocess.run(command, check=True, stdout=sys.stderr, env={**os.environ, "SLURM_ARRAY_TASK_ID": str(task)})
print(1)
"""
_PROGRAMS = {"wfst-bias": _OURS, "queue.pl": _QUEUE, "slurm.pl": _QUEUE, "sbatch": _SBATCH}


@pytest.fixture(scope="session")
def docs_world(tmp_path_factory, run):
    """The folder that is copied for each page."""
    folder = tmp_path_factory.mktemp("docs_world")
    before = os.getcwd()
    os.chdir(folder)
    try:
        _make_world(run)
    finally:
        os.chdir(before)
    return folder


def _make_world(run):
    Path("names.txt").write_text(NAMES)
    Path("few_steps.conf").write_text(_FEW_STEPS.strip() + "\n")
    Path("sentences.txt").write_text(SENTENCES.strip() + "\n")
    spoken = SPOKEN.strip().splitlines()
    names = [f"utt_{number:04d}" for number in range(1, len(spoken) + 1)]
    synthesize(spoken, [voice_of("hibari")], Path("data/test"), names=names)
    for name in ("dev", "train"):
        shutil.copytree("data/test", f"data/{name}")
    shutil.copytree("data/test/wav", "recordings")
    soundfile.write("meeting.wav", *soundfile.read("data/test/wav/utt_0001.flac"))
    _write_programs(Path("bin"))
    for command in (
        "lang hama data/lang",
        "lm train sentences.txt lm.arpa.gz --order 2",
        "lm train sentences.txt big.arpa.gz --order 3",
        "graph base data/lang lm.arpa.gz exp/base",
        "graph compile exp/base names.txt exp/names",
        "decode exp/base data/test exp/decode_none",
        "decode exp/names data/test exp/decode_names",
        "model emissions hama data/test exp/stored",
    ):
        result = run(*command.split())
        assert result.exit_code == 0, result.output
    write_kaldi_archive(Path("exp/stored/emissions.npz"), Path("emissions"))
    write_models(Path("."))


def _write_programs(folder):
    """Programs of clusters that run their jobs here, and our own for lines that bash runs."""
    folder.mkdir()
    for name, text in _PROGRAMS.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


@pytest.fixture
def page_folder(docs_world, tmp_path, monkeypatch, cache):
    """A copy of the world, the working directory of a page's blocks."""
    folder = tmp_path / "page"
    shutil.copytree(docs_world, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("WFST_BIAS_CACHE", os.environ.get("WFST_BIAS_CACHE", str(cache)))
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=":")
    return folder


def pytest_terminal_summary(terminalreporter, config):
    """Name the blocks that no test runs, where any of the others was run."""
    if config.getoption("markexpr") == "docs":
        blocks = [block for page in PAGES for block in read_blocks(page)]
        skipped = [block for block in blocks if block.not_run]
        terminalreporter.write_line(f"{len(blocks)} code blocks, of which {len(skipped)} are not run:")
        for block in skipped:
            terminalreporter.write_line(f"  {block.place}: {block.not_run}")
