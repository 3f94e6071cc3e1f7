"""The network that reads unknown words, with its shipped weights."""

import numpy as np
import pytest

from wfst_bias.g2p.letter_network import WEIGHTS_FILE, LetterNetwork
from wfst_bias.lang.phones import PHONES

WORDS = ["tokyo", "pelican", "melmac", "krasner", "dubuque", "o'brien's", "pelicans"]


@pytest.fixture(scope="module")
def network():
    return LetterNetwork()


def test_pronunciations_are_scored_and_distinct(network):
    found = network.read(WORDS, 5)
    assert found.words == tuple(WORDS)
    assert np.diff(found.row_splits).tolist() == [5] * len(WORDS)
    for index in range(len(WORDS)):
        scores = [score for _, score in found.pairs(index)]
        assert scores == sorted(scores, reverse=True) and np.exp(scores).sum() <= 1.001
        assert len({pronunciation for pronunciation, _ in found.pairs(index)}) == 5


def test_regular_words_are_read_as_they_are_pronounced(network):
    best = {word: some[0][0] for word, some in network.read(["pelican", "tempest", "pelicans"], 2).to_dict().items()}
    assert best["pelican"] == ("P", "EH", "L", "IH", "K", "AH", "N")
    assert best["tempest"] == ("T", "EH", "M", "P", "AH", "S", "T")
    assert best["pelicans"] == (*best["pelican"], "Z")


def test_words_are_read_alike_alone_and_among_others(network):
    together = network.read(WORDS * 3, 4)
    assert network.read(WORDS, 4).to_dict().keys() == together.to_dict().keys()
    for index, word in enumerate(together.words):
        alone = network.read([word], 4).pairs(0)
        assert alone[0][0] == together.pairs(index)[0][0]
        np.testing.assert_allclose(alone[0][1], together.pairs(index)[0][1], atol=1e-3)


def test_words_without_english_letters_have_no_pronunciation(network):
    found = network.read(["", "'", "日本", "a1", "x-ray", "tokyo"], 3)
    assert np.diff(found.row_splits).tolist() == [0, 0, 0, 0, 0, 3]
    assert found.pairs(0) == [] and found.to_dict()["x-ray"] == []
    assert network.read([], 3).row_splits.tolist() == [0]


def test_accents_capitals_and_outer_apostrophes_do_not_count(network):
    found = network.read(["müller", "muller", "Muller", "'muller'"], 3).to_dict()
    assert found["müller"] == found["muller"] == found["Muller"] == found["'muller'"]


def test_words_of_any_length_are_read_to_their_end(network):
    (pronunciation, _), *_ = network.read(["pneumono" * 12 + "pelican"], 2).pairs(0)
    assert pronunciation[-4:] == ("IH", "K", "AH", "N")
    assert set(pronunciation) <= set(PHONES)


def test_weights_are_small_and_name_their_version(network, tmp_path):
    assert WEIGHTS_FILE.stat().st_size < 2e6
    copy = tmp_path / "weights.npz"
    copy.write_bytes(WEIGHTS_FILE.read_bytes())
    assert LetterNetwork(copy).version == network.version
    copy.write_bytes(WEIGHTS_FILE.read_bytes() + b"\0")
    assert LetterNetwork(copy).version != network.version
