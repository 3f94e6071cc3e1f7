import gzip
import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_file, read_json
from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data, read_texts
from wfst_bias.data.recordings import audio_recording

SECOND = (0.1 * np.sin(np.arange(16000) / 5)).astype(np.float32)


@pytest.fixture
def data(tmp_path):
    """A Kaldi data folder of two good utterances."""
    for key in ("a1", "a2"):
        soundfile.write(tmp_path / f"{key}.wav", SECOND, 16000)
    (tmp_path / "wav.scp").write_text("a1 a1.wav\na2 a2.wav\n")
    (tmp_path / "text").write_text("a1 new york\na2\n")
    (tmp_path / "utt2spk").write_text("a1 ann\na2 ann\n")
    return tmp_path


def test_kaldi_folder(data):
    cuts = list(read_data(data))
    assert [(c.id, c.duration, c.supervisions[0].text, c.supervisions[0].speaker) for c in cuts] == [
        ("a1", 1.0, "new york", "ann"),
        ("a2", 1.0, "", "ann"),
    ]
    assert read_texts(data) == {"a1": "new york", "a2": ""}


def test_segments(data):
    (data / "segments").write_text("s1 a1 0.0 0.5\ns2 a1 0.5 1.0\n")
    (data / "text").unlink(), (data / "utt2spk").unlink()
    cuts = list(read_data(data))
    assert [(c.id, c.start, c.duration) for c in cuts] == [("s1", 0.0, 0.5), ("s2", 0.5, 0.5)]
    assert len(load_audio(cuts[1], 16000)) == 8000


def test_a_command_that_writes_audio(data):
    (data / "wav.scp").write_text(f"a1 cat {data}/a1.wav |\na2 a2.wav\n")
    assert np.allclose(load_audio(list(read_data(data))[0], 16000), SECOND, atol=1e-3)


@pytest.mark.parametrize("rate, suffix", [(8000, "wav"), (44100, "flac"), (48000, "ogg")])
def test_any_rate_and_format_is_resampled(tmp_path, rate, suffix):
    path = tmp_path / f"a.{suffix}"
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    soundfile.write(path, tone.astype(np.float32), rate)
    samples = load_audio(audio_recording(path, "a").to_cut(), 16000)
    spectrum = np.abs(np.fft.rfft(samples[:16000]))
    assert abs(len(samples) - 16000) <= 160 and spectrum.argmax() * 16000 / len(samples[:16000]) == pytest.approx(
        440, abs=2
    )


def test_lhotse_manifest(data):
    cuts = read_data(data)
    cuts.to_file(data / "cuts.jsonl.gz")
    assert [c.id for c in read_data(data / "cuts.jsonl.gz")] == ["a1", "a2"]
    assert read_texts(data / "cuts.jsonl.gz") == {"a1": "new york", "a2": ""}


@pytest.mark.parametrize(
    "file, content, message",
    [
        ("wav.scp", "a1 a1.wav\na1 a2.wav\n", "wav.scp:2: key 'a1' stands here again"),
        ("wav.scp", "a1\n", "wav.scp:1: found 'a1'; expected 'KEY VALUE'"),
        ("wav.scp", "", "wav.scp: is empty"),
        ("wav.scp", "a1 a1.wav\na2 gone.wav\n", "wav.scp:2: .*gone.wav: no such audio file"),
        ("wav.scp", "a1 a1.wav\na2 false |\n", "wav.scp:2: the command gives no audio"),
        ("text", "a1 new york\n", "text: utterance 'a2' of wav.scp is missing here"),
        ("text", "a1 new york\na2 b\na3 c\n", "text:3: utterance 'a3' has no audio"),
        ("utt2spk", "a1 ann\n", "utt2spk: utterance 'a2' of wav.scp is missing here"),
        ("segments", "s1 a1 0.5\n", "segments:1: found s1 'a1 0.5'; expected 'UTTERANCE RECORDING START END'"),
        ("segments", "s1 zz 0.0 0.5\n", "segments:1: recording 'zz' is not in wav.scp"),
        ("segments", "s1 a1 0.5 0.50001\n", "segments:1: 0.5 to 0.50001 s holds nothing"),
        ("segments", "s1 a1 -0.1 0.5\n", "segments:1: begins at -0.1 s; 0 or more was expected"),
        ("segments", "s1 a1 nan 0.5\n", "segments:1: begins at nan s; 0 or more was expected"),
        ("segments", "s1 a1 1.5 2.0\n", "segments:1: 1.5 to 2.0 s holds nothing of the 1.00 s of 'a1'"),
    ],
)
def test_bad_folder_names_its_line(data, file, content, message):
    (data / file).write_text(content)
    with pytest.raises(InputError, match=message):
        read_data(data)


@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda p: soundfile.write(p, SECOND[:0], 16000), "holds no samples"),
        (lambda p: p.write_bytes(b""), "is empty, 0 bytes"),
        (lambda p: p.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n"), "is a pointer of Git LFS"),
        (lambda p: p.write_bytes(gzip.compress(p.read_bytes())), "is packed by gzip; unpack it"),
        (lambda p: p.write_bytes(b"hello " * 1000), "is not audio"),
        (lambda p: p.unlink(), "no such audio file"),
    ],
)
def test_bad_audio_is_told_before_anything_is_decoded(data, spoil, message):
    spoil(data / "a2.wav")
    with pytest.raises(InputError, match=rf"wav.scp:2: {data}/a2.wav: {message}"):
        read_data(data)


def test_nan_samples_are_told(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.full(1600, np.nan, np.float32), 16000, subtype="FLOAT")
    with pytest.raises(InputError, match="NaN or infinite samples"):
        load_audio(audio_recording(path, "a").to_cut(), 16000)


@pytest.mark.parametrize(
    "name, content, message", [("no.jsonl", None, "no such data"), ("x.jsonl", "{]", "lhotse cannot read it")]
)
def test_bad_manifest(tmp_path, name, content, message):
    if content:
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message):
        read_data(tmp_path / name)


@pytest.mark.parametrize("coding", ["VORBIS", "OPUS"])
def test_a_truncated_ogg_is_told(tmp_path, caplog, coding):
    path = tmp_path / "a.ogg"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 480000), 16000, coding, format="OGG")
    assert audio_recording(path, "a").duration == pytest.approx(30.0) and not caplog.messages
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    cut = audio_recording(path, "a").to_cut()
    assert 12.0 < cut.duration < 16.0 and len(load_audio(cut, 16000)) == cut.num_samples
    assert "a.ogg: is truncated: its last page is not marked as the last" in caplog.messages[0]


def test_samples_that_were_never_scaled_are_told(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.full(1600, 20000, np.float32), 16000, subtype="FLOAT")
    with pytest.raises(InputError, match="samples go up to 2e.04; -1 to 1 was expected"):
        load_audio(audio_recording(path, "a").to_cut(), 16000)


def test_a_cut_without_audio_and_one_that_stands_twice_are_told(data):
    cuts = list(read_data(data))
    type(read_data(data)).from_cuts(cuts).to_file(data / "cuts.jsonl")
    lines = (data / "cuts.jsonl").read_text().splitlines()
    (data / "twice.jsonl").write_text("\n".join([lines[0], lines[0]]) + "\n")
    with pytest.raises(InputError, match="'a1' stands there twice, first in line 1"):
        read_data(data / "twice.jsonl")
    silent = json.loads(lines[0])
    del silent["recording"]
    (data / "silent.jsonl").write_text(json.dumps(silent) + "\n")
    with pytest.raises(InputError, match="'a1' has no recording"):
        read_data(data / "silent.jsonl")


def test_channels_that_cancel_each_other(tmp_path, caplog):
    """One channel is the other one inverted: their average is silence."""
    path = tmp_path / "a.wav"
    soundfile.write(path, np.stack([SECOND, -0.99 * SECOND], axis=1), 16000)
    for _ in range(2):
        np.testing.assert_allclose(load_audio(audio_recording(path, str(path)).to_cut(), 16000), SECOND, atol=1e-4)
    assert caplog.messages == [f"{path}: its channels cancel each other; channel 1 is used instead of their average"]
    soundfile.write(path, np.stack([0 * SECOND, SECOND, 0 * SECOND], axis=1), 16000)
    np.testing.assert_allclose(load_audio(audio_recording(path, str(path)).to_cut(), 16000), SECOND / 3, atol=1e-4)


@pytest.mark.parametrize("name", [b"caf\xe9.wav", "cafe\u0301.wav".encode(), b"two\nlines.wav", b"a b'\"$*?.wav", b"a:12"])
def test_names_of_files(tmp_path, name):
    """Names in other encodings than UTF-8, and with unusual characters."""
    soundfile.write(tmp_path / "a.wav", SECOND, 16000)
    path = tmp_path / os.fsdecode(name)
    try:
        (tmp_path / "a.wav").rename(path)
    except OSError:
        pytest.skip("this file system has no such names")
    np.testing.assert_allclose(load_audio(audio_recording(path, "a").to_cut(), 16000), SECOND, atol=1e-4)
    publish_file(tmp_path / "out.json", json.dumps({"audio": path.name}, ensure_ascii=False))
    assert read_json(tmp_path / "out.json") == {"audio": path.name}


def test_a_manifest_that_was_moved_with_its_audio(data, tmp_path, monkeypatch):
    """Paths are relative to the current folder, as lhotse takes them, or to that of the manifest."""
    rows = [cut.to_dict() for cut in read_data(data)]
    for source in (row["recording"]["sources"][0] for row in rows):
        source["source"] = Path(source["source"]).name
    mixed = {"type": "MixedCut", "id": "m", "tracks": [{"type": "MonoCut", "offset": 0, "cut": dict(rows[0])}]}
    (data / "cuts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [*rows, mixed]))
    (data / "elsewhere").mkdir()
    for folder in (data, data / "elsewhere"):
        monkeypatch.chdir(folder)
        samples = [load_audio(cut, 16000) for cut in read_data(data / "cuts.jsonl")]
        np.testing.assert_allclose(samples, [SECOND] * 3, atol=1e-4)


def test_a_manifest_that_differs_from_its_audio(data):
    row = list(read_data(data))[0].to_dict()
    soundfile.write(data / "a1.wav", np.tile(SECOND, 3), 8000)
    (data / "cuts.jsonl").write_text(json.dumps(row) + "\n")
    (cut,) = read_data(data / "cuts.jsonl")
    with pytest.raises(InputError, match="a1.wav: .*has 6.00 s at 8000 Hz; 1.00 s at 16000 Hz stand in its manifest"):
        load_audio(cut, 16000)


def test_rows_that_are_no_cuts_are_told(data):
    row = list(read_data(data))[0].to_dict()
    early = {**row, "id": "early", "start": -0.2}
    of_nemo = {"audio_filepath": "a1.wav", "duration": 1.0, "text": "new york"}
    (data / "cuts.jsonl").write_text("".join(json.dumps(one) + "\n" for one in (row, early, of_nemo)))
    failures = []
    assert [cut.id for cut in read_data(data / "cuts.jsonl", on_failure=failures.append)] == ["a1"]
    assert "begins at -0.2 s; 0 or more was expected" in failures[0].reason
    assert "is a row of a NeMo manifest" in failures[1].reason
