"""Recordings of more than a window: nothing is lost, and times are those of the recording."""

import gzip
import itertools

import numpy as np
import pytest
import soundfile

import wfst_bias as wb

RATE = 16000
SENTENCES = ("We met Whittemore in the city.", "The two men shook hands.", "Whittemore came back in the evening.")
NUM_SENTENCES = 18  # more than a window


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """Sentences with pauses between, and when each begins and ends."""
    from hibari import Hibari

    speak = Hibari()
    spoken = [np.asarray(speak(text, seed=1), np.float32) for text in SENTENCES]
    parts, times, position = [], [], 0.0
    for samples in itertools.islice(itertools.cycle(spoken), NUM_SENTENCES):
        parts += [samples, np.zeros(12000, np.float32)]
        times.append((position, position + len(samples) / 24000))
        position += len(samples) / 24000 + 0.5
    path = tmp_path_factory.mktemp("long") / "meeting.wav"
    soundfile.write(path, np.concatenate(parts), 24000)
    return path, times


@pytest.fixture(scope="module")
def recognizer(world):
    return wb.Recognizer(base=world / "base")


@pytest.fixture(scope="module")
def result(recognizer, recording):
    path, _ = recording
    with recognizer.biased(["Whittemore"]) as biased:
        (result,) = biased.transcribe([path])
    return result


def test_every_second_is_in_one_segment(result, recording):
    path, times = recording
    duration = soundfile.info(path).duration
    assert duration > 35.0 and len(result.segments) >= 2
    assert [segment.start for segment in result.segments][0] == 0.0
    for left, right in zip(result.segments, result.segments[1:]):
        assert left.start + left.duration == pytest.approx(right.start)
        assert left.duration <= 30.0 + 1e-6
    last = result.segments[-1]
    assert last.start + last.duration == pytest.approx(duration, abs=0.05)


def test_a_segment_ends_in_a_pause(result, recording):
    _, times = recording
    for segment in result.segments[1:]:
        inside = [(start, end) for start, end in times if start + 0.05 < segment.start < end - 0.05]
        assert not inside, f"{segment.start} is within a sentence"


def test_words_and_entities_have_times_of_the_recording(result, recording):
    _, times = recording
    words = result.words
    assert all(left.start <= right.start for left, right in zip(words, words[1:]))
    named = [entity for entity in result.entities if entity.phrase == "Whittemore"]
    spoken = [span for span, text in zip(times, itertools.cycle(SENTENCES)) if "Whittemore" in text]
    assert len(named) == len(spoken)
    for entity, (start, end) in zip(named, spoken):
        assert start - 0.2 <= entity.start < entity.end <= end + 0.2
        assert words[entity.first_word].text == "whittemore"
    assert len(result.confidences) == len(words) and len(result.competitors) == len(result.entities)


def test_the_last_sentence_is_there(result):
    last = result.words[-1]
    assert last.end > 33.0 and result.text.split().count("whittemore") == 2 * NUM_SENTENCES // 3


def test_a_long_result_has_no_lattice_of_its_own(result):
    with pytest.raises(wb.InputError, match="was searched in .* segments"):
        result.lattice  # noqa: B018
    assert all(segment.found.lattice.num_arcs for segment in result.segments)


def test_the_same_file_twice_and_a_short_one(recognizer, recording, tmp_path):
    path, _ = recording
    short = tmp_path / "short.wav"
    samples, rate = soundfile.read(path, dtype="float32")
    soundfile.write(short, samples[: 5 * rate], rate)
    names = [result.name for result in recognizer.transcribe([short, path, path, short])]
    assert names == [str(short), str(path), str(path), str(short)]


def test_decode_writes_segments_and_times_of_the_recording(world, recording, result, run, tmp_path):
    path, _ = recording
    data = tmp_path / "data"
    data.mkdir()
    samples, rate = soundfile.read(path, dtype="float32")
    soundfile.write(tmp_path / "short.wav", samples[: 5 * rate], rate)
    (data / "wav.scp").write_text(f"meeting {path}\nshort {tmp_path / 'short.wav'}\n")
    (tmp_path / "names.txt").write_text("Whittemore\n")
    compiled = run("graph", "compile", world / "base", tmp_path / "names.txt", tmp_path / "graph")
    assert compiled.exit_code == 0, compiled.output
    decoded = run("decode", tmp_path / "graph", data, tmp_path / "out", "--nbest", 2)
    assert decoded.exit_code == 0, decoded.output
    texts = dict(line.split(" ", 1) for line in (tmp_path / "out/text").read_text().splitlines())
    assert list(texts) == ["meeting", "short"] and texts["meeting"] == result.text
    ctm = [line.split() for line in (tmp_path / "out/ctm").read_text().splitlines()]
    meeting = [row for row in ctm if row[0] == "meeting"]
    assert [row[4] for row in meeting] == texts["meeting"].split()
    assert [float(row[2]) for row in meeting] == pytest.approx([word.start for word in result.words], abs=0.006)
    segments = [line.split() for line in (tmp_path / "out/segments").read_text().splitlines()]
    assert [row[1] for row in segments] == ["meeting"] * len(result.segments) + ["short"]
    assert [float(row[2]) for row in segments[:-1]] == pytest.approx([segment.start for segment in result.segments])
    with gzip.open(tmp_path / "out/lat.1.gz", "rt") as lattices:
        names = {line.strip() for line in lattices if len(line.split()) == 1}
    assert {row[0] for row in segments} <= names
    rows = (tmp_path / "out/entities.jsonl").read_text().splitlines()
    assert len(rows) == len(result.entities) + sum("whittemore" in word for word in texts["short"].split())
