"""What benchmarks/corpus.py compares, and the corpora that it makes."""

import gzip
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from corpus_tools import (
    Memory,
    Utterance,
    differences,
    failed,
    records,
    repeated,
    utterances,
    write_broken,
    write_corpus,
)

from wfst_bias.data.cuts import read_data


@pytest.fixture
def sound(tmp_path):
    path = tmp_path / "a.flac"
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, 16000), 16000)
    return path


def test_utterances_are_repeated_in_their_order(tmp_path, sound):
    folder = write_corpus(tmp_path / "data", [Utterance("u", sound, "a b", 1.0), Utterance("v", sound, "c", 1.0)])
    rows = repeated(utterances([folder]), 4.5)
    assert [row.name for row in rows] == ["0000000-u", "0000001-v", "0000002-u", "0000003-v", "0000004-u"]
    assert [row.text for row in rows] == ["a b", "c", "a b", "c", "a b"]


def test_each_broken_input_fails_and_no_other(tmp_path, sound):
    given = write_broken(tmp_path / "inputs", sound, 2)
    rows = [Utterance(f"{number:07d}-u", sound, "a", 1.0) for number in range(20)]
    data = write_corpus(tmp_path / "data", rows, given)
    failures = []
    cuts = list(read_data(data, on_failure=failures.append))
    assert [cut.id for cut in cuts if cut.id.endswith("-u")] == [row.name for row in rows]
    # samples are read later: these have headers that announce audio
    late = {"nan.wav", "short.wav", "silence.flac", "truncated.flac", "truncated.wav", "truncated.m4a"}
    names = {failure.utterance.split("-broken-")[-1] for failure in failures}
    assert names >= {name for name, _ in given} - late
    reasons = {failure.utterance.split("-broken-")[-1]: failure.reason for failure in failures}
    assert "cannot be read" in reasons["unreadable"] and "stands here again" in reasons["duplicate"]
    assert len(cuts) + len(failures) == len(rows) + len(given)


def decoded(folder, text, archives, failures=""):
    folder.mkdir()
    (folder / "text").write_text(text)
    (folder / "failed.jsonl").write_text(failures)
    (folder / "meta.json").write_text(folder.name)
    (folder / "log").mkdir()
    (folder / "log" / "decode.1.log").write_text(folder.name)
    for number, lattices in enumerate(archives, 1):
        (folder / f"lat.{number}.gz").write_bytes(gzip.compress(lattices, mtime=0))
    return folder


def test_decode_folders_are_compared_without_what_was_measured(tmp_path):
    one = decoded(tmp_path / "one", "a x\nb y\n", [b"a\n0 1\n\n"])
    same = decoded(tmp_path / "same", "a x\nb y\n", [b"a\n0 1\n\n"])
    other = decoded(tmp_path / "other", "a x\nb z\n", [b"a\n0 1\n\n", b""])
    assert differences(one, same) == []
    assert differences(one, other) == ["lat.2.gz", "text"]


def test_records_of_broken_inputs_are_left_out(tmp_path):
    one = decoded(tmp_path / "one", "a x\nb y\n", [b"a\n0 1\n\nb\n0 1\n\n"])
    other = decoded(
        tmp_path / "other",
        "a x\n0-broken-silence \nb y\n",
        [b"a\n0 1\n\n0-broken-silence\n0 1\n\n", b"b\n0 1\n\n"],
        '{"utterance": "0-broken-zero", "reason": "is empty"}\n',
    )
    assert records(one) == records(other)
    assert failed(other) == {"0-broken-zero": "is empty"}


def test_memory_by_quarters():
    memory = Memory([(0.1 * i, "driver", 2_000_000_000, 10_000_000 * i) for i in range(8)])
    (row,) = memory.rows()
    assert row["peak [GB]"] == 2.0
    assert row["without mapped files, by quarters of the time [GB]"] == "0.010 0.030 0.050 0.070"
