"""Every type of cut, and every choice of a channel; exact samples."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from lhotse import CutSet, MonoCut, Recording, SupervisionSegment
from lhotse.audio import AudioSource

from wfst_bias.core.errors import InputError
from wfst_bias.data.audio import audio_cut, audio_reader, load_audio
from wfst_bias.data.channel_cuts import with_channel
from wfst_bias.data.channels import MEAN, parse_channel
from wfst_bias.data.cuts import read_data, read_texts, text_of, write_cuts

RATE = 16000
TIME = np.arange(2 * RATE) / RATE
LEFT, RIGHT, THIRD = (
    (0.25 * np.round(2**14 * np.sin(2 * np.pi * pitch * TIME)) / 2**14).astype(np.float32) for pitch in (300, 500, 700)
)
EXACT = 2**-15


@pytest.fixture
def stereo(tmp_path):
    soundfile.write(tmp_path / "stereo.wav", np.stack([LEFT, RIGHT], 1), RATE, "PCM_24")
    return tmp_path / "stereo.wav"


def in_memory(cut):
    return replace(cut, recording=cut.recording.move_to_memory())


def kaldi_folder(stereo):
    (stereo.parent / "wav.scp").write_text(f"a {stereo}\n")
    return stereo.parent


@pytest.mark.parametrize("channel, expected", [(MEAN, (LEFT + RIGHT) / 2), (1, LEFT), ("2", RIGHT)])
@pytest.mark.parametrize("kind", ["file", "folder", "segments", "durations", "command", "manifest", "memory", "shar"])
def test_the_channel_goes_with_the_cut(stereo, kind, channel, expected):
    data = kaldi_folder(stereo)
    if kind == "segments":
        (data / "segments").write_text("a a 0 -1\n")
    elif kind == "durations":
        (data / "utt2dur").write_text("a 2.00\n")
    elif kind == "command":
        (data / "wav.scp").write_text(f"a cat {stereo} |\n")
    elif kind == "manifest":
        write_cuts(read_data(data), data / "cuts.jsonl.gz")
        data = data / "cuts.jsonl.gz"
    elif kind == "shar":
        (data / "shar").mkdir()
        read_data(data).to_shar(data / "shar", {"recording": "wav"})
        data = data / "shar"
    if kind == "file":
        cut = audio_cut(stereo, "a", parse_channel(channel))
    elif kind == "memory":
        cut = with_channel(in_memory(read_data(data)[0]), parse_channel(channel))
    else:
        (cut,) = read_data(data, channel=channel, on_failure=[].append)
    cut = pickle.loads(pickle.dumps(cut))
    np.testing.assert_allclose(load_audio(cut, RATE), expected, atol=EXACT)
    part = cut.truncate(offset=0.5, duration=1.0, preserve_id=True)
    np.testing.assert_allclose(load_audio(part, RATE), expected[8000:24000], atol=EXACT)
    np.testing.assert_allclose(audio_reader(part, RATE)(0.25, 0.5), expected[12000:16000], atol=EXACT)
    assert len(audio_reader(cut, RATE)(0.0, 2.0)) == len(audio_reader(cut, 8000)(1.0, 2.0)) * 4 == 2 * RATE


@pytest.mark.parametrize("with_durations", [False, True])
def test_a_channel_that_is_not_there(stereo, with_durations):
    data = kaldi_folder(stereo)
    if with_durations:
        (data / "utt2dur").write_text("a 2.00\n")
        (cut,) = read_data(data, channel=3, on_failure=[].append)
        with pytest.raises(InputError, match="stereo.wav: has 2 channels; channel 3 was asked for"):
            load_audio(cut, RATE)
    failures = []
    if not with_durations:
        assert not list(read_data(data, channel=3, on_failure=failures.append))
        assert [(f.utterance, f.line) for f in failures] == [("a", 1)] and "has 2 channels" in failures[0].reason
    with pytest.raises(InputError, match="has 2 channels; channel 3 was asked for"):
        read_data(data, channel=3)
    with pytest.raises(InputError, match="the channel is 'left'; expected its number"):
        read_data(data, channel="left")
    with pytest.raises(InputError, match="stereo.wav: has 2 channels"):
        audio_cut(stereo, "a", 4)


def test_a_cut_of_one_channel_of_several(stereo):
    recording = read_data(kaldi_folder(stereo))[0].recording
    cut = MonoCut("b", 0.0, 2.0, channel=1, recording=recording)
    for channel in (MEAN, 2):
        np.testing.assert_allclose(load_audio(with_channel(cut, channel), RATE), RIGHT, atol=EXACT)
    with pytest.raises(InputError, match="holds channel 2 of 2; channel 1 was asked for"):
        with_channel(cut, 1)


def test_a_recording_with_a_file_for_each_channel(tmp_path):
    sources = []
    for number, samples in enumerate((LEFT, RIGHT, THIRD)):
        soundfile.write(tmp_path / f"{number}.flac", samples, RATE, "PCM_24")
        sources.append(AudioSource("file", [number], str(tmp_path / f"{number}.flac")))
    cut = Recording("a", sources, RATE, 2 * RATE, 2.0).to_cut()
    np.testing.assert_allclose(load_audio(cut, RATE), (LEFT + RIGHT + THIRD) / 3, atol=EXACT)
    np.testing.assert_allclose(load_audio(with_channel(cut, 3), RATE), THIRD, atol=EXACT)


def mono(tmp_path, name, samples, rate=RATE):
    soundfile.write(tmp_path / f"{name}.wav", samples, rate, "FLOAT")
    return audio_cut(tmp_path / f"{name}.wav", name)


def test_mixes(tmp_path):
    speech, noise = mono(tmp_path, "speech", LEFT), mono(tmp_path, "noise", THIRD)
    together = speech.mix(noise.truncate(duration=1.0), offset_other_by=0.5, preserve_id="left")
    expected = LEFT.copy()
    expected[8000:24000] += THIRD[:16000]
    np.testing.assert_allclose(load_audio(together, RATE), expected, atol=EXACT)
    padded = speech.pad(3.0, preserve_id=True)
    np.testing.assert_allclose(load_audio(padded, RATE), np.pad(LEFT, (0, RATE)), atol=1e-3)
    np.testing.assert_allclose(load_audio(speech.append(noise), RATE), np.concatenate([LEFT, THIRD]), atol=EXACT)
    loud = speech.mix(noise, snr=10, preserve_id="left")
    gain = np.sqrt((LEFT**2).mean() / (THIRD**2).mean() / 10)
    np.testing.assert_allclose(load_audio(loud, RATE), LEFT + gain * THIRD, atol=EXACT)
    np.testing.assert_allclose(audio_reader(loud, RATE)(0.5, 1.0), (LEFT + gain * THIRD)[8000:16000], atol=EXACT)
    assert len(load_audio(loud, 8000)) == RATE
    with pytest.raises(InputError, match="is a mix of 1 channel; channel 2 was asked for"):
        with_channel(loud, 2)


def test_a_mix_of_several_channels(stereo):
    both, noise = audio_cut(stereo, "a"), mono(stereo.parent, "noise", THIRD)
    mix = both.mix(noise, preserve_id="left")
    np.testing.assert_allclose(load_audio(mix, RATE), (LEFT + RIGHT) / 2 + THIRD, atol=EXACT)
    np.testing.assert_allclose(load_audio(with_channel(mix, 2), RATE), RIGHT + THIRD, atol=EXACT)


def test_mixes_in_a_manifest(tmp_path):
    speech, noise = mono(tmp_path, "speech", LEFT), mono(tmp_path, "noise", THIRD)
    CutSet.from_cuts([speech.mix(noise, snr=10, preserve_id="left")]).to_file(tmp_path / "cuts.jsonl")
    (cut,) = read_data(tmp_path / "cuts.jsonl")
    gain = np.sqrt((LEFT**2).mean() / (THIRD**2).mean() / 10)
    np.testing.assert_allclose(load_audio(cut, RATE), LEFT + gain * THIRD, atol=EXACT)
    assert write_cuts([cut], tmp_path / "again.jsonl") == 1
    with pytest.raises(InputError, match="'speech' has its audio in memory"):
        write_cuts([in_memory(speech)], tmp_path / "again.jsonl")


def test_several_supervisions_in_the_order_of_time(stereo):
    def supervision(key, start, text, channel):
        return SupervisionSegment(key, "a", start, 0.5, channel, text)

    cut = audio_cut(stereo, "a")
    cut.supervisions = [
        supervision("z", 1.5, "you", 0),
        supervision("y", 0.0, "how", [0, 1]),
        supervision("x", 1.0, "never", 1),
        supervision("w", 0.5, "are", 0),
    ]
    CutSet.from_cuts([cut]).to_file(stereo.parent / "cuts.jsonl")
    assert read_texts(stereo.parent / "cuts.jsonl") == {"a": "how are never you"}
    (first,) = read_data(stereo.parent / "cuts.jsonl", channel=1)
    assert text_of(first) == "how are you" and first.supervisions[0].channel == 0


def test_shar(tmp_path):
    cuts = [mono(tmp_path, name, samples) for name, samples in zip("abcde", (LEFT, RIGHT, THIRD, -LEFT, -RIGHT))]
    for cut in cuts:
        cut.supervisions = [SupervisionSegment(cut.id, cut.id, 0.0, 2.0, text=f"text {cut.id}")]
    folder = tmp_path / "shar"
    folder.mkdir()
    CutSet.from_cuts(cuts).to_shar(folder, {"recording": "flac"}, shard_size=2)
    found = read_data(folder)
    assert [cut.id for cut in found] == list("abcde") and found.is_lazy is False
    assert read_texts(folder) == {name: f"text {name}" for name in "abcde"}
    for cut, samples in zip(found, (LEFT, RIGHT, THIRD, -LEFT, -RIGHT)):
        again = CutSet.from_dicts([json.loads(json.dumps(cut.to_dict()))])[0]
        np.testing.assert_allclose(load_audio(again, RATE), samples, atol=EXACT)
        np.testing.assert_allclose(audio_reader(cut, RATE)(0.5, 1.0), samples[8000:16000], atol=EXACT)


def test_a_broken_shar_folder_names_each_cut(tmp_path):
    cuts = [mono(tmp_path, name, samples) for name, samples in zip("abcdef", (LEFT, RIGHT, THIRD, -LEFT, -RIGHT, LEFT))]
    folder = tmp_path / "shar"
    folder.mkdir()
    CutSet.from_cuts(cuts).to_shar(folder, {"recording": "flac"}, shard_size=2)
    (folder / "recording.000000.tar").unlink()
    tar = folder / "recording.000001.tar"
    tar.write_bytes(tar.read_bytes()[: tar.stat().st_size // 2])
    failures = []
    kept = [cut.id for cut in read_data(folder, on_failure=failures.append)]
    assert kept == ["c", "e", "f"] and [f.utterance for f in failures] == ["a", "b", "d"]
    assert [f.path for f in failures] == [str(folder / f"recording.00000{number}.tar") for number in (0, 0, 1)]


@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.gz", "json", "json.gz", "yaml", "yaml.gz"])
def test_supervisions_in_any_order(tmp_path, suffix):
    """They overlap, go beyond the recording, or have no text: each word once, in the order in which they begin."""
    cut = mono(tmp_path, "größe-1", LEFT)
    spans = [("late", 0.75, 9.0, "three"), ("first", 0.0, 0.5, "one"), ("none", 0.1, 0.1, None), ("over", 0.25, 0.5, "two")]
    cut.supervisions = [SupervisionSegment(key, cut.recording_id, begin, long, text=text) for key, begin, long, text in spans]
    CutSet.from_cuts([cut]).to_file(tmp_path / f"cuts.{suffix}")
    (found,) = read_data(tmp_path / f"cuts.{suffix}")
    assert found.id == "größe-1" and len(found.supervisions) == 4
    assert read_texts(tmp_path / f"cuts.{suffix}") == {"größe-1": "one two three"}
    np.testing.assert_allclose(load_audio(found, RATE), LEFT, atol=EXACT)


def test_a_manifest_with_other_line_ends_and_blank_lines(tmp_path):
    cuts = [mono(tmp_path, name, LEFT) for name in ("a", "b")]
    CutSet.from_cuts(cuts).to_file(tmp_path / "cuts.jsonl")
    lines = (tmp_path / "cuts.jsonl").read_text().splitlines()
    (tmp_path / "cuts.jsonl").write_bytes(("\ufeff" + "\r\n\r\n".join(lines) + "\r\n \r\n").encode())
    assert [cut.id for cut in read_data(tmp_path / "cuts.jsonl")] == ["a", "b"]
