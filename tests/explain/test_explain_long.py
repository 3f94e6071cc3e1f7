"""``wfst-bias explain`` on a recording that was searched in segments."""

import json
import re

import pytest

from helpers.long_recordings import LONG, SENTENCES


@pytest.fixture
def explained(long_folder, run):
    def explained(*arguments):
        result = run("explain", long_folder, LONG, *arguments)
        assert result.exit_code == 0, result.output
        return result.output

    return explained


def spans_of(long_speech, sentence):
    return [span for number, span in enumerate(long_speech.times) if number % len(SENTENCES) == sentence]


def test_a_phrase_is_found_in_all_segments(explained, long_folder, long_speech):
    rows = [json.loads(line) for line in (long_folder / "entities.jsonl").read_text().splitlines()]
    own = [row for row in rows if row["utterance"] == LONG and row["phrase"] == "Zelenskyy"]
    assert len(own) == len(spans_of(long_speech, 0)) == 5
    said = " ".join(explained("Zelenskyy").split())
    found = re.fullmatch(
        rf"{LONG}: {long_speech.texts[LONG]} 'Zelenskyy' is found at (.*) by the list; it wins by .*", said
    )
    assert "over '[Zelenskyy]" not in said  # its possessive is no competitor
    times = [float(time) for time in re.findall(r"\d+\.\d+", found[1])]
    assert times == pytest.approx([row[key] for row in own for key in ("start", "end")], abs=0.011)
    assert "It decodes to" not in said


def test_times_are_those_of_the_recording(explained, long_speech):
    content = json.loads(explained("Ann Whittemore", "--json"))
    assert content["verdict"] == "found"
    explanation = content["explanation"]
    (sentence,) = [
        (begin, end) for begin, end in spans_of(long_speech, 1) if begin <= explanation["place"]["start"] <= end
    ]
    first, end = (0.04 * frame for frame in explanation["contest"]["frames"])
    assert sentence[0] - 0.1 <= first < end and explanation["place"]["end"] <= sentence[1] + 0.1
    assert len(explanation["found"]) == 5


def test_a_phrase_that_is_nowhere_is_explained_where_it_fits_best(explained, long_speech):
    content = json.loads(explained("Kittery", "--json"))
    assert content["verdict"] in ("lost", "far", "pruned")
    (place, *_) = content["explanation"]["places"]
    assert any(begin - 0.1 <= place["start"] < place["end"] <= end + 0.1 for begin, end in long_speech.times), place
    assert content["explanation"]["transcript"]["name"] == LONG
