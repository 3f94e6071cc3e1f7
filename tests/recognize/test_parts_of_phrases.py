"""Speech with parts of phrases, phrases inside longer ones and phrases that share words: what was said is written."""

import numpy as np
import pytest
import soundfile

import wfst_bias as wb

FOUNDATIONS = ("Keeltonbrook Vale Hospital", "Dorwen Ashkettle Trust")
NAMES = ("Volodymyr", "Zelenskyy", "Volodymyr Zelenskyy", "Kowalczyk Nowakowska", "Anna Kowalczyk")

SPOKEN = (  # the text with the entities in brackets
    ("the first words", FOUNDATIONS, "please call dorwen ashkettle before friday"),
    ("the first word", FOUNDATIONS, "we met keeltonbrook at the station"),
    ("a word in the middle", FOUNDATIONS, "please call ashkettle before friday"),
    ("the whole phrase", FOUNDATIONS, "we met the [Dorwen Ashkettle Trust] at the station"),
    ("a phrase of two phrases", NAMES, "we met [Volodymyr Zelenskyy] at the station"),
    ("a phrase inside another one", NAMES, "please call [Zelenskyy] before friday"),
    ("the first of two that share a word", NAMES, "please call [Anna Kowalczyk] before friday"),
    ("the second of two that share a word", NAMES, "we met [Kowalczyk Nowakowska] at the station"),
    ("a phrase again and again", NAMES, "[Zelenskyy] [Zelenskyy] [Zelenskyy]"),
)


@pytest.fixture(scope="module")
def said(world, tmp_path_factory):
    """The marked text of each utterance, by what is spoken in it."""
    from hibari import Hibari

    folder, voice = tmp_path_factory.mktemp("parts"), Hibari()
    recognizer = wb.Recognizer(base=world / "base")
    marked = {}
    for listed in (FOUNDATIONS, NAMES):
        own = [(what, text) for what, phrases, text in SPOKEN if phrases == listed]
        for what, text in own:
            plain = text.replace("[", "").replace("]", "").capitalize()
            soundfile.write(str(folder / f"{what}.wav"), np.asarray(voice(f"{plain}.", seed=1)), 24000)
        with recognizer.biased(list(listed)) as biased:
            results = biased.transcribe([folder / f"{what}.wav" for what, _ in own])
            marked.update({what: result.transcript.marked() for (what, _), result in zip(own, results)})
    return marked


@pytest.mark.parametrize("what, expected", [(what, text) for what, _, text in SPOKEN])
def test_what_was_said_is_written(said, what, expected):
    assert said[what] == expected
