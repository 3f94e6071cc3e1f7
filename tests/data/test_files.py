"""The files that the audio of cuts is read from."""

import numpy as np
import pytest
import soundfile

from wfst_bias.data.audio import audio_cut
from wfst_bias.data.files import files_of, words_of


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / name for name in ("a.wav", "b c.wav", "d.ark", "e.tar")]
    for path in paths:
        soundfile.write(path, np.zeros(1600, np.float32), 16000, format="WAV")
    return paths


def described(kind, source):
    return {"id": "x", "recording": {"sources": [{"type": kind, "source": source, "channels": [0]}]}}


def test_files_and_archives(files, tmp_path):
    a, b, ark, tar = files
    names = [str(a), f"{ark}:1234", f"{tar}:512+99", str(b), str(a), str(tmp_path / "gone.wav"), "x" * 5000, str(tmp_path)]
    assert files_of([described("file", name) for name in names]) == [a, ark, tar, b]
    assert files_of(described("memory", "UklG")) == []


def test_words_of_commands(files):
    a, b, ark, _ = files
    for command in (f"sox '{b}' -p|cat - {a}", f"cat <{a} >/dev/null; cat --in=\"{b}\"", f"x {a} \"{b}\" | y 'z"):
        found = set(files_of(described("command", command)))
        assert a in found and (b in found or command.endswith("'z"))
    assert files_of(described("command", f"wav-copy {ark}:77 -")) == [ark]
    assert list(words_of("sph2pipe -f wav in.sph |")) == ["sph2pipe", "-f", "wav", "in.sph", "|"]


def test_mixes(files):
    a, b, _, _ = files
    mix = audio_cut(a, "a").mix(audio_cut(b, "b")).pad(1.0)
    assert files_of(mix) == files_of(mix.to_dict()) == [a, b]
