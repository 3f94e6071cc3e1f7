"""hama's G2P for many words at once, against the package."""

import struct

import numpy as np
import pytest

from wfst_bias.g2p.hama import HamaG2P
from wfst_bias.g2p.hama_network import read_tensors

WORDS = """tokyo pelican steilacoom zelenskyy o'brien krzyzewski xylophone acetazolamide www a chm schrodinger
internationalization mcdonald philip goncalves""".split()


class OneByOne(HamaG2P):
    """The words as the package reads them."""

    _together = None


def test_words_are_read_as_by_the_package():
    words = [*WORDS, *(f"{word}'s" for word in WORDS), "'burbs", "b" * 32, "b" * 33]
    together, alone = HamaG2P().pronounce(words), OneByOne().pronounce(words)
    assert together == alone
    assert together["tokyo"] == (("T", "OW", "K", "Y", "OW"),) and together["b" * 33] == ()


def test_words_in_other_letters_are_read_by_the_package():
    words = ["naïve", "日本", "Tokyo", ""]
    assert HamaG2P().pronounce(words) == OneByOne().pronounce(words)


def test_weights_of_another_form():
    with pytest.raises(ValueError, match="expected b'HAMAPK'"):
        read_tensors(b"ONNX" + bytes(20))
    row = struct.pack("<H4sBBIQQ", 4, b"name", 2, 1, 3, 0, 12)
    with pytest.raises(ValueError, match="name has numbers of kind 2; expected 1"):
        read_tensors(struct.pack("<6sBBI", b"HAMAPK", 1, 0, 1) + row + bytes(12))


def test_tensors_have_their_numbers():
    numbers = np.arange(6, dtype=np.float16)
    row = struct.pack("<H10sBBIIQQ", 10, b"model.name", 1, 2, 2, 3, 0, 12)
    (tensor,) = read_tensors(struct.pack("<6sBBI", b"HAMAPK", 1, 0, 1) + row + numbers.tobytes()).values()
    assert tensor.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
