"""WAV of every kind, SPHERE, Kaldi archives; exact samples."""

import re
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


def test_a_kaldi_archive(tmp_path, caplog):
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
    (tmp_path / "wav.ark").write_bytes(archive[:-2000])
    a, b, c, d = read_data(tmp_path, on_failure=failures.append)
    np.testing.assert_array_equal(load_audio(b, RATE), -SAMPLES[:8000])
    np.testing.assert_array_equal(load_audio(c, RATE), SAMPLES[::2][:7000])
    assert "wav.ark:" in caplog.text and "0.44 s of the 0.50 s" in caplog.text


def test_sphere_that_is_compressed(tmp_path):
    fields = ["NIST_1A", "   1024", "sample_count -i 40", "sample_n_bytes -i 2", "channel_count -i 1"]
    fields += ["sample_byte_format -s2 01", "sample_rate -i 16000", "sample_coding -s26 pcm,embedded-shorten-v2.00"]
    (tmp_path / "x.sph").write_bytes("\n".join([*fields, "end_head"]).encode().ljust(1024) + b"ajkg" + bytes(200))
    with pytest.raises(InputError, match="sph2pipe -f wav"):
        audio_recording(tmp_path / "x.sph", "x")


def chunk(name, content):
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


LIST, EXTENSION = chunk(b"LIST", b"INFOISFT\5\0\0\0Lavf\0"), struct.pack("<HHIH", 22, 16, 4, 1) + bytes.fromhex("000000001000800000aa00389b71")


def wav(samples, size=None, coding=1, bits=16, extension=b"", before=b"", after=b"", riff=None):
    form = struct.pack("<HHIIHH", coding, 1, RATE, RATE * bits // 8, bits // 8, bits) + extension
    data = b"data" + struct.pack("<I", len(samples) if size is None else size) + samples
    body = b"WAVE" + chunk(b"fmt ", form) + before + data + after
    return b"RIFF" + struct.pack("<I", len(body) if riff is None else riff) + body


def rf64(size, after=b""):
    sizes = chunk(b"ds64", struct.pack("<QQQI", size, size, 0, 0))
    form = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16))
    head = b"RF64\xff\xff\xff\xffWAVE" + sizes + form + b"data\xff\xff\xff\xff"
    return head + VALUES.tobytes() + after


WHOLE = {
    "a placeholder and a chunk behind": wav(VALUES.tobytes(), 0xFFFFFFFF, after=LIST),
    "another placeholder and chunks behind": wav(VALUES.tobytes(), 0x7FFFFFFF, after=LIST + chunk(b"id3 ", b"ID3abc")),
    "no size and a chunk behind": wav(VALUES.tobytes(), 0, after=LIST),
    "no size and many bytes before": wav(VALUES.tobytes(), 0, before=chunk(b"JUNK", bytes(100001)), riff=0),
    "arecord": wav(VALUES.tobytes(), 0x80000000, riff=0x80000024),
    "all but the header": wav(VALUES.tobytes(), 0xFFFFFFFF - 36, riff=0xFFFFFFFF),
    "a little less than 2 GB": wav(VALUES.tobytes(), 0x7FFF0000),
    "a chunk of odd size, not padded": wav(VALUES.tobytes(), before=b"LIST" + struct.pack("<I", 5) + b"by me"),
    "a chunk of odd size": wav(VALUES.tobytes(), before=chunk(b"LIST", b"by me")),
    "extensible": wav(VALUES.tobytes(), 0, 0xFFFE, extension=EXTENSION),
    "floats": wav(SAMPLES.tobytes(), 0, 3, 32),
    "doubles": wav(SAMPLES.astype(np.float64).tobytes(), 0xFFFFFFFF, 3, 64, after=LIST),
    "24 bits": wav((VALUES.astype("<i4") << 16).view(np.uint8).reshape(-1, 4)[:, 1:].tobytes(), 0, 1, 24),
    "RF64": rf64(VALUES.nbytes, LIST),
    "RF64 without a size": rf64(0),
    "RF64 with a placeholder": rf64(2**64 - 1, LIST),
    "BW64": b"BW64" + rf64(VALUES.nbytes)[4:],
    "RF64 with its size in the chunk of the samples": rf64(0).replace(b"data\xff\xff\xff\xff", b"data" + struct.pack("<I", VALUES.nbytes)),
    "zeros behind": wav(VALUES.tobytes(), after=bytes(8000)),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_nothing_is_missing_and_nothing_is_added(tmp_path, caplog, kind):
    path = tmp_path / "x.wav"
    path.write_bytes(WHOLE[kind])
    np.testing.assert_array_equal(samples_of(path), SAMPLES)
    part = audio_reader(audio_recording(path, "x").to_cut(), RATE)(0.25, 0.75)
    np.testing.assert_array_equal(part, SAMPLES[4000:12000])
    assert not caplog.messages


def test_samples_that_look_like_a_chunk(tmp_path):
    samples = b"data" + struct.pack("<I", 10**6) + VALUES[4:].tobytes()
    (tmp_path / "x.wav").write_bytes(wav(samples, 0))
    expected = np.frombuffer(samples, "<i2") / np.float32(32768)
    np.testing.assert_array_equal(samples_of(tmp_path / "x.wav"), expected)


@pytest.mark.parametrize(
    "content, num_samples, told",
    [
        (wav(VALUES.tobytes())[:-16000], 8000, "is truncated: 0.50 s of the 1.00 s that its header announces are there"),
        (wav(VALUES.tobytes())[:-8001], 11999, "is truncated: 0.75 s of the 1.00 s"),
        (rf64(VALUES.nbytes)[:-8000], 12000, "is truncated: 0.75 s of the 1.00 s"),
        (wav(VALUES.tobytes(), 8000), 4000, "announces 0.25 s of samples; 24000 bytes .0.75 s. that follow are not read"),
        (wav(VALUES.tobytes(), VALUES.nbytes + 4), 16000, None),
        (wav(VALUES.tobytes()) * 2, 16000, "announces 1.00 s of samples; 32044 bytes .1.00 s. that follow are not read"),
        (wav(VALUES.tobytes(), after=bytes(4000) + VALUES.tobytes()), 16000, "36000 bytes .1.12 s. that follow are not read"),
    ],
)
def test_what_is_lost_is_told_and_the_rest_is_used(tmp_path, caplog, content, num_samples, told):
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    np.testing.assert_array_equal(samples_of(path), SAMPLES[:num_samples])
    assert len(caplog.messages) == (told is not None)
    if told:
        assert re.search(f"^{path}: .*{told}", caplog.messages[0])


@pytest.mark.parametrize("form, coding", [("AIFF", "PCM_16"), ("AU", "PCM_16"), ("NIST", "PCM_16"), ("NIST", "ULAW"), ("W64", "PCM_24")])
def test_half_a_file_of_another_kind(tmp_path, caplog, form, coding):
    path = tmp_path / "x"
    soundfile.write(path, SAMPLES, RATE, coding, format=form)
    whole = samples_of(path)
    assert not caplog.messages
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    half = samples_of(path)
    assert 7000 < len(half) <= 8000
    np.testing.assert_array_equal(half, whole[: len(half)])
    assert re.search(rf"{path}: is truncated: 0.[45]\d s of the 1.0\d s", caplog.messages[0])


def test_samples_in_two_places(tmp_path):
    (tmp_path / "x.wav").write_bytes(wav(VALUES.tobytes(), after=chunk(b"data", VALUES.tobytes())))
    with pytest.raises(InputError, match="x.wav: has two chunks of samples"):
        audio_recording(tmp_path / "x.wav", "x")


def test_an_archive_of_other_files(tmp_path):
    """FLAC and SPHERE end where their headers say; a WAV without a length does not."""
    archive, lines = b"", []
    for key, form in (("a", "FLAC"), ("b", "NIST"), ("c", "FLAC")):
        soundfile.write(tmp_path / "x", VALUES, RATE, format=form)
        archive += f"{key} ".encode()
        lines.append(f"{key} {tmp_path}/wav.ark:{len(archive)}")
        archive += (tmp_path / "x").read_bytes()
    lines.append(f"d {tmp_path}/wav.ark:{len(archive)}")
    (tmp_path / "wav.ark").write_bytes(archive + wav(VALUES.tobytes(), 0xFFFFFFFF) + archive)
    (tmp_path / "wav.scp").write_text("\n".join(lines) + "\n")
    failures = []
    cuts = list(read_data(tmp_path, on_failure=failures.append))
    assert [cut.id for cut in cuts] == ["a", "b", "c"] and [f.utterance for f in failures] == ["d"]
    for cut in cuts:
        np.testing.assert_array_equal(load_audio(cut, RATE), SAMPLES)
    assert "no length in its header, and other files follow" in failures[0].reason
