"""Audio that libsndfile does not read."""

import re
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


def write_media(path, samples, codec, rate, channels=1, moved=lambda seconds: 0.0, **options):
    """Write samples; ``moved`` tells how much later than its time each packet is put."""

    def mux(packets):
        for packet in packets:
            if packet.pts is not None:
                ticks = round(moved(float(packet.pts * packet.time_base)) / packet.time_base)
                packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
            container.mux(packet)

    layout = "mono" if channels == 1 else "stereo"
    frame = av.AudioFrame.from_ndarray((np.tile(samples, (channels, 1)) * 32767).astype(np.int16), "s16p", layout)
    frame.sample_rate, frame.pts = RATE, 0
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        resampler = av.AudioResampler(
            stream.codec_context.format, layout, rate, stream.codec_context.frame_size or None
        )
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            mux(stream.encode(part))
        mux(stream.encode(None))
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
    with pytest.raises(InputError, match="is MP4 without its index"):
        media_info(path)


def test_what_libsndfile_reads_is_the_same(tmp_path):
    path = tmp_path / "x.wav"
    soundfile.write(path, chirp(), RATE, subtype="PCM_24")
    samples, _ = read_media(path)
    np.testing.assert_allclose(samples[0], chirp(), atol=1e-6)


def read_in_parts(path, seconds):
    """All of a file, read in parts that follow each other."""
    info = media_info(path)
    times = np.arange(0.0, info.duration, seconds)
    return np.concatenate([read_media(path, time, min(seconds, info.duration - time))[0] for time in times], axis=1)


def two_gaps(seconds):
    return 0.0 if seconds < 3.0 else 2.5 if seconds < 7.0 else 6.0


@pytest.mark.parametrize("seconds", [1.7, 5.0])
def test_gaps_are_filled_with_zeros(tmp_path, seconds):
    """A recorder that was muted: exact samples of PCM, in one pass and in parts."""
    path = tmp_path / "x.mkv"
    write_pieces(path, chirp(), two_gaps)
    silence = np.zeros(RATE, np.float32)
    before, between, after = np.split(chirp(), [3 * RATE, 7 * RATE])
    expected = np.concatenate(
        [before, np.tile(silence, 3)[: 5 * RATE // 2], between, np.tile(silence, 4)[: 7 * RATE // 2], after]
    )
    assert media_info(path).frames == len(expected) == 18 * RATE
    np.testing.assert_allclose(read_media(path)[0][0], expected, atol=1e-4)
    np.testing.assert_allclose(read_in_parts(path, seconds)[0], expected, atol=1e-4)
    cut = audio_recording(path, "x").to_cut()
    np.testing.assert_allclose(
        load_audio(cut.truncate(offset=4.0, duration=9.0), RATE), expected[4 * RATE : 13 * RATE], atol=1e-4
    )


def write_pieces(path, samples, moved):
    """PCM in packets of a tenth of a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE, layout="mono")
        for begin in range(0, len(samples), RATE // 10):
            piece = (samples[None, begin : begin + RATE // 10] * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(piece, "s16", "mono")
            frame.sample_rate, frame.pts = RATE, begin + round(moved(begin / RATE) * RATE)
            container.mux(stream.encode(frame))
    return path


@pytest.mark.parametrize("live", ["0", "1"])
def test_gaps_in_the_recording_of_a_browser(tmp_path, live):
    path = write_media(tmp_path / "x.webm", chirp(), "libopus", 48000, moved=two_gaps, live=live)
    info = media_info(path)
    assert info.duration == pytest.approx(18.0, abs=0.01)
    whole, parts = read_media(path)[0], read_in_parts(path, 2.5)
    assert whole.shape == parts.shape == (1, info.frames)
    loud = [
        np.sqrt(np.mean(whole[0, round(a * 48000) : round(b * 48000)] ** 2)) > 0.1
        for a, b in [(0, 2.9), (3.1, 5.4), (5.6, 9.4), (9.6, 12.9), (13.1, 18)]
    ]
    assert loud == [True, False, True, False, True]
    for begin in np.arange(0.0, 18.0, 2.5):  # times of the container are rounded to a millisecond
        one, other = (x[0, round(begin * 48000) :][: 5 * 24000] for x in (whole, parts))
        shifts = range(-96, 97, 4)
        # a decoder needs some frames after a gap
        assert min(np.quantile(np.abs(np.roll(one, shift) - other)[4800:-4800], 0.97) for shift in shifts) < 0.02


def test_frames_that_overlap_lose_what_they_have_in_common(tmp_path):
    path = write_pieces(tmp_path / "x.mkv", chirp(), lambda seconds: 0.0 if seconds < 3.0 else -0.05)
    first, second = chirp()[: 3 * RATE], chirp()[3 * RATE :]
    expected = np.concatenate([first, second[RATE // 20 :]])
    assert media_info(path).frames == len(expected)
    np.testing.assert_allclose(read_media(path)[0][0], expected, atol=1e-4)
    np.testing.assert_allclose(read_media(path, 2.0, 3.0)[0][0], expected[2 * RATE : 5 * RATE], atol=1e-4)


def test_times_that_begin_again_are_told(tmp_path):
    path = write_media(tmp_path / "x.ts", chirp(), "aac", RATE)
    path.write_bytes(2 * path.read_bytes())
    with pytest.raises(InputError, match="jump from 12.1 to 0.0 s; write it anew"):
        media_info(path)


def test_a_rounded_time_is_no_gap(tmp_path):
    path = write_pieces(tmp_path / "x.mkv", chirp(), lambda seconds: 0.003 * (round(10 * seconds) % 2))
    np.testing.assert_allclose(read_media(path)[0][0], chirp(), atol=1e-4)


def test_a_file_without_its_index_is_told(tmp_path):
    path = write_media(tmp_path / "x.m4a", chirp(), "aac", RATE)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match="x.m4a: is MP4 without its index"):
        audio_recording(path, "x")


@pytest.mark.parametrize(
    "name, options, told",
    [
        ("x.m4a", {"movflags": "faststart"}, r"is truncated: [56]\.\d\d s of the 12\.\d\d s that its header announces"),
        ("x.mka", {}, r"is truncated: [56]\.\d\d s of the 12\.\d\d s that its header announces"),
        ("x.aac", {}, r"the audio breaks at [56]\.\d s .*; the [56]\.\d\d s that can be decoded are used"),
    ],
)
def test_half_a_file_is_used_and_told(tmp_path, caplog, name, options, told):
    path = write_media(tmp_path / name, chirp(), "aac", RATE, **options)
    whole = load_audio(audio_recording(path, "x").to_cut(), RATE)
    assert not caplog.messages
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    cut = audio_recording(path, "x").to_cut()
    assert re.search(f"^{path}: {told}", caplog.messages[0])
    half = load_audio(cut, RATE)
    assert len(half) == cut.num_samples and 5.0 < cut.duration < 7.0
    np.testing.assert_allclose(half[: 5 * RATE], whole[: 5 * RATE], atol=1e-4)
    assert len(caplog.messages) == 1


def test_a_hole_in_the_middle_is_told(tmp_path, caplog):
    path = write_media(tmp_path / "x.aac", chirp(), "aac", RATE)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 1500] = bytes(1500)
    path.write_bytes(content)
    cut = audio_recording(path, "x").to_cut()
    assert "the audio breaks at" in caplog.messages[0]
    samples = load_audio(cut, RATE)
    assert len(samples) == cut.num_samples and 10.0 < cut.duration < 12.2 and np.abs(samples[-RATE:]).max() > 0.2


def test_the_sound_of_a_video(tmp_path, caplog):
    path = tmp_path / "x.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width = video.height = 32
        video.pix_fmt = "yuv420p"
        sound = container.add_stream("aac", rate=RATE, layout="mono")
        for number in range(150):  # it is longer
            picture = av.VideoFrame(32, 32, "yuv420p")
            picture.pts = number
            container.mux(video.encode(picture))
        frame = av.AudioFrame.from_ndarray((chirp()[None] * 32767).astype(np.int16), "s16p", "mono")
        frame.sample_rate, frame.pts = RATE, 0
        resampler = av.AudioResampler("fltp", "mono", RATE, 1024)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(sound.encode(part))
        for stream in (video, sound):
            container.mux(stream.encode(None))
    cut = audio_recording(path, "x").to_cut()
    assert cut.duration == pytest.approx(SECONDS, abs=0.1) and not caplog.messages
    assert np.abs(load_audio(cut, RATE)).max() == pytest.approx(0.4, abs=0.1)


def test_a_video_without_sound_is_told(tmp_path):
    with av.open(str(tmp_path / "x.mp4"), "w") as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width = video.height = 32
        video.pix_fmt = "yuv420p"
        container.mux(video.encode(av.VideoFrame(32, 32, "yuv420p")))
        container.mux(video.encode(None))
    with pytest.raises(InputError, match="x.mp4: has no audio stream"):
        audio_recording(tmp_path / "x.mp4", "x")


@pytest.mark.parametrize("coding", ["VORBIS", "OPUS"])
def test_streams_one_after_the_other_are_told(tmp_path, caplog, coding):
    path = tmp_path / "x.ogg"
    soundfile.write(path, chirp(), RATE, format="OGG", subtype=coding)
    one = audio_recording(path, "x").duration
    assert not caplog.messages
    path.write_bytes(path.read_bytes() * 2)
    assert audio_recording(path, "x").duration == one
    assert f"{path}: holds several streams, one after the other" in caplog.messages[0]
