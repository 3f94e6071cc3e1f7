"""Subtitles: every word once, lines that fit, times as the formats write them."""

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


@given(transcripts())
def test_every_word_is_in_one_caption(words):
    config = CaptionConfig(max_characters=20)
    found = list(captions(words, config))
    assert " ".join(line for one in found for line in one.lines).split() == [word.text for word in words]
    for one in found:
        assert len(one.lines) <= 2 or " " not in one.lines[-1]
        assert all(len(line) <= 20 or " " not in line for line in one.lines)
    assert all(left.end <= right.start for left, right in zip(found, found[1:]))


def test_a_pause_begins_a_caption():
    words = [Word("good", 0.0, 0.3), Word("morning", 0.4, 1.0), Word("madam", 2.5, 3.0)]
    assert [one.lines for one in captions(words)] == [["good morning"], ["madam"]]


def test_srt():
    words = [Word("good", 0.0, 0.3), Word("morning", 3599.9996, 3661.2)]
    assert srt(words) == (
        "1\n00:00:00,000 --> 00:00:00,300\ngood\n\n2\n01:00:00,000 --> 01:01:01,200\nmorning\n"
    )


def test_vtt():
    assert vtt([Word("R&B", 61.0, 62.5)]) == "WEBVTT\n\n00:01:01.000 --> 00:01:02.500\nR&amp;B\n"


def test_no_word():
    assert srt([]) == "" and vtt([]) == "WEBVTT\n"
