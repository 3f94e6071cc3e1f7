"""WAV of every kind, SPHERE, Kaldi archives; exact samples."""

import struct

import numpy as np
import pytest
import soundfile

from wfst_bias.core.errors import InputError
from wfst_bias.data.audio import audio_reader, load_audio
from wfst_bias.data.cuts import read_data
from wfst_bias.data.recordings import audio_recording

RATE = 16000
VALUES = np.random.default_rng(0).integers(-20000, 20000, RATE).astype(np.int16)
SAMPLES = (VALUES / 32768).astype(np.float32)
STEPS = {"PCM_U8": 2**-7, "ALAW": 0.02, "ULAW": 0.02}  # the coarse ones


def header(riff, data, extra=b""):
    format_chunk = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    return b"RIFF" + struct.pack("<I", riff) + b"WAVE" + format_chunk + extra + b"data" + struct.pack("<I", data)


def samples_of(path):
    return load_audio(audio_recording(path, "x").to_cut(), RATE)


@pytest.mark.parametrize("form", ["WAV", "WAVEX", "RF64", "W64", "NIST", "AIFF"])
@pytest.mark.parametrize("coding", ["PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ALAW", "ULAW", "PCM_U8"])
def test_codings(tmp_path, form, coding):
    if not soundfile.check_format(form, coding):
        pytest.skip("there is no such file")
    path = tmp_path / f"x.{'sph' if form == 'NIST' else 'wav'}"
    soundfile.write(path, SAMPLES, RATE, coding, format=form)
    assert audio_recording(path, "x").num_samples == RATE
    np.testing.assert_allclose(samples_of(path), SAMPLES, atol=STEPS.get(coding, 1e-6))


@pytest.mark.parametrize("riff", [0, 8, 36, 0xFFFFFFFF, 36 + 2 * RATE])
@pytest.mark.parametrize("data", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000])
@pytest.mark.parametrize("extra", [b"", b"LIST" + struct.pack("<I", 5) + b"by me\0"])
def test_headers_of_streams(tmp_path, riff, data, extra):
    path = tmp_path / "x.wav"
    path.write_bytes(header(riff, data, extra) + VALUES.tobytes())
    np.testing.assert_array_equal(samples_of(path), SAMPLES)
    part = audio_reader(audio_recording(path, "x").to_cut(), RATE)(0.25, 0.75)
    np.testing.assert_array_equal(part, SAMPLES[4000:12000])


def test_a_command_that_writes_a_stream(tmp_path):
    (tmp_path / "x").write_bytes(header(0, 0) + VALUES.tobytes())
    (tmp_path / "wav.scp").write_text(f"x cat {tmp_path}/x |\n")
    (cut,) = read_data(tmp_path)
    np.testing.assert_array_equal(load_audio(cut, RATE), SAMPLES)


@pytest.mark.parametrize("tail", [b"", b"LIST" + struct.pack("<I", 4) + b"none"])
def test_a_wav_that_is_empty(tmp_path, tail):
    (tmp_path / "x.wav").write_bytes(header(36, 0) + tail)
    with pytest.raises(InputError, match="holds no samples"):
        audio_recording(tmp_path / "x.wav", "x")


def test_a_kaldi_archive(tmp_path):
    archive, lines = b"", []
    for key, values in (("a", VALUES), ("b", -VALUES[:8000]), ("c", VALUES[::2])):
        archive += f"{key} ".encode()
        lines.append(f"{key} {tmp_path}/wav.ark:{len(archive)}")
        archive += header(36 + values.nbytes, values.nbytes) + values.tobytes()
    (tmp_path / "wav.ark").write_bytes(archive)
    (tmp_path / "wav.scp").write_text("\n".join([*lines, f"d {tmp_path}/wav.ark:3"]) + "\n")
    failures = []
    a, b, c = read_data(tmp_path, on_failure=failures.append)
    np.testing.assert_array_equal(load_audio(a, RATE), SAMPLES)
    np.testing.assert_array_equal(load_audio(b, RATE), -SAMPLES[:8000])
    np.testing.assert_array_equal(audio_reader(c, RATE)(0.1, 0.5), SAMPLES[::2][1600:8000])
    assert [f.utterance for f in failures] == ["d"] and "holds no WAV at byte 3" in failures[0].reason
    (tmp_path / "utt2dur").write_text("a 1\nb 0.5\nc 0.5\nd 1\n")
    (tmp_path / "wav.ark").write_bytes(archive[:-100])
    a, b, c, d = read_data(tmp_path, on_failure=failures.append)
    np.testing.assert_array_equal(load_audio(b, RATE), -SAMPLES[:8000])
    with pytest.raises(InputError, match="is truncated"):
        load_audio(c, RATE)


def test_sphere_that_is_compressed(tmp_path):
    fields = ["NIST_1A", "   1024", "sample_count -i 40", "sample_n_bytes -i 2", "channel_count -i 1"]
    fields += ["sample_byte_format -s2 01", "sample_rate -i 16000", "sample_coding -s26 pcm,embedded-shorten-v2.00"]
    (tmp_path / "x.sph").write_bytes("\n".join([*fields, "end_head"]).encode().ljust(1024) + b"ajkg" + bytes(200))
    with pytest.raises(InputError, match="sph2pipe -f wav"):
        audio_recording(tmp_path / "x.sph", "x")
