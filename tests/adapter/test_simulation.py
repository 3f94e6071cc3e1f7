"""Speech simulated from text: what is put together from pieces says what it should."""

import numpy as np
import pytest
import torch

from helpers.toy import NAMES, OTHERS, one_hot
from wfst_bias.training.adapter.alignment import aligned
from wfst_bias.training.adapter.frozen import pronunciations_in
from wfst_bias.training.adapter.simulation import UnitBank, simulate
from wfst_bias.training.adapter.speech import Utterance


@pytest.fixture(scope="module")
def bank(speech, spoken):
    return UnitBank.of(speech.store, spoken)


def ids(lang, text):
    return [lang.tokens[unit] for unit in text.split()]


def test_pieces_are_what_the_unit_begins_up_to_the_next(lang):
    frames = one_hot(lang.tokens, "_ K K _ AE T _ _")

    class Store:
        log_probs = staticmethod(lambda name: frames)

    cat = Utterance(np.array(ids(lang, "K AE T")), (), np.array([-1, 0, 0, -1, 1, 2, -1, -1]))
    pieces = UnitBank.of(Store, {"cat": cat}).pieces
    found = {lang.tokens.symbols[unit]: some for unit, some in pieces.items()}
    assert {unit: [writes.tolist() for _, writes in some] for unit, some in found.items()} == {
        "K": [[True, True, False]],
        "AE": [[True]],
        "T": [[True, False, False]],
    }
    assert np.array_equal(found["K"][0][0], frames[1:4])


def test_what_is_put_together_aligns_with_itself(lang, bank):
    chance = np.random.default_rng(1)
    right = []
    for text in ("M EH T <wb> K EH L ER", "S AH N <wb> N AA R <wb> R AA", "L L L"):
        target = ids(lang, text)
        log_probs, positions = bank.spoken(target, chance)
        assert len(log_probs) == len(positions) and set(positions[positions >= 0]) == set(range(len(target)))
        frames = torch.from_numpy(log_probs)
        (found,) = aligned(frames[None], torch.tensor([len(frames)]), [target])
        right += (found.numpy() == positions).tolist()
    assert np.mean(right) > 0.9


def test_a_unit_twice_has_a_blank_between():
    """Of its pieces those that end in a blank are taken."""
    end = np.array([[0.0, -9.0]], np.float32)
    sound = np.array([[-9.0, 0.0]], np.float32)
    short = (sound, np.array([True]))
    long = (np.concatenate([sound, end]), np.array([True, False]))
    bank = UnitBank({1: [short] * 9 + [long]})
    for seed in range(20):
        _, positions = bank.spoken([1, 1], np.random.default_rng(seed))
        assert positions.tolist()[:3] == [0, -1, 1]


def test_texts_become_utterances_of_words_that_nobody_spoke(lang, bank):
    texts = [f"call {name} and send {other}" for name, other in zip(NAMES, OTHERS)]
    texts += ["call 日本", ""]
    words = {word for text in texts for word in text.split()}
    store, spoken = simulate(texts, pronunciations_in(lang, sorted(words)), lang.units, bank, 0.02, seed=4)
    assert list(store.names) == list(spoken) and len(spoken) == len(texts) - 2
    for name, text in zip(spoken, texts):
        utterance = spoken[name]
        assert [word.word for word in utterance.words] == text.split()
        assert store.num_frames(name) == len(utterance.position) == len(store.log_probs(name))
        for word in utterance.words:
            assert tuple(utterance.target[word.start : word.start + len(word.pronunciation)]) == word.pronunciation


def test_the_same_seed_gives_the_same_speech(lang, bank):
    ways = pronunciations_in(lang, ["call", "olson"])
    one, two, other = (simulate(["call olson"] * 3, ways, lang.units, bank, 0.02, seed)[0] for seed in (1, 1, 2))
    same = lambda a, b: all(torch.equal(a.log_probs(name), b.log_probs(name)) for name in a.names)
    assert same(one, two)
    assert any(
        a.shape != b.shape or not torch.equal(a, b)
        for a, b in zip(map(one.log_probs, one.names), map(other.log_probs, other.names))
    )


def test_a_unit_that_was_never_heard_cannot_be_said(lang, bank):
    pieces = {unit: some for unit, some in bank.pieces.items() if lang.tokens.symbols[unit] != "K"}
    ways = pronunciations_in(lang, ["call", "met"])
    _, spoken = simulate(["call", "met"], ways, lang.units, UnitBank(pieces), 0.02, seed=1)
    assert [utterance.words[0].word for utterance in spoken.values()] == ["met"]
