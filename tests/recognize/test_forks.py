"""Processes that are forked from one with a recognizer: a right result or an error, within a time limit."""

import multiprocessing
import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile

import wfst_bias
from helpers import onnx_exports as exports

pytestmark = pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="nothing forks here")

SECONDS = 120
PROGRAM = """
import multiprocessing, os, sys
import torch
import wfst_bias as wb
from wfst_bias.core.errors import InputError

torch.set_num_threads(2)
torch.randn(400000).log_softmax(-1)  # the threads of OpenMP, which hang in a forked process
recognizer = wb.Recognizer(base=sys.argv[1]).biased(["Whittemore"])

def text():
    try:
        return next(iter(recognizer.transcribe([sys.argv[2]]))).text
    except InputError as error:
        return str(error)

def tell(pipe):
    pipe.send(text())

def told_by_a_fork():
    here, there = multiprocessing.get_context("fork").Pipe()
    process = multiprocessing.get_context("fork").Process(target=tell, args=(there,))
    process.start()
    there.close()
    told = here.recv()
    process.join()
    return told

print("before:", told_by_a_fork())
print("parent:", text())
print("after:", told_by_a_fork())
print("parent:", text())
pid = os.fork()
if not pid:
    print("os.fork:", text(), flush=True)
    os._exit(0)
os.waitpid(pid, 0)
"""


def lines_of_program(program, *arguments):
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(wfst_bias.__file__))}
    environment.pop("OMP_NUM_THREADS", None)
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    return [line.partition(": ")[::2] for line in done.stdout.splitlines()]


@pytest.mark.usefixtures("k2")
def test_a_fork_before_the_first_search_works_and_one_after_it_raises(world, tmp_path):
    from hibari import Hibari

    soundfile.write(tmp_path / "a.wav", np.asarray(Hibari()("We met Whittemore in the city.", seed=1)), 24000)
    told = lines_of_program(PROGRAM, world / "base", tmp_path / "a.wav")
    assert [who for who, _ in told] == ["before", "parent", "after", "parent", "os.fork"]
    before, parent, after, again, forked = (text for _, text in told)
    assert "whittemore" in parent.split() and before == parent == again
    for error in (after, forked):
        assert "do not survive a fork" in error and "get_context('spawn')" in error


ONNX = """
import os, sys
from pathlib import Path
import numpy as np
import torch
from wfst_bias.acoustic.onnx_model import OnnxModel
from wfst_bias.core.forks import use_one_thread_in_forks

torch.set_num_threads(2)
use_one_thread_in_forks()
model = OnnxModel(Path(sys.argv[1]))
samples = np.random.default_rng(0).normal(0.0, 0.1, 480000).astype(np.float32)
total = lambda: float(model.emissions(["x"], [samples]).log_probs.double().sum())
print("parent:", total(), flush=True)
pid = os.fork()
if not pid:
    print("child:", total(), flush=True)
    os._exit(0)
os.waitpid(pid, 0)
"""


def test_a_session_of_onnxruntime_is_made_anew(tmp_path):
    path, _ = exports.nemo(tmp_path, num_mels=128)
    (_, parent), (who, child) = lines_of_program(ONNX, path)
    assert who == "child" and float(child) == pytest.approx(float(parent), rel=1e-6)
