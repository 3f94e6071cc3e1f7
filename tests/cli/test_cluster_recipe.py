"""``egs/cluster``: one corpus decoded by a process, by processes, by jobs and by Dask gives the same files."""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

EGS = Path(__file__).resolve().parents[2] / "egs"
COMMANDS = {"wfst-bias": "from wfst_bias.cli.main import main", "dask": "from dask.__main__ import main"}


@pytest.fixture
def cluster(world, long_speech, tmp_path, monkeypatch):
    """Runs the recipe on a long recording and a short one, whose emissions are stored."""
    for name in ("recipe.sh", "path.sh", "cmd.sh", "run_jobs.sh"):
        shutil.copy(EGS / name, tmp_path / name)
    shutil.copytree(EGS / "cluster", tmp_path / "cluster")
    (tmp_path / "cluster" / "conf" / "decode.conf").write_text(
        f"--model={long_speech.model}\n--part-seconds=1\n--nbest=2\n"
    )
    (tmp_path / "bin").mkdir()
    for name, line in COMMANDS.items():
        (tmp_path / "bin" / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{line}; main()" "$@"\n')
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    options = ("--graph", world / "base", "--data", long_speech.data)
    return lambda *more: subprocess.run(
        [tmp_path / "cluster" / "run.sh", *options, *more], capture_output=True, text=True, timeout=400
    )


@pytest.mark.usefixtures("k2")
def test_all_ways_to_decode_a_corpus_write_the_same_files(cluster):
    last = 5 if find_spec("distributed") else 3
    done = cluster("--stop-stage", str(last))
    assert done.returncode == 0, done.stdout + done.stderr
    if last == 5:
        same = [line for line in done.stdout.splitlines() if line.endswith(": the same as exp/one")]
        assert [line.split(":")[0] for line in same] == ["exp/local", "exp/jobs", "exp/dask_workers"]
    else:
        pytest.skip("Dask is not installed: its workers were not tried")
