"""Cuts with the transcripts of a decode folder, read back by lhotse."""

import json
import shutil

import pytest
from lhotse import CutSet

from helpers.long_recordings import LONG, SHORT


@pytest.fixture(scope="module")
def manifest(long_folder, long_speech, run, tmp_path_factory):
    out = tmp_path_factory.mktemp("pseudo") / "cuts.jsonl.gz"
    result = run("data", "pseudo-labels", long_speech.data, long_folder, out)
    assert result.exit_code == 0 and result.output == f"{out}: 2 cuts\n", result.output
    return out


@pytest.fixture(scope="module")
def cuts(manifest):
    return {cut.id: cut for cut in CutSet.from_file(manifest)}


def test_a_long_recording_has_a_supervision_for_each_segment(cuts, long_folder, long_speech):
    rows = [line.split() for line in (long_folder / "segments").read_text().splitlines()]
    found = cuts[LONG].supervisions
    assert [one.id for one in found] == [row[0] for row in rows if row[1] == LONG]
    assert " ".join(one.text for one in found) == long_speech.texts[LONG]
    assert [(one.start, one.end) for one in found] == [(float(row[2]), float(row[3])) for row in rows if row[1] == LONG]
    assert {one.speaker for one in found} == {f"{LONG}-speaker"}
    (short,) = cuts[SHORT].supervisions
    assert (short.id, short.start, short.duration) == (SHORT, 0.0, cuts[SHORT].duration)
    assert short.text == long_speech.texts[SHORT]


def test_words_have_the_times_and_confidences_of_the_ctm(cuts, long_folder):
    rows = [line.split() for line in (long_folder / "ctm").read_text().splitlines()]
    items = [item for one in cuts[LONG].supervisions for item in one.alignment["word"]]
    expected = [(row[4], float(row[2]), float(row[3]), float(row[5])) for row in rows if row[0] == LONG]
    assert [tuple(item) for item in items] == expected
    for one in cuts[LONG].supervisions:
        assert all(one.start <= item.start and item.end <= one.end + 0.02 for item in one.alignment["word"])


def test_entities_stand_at_their_words(cuts, long_folder):
    rows = [json.loads(line) for line in (long_folder / "entities.jsonl").read_text().splitlines()]
    count = 0
    for one in cuts[LONG].supervisions:
        for entity in one.custom["entities"]:
            words = one.text.split()[entity["first_word"] : entity["first_word"] + entity["num_words"]]
            assert " ".join(words) == entity["phrase"].lower()
            count += 1
    assert count == sum(row["utterance"] == LONG for row in rows) == 10


def test_segments_can_be_cut_out(manifest, long_speech):
    trimmed = list(CutSet.from_file(manifest).trim_to_supervisions(keep_overlapping=False))
    assert len(trimmed) == 3
    assert all(cut.load_audio().shape[1] == cut.num_samples for cut in trimmed)


def test_failed_utterances_are_left_out_and_missing_ones_named(long_folder, long_speech, run, tmp_path):
    folder = tmp_path / "d"
    shutil.copytree(long_folder, folder)
    for name in ("text", "ctm", "entities.jsonl", "segments"):
        lines = (folder / name).read_text().splitlines(keepends=True)
        (folder / name).write_text("".join(line for line in lines if SHORT not in line))
    out = tmp_path / "cuts.jsonl"
    result = run("data", "pseudo-labels", long_speech.data, folder, out)
    assert result.exit_code == 1 and f"utterance '{SHORT}' of the data is missing" in result.output
    assert not out.exists()
    (folder / "failed.jsonl").write_text(json.dumps({"utterance": SHORT, "reason": "is not audio"}) + "\n")
    result = run("data", "pseudo-labels", long_speech.data, folder, out)
    assert result.exit_code == 0 and result.output == f"{out}: 1 cuts; 1 of failed.jsonl are left out\n"
