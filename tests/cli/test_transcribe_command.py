"""``wfst-bias transcribe`` as a tool: inputs, outputs, failures, Ctrl-C."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile

from helpers.phone_bases import phones_folder
from wfst_bias.cli import transcribe as command
from wfst_bias.recognize import transcription_formats


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    path = tmp_path_factory.mktemp("list") / "names.txt"
    path.write_text("Zelenskyy\nWhittemore\n")
    return path


@pytest.fixture(scope="module")
def zelenskyy(speech):
    return speech / "wav" / "demo_000.flac"


@pytest.fixture(scope="module")
def whittemore(speech):
    return speech / "wav" / "demo_001.flac"


@pytest.fixture
def recordings(tmp_path, zelenskyy, whittemore, monkeypatch):
    """A folder with two recordings of the same name, one of 32 s, and what is no audio."""
    monkeypatch.chdir(tmp_path)
    for folder in ("calls/a", "calls/b"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(zelenskyy, "calls/a/x.flac")
    samples, rate = soundfile.read(whittemore)
    soundfile.write("calls/b/x.wav", samples, rate)
    soundfile.write("long.wav", np.resize(samples, 32 * rate), rate)
    (tmp_path / "calls" / "notes.txt").write_text("no audio")
    return tmp_path


def test_the_formats_of_the_option_are_those_there_are():
    assert command.FORMATS == tuple(transcription_formats.FORMATS)


def test_a_folder_into_files(run, world, recordings, names):
    result = run("transcribe", "calls", "--base", world / "base", "--entities", names, "--out", "out")
    assert result.exit_code == 0, result.output
    files = sorted(str(path.relative_to(recordings / "out")) for path in (recordings / "out").rglob("*") if path.is_file())
    assert files == ["a/x.flac.txt", "b/x.wav.txt"]
    text = (recordings / "out" / "a" / "x.flac.txt").read_text()
    assert text.startswith("we met [Zelenskyy] at the station\n    ") and "pronounced Z EH L" in text
    assert result.stdout.startswith("out: 2 files, ")
    assert "1 skipped, neither audio nor video: calls/notes.txt" in result.stderr


def test_text_on_standard_output_is_as_it_was(run, world, recordings, names):
    one = run("transcribe", "calls/a/x.flac", "--base", world / "base", "--entities", names)
    assert one.stdout.splitlines()[0] == "we met [Zelenskyy] at the station" and one.stderr == ""
    two = run("transcribe", "calls/b/x.wav", "calls/a/x.flac", "calls/b/x.wav", "--base", world / "base")
    assert [line.split(":")[0] for line in two.stdout.splitlines()] == ["calls/b/x.wav", "calls/a/x.flac"]


def test_json(run, world, recordings, names):
    result = run("transcribe", "calls", "long.wav", "--base", world / "base", "--entities", names, "--format", "json")
    first, second, long = map(json.loads, result.stdout.splitlines())
    assert (first["audio"], first["name"]) == ("calls/a/x.flac", "calls/a/x.flac")
    assert first["text"] == "we met zelenskyy at the station" and first["display"] == "we met Zelenskyy at the station"
    assert [word["text"] for word in first["words"]] == first["text"].split()
    assert all(0.0 <= word["start"] <= word["end"] <= first["duration"] for word in first["words"])
    assert all(0.0 < word["confidence"] <= 1.0 for word in first["words"])
    (entity,) = first["entities"]
    assert (entity["phrase"], entity["first_word"], entity["way"]) == ("Zelenskyy", 2, "list")
    assert entity["start"] == pytest.approx(first["words"][2]["start"], abs=0.001)
    assert {"utterance", "evidence", "confidence", "confidence_with_list", "rival"} <= set(entity)
    assert first["rejected"] == []
    assert len(long["segments"]) >= 2 and long["duration"] == pytest.approx(32.0)
    assert [word for segment in long["segments"] for word in segment["words"]] == long["words"]
    assert [left["end"] for left in long["segments"][:-1]] == [right["start"] for right in long["segments"][1:]]
    assert long["segments"][-1]["end"] == pytest.approx(32.0, abs=0.05)
    assert " ".join(segment["text"] for segment in long["segments"] if segment["text"]) == long["text"]
    for entity in long["entities"]:
        assert long["words"][entity["first_word"]]["text"] == "whittemore"
    assert second["text"].split()[:3] == long["text"].split()[:3]


def test_the_same_words_as_a_decode_folder(run, world, speech, names, tmp_path):
    """Words, times, confidences and entities are those that ``decode`` writes."""
    assert run("graph", "compile", world / "base", names, tmp_path / "graph").exit_code == 0
    decode = ("decode", tmp_path / "graph", speech, tmp_path / "decode", "--batch-size", 1, "--prior-over", "utterance")
    assert run(*decode).exit_code == 0
    audio = [speech / "wav" / f"demo_00{number}.flac" for number in range(2)]
    ctm = run("transcribe", *audio, "--base", tmp_path / "graph", "--format", "ctm")
    assert ctm.stdout == (tmp_path / "decode" / "ctm").read_text()
    rows = run("transcribe", *audio, "--base", tmp_path / "graph", "--format", "json").stdout.splitlines()
    found = [entity for row in rows for entity in json.loads(row)["entities"]]
    assert found == [json.loads(line) for line in (tmp_path / "decode" / "entities.jsonl").read_text().splitlines()]


def test_captions(run, world, recordings, names):
    options = ("--base", world / "base", "--entities", names)
    result = run("transcribe", "long.wav", *options, "--format", "srt")
    blocks = result.stdout.strip("\n").split("\n\n")
    assert [block.split("\n")[0] for block in blocks] == [str(number) for number in range(1, len(blocks) + 1)]
    time = r"\d\d:\d\d:\d\d,\d{3}"
    assert all(re.fullmatch(rf"{time} --> {time}", block.split("\n")[1]) for block in blocks)
    assert all(len(line) <= 42 for block in blocks for line in block.split("\n")[2:])
    assert "Whittemore" in result.stdout and len(blocks) > 8
    assert run("transcribe", "calls/a", *options, "--format", "vtt", "--out", "out").exit_code == 0
    assert (recordings / "out" / "x.vtt").read_text().startswith("WEBVTT\n\n00:00:00.")
    several = run("transcribe", "calls", *options, "--format", "vtt")
    assert several.exit_code == 2 and "add --out DIR" in several.stderr


def test_the_format_of_the_list_has_its_own_option_and_the_old_one_is_understood(run, world, recordings):
    (recordings / "names.csv").write_text("id,name\n1,Zelenskyy\n")
    options = ("calls/a/x.flac", "--base", world / "base", "--entities", "names.csv")
    new = run("transcribe", *options, "--list-format", "csv:name")
    assert new.exit_code == 0 and "[Zelenskyy]" in new.stdout and new.stderr == ""
    old = run("transcribe", *options, "--format", "csv:name")
    assert old.stdout == new.stdout and "write --list-format csv:name" in old.stderr
    (recordings / "names.csv").write_text("Zelenskyy,Whittemore\n")
    told = run("transcribe", *options)
    assert "[Zelenskyy]" in told.stdout and "taken for 2 phrases; name a column with --list-format csv:" in told.stderr
    none = run("transcribe", *options, "--format", "docx")
    assert none.exit_code == 2 and "one of text, json, srt, vtt, ctm was expected" in none.stderr


def test_a_bad_file_is_reported_and_the_others_are_transcribed(run, world, recordings):
    (recordings / "calls" / "broken.wav").write_text("no audio at all")
    samples, rate = soundfile.read("long.wav")
    samples[31 * rate] = np.nan
    soundfile.write("calls/nan.wav", samples, rate, subtype="FLOAT")
    (recordings / "out" / "a").mkdir(parents=True)
    (recordings / "out" / "a" / "x.flac.txt").write_text("of an earlier run")
    result = run("transcribe", "calls", "none.wav", "--base", world / "base", "--out", "out")
    assert result.exit_code == 1
    errors = result.stderr.splitlines()
    assert "wfst-bias: none.wav: no such audio file; check the path" in errors
    assert any(line.startswith("wfst-bias: calls/broken.wav: is not audio") for line in errors)
    assert any(line.startswith("wfst-bias: calls/nan.wav: the audio holds NaN") for line in errors)
    assert errors[-1] == "wfst-bias: 3 of 5 inputs failed"
    files = sorted(path.name for path in (recordings / "out").rglob("*") if path.is_file())
    assert files == ["x.flac.txt", "x.wav.txt"]  # nothing of the file that breaks after a segment
    assert "we met" in (recordings / "out" / "a" / "x.flac.txt").read_text()
    assert run("transcribe", "calls/broken.wav", "--base", world / "base").exit_code == 1


def test_the_users_own_model_needs_its_own_base(run, world, zelenskyy, names, tmp_path):

    base = phones_folder(run, tmp_path, "standard")
    for options in ((), ("--entities", names)):
        result = run("transcribe", zelenskyy, "--base", base, *options)
        assert result.exit_code == 1
        assert f"wfst-bias: {base}: was made for 14 tokens that are not the " in result.stderr
        assert "'wfst-bias graph base', and name that with --base" in result.stderr


def test_a_compiled_graph_has_its_list(run, world, zelenskyy, names, tmp_path):
    assert run("graph", "compile", world / "base", names, tmp_path / "graph").exit_code == 0
    result = run("transcribe", zelenskyy, "--base", tmp_path / "graph")
    assert result.exit_code == 0 and "[Zelenskyy]" in result.stdout
    for options, message in (
        (("--entities", names), "is a compiled graph and has its list: leave --entities out"),
        (("--class-bonus", 2), "are compiled into a graph"),
    ):
        result = run("transcribe", zelenskyy, "--base", tmp_path / "graph", *options)
        assert result.exit_code == 2 and message in " ".join(result.stderr.split())


def test_an_output_is_neither_a_file_nor_an_input(run, world, recordings, zelenskyy):
    shutil.copy(zelenskyy, "calls/odd.txt")
    result = run("transcribe", "calls/odd.txt", "--base", world / "base", "--out", "calls")
    assert result.exit_code == 1 and "is an input, too" in result.stderr
    result = run("transcribe", "calls/a/x.flac", "--base", world / "base", "--out", "calls/notes.txt")
    assert result.exit_code == 1 and "calls/notes.txt: is a file; --out takes a folder" in result.stderr


def test_channels(run, world, zelenskyy, whittemore, names, tmp_path):
    left, rate = soundfile.read(zelenskyy)
    right = np.resize(soundfile.read(whittemore)[0], len(left))
    soundfile.write(tmp_path / "two.wav", np.stack([left, right], axis=1), rate)
    text = lambda *options: run("transcribe", tmp_path / "two.wav", "--base", world / "base", *options)
    assert "at the station" in text("--channel", 1).stdout
    ctm = text("--channel", 2, "--entities", names, "--format", "ctm").stdout
    assert "whittemore" in ctm and all(line.split()[1] == "2" for line in ctm.splitlines())
    assert text("--channel", "mean").exit_code == 0
    third = text("--channel", 3)
    assert third.exit_code == 1 and "two.wav: has 2 channels; channel 3 was asked for" in third.stderr
    assert text("--channel", "left").exit_code == 2


INTERRUPTIBLE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # what starts the tests may have it ignored
from wfst_bias.cli.main import main
print("ready", flush=True)
main()
"""


def start(*arguments):
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, "transcribe", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def interrupted(process):
    """Exit code after SIGINT, and the seconds until then."""
    process.send_signal(signal.SIGINT)
    begin = time.monotonic()
    code = process.wait(timeout=60)
    return code, time.monotonic() - begin


@pytest.mark.usefixtures("k2")
def test_ctrl_c_stops_in_a_long_file(world, recordings):
    samples, rate = soundfile.read("calls/b/x.wav")
    soundfile.write("calls/hour.wav", np.resize(samples, 600 * rate), rate)
    process = start("calls/a/x.flac", "calls/hour.wav", "--base", world / "base", "--out", "out")
    written = recordings / "out" / "x.txt"
    while not written.exists():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    time.sleep(1.0)
    code, seconds = interrupted(process)
    assert code == 130 and seconds < 3.0
    assert process.stderr.read().strip() == "wfst-bias: interrupted"
    assert [path.name for path in (recordings / "out").iterdir()] == ["x.txt"]


@pytest.mark.parametrize("delay", [0.4, 1.5])
def test_ctrl_c_stops_while_models_load(world, recordings, delay):
    process = start("long.wav", "--base", world / "base", "--out", "out")
    time.sleep(delay)
    code, seconds = interrupted(process)
    assert code == 130 and seconds < 6.0  # the import of torch lets no other thread run
    assert not (recordings / "out").exists()
