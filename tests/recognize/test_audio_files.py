"""Audio files by paths, folders and patterns: each once, none in silence."""

import os
from pathlib import Path

import pytest

from wfst_bias.recognize.audio_files import find_audio, unique_names


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("calls/b.wav", "calls/a.MP3", "calls/2024/deep.m4a", "calls/notes.txt", "calls/.x.wav", "calls/.git/y.wav"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (tmp_path / "talk.mp4").write_text("")
    (tmp_path / "raw.dat").write_text("")
    return tmp_path


def found(*arguments):
    return [str(file.path) for file in find_audio(arguments).files]


def test_a_folder_is_searched_with_all_below_it(folder):
    audio = find_audio(["calls"])
    assert [str(file.path) for file in audio.files] == ["calls/2024/deep.m4a", "calls/a.MP3", "calls/b.wav"]
    assert [str(path) for path in audio.skipped] == ["calls/.x.wav", "calls/notes.txt"]
    assert not audio.failed


def test_arguments_keep_their_order_and_each_file_is_taken_once(folder):
    os.symlink(folder / "calls" / "b.wav", folder / "link.wav")
    assert found("talk.mp4", "calls/b.wav", "calls", "link.wav", "./talk.mp4", str(folder / "talk.mp4")) == [
        "talk.mp4",
        "calls/b.wav",
        "calls/2024/deep.m4a",
        "calls/a.MP3",
    ]


def test_patterns(folder):
    assert found("calls/*.wav") == ["calls/b.wav"]
    assert found("**/*.m4a") == ["calls/2024/deep.m4a"]
    assert found("calls/*") == ["calls/a.MP3", "calls/b.wav"]
    assert found("*.dat") == ["raw.dat"]  # a suffix that is asked for
    (folder / "x[1].wav").write_text("")
    assert found("x[1].wav") == ["x[1].wav"]


def test_a_file_that_is_named_is_taken_whatever_its_suffix_is(folder):
    assert found("raw.dat") == ["raw.dat"]


def test_arguments_without_audio_are_named(folder):
    (folder / "empty").mkdir()
    (folder / "texts").mkdir()
    (folder / "texts" / "a.txt").write_text("")
    audio = find_audio(["none.wav", "talk.mp4", "empty", "texts", "*.zzz"])
    assert [str(file.path) for file in audio.files] == ["talk.mp4"]
    assert [(one.path, one.reason) for one in audio.failed] == [
        ("none.wav", "no such audio file; check the path"),
        ("empty", "holds no file of audio or video; check the path"),
        ("texts", "holds no file of audio or video (1 other file); check the path"),
        ("*.zzz", "no file of audio or video matches this pattern; check the path"),
    ]


def test_links_that_lead_back_end(folder):
    os.symlink(folder / "calls", folder / "calls" / "2024" / "back")
    assert found("calls") == ["calls/2024/deep.m4a", "calls/a.MP3", "calls/b.wav"]


@pytest.mark.parametrize(
    "paths, names",
    [
        ([], []),
        (["d/x.wav"], ["x"]),
        (["d/x.wav", "d/y.wav"], ["x", "y"]),
        (["d/a/x.wav", "d/b/x.mp3", "d/y.wav"], ["a/x.wav", "b/x.mp3", "y"]),
        (["d/x.wav", "d/x.mp3"], ["x.wav", "x.mp3"]),
        (["d/x.wav", "d/X.mp3"], ["x.wav", "X.mp3"]),
        (["x.wav", "x.mp3", "x.wav.flac"], ["x.wav", "x.mp3", "x.wav.flac"]),
        (["../a/x.wav", "x.wav", "y.wav"], ["a/x.wav", "d/x.wav", "y"]),
    ],
)
def test_names_are_unique(paths, names, tmp_path, monkeypatch):
    (tmp_path / "d").mkdir()
    monkeypatch.chdir(tmp_path / "d" if any(path.startswith("..") for path in paths) else tmp_path)
    assert unique_names([Path(path) for path in paths]) == names
