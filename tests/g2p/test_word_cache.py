"""Readings that are kept: the same as new ones, read once, whatever other processes and broken files do."""

import random
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from wfst_bias.g2p import word_cache
from wfst_bias.g2p.letter_network import shipped_network
from wfst_bias.g2p.word_cache import CachedG2P
from wfst_bias.lang.phones import PHONES

NUM = 3


class CountingG2P:
    """The shipped network, with the words that it was asked for."""

    def __init__(self):
        self.asked = []

    def read(self, words):
        self.asked += words
        return shipped_network().read(words, NUM).table


def _words(num, seed=0):
    rng = random.Random(seed)
    return list(dict.fromkeys("".join(rng.choices("abdeilmnorst", k=rng.randint(3, 7))) for _ in range(2 * num)))[:num]


@pytest.fixture
def g2p():
    return CountingG2P()


def _read(g2p, folder, words):
    return CachedG2P(lambda: "1", g2p.read, folder, fewest=64).read(words).to_pairs(PHONES)


def test_words_are_read_once(g2p, tmp_path):
    words = [*_words(100), "zoë", "日本", "o'neill"]
    first = _read(g2p, tmp_path, words)
    assert g2p.asked == words
    fresh = shipped_network().read(words, NUM).to_dict()
    for word, pairs in zip(words, first):
        assert [p for p, _ in pairs] == [p for p, _ in fresh[word]]
        assert [s for _, s in pairs] == pytest.approx([s for _, s in fresh[word]])
    assert first[words.index("日本")] == []
    g2p.asked.clear()
    shuffled = random.Random(1).sample(words, len(words))
    assert _read(g2p, tmp_path, shuffled) == [first[words.index(word)] for word in shuffled]
    assert g2p.asked == []


def test_only_new_words_are_read(g2p, tmp_path):
    words = _words(300)
    _read(g2p, tmp_path, words[:200])
    g2p.asked.clear()
    expected = _read(CountingG2P(), tmp_path / "other", words)
    assert _read(g2p, tmp_path, words) == expected
    assert g2p.asked == words[200:]


def test_a_few_words_are_not_looked_for(g2p, tmp_path):
    words = _words(5)
    assert _read(g2p, tmp_path, words) == _read(g2p, tmp_path, words)
    assert g2p.asked == words * 2 and not list(tmp_path.iterdir())


def test_many_segments_become_one(g2p, tmp_path):
    words = _words(1200)
    for first in range(0, 1200, 100):
        _read(g2p, tmp_path, words[first : first + 100])
    assert len(list(tmp_path.glob("words-*"))) <= word_cache._MOST_SEGMENTS
    assert len(g2p.asked) == 1200
    _read(g2p, tmp_path, words)
    assert len(g2p.asked) == 1200


def test_the_oldest_words_are_given_up(g2p, tmp_path, monkeypatch):
    monkeypatch.setattr(word_cache, "_MOST_WORDS", 400)
    words = _words(1200)
    for first in range(0, 1200, 100):
        _read(g2p, tmp_path, words[first : first + 100])
    num_kept = sum(np.load(path / "splits.npy").size - 1 for path in tmp_path.glob("words-*"))
    assert num_kept <= 400 + 100 * word_cache._MOST_SEGMENTS


@pytest.mark.parametrize("name", ["letters.npy", "hashes.npy", "splits.npy", "units.npy", "scores.npy"])
def test_a_broken_segment_is_read_anew(g2p, tmp_path, name):
    words = _words(100)
    first = _read(g2p, tmp_path, words)
    (segment,) = tmp_path.glob("words-*")
    content = (segment / name).read_bytes()
    (segment / name).write_bytes(content[: len(content) // 2])
    assert _read(g2p, tmp_path, words) == first
    assert g2p.asked == words * 2


def test_processes_that_write_and_remove_at_once(tmp_path):
    words = _words(2000)

    def work(seed):
        rng = random.Random(seed)
        for _ in range(6):
            some = rng.sample(words, 150)
            found = _read(CountingG2P(), tmp_path, some)
            assert len(found) == 150 and all(found)
            if rng.random() < 0.3:
                for path in list(tmp_path.glob("words-*"))[:2]:
                    shutil.rmtree(path, ignore_errors=True)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))


def test_a_folder_that_cannot_be_written(g2p, tmp_path):
    (tmp_path / "file").write_text("")
    words = _words(100)
    assert all(_read(g2p, tmp_path / "file" / "cache", words))


@pytest.mark.parametrize("name", ["order.npy", "hashes.npy", "letter_splits.npy", "units.npy", "scores.npy"])
@pytest.mark.parametrize("header", [0, 128])
def test_zeros_in_the_place_of_a_file_are_not_used(g2p, tmp_path, name, header):
    words = _words(100)
    first = _read(g2p, tmp_path, words)
    (segment,) = tmp_path.glob("words-*")
    content = (segment / name).read_bytes()
    (segment / name).write_bytes(content[:header] + bytes(len(content) - header))
    assert _read(g2p, tmp_path, words) == first
    assert g2p.asked == words * 2
