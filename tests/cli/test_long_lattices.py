"""Lattices of a recording that was searched in segments: ``wfst-bias lattice`` and ``report``."""

import json

import pytest

from helpers.long_recordings import LONG, NUM_SENTENCES, SHORT
from wfst_bias.lattice.stored import stored_lattices


@pytest.fixture(scope="module")
def segments(long_folder):
    """Name, begin and end of each lattice."""
    rows = [line.split() for line in (long_folder / "segments").read_text().splitlines()]
    assert [row[1] for row in rows] == [LONG, LONG, SHORT]
    return [(name, float(begin), float(end)) for name, _, begin, end in rows]


def test_lattices_know_their_place_in_the_recording(long_folder, segments):
    lattices = [lattice for lattice, _ in stored_lattices(long_folder)]
    assert [(one.name, one.segment_of, one.start) for one in lattices] == [
        (segments[0][0], LONG, 0.0),
        (segments[1][0], LONG, segments[1][1]),
        (SHORT, "", 0.0),
    ]


def test_the_best_words_are_those_of_whole_utterances(long_folder, long_speech, run, tmp_path):
    expected = "".join(f"{name} {text}\n" for name, text in long_speech.texts.items())
    assert (long_folder / "text").read_text() == expected
    sources = [long_folder]
    for command, *options in (("prune", "--beam", 2), ("rescore", "--lm-scale", 1), ("copy",)):
        result = run("lattice", command, long_folder, tmp_path / command, *options)
        assert result.exit_code == 0 and "3 lattices" in result.output, result.output
        sources.append(tmp_path / command)
    for source in sources:
        assert run("lattice", "best", source).output == expected
    (tmp_path / "rescore/text").write_text(expected)
    result = run("score", long_speech.data, tmp_path / "rescore", "--entities", long_speech.names)
    assert result.exit_code == 0 and "100.00" in result.output


def test_they_are_the_same_after_k2(long_folder, long_speech, run, tmp_path):
    words = ("--words", long_folder / "words.txt")
    assert run("lattice", "copy", long_folder, tmp_path / "lat.pt").exit_code == 0
    result = run("lattice", "best", tmp_path / "lat.pt", *words)
    assert result.output == "".join(f"{name} {text}\n" for name, text in long_speech.texts.items())


def test_hypotheses_are_of_segments(long_folder, segments, run):
    rows = [json.loads(line) for line in run("lattice", "best", long_folder, "--nbest", 2).output.splitlines()]
    decoded = [json.loads(line) for line in (long_folder / "nbest.jsonl").read_text().splitlines()]
    assert list(dict.fromkeys(row["utterance"] for row in rows)) == [name for name, _, _ in segments]
    assert [row["utterance"] for row in rows] == [row["utterance"] for row in decoded]
    best = [{row["utterance"]: row["text"] for row in reversed(table)} for table in (rows, decoded)]  # others are as good
    assert best[0] == best[1]


def test_the_oracle_counts_whole_utterances(long_folder, long_speech, run, tmp_path):
    result = run("lattice", "oracle", long_folder, long_speech.data)
    words = sum(len(text.split()) for text in long_speech.texts.values())
    assert result.exit_code == 0 and result.output.startswith(f"0.00 % of {words} words; "), result.output
    texts = {name: text.replace("city", "xylophone", 1) for name, text in long_speech.texts.items()}
    (tmp_path / "text").write_text("".join(f"{name} {text}\n" for name, text in texts.items()))
    result = run("lattice", "oracle", long_folder, tmp_path)
    assert result.output.startswith(f"{100 / words:.2f} % of {words} words; "), result.output


def test_a_picture_is_of_a_segment_with_times_of_the_recording(long_folder, segments, run, tmp_path):
    result = run("lattice", "draw", long_folder, LONG, tmp_path / "d.svg")
    assert result.exit_code == 1 and "was decoded in 2 segments" in result.output
    name, begin, end = segments[1]
    result = run("lattice", "draw", long_folder, name, tmp_path / "d.svg", "--beam", 2, "--frame-shift", 0.04)
    assert result.exit_code == 0, result.output
    svg = (tmp_path / "d.svg").read_text()
    assert f">{begin:.2f} s</text>" in svg and f">{end:.2f} s</text>" in svg


def test_a_report_counts_and_draws_long_recordings(long_folder, long_speech, run, tmp_path):
    options = ("--data", long_speech.data, "--utterance", LONG, "--audio", 1)
    result = run("report", long_folder, tmp_path / "report.html", *options)
    assert result.exit_code == 0, result.output
    page = (tmp_path / "report.html").read_text()
    assert f"Lattice of {LONG}" in page and f"{LONG}-0000000-" in page
    assert page.count("zelenskyy") >= 2 * NUM_SENTENCES // 3
