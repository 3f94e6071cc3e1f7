"""The shortlist: of a list the ways that match best, their alignments beside them."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from helpers.toy import one_hot
from wfst_bias.adapter.catalogue import catalogue_of
from wfst_bias.adapter.matching import LOWEST, Matcher
from wfst_bias.adapter.shortlist import shortlisted
from wfst_bias.core.symbols import SymbolTable

PHONES = SymbolTable(tuple("<blk> k ae t b ow s".split()))
LETTERS = SymbolTable(tuple("<blk> c a t b o s".split()))


def catalogue(tokens, *phrases):
    """Of phrases and their ways, ``k ae t | k ae s`` each."""
    ways = [[[tokens[unit] for unit in way.split()] for way in phrase.split("|") if way.split()] for phrase in phrases]
    return catalogue_of(range(len(phrases)), ways)


def shortlist(texts, catalogues, num_candidates):
    frames = [one_hot(PHONES, text) for text in texts]
    padded = torch.nn.utils.rnn.pad_sequence(frames, batch_first=True)
    return shortlisted(Matcher(len(PHONES)), padded, torch.tensor(list(map(len, frames))), catalogues, num_candidates)


def test_the_likeliest_come_first():
    found = shortlist(["k ae t"], [catalogue(PHONES, "b ow t", "k ae t", "s ow s", "k ae s")], 3)
    assert found.pronunciation.tolist() == [[1, 3, 0]] and found.score[0].tolist() == sorted(found.score[0].tolist())[::-1]
    assert found.units[0, 0].tolist() == [PHONES[unit] for unit in "k ae t".split()]
    # each unit on its segment
    assert found.aligned[0, 0].argmax(-1).tolist() == [0, 1, 2] and found.aligned[0, 0].amax() == 0.0
    assert found.segment.tolist() == [[0, 1, 2]]


def test_segments_in_longer_frames():
    """A frame belongs to the last segment that began in it."""
    found = shortlist(["k _ ae t _ _ _", "b _ _"], [catalogue(PHONES, "k ae t"), catalogue(PHONES)], 3)
    assert found.segment.tolist() == [[0, -1, 1, 2, -1, -1, -1], [0, -1, -1, -1, -1, -1, -1]]
    assert found.in_frames(3, 3).segment.tolist() == [[1, 2, -1], [0, -1, -1]]
    assert found.in_frames(7, 1) is found


def test_each_utterance_of_a_batch_has_its_own():
    lists = [catalogue(PHONES, "k ae t", "b ow"), catalogue(PHONES), catalogue(PHONES, "s ow s t")]
    found = shortlist(["k ae t", "b ow", "s ow s _ t"], lists, 5)
    assert found.pronunciation.tolist() == [[0, 1], [-1, -1], [0, -1]]
    assert found.lengths.tolist() == [[3, 2], [0, 0], [4, 0]]
    assert found.present.sum().item() == 9
    for n, text in enumerate(["k ae t", "b ow", "s ow s _ t"]):
        alone = shortlist([text], lists[n : n + 1], 5)
        K, J, S = alone.aligned.shape[1:]
        if len(lists[n]):
            assert torch.allclose(alone.aligned[0], found.aligned[n, :K, :J, :S])
            assert torch.equal(alone.score[0], found.score[n, :K])


def test_nothing_to_attend_to():
    found = shortlist(["k ae t", "s"], [catalogue(PHONES)] * 2, 5)
    assert found.pronunciation.tolist() == [[-1], [-1]] and not found.present.any()


def test_silence_has_no_candidates():
    assert not shortlist(["_ _"], [catalogue(PHONES, "k ae t")], 5).present.any()


def spelled(letters, phones):
    return replace(catalogue(LETTERS, *letters), sounds=catalogue(PHONES, *phones))


def test_letters_are_matched_by_their_best_pronunciation():
    both = spelled(["b o t", "c a t|c a t s"], ["b ow t", "s ae t|k ae t"])
    found = shortlist(["k ae t"], [both], 5)
    assert found.pronunciation.tolist() == [[1, 2, 0]]  # both spellings of the second phrase
    assert found.score[0, 0] == found.score[0, 1] > found.score[0, 2]
    (plain,) = shortlist(["k ae t"], [catalogue(PHONES, "k ae t")], 5).aligned
    assert torch.allclose(found.aligned[0, 0], plain.amax(1)) and found.aligned.shape[2] == 1


@pytest.mark.parametrize("phones", [["", "k ae t"], ["", ""]])
def test_a_phrase_that_the_phones_cannot_say_fits_nowhere(phones):
    found = shortlist(["k ae t"], [spelled(["b o t", "c a t"], phones)], 5)
    mute = found.pronunciation[0].tolist().index(0)
    assert found.score[0, mute] == LOWEST and (found.aligned[0, mute] == LOWEST).all()


some_phrases = st.lists(
    st.lists(st.text("123456", min_size=1, max_size=3), min_size=1, max_size=4), min_size=1, max_size=8
)


@given(some_phrases)
def test_the_best_pronunciation_of_each_phrase(phrases):
    """Against one score after the other."""
    sounds = catalogue_of(range(len(phrases)), [[list(map(int, way)) for way in ways] for ways in phrases], most_pronunciations=4)
    letters = catalogue(LETTERS, *["c a t"] * len(phrases))
    found = shortlist(["k ae t b"], [replace(letters, sounds=sounds)], 100)
    matcher = Matcher(len(PHONES))
    ((similarity,), _) = matcher.similarities(one_hot(PHONES, "k ae t b")[None], torch.tensor([4]))
    for k, phrase in enumerate(found.pronunciation[0].tolist()):
        scores = matcher.scores(similarity, catalogue_of([0], [[list(map(int, w)) for w in phrases[phrase]]], 4))
        assert found.score[0, k] == pytest.approx(float(scores.max()), abs=1e-5)
