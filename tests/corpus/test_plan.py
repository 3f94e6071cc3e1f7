"""The plan of a corpus: every input is in one part, padding is bounded, and a part is known by all that it depends on."""

import os

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from lhotse import AudioSource, MonoCut, Recording

from wfst_bias.acoustic.pauses import LONGEST
from wfst_bias.corpus.plan import ARCHIVE_SECONDS, PADDING, PartsInOrder, Plan, batches_of, padding_of
from wfst_bias.data.audio import audio_recording
from wfst_bias.data.failures import FailedInput

durations = st.lists(st.floats(0.1, 90.0), max_size=60)


def cuts_of(seconds):
    return [MonoCut(f"u{i}", 0.0, one, channel=0) for i, one in enumerate(seconds)]


@given(durations, st.integers(1, 8))
def test_batches_hold_each_cut_once_with_little_padding(seconds, batch_size):
    cuts = cuts_of(seconds)
    batches = batches_of(cuts, batch_size)
    assert sorted(cut.id for batch in batches for cut in batch) == sorted(cut.id for cut in cuts)
    for batch in batches:
        assert len(batch) <= batch_size and (len(batch) == 1 or batch[-1].duration <= LONGEST)
        padded = len(batch) * batch[-1].duration
        assert padding_of([batch]) <= PADDING * padded + 1e-6


@given(durations, st.sets(st.integers(0, 60)))
def test_each_input_is_in_one_part_in_the_order_of_the_data(seconds, bad):
    parts = PartsInOrder(part_seconds=60.0)

    def read():
        for i, cut in enumerate(cuts_of(seconds)):
            if i in bad:
                parts.failed(FailedInput(cut.id, "broken"))
            else:
                yield cut

    found = list(parts.parts(read()))
    names = [cut.id for part in found for cut in part.cuts]
    assert names == [cut.id for i, cut in enumerate(cuts_of(seconds)) if i not in bad]
    failed = [one.utterance for part in found for one in part.failed]
    assert failed == [f"u{i}" for i in sorted(bad) if i < len(seconds)]
    assert [part.number for part in found] == list(range(1, len(found) + 1))
    for part in found:
        assert len(part.cuts) <= 1 or all(cut.duration <= 60.0 for cut in part.cuts)


def test_a_lattice_archive_has_about_an_hour():
    found = list(PartsInOrder(300.0).parts(cuts_of([300.0] * 30)))
    assert [part.archive for part in found] == [1] * 12 + [2] * 12 + [3] * 6
    assert sum(part.duration for part in found if part.archive == 1) == ARCHIVE_SECONDS


def test_a_plan_gives_its_parts_as_often_as_wanted():
    plan = Plan.of(PartsInOrder(10.0).parts(cuts_of([6.0, 6.0, 2.0])), "run", 4)
    outer, inner = iter(plan), iter(plan)
    assert [next(one)[0].number for one in (outer, inner, outer, inner)] == [1, 1, 2, 2]
    assert [part.number for part, _ in plan] == [1, 2]
    assert (plan.num_parts, plan.num_inputs, plan.duration) == (2, 3, 14.0)


@pytest.fixture
def part(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(16000, np.float32), 16000)
    return path, lambda: next(PartsInOrder().parts([audio_recording(path, "a").to_cut()]))


def test_a_part_is_known_by_options_and_audio(part):
    path, make = part
    key = make().key("run")
    assert make().key("run") == key != make().key("other run")
    os.utime(path, (1, 1))
    assert make().key("run") != key


@pytest.mark.parametrize("kind", ["archive", "tar", "command", "mix", "channels"])
def test_a_part_is_known_by_every_file_that_its_audio_is_read_from(tmp_path, kind):
    path, other = tmp_path / "a.wav", tmp_path / "b.wav"
    for one in (path, other):
        soundfile.write(one, np.zeros(16000, np.float32), 16000)
    changed, cut = other, audio_recording(path, "a").to_cut()
    if kind == "mix":
        cut = cut.mix(audio_recording(other, "b").to_cut())
    elif kind == "channels":
        sources = [AudioSource("file", [i], str(one)) for i, one in enumerate((path, other))]
        cut = Recording("a", sources, 16000, 16000, 1.0).to_cut()
    else:
        (source,) = cut.recording.sources
        source.type = "command" if kind == "command" else "file"
        source.source = {"archive": f"{other}:12", "tar": f"{other}:512+99", "command": f"sox <'{other}' -p|cat"}[kind]
    make = lambda: next(PartsInOrder().parts([cut])).key("run")
    key = make()
    assert make() == key
    os.utime(changed, (1, 1))
    assert make() != key
    key = make()
    changed.unlink()
    assert make() != key
