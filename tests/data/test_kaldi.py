"""Kaldi data folders as other programs and people write them."""

import json
import unicodedata

import numpy as np
import pytest
import soundfile
from lhotse import CutSet

from wfst_bias.core.errors import InputError
from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data, read_texts
from wfst_bias.score.texts import read_hypotheses

RATE = 8000
VALUES = np.random.default_rng(1).integers(-9000, 9000, (2 * RATE, 2)).astype(np.int16)
LEFT, RIGHT = (VALUES / np.float32(32768)).T


@pytest.fixture
def folder(tmp_path):
    soundfile.write(tmp_path / "a.wav", VALUES[:, 0], RATE)
    soundfile.write(tmp_path / "b.wav", VALUES[:, 1], RATE)
    soundfile.write(tmp_path / "ab.wav", VALUES, RATE)
    return tmp_path


def samples_of(cuts):
    return {cut.id: load_audio(cut, RATE) for cut in cuts}


def test_an_unsorted_folder_is_taken_in_its_own_order(folder, caplog):
    (folder / "wav.scp").write_text("b b.wav\na a.wav\nc a.wav\na b.wav\nb a.wav\n")
    (folder / "text").write_text("c three\na one\nb two\n")
    (folder / "utt2spk").write_text("b ben\nc ann\na ann\n")
    failures = []
    cuts = list(read_data(folder, on_failure=failures.append))
    assert [(c.id, c.supervisions[0].text, c.supervisions[0].speaker) for c in cuts] == [
        ("b", "two", "ben"),
        ("a", "one", "ann"),
        ("c", "three", "ann"),
    ]
    np.testing.assert_array_equal(load_audio(cuts[1], RATE), LEFT)
    assert [(f.utterance, f.line) for f in failures] == [("a", 4), ("b", 5)]
    assert "after line 2" in failures[0].reason and "after line 1" in failures[1].reason
    assert any(f"{folder}/wav.scp:2: key 'a' comes after 'b'" in message for message in caplog.messages)
    (folder / "wav.scp").write_text("b b.wav\na a.wav\nc a.wav\n")
    assert [cut.id for cut in read_data(folder)] == ["b", "a", "c"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("blank", [" ", "\t", " \t "])
def test_line_ends_byte_order_marks_and_tabs(folder, end, mark, blank):
    soundfile.write(folder / "my talk, part 1.wav", VALUES[:, 1], RATE)
    write = lambda name, rows: (folder / name).write_bytes((mark + "".join(blank.join(r) + end for r in rows)).encode())
    write("wav.scp", [("r1", "a.wav"), ("r2", "my talk, part 1.wav"), ("r3", f"cat '{folder}/my talk, part 1.wav' |")])
    write("segments", [("u1", "r1", "0", "0.5"), ("u2", "r2", "0.5", "-1"), ("u3", "r3", "1.0", "2.0")])
    write("text", [("u1", "new\u00a0york"), ("u2", "x  y"), ("u3", "")])
    write("utt2spk", [("u1", "s"), ("u2", "s"), ("u3", "s")])
    cuts = list(read_data(folder))
    assert [cut.supervisions[0].text for cut in cuts] == ["new\u00a0york", "x  y", ""]
    assert read_texts(folder) == {"u1": "new\u00a0york", "u2": "x  y", "u3": ""}
    found = samples_of(cuts)
    for key, expected in (("u1", LEFT[:4000]), ("u2", RIGHT[4000:]), ("u3", RIGHT[8000:])):
        np.testing.assert_array_equal(found[key], expected)


@pytest.mark.parametrize("of_disk, of_table", [("NFC", "NFD"), ("NFD", "NFC"), ("NFD", "NFD")])
def test_paths_and_keys_of_any_script(folder, of_disk, of_table):
    name = "Ångström – 会議 и речь.wav"
    soundfile.write(folder / unicodedata.normalize(of_disk, name), VALUES[:, 0], RATE)
    keys = ["größe", "utt-1", "ユーザー", "речь", "café"]
    keys = sorted(keys)
    (folder / "wav.scp").write_text("".join(f"{key} {unicodedata.normalize(of_table, name)}\n" for key in keys))
    (folder / "text").write_text("".join(f"{key} text of {key}\n" for key in keys))
    cuts = list(read_data(folder))
    assert [cut.id for cut in cuts] == keys and cuts[3].supervisions[0].text == f"text of {keys[3]}"
    np.testing.assert_array_equal(load_audio(cuts[0], RATE), LEFT)


def test_a_segment_beyond_its_recording_is_told(folder, caplog):
    (folder / "wav.scp").write_text("r a.wav\n")
    (folder / "segments").write_text("u1 r 0.5 2.02\nu2 r 1.0 2.4\nu3 r 1.5 -1.0\nu4 r 1.5 -1\n")
    found = samples_of(read_data(folder))
    for key, begin in (("u1", 4000), ("u2", 8000), ("u3", 12000), ("u4", 12000)):
        np.testing.assert_array_equal(found[key], LEFT[begin:])
    assert caplog.messages == [
        f"{folder}/segments:2: 'u2' ends at 2.4 s of the 2.00 s of 'r', and is taken to the end of the recording"
    ]
    (folder / "segments").write_text("u1 r 0 -2\nu2 r 2.5 -1\nu3 r 0 1\nu4 r nan 1\nu5 r 0 1 Z\nu6 r 0 1 0 9\n")
    failures = []
    cuts = list(read_data(folder, on_failure=failures.append))
    assert [cut.id for cut in cuts] == ["u3"]
    assert [(f.utterance, f.line) for f in failures] == [("u1", 1), ("u2", 2), ("u4", 4), ("u5", 5), ("u6", 6)]


@pytest.mark.parametrize("with_durations", [False, True])
def test_channels_of_segments(folder, with_durations):
    """The fifth column of extract-segments, in which 0 is the first channel."""
    (folder / "wav.scp").write_text("r ab.wav\n")
    (folder / "segments").write_text("u1 r 0 1 0\nu2 r 0 1 1\nu3 r 0 1 B\nu4 r 0 1 -1\nu5 r 0 1\nu6 r 0 1 2\n")
    if with_durations:
        (folder / "reco2dur").write_text("r 2.0\n")
    failures = []
    cuts = list(read_data(folder, on_failure=failures.append))
    if with_durations:
        with pytest.raises(InputError, match="has 2 channels; channel 3 was asked for"):
            load_audio(cuts.pop(), RATE)
    else:
        assert [f.utterance for f in failures] == ["u6"] and "has 2 channels" in failures[0].reason
    mean = (LEFT + RIGHT)[:RATE] / 2
    for cut, expected in zip(cuts, (LEFT[:RATE], RIGHT[:RATE], RIGHT[:RATE], mean, mean)):
        np.testing.assert_allclose(load_audio(cut, RATE), expected, atol=1e-6)
    np.testing.assert_array_equal(load_audio(read_data(folder, 1, on_failure=failures.append)[1], RATE), LEFT[:RATE])


@pytest.mark.parametrize("with_durations", [False, True])
def test_sides_of_calls(folder, with_durations):
    (folder / "wav.scp").write_text(f"call-A ab.wav\ncall-B ab.wav\nmono-B cat {folder}/a.wav |\nother ab.wav\n")
    (folder / "reco2file_and_channel").write_text("call-A call A\ncall-B call B\nmono-B mono B\n")
    if with_durations:
        (folder / "reco2dur").write_text("call-A 2\ncall-B 2\nmono-B 2\nother 2\n")
    cuts = list(read_data(folder, on_failure=pytest.fail))
    again = list(CutSet.from_dicts([json.loads(json.dumps(cut.to_dict())) for cut in cuts]))
    for read in (cuts, again):
        for cut, expected in zip(read, (LEFT, RIGHT, LEFT, (LEFT + RIGHT) / 2)):
            np.testing.assert_allclose(load_audio(cut, RATE), expected, atol=1e-6)
    (folder / "reco2file_and_channel").write_text("call-A call left\n")
    with pytest.raises(InputError, match="reco2file_and_channel:1: the channel is 'left'; expected A, B"):
        read_data(folder)


def test_blank_lines_are_none(folder):
    (folder / "wav.scp").write_text("\na a.wav\n\n  \nb b.wav\n\n")
    (folder / "text").write_text("a one\n\nb two\n\n")
    assert [(cut.id, cut.supervisions[0].text) for cut in read_data(folder)] == [("a", "one"), ("b", "two")]


def test_empty_audio_is_named(folder):
    soundfile.write(folder / "none.wav", VALUES[:0, 0], RATE)
    (folder / "zero").write_bytes(b"")
    (folder / "wav.scp").write_text(f"a a.wav\nb none.wav\nc zero\nd cat {folder}/zero |\ne cat {folder}/none.wav |\n")
    (folder / "text").write_text("a one\nb two\nc three\nd four\ne five\n")
    failures = []
    assert [cut.id for cut in read_data(folder, on_failure=failures.append)] == ["a"]
    assert [(f.utterance, f.line) for f in failures] == [("b", 2), ("c", 3), ("d", 4), ("e", 5)]


def test_keys_with_blanks_that_are_none_of_ascii(folder):
    key = "a\u3000b\u00a0c\u2028d"
    (folder / "wav.scp").write_text(f"{key} a.wav\n")
    (folder / "text").write_text(f"{key}\tone two\n")
    (cut,) = read_data(folder)
    assert cut.id == key and read_texts(folder) == {key: "one two"}
    assert read_hypotheses(folder / "text") == {key: ("one", "two")}
