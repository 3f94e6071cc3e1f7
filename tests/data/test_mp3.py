"""MP3 and FLAC whose headers do not know, or are wrong about, how long they are: durations and samples by decoding."""

import io
import struct

import numpy as np
import pytest
import soundfile

from wfst_bias.data.audio import audio_reader, load_audio
from wfst_bias.data.mp3_header import Mp3Frame
from wfst_bias.data.recordings import audio_recording

MODES = ["CONSTANT", "AVERAGE", "VARIABLE"]
SECONDS = 12


def chirp(rate):
    """Quiet for 8 s, then loud, so that the first bit rates say nothing about the others."""
    time = np.arange(SECONDS * rate) / rate
    return (np.where(time < 8, 1e-3, 0.4) * np.sin(2 * np.pi * (200 * time + 40 * time**2))).astype(np.float32)


def mp3(rate, mode="VARIABLE", channels=1):
    stream = io.BytesIO()
    samples = np.tile(chirp(rate)[:, None], (1, channels))
    soundfile.write(stream, samples, rate, format="MP3", compression_level=0.5, bitrate_mode=mode)
    return stream.getvalue()


def without_length(content):
    """The file without its first frame, which is no sound."""
    return content[Mp3Frame.of(content).size :]


def lag(samples, rate):
    """By how many samples the loud part comes later than it is."""
    expected = chirp(rate)[9 * rate : 9 * rate + rate // 2]
    return int(np.correlate(samples[9 * rate : 10 * rate], expected, "valid").argmax())


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("mode", MODES)
def test_without_a_length(tmp_path, caplog, rate, mode, channels):
    tag = b"ID3\3\0\0\0\0" + struct.pack(">H", (3000 >> 7 << 8) + (3000 & 127)) + bytes(3000)
    content = without_length(mp3(rate, mode, channels))
    for number, parts in enumerate([(content,), (tag, tag, content), (content, b"TAG" + bytes(125))]):
        path = tmp_path / f"{number}.mp3"
        path.write_bytes(b"".join(parts))
        cut = audio_recording(path, "x").to_cut()
        samples = load_audio(cut, rate)
        assert len(samples) == cut.num_samples and 0.0 <= cut.duration - SECONDS < 0.15
        assert 0 <= lag(samples, rate) <= 1200  # the delay of the encoder
        read = audio_reader(cut, rate)
        for begin, end in ((0.0, 2.0), (5.25, 8.0), (7.5, 12.0)):
            part = samples[round(begin * rate) : round(end * rate)]
            np.testing.assert_allclose(read(begin, end), part, atol=1e-4)
    assert not caplog.messages


@pytest.mark.parametrize("mode", MODES)
def test_with_a_length(tmp_path, caplog, mode):
    (tmp_path / "x.mp3").write_bytes(mp3(16000, mode))
    cut = audio_recording(tmp_path / "x.mp3", "x").to_cut()
    assert cut.num_samples == SECONDS * 16000 and lag(load_audio(cut, 16000), 16000) == 0 and not caplog.messages


def test_two_files_that_were_joined(tmp_path):
    (tmp_path / "x.mp3").write_bytes(mp3(16000) + mp3(16000))
    cut = audio_recording(tmp_path / "x.mp3", "x").to_cut()
    assert cut.duration == pytest.approx(2 * SECONDS, abs=0.2)
    samples = load_audio(cut, 16000)
    loud = [np.abs(samples[second * 16000 :][:16000]).max() > 0.1 for second in (2, 10, 14, 22)]
    assert loud == [False, True, False, True]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("has_length", [True, False])
def test_half_a_file(tmp_path, caplog, mode, has_length):
    content = mp3(16000, mode)
    content = content[: len(content) * 2 // 3]
    (tmp_path / "x.mp3").write_bytes(content if has_length else without_length(content))
    cut = audio_recording(tmp_path / "x.mp3", "x").to_cut()
    samples = load_audio(cut, 16000)
    assert len(samples) == cut.num_samples and 4 < cut.duration < 11
    if has_length:
        assert f"is truncated: {cut.duration:.2f} s of the 12.00 s" in caplog.messages[0]
    else:
        assert not caplog.messages


def flac():
    stream = io.BytesIO()
    soundfile.write(stream, chirp(16000), 16000, format="FLAC")
    return bytearray(stream.getvalue())


def test_flac_of_a_pipe(tmp_path, caplog):
    content = flac()
    expected = soundfile.read(io.BytesIO(content), dtype="float32")[0]
    content[21] &= 0xF0  # 0 samples: not known
    content[22:26] = bytes(4)
    (tmp_path / "x.flac").write_bytes(content)
    cut = audio_recording(tmp_path / "x.flac", "x").to_cut()
    assert SECONDS * 16000 - 1 <= cut.num_samples <= SECONDS * 16000 and not caplog.messages
    samples = load_audio(cut, 16000)
    np.testing.assert_array_equal(samples, expected[: len(samples)])
    np.testing.assert_array_equal(audio_reader(cut, 16000)(8.5, 9.5), expected[136000:152000])


def test_half_a_flac(tmp_path, caplog):
    content = flac()
    expected = soundfile.read(io.BytesIO(content), dtype="float32")[0]
    (tmp_path / "x.flac").write_bytes(content[: len(content) * 2 // 3])
    cut = audio_recording(tmp_path / "x.flac", "x").to_cut()
    samples = load_audio(cut, 16000)
    assert len(samples) == cut.num_samples and 6 < cut.duration < 11
    np.testing.assert_array_equal(samples, expected[: len(samples)])
    assert f"is truncated: {cut.duration:.2f} s of the 12.00 s" in caplog.messages[0]
