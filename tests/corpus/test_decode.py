"""A corpus is decoded whole whoever decodes its parts, whatever interrupts it, and whatever is wrong with some inputs."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile
from lhotse import CutSet

from wfst_bias.acoustic.hama import HamaModel
from wfst_bias.core.errors import InputError
from wfst_bias.corpus import dask_workers
from wfst_bias.corpus.decoding import Decoding
from wfst_bias.corpus.options import OutputOptions
from wfst_bias.corpus.part import PartTask, decode_part
from wfst_bias.corpus.plan import PartsInOrder
from wfst_bias.data.cuts import read_data
from wfst_bias.decode.search import Decoder
from wfst_bias.graph.store import read_decoding
from wfst_bias.recognize.biasing import OneGraph

NUM = 6
OPTIONS = ("--part-seconds", 4)


@pytest.fixture(scope="module")
def corpus(speech, tmp_path_factory):
    """Six utterances, each a file of its own, of different durations."""
    folder = tmp_path_factory.mktemp("corpus")
    wavs = sorted((speech / "wav").iterdir())
    lines = []
    for i in range(NUM):
        samples, rate = soundfile.read(wavs[i % 2])
        soundfile.write(folder / f"{i}.wav", np.concatenate([samples, np.zeros(rate * i // 8)]), rate)
        lines.append(f"utt_{i} {folder}/{i}.wav\n")
    (folder / "wav.scp").write_text("".join(lines))
    return folder


@pytest.fixture(scope="module")
def graph(world, run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("graph")
    (folder / "names").write_text("Zelenskyy\nWhittemore\n")
    assert run("graph", "compile", world / "base", folder / "names", folder / "graph").exit_code == 0
    return folder / "graph"


@pytest.fixture(scope="module")
def whole(graph, corpus, run, tmp_path_factory):
    """The decode folder of an uninterrupted run in one process."""
    out = tmp_path_factory.mktemp("whole") / "d"
    result = run("decode", graph, corpus, out, *OPTIONS)
    assert result.exit_code == 0, result.output
    assert json.loads((out / "meta.json").read_text())["num_parts"] >= 3
    return out


def files_of(folder):
    """The content of all files of a decode folder but for times and logs."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != "meta.json"}


def command(*arguments):
    return [sys.executable, "-c", "from wfst_bias.cli.main import main; main()", *map(str, arguments)]


def test_the_folder_has_what_kaldi_expects(whole):
    names = {path.name for path in whole.iterdir()}
    assert {"text", "ctm", "lat.1.gz", "terms.1.jsonl.gz", "num_jobs", "segments", "failed.jsonl", "log"} <= names
    assert (whole / "num_jobs").read_text() == "1\n" and (whole / "failed.jsonl").read_text() == ""
    assert (whole / "log" / "decode.1.log").read_text().count("part ") >= 3
    meta = json.loads((whole / "meta.json").read_text())
    assert meta["num_utterances"] == meta["num_inputs"] == NUM and meta["padding"] <= 0.1
    assert {"torch", "k2", "lhotse", "numpy", "hama"} <= set(meta["versions"])
    assert [line.split()[0] for line in (whole / "text").read_text().splitlines()] == [f"utt_{i}" for i in range(NUM)]
    assert not list(whole.parent.glob("*.parts"))


def test_two_processes_write_the_same_files_though_one_is_killed(graph, corpus, whole, tmp_path):
    out = tmp_path / "d"
    driver = subprocess.Popen(command("decode", graph, corpus, out, "--nj", 2, *OPTIONS), stderr=subprocess.PIPE)
    worker = None
    while worker is None:
        assert driver.poll() is None, driver.stderr.read()
        worker = next((pid for pid in children(driver.pid) if (tmp_path / "d.parts").is_dir()), None)
        time.sleep(0.02)
    time.sleep(0.5)
    os.kill(worker, signal.SIGKILL)
    errors = driver.communicate(timeout=120)[1].decode()
    assert driver.returncode == 0, errors
    assert "(signal 9)" in errors and files_of(out) == files_of(whole)


def children(pid):
    """Processes that a process has started and that decode."""
    with open(f"/proc/{pid}/task/{pid}/children") as stream:
        found = [int(one) for one in stream.read().split()]
    decoding = []
    for child in found:
        with open(f"/proc/{child}/cmdline") as stream:
            if "spawn_main" in stream.read():
                decoding.append(child)
    return decoding


def test_pseudo_labels_are_written_with_the_folder(graph, corpus, run, tmp_path):
    late = run("decode", graph, corpus, tmp_path / "d", "--to-cuts", tmp_path / "cuts.txt")
    assert late.exit_code == 1 and "end it in .jsonl.gz" in late.output and not (tmp_path / "d").exists()
    result = run("decode", graph, corpus, tmp_path / "d", "--to-cuts", tmp_path / "cuts.jsonl.gz")
    assert result.exit_code == 0, result.output
    texts = {cut.id: cut.supervisions[0].text for cut in read_data(tmp_path / "cuts.jsonl.gz")}
    lines = [line.split(" ", 1) for line in (tmp_path / "d" / "text").read_text().splitlines()]
    assert texts == dict(lines) and len(texts) == NUM


def test_a_killed_run_continues(graph, corpus, whole, run, tmp_path):
    out, parts = tmp_path / "d", tmp_path / "d.parts"
    driver = subprocess.Popen(command("decode", graph, corpus, out, *OPTIONS), stderr=subprocess.DEVNULL)
    while not [path for path in parts.glob("*/meta.json") if not path.parent.name.startswith((".", "tables"))]:
        assert driver.poll() is None
        time.sleep(0.02)
    driver.send_signal(signal.SIGTERM)
    assert driver.wait(timeout=60) in (128 + 15, -15)
    assert not out.exists()
    result = run("decode", graph, corpus, out, *OPTIONS)
    assert result.exit_code == 0 and "are decoded already" in result.stderr
    assert files_of(out) == files_of(whole)


def test_jobs_are_merged(graph, corpus, whole, run, tmp_path):
    out = tmp_path / "d"
    for job in ("1/3", "3/3"):
        assert run("decode", graph, corpus, out, *OPTIONS, "--job", job).exit_code == 0
    early = run("decode", graph, corpus, out, *OPTIONS, "--merge")
    assert early.exit_code == 1 and "1 of 3 parts are not decoded (2)" in early.output and not out.exists()
    assert run("decode", graph, corpus, out, *OPTIONS, "--job", "2/3").exit_code == 0
    assert run("decode", graph, corpus, out, *OPTIONS, "--merge").exit_code == 0
    assert files_of(out) == files_of(whole)
    assert sorted(path.name for path in (out / "log").iterdir()) == [f"decode.{k}.log" for k in (1, 2, 3)]


@pytest.mark.parametrize(
    "options, problem",
    [
        (("--nj", 2, "--merge"), "give one of --nj"),
        (("--job", "3/2"), "K/N with K from 1 to N"),
        (("--job", "x"), "K/N with K from 1 to N"),
        (("--max-failed", 2), "--max-failed"),
    ],
)
def test_options_that_contradict_each_other(graph, corpus, run, tmp_path, options, problem):
    result = run("decode", graph, corpus, tmp_path / "d", *options)
    assert result.exit_code == 2 and problem in result.output


def test_other_options_do_not_take_old_parts(graph, corpus, run, tmp_path):
    out = tmp_path / "d"
    assert run("decode", graph, corpus, out, *OPTIONS, "--job", "1/2").exit_code == 0
    assert len(list((tmp_path / "d.parts").glob("*/ctm"))) == 2
    result = run("decode", graph, corpus, out, *OPTIONS, "--search-output-beam", 4)
    assert result.exit_code == 0 and "decoded already" not in result.output
    meta = json.loads((out / "meta.json").read_text())
    assert meta["search"]["output_beam"] == 4.0 and meta["num_utterances"] == NUM


def test_broken_inputs_are_named_and_the_others_are_as_they_were(graph, corpus, whole, run, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    nan = np.full(16000, np.nan, np.float32)
    soundfile.write(data / "nan.wav", nan, 16000, subtype="FLOAT")
    (data / "text.wav").write_text("this is no audio\n")
    (data / "zero.wav").write_bytes(b"")
    soundfile.write(data / "empty.wav", np.zeros(0), 16000)
    (data / "gone.wav").symlink_to(data / "nowhere.wav")
    (data / "folder.wav").mkdir()
    bad = ["nan", "text", "zero", "empty", "gone", "folder", "missing"]
    lines = [f"bad_{name} {data}/{name}.wav\n" for name in bad]
    good = (corpus / "wav.scp").read_text().splitlines(keepends=True)
    (data / "wav.scp").write_text("".join(sorted([*good, good[2], *lines])))
    result = run("decode", graph, data, tmp_path / "d", *OPTIONS, "--max-failed", 0.9)
    assert result.exit_code == 0, result.output
    failed = [json.loads(line) for line in (tmp_path / "d" / "failed.jsonl").read_text().splitlines()]
    assert sorted(one["utterance"] for one in failed) == sorted([f"bad_{name}" for name in bad] + ["utt_2"])
    assert all(one["reason"] for one in failed)
    found, expected = files_of(tmp_path / "d"), files_of(whole)
    assert {**found, "failed.jsonl": b""} == expected
    few = run("decode", graph, data, tmp_path / "e", *OPTIONS)
    assert few.exit_code == 1 and "of 14 inputs failed, more than --max-failed 0.5" in few.output
    assert not (tmp_path / "e").exists()


class ShortOfMemory(HamaModel):
    """The network on a machine whose memory suffices for one utterance at a time."""

    def emissions(self, names, audio):
        if len(names) > 1:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")
        return super().emissions(names, audio)


def test_a_batch_is_halved_when_memory_ends(graph, corpus, whole, tmp_path, caplog):
    decoding = Decoding(ShortOfMemory(), OneGraph(Decoder(read_decoding(graph))))
    (part,) = PartsInOrder().parts(read_data(corpus))
    with caplog.at_level("INFO", "wfst_bias"):
        summary = decode_part(PartTask(part, tmp_path / "part"), decoding, OutputOptions())
    assert summary["num_utterances"] == NUM and summary["num_failed"] == 0
    assert "out of memory: a batch of" in caplog.text
    assert (tmp_path / "part" / "ctm").read_bytes() == (whole / "ctm").read_bytes()
    assert (tmp_path / "part" / "lat.gz").read_bytes() == (whole / "lat.1.gz").read_bytes()


def test_an_utterance_that_ends_its_worker_is_excluded(graph, corpus, tmp_path):
    (part,) = PartsInOrder().parts(read_data(corpus))
    task = PartTask(part, tmp_path / "part")
    for _ in range(2):
        task = task.after_death("signal 11")
    assert task.is_careful and not task.excluded
    for name in (3, 1, 3):
        task.announce(part.cuts[name])
        task = task.after_death("signal 11")
    with pytest.raises(InputError, match="workers end before they decode an utterance"):
        task.after_death("signal 11")
    decoding = Decoding(HamaModel(), OneGraph(Decoder(read_decoding(graph))))
    summary = decode_part(task, decoding, OutputOptions())
    assert summary["num_utterances"] == NUM - 1 and summary["num_failed"] == 1
    (failed,) = map(json.loads, (tmp_path / "part" / "failed.jsonl").read_text().splitlines())
    assert failed["utterance"] == "utt_3" and "signal 11" in failed["reason"]


def test_a_recording_that_breaks_in_its_middle_leaves_nothing_but_its_name(graph, long_speech, tmp_path):
    """The header is right, and the samples of the second minute are NaN."""
    rate = 16000
    samples = np.zeros(rate * 100, np.float32)
    samples[rate * 70 : rate * 71] = np.nan
    soundfile.write(tmp_path / "long.wav", samples, rate, subtype="FLOAT")
    (tmp_path / "wav.scp").write_text(f"long {tmp_path}/long.wav\n")
    (part,) = PartsInOrder().parts(read_data(tmp_path, on_failure=pytest.fail))
    decoding = Decoding(HamaModel(), OneGraph(Decoder(read_decoding(graph))))
    summary = decode_part(PartTask(part, tmp_path / "part"), decoding, OutputOptions())
    assert summary["num_utterances"] == 0 and summary["num_failed"] == 1
    assert (tmp_path / "part" / "segments").read_text() == (tmp_path / "part" / "ctm").read_text() == ""


def test_what_failed_unexpectedly_is_tried_again(graph, corpus, whole, run, tmp_path, monkeypatch):
    real = HamaModel.emissions

    def broken(self, names, audio):
        if "utt_4" in names:
            raise RuntimeError("the library has failed")
        return real(self, names, audio)

    out = tmp_path / "d"
    monkeypatch.setattr(HamaModel, "emissions", broken)
    assert run("decode", graph, corpus, out, *OPTIONS, "--job", "1/1").exit_code == 0
    rows = [json.loads(line) for path in (tmp_path / "d.parts").glob("*/failed.jsonl") for line in open(path)]
    assert [(row["utterance"], row["unexpected"]) for row in rows] == [("utt_4", True)]
    monkeypatch.setattr(HamaModel, "emissions", real)
    result = run("decode", graph, corpus, out, *OPTIONS)
    assert result.exit_code == 0 and "2 of 3 parts are decoded already" in result.stderr
    assert files_of(out) == files_of(whole)


@pytest.mark.usefixtures("k2")
def test_two_runs_do_not_decode_into_one_folder(graph, corpus, run, tmp_path):
    driver = subprocess.Popen(command("decode", graph, corpus, tmp_path / "d", *OPTIONS), stderr=subprocess.DEVNULL)
    while not (tmp_path / "d.parts" / "lock").exists():
        assert driver.poll() is None
        time.sleep(0.02)
    time.sleep(0.1)
    result = run("decode", graph, corpus, tmp_path / "d", *OPTIONS)
    assert result.exit_code == 1 and "another run decodes into the same folder" in result.output
    assert driver.wait(timeout=60) == 0 and (tmp_path / "d" / "text").is_file()


def test_a_channel_is_named_in_the_ctm(graph, corpus, run, tmp_path):
    samples, rate = soundfile.read(corpus / "0.wav")
    soundfile.write(tmp_path / "two.wav", np.stack([np.zeros_like(samples), samples], axis=1), rate)
    (tmp_path / "wav.scp").write_text(f"two {tmp_path}/two.wav\n")
    texts = {}
    for channel in (1, 2):
        out = tmp_path / f"d{channel}"
        assert run("decode", graph, tmp_path, out, "--channel", channel).exit_code == 0
        texts[channel] = (out / "ctm").read_text()
    assert texts[1] == "" and all(line.split()[1] == "2" for line in texts[2].splitlines()) and texts[2]


def test_no_scheduler_is_an_error(graph, corpus, run, tmp_path, monkeypatch):
    pytest.importorskip("distributed", reason="the extra 'dask' is not installed")
    monkeypatch.setattr(dask_workers, "_TIMEOUT", 0.5)
    result = run("decode", graph, corpus, tmp_path / "d", "--scheduler", "tcp://127.0.0.1:9")
    assert result.exit_code == 1 and "127.0.0.1:9" in result.output


def test_a_mix_is_a_recording_of_its_own(graph, corpus, run, tmp_path):
    first, second = list(read_data(corpus))[:2]
    mix = first.mix(second, offset_other_by=1.0).with_id("mix")
    CutSet.from_cuts([mix, second]).to_file(tmp_path / "cuts.jsonl.gz")
    result = run("decode", graph, tmp_path / "cuts.jsonl.gz", tmp_path / "d")
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in (tmp_path / "d" / "segments").read_text().splitlines()]
    assert [line[:2] for line in lines] == [["mix", "mix"], ["utt_1", "utt_1"]]
    assert [float(line[3]) for line in lines] == pytest.approx([mix.duration, second.duration], abs=1e-3)
