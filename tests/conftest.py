"""Fixtures: a small world of words, and the folders that commands work on."""

import gc
import getpass
import hashlib
import os
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from hypothesis import settings

from helpers.long_recordings import write_long_speech
from helpers.real_data import DATA
from helpers.shared_folders import shared_folder
from wfst_bias.acoustic.hama import HamaModel
from wfst_bias.cli.main import COLLECTED_AFTER, main
from wfst_bias.decode.search import Decoder
from wfst_bias.graph.compile import graph_of_list
from wfst_bias.graph.store import read_base

gc.disable()  # what is imported stays: to look for garbage in it takes a third of the time of the collection of tests


class _WithoutK2:
    """Skips whatever imports k2 where it is not installed: a test, a fixture's tests or, while they are collected, a module."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in ("k2", "_k2"):
            pytest.skip("k2 is not installed", allow_module_level=True)


if find_spec("k2") is None:
    sys.meta_path.insert(0, _WithoutK2)

# a slow machine is no failure
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# commands that tests start read the bytecode of those before them, also where this process may write none
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    os.environ["PYTHONPYCACHEPREFIX"] = str(Path(tempfile.gettempdir()) / f"wfst_bias_bytecode_{getpass.getuser()}")

_SENTENCES = """
the meeting with the doctor is on monday
please call me when you are in the city
she told us to send the report before friday
the flight to the city was late
the train to the city is on time
he will call you back from the station
we met the doctor at the station
"""


def pytest_collection_finish():
    """Look for garbage from now on: not in the modules, and as seldom as our commands do."""
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def heard_once():
    """The network of hama hears the same samples once in a session; many tests decode the same sentences."""
    compute, known = HamaModel._log_probs, {}

    def log_probs(model, samples):
        key = hashlib.blake2b(samples).digest()
        if key not in known:
            known[key] = compute(model, samples)
        return known[key].copy()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HamaModel, "_log_probs", log_probs)
        yield


@pytest.fixture(scope="session")
def k2():
    """k2; for tests that start processes which need it."""
    import k2

    return k2


@pytest.fixture(scope="session")
def kathleen():
    """Real speech that comes beside the project."""
    if not (DATA / "kathleen").is_dir():
        pytest.skip(f"no speech at {DATA / 'kathleen'}; WFST_BIAS_DATA names its folder")
    return DATA / "kathleen"


@pytest.fixture(scope="session")
def run():
    """Run a command of ours; returns the result with its exit code, output and error output."""

    def run(*arguments):
        return CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=False)

    return run


@pytest.fixture(scope="session")
def world(tmp_path_factory, run):
    """A folder with lang, a small language model and its base graph, made by the commands themselves."""

    def make(folder):
        (folder / "sentences.txt").write_text(_SENTENCES.strip() + "\n")
        for command in (
            ("lang", "hama", folder / "lang"),
            ("lm", "train", folder / "sentences.txt", folder / "lm.arpa.gz", "--order", 2),
            ("graph", "base", folder / "lang", folder / "lm.arpa.gz", folder / "base"),
        ):
            result = run(*command)
            assert result.exit_code == 0, result.output

    made = shared_folder(tmp_path_factory, "world", make)
    return shutil.copytree(made, tmp_path_factory.mktemp("world") / "world")  # tests write beside it


@pytest.fixture(scope="session")
def speech(tmp_path_factory):
    """A Kaldi data folder of two synthetic sentences with names that no language model knows."""
    from wfst_bias.synth.demo import speak_demo

    folder = tmp_path_factory.mktemp("speech")
    speak_demo(["We met Zelenskyy at the station.", "Please call Whittemore before Friday."], folder)
    return folder


@pytest.fixture(scope="session")
def cache(tmp_path_factory, speech, run):
    """What ``WFST_BIAS_CACHE`` names in tests: the default graph is there, built by the first transcription."""

    def make(folder):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("WFST_BIAS_CACHE", str(folder))
            result = run("transcribe", speech / "wav" / "demo_001.flac")
        assert result.exit_code == 0, result.output

    return shared_folder(tmp_path_factory, "cache", make)


@pytest.fixture
def one_thread():
    """One thread of torch."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def decoder(world, tmp_path_factory):
    """A decoder of the small world with a list of four names."""
    path = tmp_path_factory.mktemp("list") / "names.txt"
    path.write_text("Zelenskyy\nAnn Whittemore\nWhittemore\nZelensky Ann\n")
    graph, _ = graph_of_list(read_base(world / "base"), path)
    return Decoder(graph)


@pytest.fixture(scope="session")
def long_speech(world, tmp_path_factory):
    """Data with a recording of more than 30 s, and emissions of it."""
    return write_long_speech(tmp_path_factory.mktemp("long"), read_base(world / "base").lang.tokens)


@pytest.fixture(scope="session")
def long_folder(world, long_speech, run, tmp_path_factory):
    """The decode folder of a long recording and a short one, with a list."""
    folder = tmp_path_factory.mktemp("long_decoded")
    for command in (
        ("graph", "compile", world / "base", long_speech.names, folder / "graph"),
        ("decode", folder / "graph", long_speech.data, folder / "d", "--model", long_speech.model, "--nbest", 2),
    ):
        result = run(*command)
        assert result.exit_code == 0, result.output
    return folder / "d"
