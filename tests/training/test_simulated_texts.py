"""Texts whose phones are simulated: what is excluded never comes, what comes sounds as it is written."""

from itertools import groupby

import numpy as np
import pytest
import torch

from helpers import toy
from wfst_bias.acoustic.conformer_config import ConformerConfig
from wfst_bias.core.errors import InputError
from wfst_bias.data.cuts import read_data
from wfst_bias.training.array_store import ArrayStore
from wfst_bias.training.conformer.augment import with_other_pace
from wfst_bias.training.conformer.ctc_data import FEATURES, CtcCorpus, CtcSource, Targets
from wfst_bias.training.conformer.simulated import MixedSource, banks_of, read_texts

MODEL = ConformerConfig(input="hama", phone_layer=0, stacked=1)
LINES = ["call sullivan and garrison", "send ramirez the report", "Fleming was late."] * 20


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Sentences of the toy world, and what its model hears of them."""
    heard = toy.heard(toy.TEXTS)
    cuts = read_data(toy.write_data(tmp_path_factory.mktemp("toy"), toy.TEXTS))
    names = [cut.id for cut in cuts]
    frames = np.concatenate([np.asarray(heard[name], np.float16) for name in names])
    store = ArrayStore(names, [len(heard[name]) for name in names], {FEATURES: frames})
    subwords = np.arange(1, 4)
    return CtcCorpus(cuts, store, {name: Targets(subwords, subwords) for name in names}, {})


@pytest.fixture(scope="module")
def banks(corpus):
    return banks_of(corpus, toy.lang(), seed=1)


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    path = tmp_path_factory.mktemp("texts") / "texts.txt"
    path.write_text("\n".join(LINES))
    return path


def source(corpus, banks, lines, share=0.5):
    texts = read_texts(lines, toy.letters(), toy.lang(), frozenset())
    speech = CtcSource(corpus, 30.0, None, 1, MODEL)
    return MixedSource(speech, texts, banks, toy.lang(), MODEL, share, 500, seed=2)


def test_texts_with_an_excluded_or_an_unknown_word_are_left_out(lines, tmp_path):
    texts = read_texts(lines, toy.letters(), toy.lang(), frozenset({"garrison"}))
    assert (len(texts.words), texts.dropped) == (40, 20)
    assert ("fleming", "was", "late") in texts.words
    with pytest.raises(InputError, match="holds no text whose words the langs can write"):
        read_texts(lines, toy.letters(), toy.lang(), frozenset({"garrison", "the", "was"}))


def test_an_epoch_has_all_speech_and_as_many_texts_as_asked_for(corpus, banks, lines):
    mixed = source(corpus, banks, lines, share=0.75)
    plan = mixed.plan(3)
    speech = [name for is_text, key in plan if not is_text for name in key]
    assert sorted(speech) == sorted(cut.id for cut in corpus.cuts)
    assert np.mean([is_text for is_text, _ in plan]) == pytest.approx(0.75, abs=0.1)
    assert mixed.plan(3) == plan != mixed.plan(4)


def test_what_is_simulated_sounds_as_it_is_written(corpus, banks, lines):
    mixed = source(corpus, banks, lines)
    symbols = toy.lang().tokens.symbols
    right = []
    lines_of_words = [line.lower().rstrip(".") for line in LINES]
    for key in [key for key in mixed.plan(0) if key[0]][:4]:
        wanted = [" ".join(lines_of_words[i] for i in texts) for texts in key[1]]
        batch = mixed.load(0, key)
        assert batch.phones is None and torch.equal(batch.features, mixed.load(0, key).features)
        for features, length, subwords in zip(batch.features, batch.lengths, batch.subwords):
            text = "".join(toy.letters().tokens.symbols[i] for i in subwords if i >= 0).replace("|", " ")
            assert text in wanted
            best = [symbols[k] for k, _ in groupby(features[:length].argmax(dim=1).tolist()) if k]
            expected = toy.phones_of(text)
            right += [one == other for one, other in zip(best, expected)] if len(best) == len(expected) else [False]
    assert np.mean(right) > 0.6  # the model mishears a quarter of the phones


def test_the_clearest_speech_comes_first(corpus, banks):
    """The pieces of each bank say their phone less clearly than those of the bank before."""
    clearest = [
        np.mean([frames[writes, unit].mean() for unit, some in bank.pieces.items() for frames, writes in some])
        for bank in banks
    ]
    assert len(banks) == 4 and clearest == sorted(clearest, reverse=True)


def test_a_faster_pace_leaves_out_blanks_alone():
    log_probs = np.log(np.array([[0.99, 0.01], [0.1, 0.9]] * 50, np.float32))
    kept = [with_other_pace(log_probs, 60, np.random.default_rng(seed)) for seed in range(20)]
    assert all((frames.argmax(axis=1) == 1).sum() == 50 for frames in kept)
    assert 60 <= min(map(len, kept)) < 90
    assert len(with_other_pace(log_probs, 100, np.random.default_rng(0))) == 100
