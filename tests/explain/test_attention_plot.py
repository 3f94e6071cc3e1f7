"""The attention plot is written whole, as PNG or SVG."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from matplotlib.image import imread

from wfst_bias.core.errors import InputError
from wfst_bias.decode.transcript import Word
from wfst_bias.explain.attention_plot import write_attention_plot

WORDS = (Word("call", 0.0, 0.2), Word("keller", 0.24, 0.6))


def attention(num_frames, num_phrases):
    """The phrases one after the other."""
    rows = np.zeros((num_frames, num_phrases), np.float32)
    rows[np.arange(num_frames), np.arange(num_frames) * num_phrases // max(1, num_frames)] = 0.9
    return rows


def written(path, phrases=("Keller", "Olson"), top=12, words=WORDS):
    write_attention_plot(path, attention(30, len(phrases)), phrases, 0.02, words, top)
    return path


def texts(path):
    """The texts of an SVG."""
    return [node.text.strip() for node in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")]


def test_a_png_is_an_image(tmp_path):
    image = imread(written(tmp_path / "plots" / "attention.png"))
    assert image.shape[2] == 4 and image.shape[1] > image.shape[0] > 100
    assert image[..., :3].std() > 0.05  # something is drawn


def test_an_svg_has_phrases_and_words(tmp_path):
    found = texts(written(tmp_path / "attention.svg"))
    shown = ["call", "keller", "Keller", "Olson", "<no-bias>"]
    assert [text for text in found if text in shown] == shown


def test_only_those_that_are_attended_to_most_are_shown(tmp_path):
    rows = np.zeros((10, 3), np.float32)
    rows[2:4, 1], rows[5:9, 2], rows[0, 0] = 1.0, 1.0, 0.1
    write_attention_plot(tmp_path / "a.svg", rows, ("Olson", "Keller", "Quincy"), 0.02, WORDS, 2)
    assert [text for text in texts(tmp_path / "a.svg") if text in ("Olson", "Keller", "Quincy")] == ["Keller", "Quincy"]


def test_a_phrase_with_dollars_is_no_formula(tmp_path):
    found = texts(written(tmp_path / "a.svg", phrases=("$uicideboy$", "A$AP_{", "Ke$ha_$")))
    assert any("uicideboy" in text for text in found)


def test_nothing_heard_is_drawn_too(tmp_path):
    assert written(tmp_path / "a.png", words=()).stat().st_size > 1000


@pytest.mark.parametrize("name", ["attention.pdf", "attention", "attention.PNG"])
def test_another_ending_is_told(tmp_path, name):
    ending = f".{name.partition('.')[2]}" if "." in name else ""
    with pytest.raises(InputError, match=f"{name}: ends in '{ending}'; .png or .svg was expected"):
        written(tmp_path / name)
    assert not list(tmp_path.iterdir())
