"""Captions: every word once, lines that fit, times as the formats write them."""

import re

from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.decode.transcript import Word
from wfst_bias.recognize.captions import CaptionConfig, captions, srt, vtt

TEXTS = st.text("abc", min_size=1, max_size=50)
GAPS = st.floats(0.0, 2.0)


@st.composite
def transcripts(draw):
    time, words = 0.0, []
    for text, gap, length in draw(st.lists(st.tuples(TEXTS, GAPS, GAPS), max_size=40)):
        words.append(Word(text, time + gap, time + gap + length))
        time += gap + length
    return words


def spoken(text, length=0.3, gaps=()):
    """Words of a length each; ``gaps`` are silences before some of them, by their place."""
    time, words = 0.0, []
    for number, word in enumerate(text.split()):
        time += dict(gaps).get(number, 0.0)
        words.append(Word(word, time, time + length))
        time += length
    return words


@given(transcripts())
def test_every_word_is_in_one_caption(words):
    config = CaptionConfig(max_characters=20)
    found = captions(words, config)
    assert " ".join(line for one in found for line in one.lines).split() == [word.text for word in words]
    for one in found:
        assert len(one.lines) <= 2 and 0.0 <= one.end - one.start <= 7.0 + 1e-9
        assert all(len(line) <= 20 or " " not in line for line in one.lines)
    assert all(left.end <= right.start for left, right in zip(found, found[1:]))


def test_a_pause_begins_a_caption():
    words = [Word("good", 0.0, 0.3), Word("morning", 0.4, 1.0), Word("madam", 2.5, 3.0)]
    assert [one.lines for one in captions(words)] == [["good morning"], ["madam"]]


def test_a_full_caption_breaks_at_its_longest_silence():
    words = spoken("one two three four five six seven eight nine ten eleven twelve", 0.5, [(9, 0.3)])
    config = CaptionConfig(max_duration=5.5)
    first, second = captions(words, config)
    assert first.lines == ["one two three four five six seven eight", "nine"]
    assert second.lines == ["ten eleven twelve"]
    without = captions(spoken("one two three four five six seven eight nine ten eleven twelve", 0.5), config)
    assert [line for one in without for line in one.lines][-1] == "twelve"


def test_a_short_caption_stays_until_it_can_be_read():
    first, second = captions([Word("yes", 1.0, 1.1), Word("no", 2.0, 2.1)])
    assert (first.start, first.end) == (1.0, 2.0) and (second.start, second.end) == (2.0, 3.0)
    (long,) = captions([Word("well", 1.0, 20.0)])
    assert long.end == 8.0


def test_srt():
    words = [Word("good", 0.0, 0.3), Word("morning", 3599.9996, 3601.2)]
    assert srt(words) == (
        "1\n00:00:00,000 --> 00:00:01,000\ngood\n\n2\n01:00:00,000 --> 01:00:01,200\nmorning\n"
    )


def test_vtt():
    assert vtt([Word("R&B", 61.0, 62.5)]) == "WEBVTT\n\n00:01:01.000 --> 00:01:02.500\nR&amp;B\n"
    assert "a --&gt; &lt;b" in vtt([Word("a", 0.0, 1.0), Word("-->", 1.0, 1.0), Word("<b", 1.0, 2.0)])


@given(transcripts())
def test_captions_end_after_they_begin(words):
    times = re.findall(r"(\d\d:\d\d:\d\d\.\d{3}) --> (\d\d:\d\d:\d\d\.\d{3})\n", vtt(words))
    assert all(start < end for start, end in times)
    numbers = re.findall(r"^(\d+)\n\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}$", srt(words), re.MULTILINE)
    assert numbers == [str(number) for number in range(1, len(times) + 1)]


def test_no_word():
    assert srt([]) == "" and vtt([]) == "WEBVTT\n"
