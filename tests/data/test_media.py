"""Audio that libsndfile does not read."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from wfst_bias.core.errors import InputError
from wfst_bias.data.audio import load_audio
from wfst_bias.data.media import media_info, read_media
from wfst_bias.data.recordings import audio_recording

av = pytest.importorskip("av")

RATE, SECONDS = 16000, 12.0
FORMATS = {"x.m4a": ("aac", RATE), "x.mp4": ("aac", RATE), "x.webm": ("libopus", 48000), "x.mkv": ("pcm_s24le", RATE)}


def chirp():
    """A tone whose pitch tells the time, ``(num_samples,)``."""
    time = np.arange(round(SECONDS * RATE)) / RATE
    return (0.4 * np.sin(2 * np.pi * (200 * time + 40 * time**2))).astype(np.float32)


def write_media(path, samples, codec, rate, channels=1):
    layout = "mono" if channels == 1 else "stereo"
    frame = av.AudioFrame.from_ndarray((np.tile(samples, (channels, 1)) * 32767).astype(np.int16), "s16p", layout)
    frame.sample_rate, frame.pts = RATE, 0
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        resampler = av.AudioResampler(
            stream.codec_context.format, layout, rate, stream.codec_context.frame_size or None
        )
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("name", FORMATS)
def test_what_ffmpeg_reads(tmp_path, name):
    codec, rate = FORMATS[name]
    path = write_media(tmp_path / name, chirp(), codec, rate)
    info = media_info(path)
    samples, found = read_media(path)
    assert (info.channels, info.samplerate, found) == (1, rate, rate)
    assert info.frames == samples.shape[1] and info.duration == pytest.approx(SECONDS, abs=0.1)
    assert samples.dtype == np.float32 and np.abs(samples).max() == pytest.approx(0.4, abs=0.1)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("offset", [0.0, 0.3, 5.0, 9.37])
def test_a_part_is_that_part(tmp_path, name, offset):
    path = write_media(tmp_path / name, chirp(), *FORMATS[name])
    whole, rate = read_media(path)
    part, _ = read_media(path, offset, 2.0)
    expected = whole[:, round(offset * rate) : round((offset + 2.0) * rate)]
    assert part.shape == expected.shape
    # a container's times may be rounded to a millisecond
    shifts = range(-rate // 1000, rate // 1000 + 1)
    inner = slice(rate // 10, -rate // 10)
    assert min(np.abs(np.roll(part, shift) - expected)[0, inner].max() for shift in shifts) < 0.03


def test_a_recording_of_it(tmp_path):
    path = write_media(tmp_path / "x.m4a", chirp(), "aac", RATE)
    cut = audio_recording(path, "x").to_cut()
    samples = load_audio(cut, RATE)
    assert len(samples) == media_info(path).frames and cut.duration == pytest.approx(SECONDS, abs=0.1)
    part = load_audio(cut.truncate(offset=3.0, duration=2.0), RATE)
    np.testing.assert_allclose(part[1600:-1600], samples[3 * RATE : 5 * RATE][1600:-1600], atol=1e-3)


def test_a_recording_in_memory(tmp_path):
    cut = audio_recording(write_media(tmp_path / "x.m4a", chirp(), "aac", RATE), "x").to_cut()
    held = replace(cut, recording=cut.recording.move_to_memory())
    (tmp_path / "x.m4a").unlink()
    samples = load_audio(held, RATE)
    assert np.abs(samples[1600:-1600]).max() == pytest.approx(0.4, abs=0.05) and len(samples) == cut.num_samples


def test_without_pyav_the_error_names_the_extra(tmp_path, monkeypatch):
    path = write_media(tmp_path / "x.m4a", chirp(), "aac", RATE)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(InputError, match=r"pip install .wfst-bias\[media\]"):
        audio_recording(path, "x")


def test_channels(tmp_path):
    path = write_media(tmp_path / "x.m4a", chirp(), "aac", RATE, channels=2)
    assert media_info(path).channels == 2 and read_media(path)[0].shape[0] == 2


def test_what_is_no_audio(tmp_path):
    path = tmp_path / "x.m4a"
    path.write_text("no sound")
    with pytest.raises(InputError, match="is not audio"):
        media_info(path)


def test_a_truncated_file(tmp_path):
    path = write_media(tmp_path / "x.m4a", chirp(), "aac", RATE)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(InputError, match="is not audio|breaks"):
        media_info(path)


def test_what_libsndfile_reads_is_the_same(tmp_path):
    path = tmp_path / "x.wav"
    soundfile.write(path, chirp(), RATE, subtype="PCM_24")
    samples, _ = read_media(path)
    np.testing.assert_allclose(samples[0], chirp(), atol=1e-6)
