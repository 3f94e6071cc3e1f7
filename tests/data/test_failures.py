"""Inputs that cannot be used, collected; the others follow."""

import builtins
import errno
import json
import os
import tracemalloc

import numpy as np
import pytest
import soundfile
from lhotse import CutSet
from lhotse.cut import PaddingCut

from wfst_bias.core.errors import InputError
from wfst_bias.data.audio import audio_reader, load_audio
from wfst_bias.data.cuts import read_data

TONE = (0.1 * np.sin(np.arange(8000) / 5)).astype(np.float32)


@pytest.fixture
def folder(tmp_path):
    """A Kaldi data folder with three good utterances."""
    for key in ("a", "c", "e"):
        soundfile.write(tmp_path / f"{key}.wav", TONE, 8000)
    (tmp_path / "wav.scp").write_text("a a.wav\nc c.wav\ne e.wav\n")
    return tmp_path


def collected(path, **options):
    failures = []
    cuts = list(read_data(path, on_failure=failures.append, **options))
    return [cut.id for cut in cuts], [(f.utterance, f.reason, f.path, f.line) for f in failures], cuts


def test_each_broken_input_of_a_folder_is_named(folder):
    (folder / "noise.wav").write_text("no sound " * 100)
    (folder / "empty.wav").write_bytes(b"")
    soundfile.write(folder / "silent.wav", TONE[:0], 8000)
    lines = ["a a.wav", "a c.wav", "b gone.wav", "c c.wav", "d", "e e.wav", "f noise.wav", "g empty.wav", "h silent.wav"]
    (folder / "wav.scp").write_text("\n".join([*lines, "c a.wav", "j false |"]) + "\n")
    kept, failures, _ = collected(folder)
    assert kept == ["a", "c", "e"]
    scp = str(folder / "wav.scp")
    assert [(name, path, line) for name, _, path, line in failures] == [
        (name, scp, line) for name, line in zip("abdfghcj", (2, 3, 5, 7, 8, 9, 10, 11))
    ]
    reasons = [reason for _, reason, _, _ in failures]
    assert "'a' stands here again, after line 1" in reasons[0] and "'c' stands here again, after line 4" in reasons[6]
    for reason, part in zip(reasons, ["", "no such audio file", "expected 'KEY VALUE'", "is not audio", "is empty"]):
        assert part in reason
    assert "holds no samples" in reasons[5] and "gives no audio" in reasons[7]


def test_segments(folder):
    lines = ["r a 0.25 -1", "s a 0.0 0.5", "s a 0.5 1.0", "t zz 0 1", "u a x y", "v a 0.7 0.2", "w a 2.0 3.0", "x c 0 9"]
    (folder / "segments").write_text("\n".join(lines) + "\n")
    kept, failures, cuts = collected(folder)
    assert kept == ["r", "s", "x"] and [(f[0], f[3]) for f in failures] == [(n, i) for i, n in enumerate("stuvw", 3)]
    assert [(cut.start, cut.duration) for cut in cuts] == [(0.25, 0.75), (0.0, 0.5), (0.0, 1.0)]
    np.testing.assert_allclose(load_audio(cuts[0], 8000), TONE[2000:], atol=1e-4)


def test_a_text_without_audio_comes_last_and_audio_without_a_text_has_none(folder):
    (folder / "text").write_text("a one\nb two\ne three\nf\n")
    (folder / "utt2spk").write_text("a ann\nb ann\nc ann\ne ann\n")
    kept, failures, cuts = collected(folder)
    assert kept == ["a", "c", "e"] and [cut.supervisions[0].text for cut in cuts] == ["one", "", "three"]
    text = str(folder / "text")
    assert [(f[0], f[2], f[3]) for f in failures] == [("b", text, 2), ("f", text, 4)]
    with pytest.raises(InputError, match="utterance 'c' of wav.scp is missing here"):
        read_data(folder)


def test_what_is_wrong_with_a_folder_as_a_whole_is_raised(folder):
    (folder / "wav.scp").unlink()
    with pytest.raises(InputError, match="wav.scp: no such file"):
        read_data(folder, on_failure=lambda failed: None)


def test_each_pass_over_the_data_reads_it_anew(folder):
    failures = []
    (folder / "e.wav").unlink()
    cuts = read_data(folder, on_failure=failures.append)
    assert not failures
    assert [cut.id for cut in cuts] == [cut.id for cut in cuts] == ["a", "c"] and len(failures) == 2
    assert [cut.id for cut in cuts.filter(lambda cut: cut.id == "c")] == ["c"]


def test_each_broken_cut_of_a_manifest_is_named(folder):
    a, c, e = read_data(folder)
    lines = [json.dumps(cut.to_dict()) for cut in (a, c, e)]
    bad = {"no recording": c.to_dict(), "one two": {}, "nothing": c.to_dict(), "late": c.to_dict()}
    del bad["no recording"]["recording"]
    bad["no recording"]["id"] = "f"
    bad["one two"] = {**c.to_dict(), "id": "one two"}
    bad["nothing"].update(id="g", duration=0.0)
    bad["late"].update(id="h", start=0.5)
    padding = PaddingCut("p", 1.0, 8000, -23.0, num_samples=8000).pad(2.0, preserve_id=True)
    texts = [lines[0], lines[0], "{]", *map(json.dumps, bad.values()), json.dumps(padding.to_dict()), *lines[1:]]
    (folder / "cuts.jsonl").write_text("\n".join(texts) + "\n")
    kept, failures, _ = collected(folder / "cuts.jsonl")
    assert kept == ["a", "c", "e"] and [f[3] for f in failures] == list(range(2, 9))
    assert [f[0] for f in failures] == ["a", "cuts.jsonl:3", "f", "one two", "g", "h", padding.id]
    parts = ["first in line 1", "cannot read it", "no recording", "a space", "holds nothing", "ends at 1.5 s", "padding"]
    for (_, reason, _, _), part in zip(failures, parts):
        assert part in reason


def test_a_manifest_of_something_else_is_raised(folder):
    recordings = [cut.recording.to_dict() for cut in read_data(folder)]
    (folder / "recordings.jsonl").write_text("".join(json.dumps(r) + "\n" for r in recordings))
    with pytest.raises(InputError, match="holds a Recording; cuts were expected"):
        collected(folder / "recordings.jsonl")


def test_durations_that_stand_in_the_folder_are_believed_until_the_audio_is_decoded(folder):
    (folder / "utt2dur").write_text("a 1.0\nb 1.5\nc 2.0\ne 0.996\n")
    (folder / "wav.scp").write_text(f"a a.wav\nb gone.wav\nc c.wav\ne touch {folder}/opened; cat {folder}/e.wav |\n")
    kept, failures, cuts = collected(folder)
    assert kept == ["a", "b", "c", "e"] and not failures and not (folder / "opened").exists()
    assert [cut.duration for cut in cuts] == [1.0, 1.5, 2.0, 0.996]
    np.testing.assert_allclose(load_audio(cuts[0], 8000), TONE, atol=1e-4)
    with pytest.raises(InputError, match="gone.wav: no such audio file"):
        load_audio(cuts[1], 8000)
    with pytest.raises(InputError, match="c.wav: lasts 1.00 s; 2.00 s stand in"):
        load_audio(cuts[2], 8000)
    assert len(load_audio(cuts[3], 8000)) == 8000 and (folder / "opened").exists()  # the file goes on for 4 ms
    again = CutSet.from_dicts([cut.to_dict() for cut in cuts])
    np.testing.assert_array_equal(load_audio(next(iter(again)), 8000), load_audio(cuts[0], 8000))
    with pytest.raises(InputError, match="gone.wav"):
        read_data(folder)


@pytest.fixture
def closed(folder, monkeypatch):
    """A file that cannot be read; root may read every file, so that there the disk is made to fail."""
    path = folder / "closed.wav"
    soundfile.write(path, TONE, 8000)
    real = builtins.open

    def failing(file, *arguments, **options):
        if str(file) == str(path):
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(file))
        return real(file, *arguments, **options)

    monkeypatch.setattr(builtins, "open", failing)
    return path


@pytest.mark.parametrize("with_durations", [False, True])
def test_an_unreadable_file_fails_alone(folder, closed, with_durations):
    long, through = "x" * 300 + ".wav", f"{folder}/a.wav/b.wav"
    lines = ["a a.wav", f"b {closed}", "c c.wav", f"d {long}", "e e.wav", f"f {through}", f"g {long}:12", f"h {folder}"]
    (folder / "wav.scp").write_text("\n".join(lines) + "\n")
    if with_durations:
        (folder / "utt2dur").write_text("".join(f"{key} 1.0\n" for key in "abcdefgh"))
    kept, failures, cuts = collected(folder)
    reasons = {name: reason for name, reason, _, _ in failures}
    for cut in cuts:
        try:
            load_audio(cut, 8000)
        except InputError as error:
            reasons[cut.id] = str(error)
    assert sorted(reasons) == list("bdfgh") and set(kept) >= set("ace")
    assert f"{closed}: cannot be read: Input/output error" in reasons["b"]
    assert all(f"{long}" in reasons[key] and "File name too long" in reasons[key] for key in "dg")
    assert f"{through}: no such audio file" in reasons["f"] and f"{folder}: is a folder" in reasons["h"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_folder_without_permission(folder):
    (folder / "closed").mkdir()
    (folder / "closed").chmod(0)
    (folder / "wav.scp").write_text("a a.wav\nb closed/b.wav\n")
    kept, failures, _ = collected(folder)
    assert kept == ["a"] and "Permission denied" in failures[0][1]


def test_a_file_that_is_closed_after_it_was_checked(folder):
    cut = read_data(folder)[0]
    (folder / "a.wav").unlink()
    (folder / "a.wav").mkdir()
    with pytest.raises(InputError, match="a.wav: utterance 'a': is a folder"):
        load_audio(cut, 8000)


def test_a_command_reads_nothing_and_says_what_is_wrong(folder):
    (folder / "wav.scp").write_text(f"a cat - {folder}/a.wav |\nb echo no disk >&2; exit 3 |\nc cat {folder}/wav.scp |\n")
    kept, failures, cuts = collected(folder)
    assert kept == ["a"] and [(f[0], f[3]) for f in failures] == [("b", 2), ("c", 3)]
    assert "non-zero exit status 3.: no disk); run it by hand" in failures[0][1] and "gives no audio" in failures[1][1]
    np.testing.assert_allclose(load_audio(cuts[0], 8000), TONE, atol=1e-4)


def test_the_output_of_a_command_is_not_held_in_memory(folder):
    long = np.tile((3000 * np.sin(np.arange(8000) / 5)).astype(np.int16), 600)
    soundfile.write(folder / "long.wav", long, 8000)
    (folder / "wav.scp").write_text(f"a echo >>{folder}/runs; cat {folder}/long.wav |\n")
    tracemalloc.start()
    (cut,) = read_data(folder)
    read = audio_reader(cut, 8000)
    parts = [read(start, start + 2.5) for start in (0.0, 100.25, 597.5)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4e6 < long.nbytes and cut.duration == 600.0
    for part, start in zip(parts, (0, 802000, 4780000)):
        np.testing.assert_array_equal(part, long[start : start + 20000] / np.float32(32768))
    assert (folder / "runs").read_text() == "\n\n"  # once for its length, and once to be read
    (folder / "wav.scp").write_text(f"a cat {folder}/a.wav |\n")
    (cut,) = read_data(folder)
    (folder / "a.wav").unlink()
    with pytest.raises(InputError, match="'a': the command gives no audio .*No such file"):
        load_audio(cut, 8000)
