"""Batches of a corpus: every utterance once an epoch, the same when asked again, changed only when augmented."""

import numpy as np
import pytest
import torch

from wfst_bias.acoustic.conformer_config import ConformerConfig
from wfst_bias.acoustic.features import log_mel
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BLANK, SymbolTable
from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data
from wfst_bias.lang.lang import Lang, hama_lang
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.lang.units import CHARS, Units
from wfst_bias.training.conformer.augment import AugmentConfig
from wfst_bias.training.conformer.ctc_data import FEATURES, CtcSource, prepare_features, read_corpora

LETTERS = Lang(Units(CHARS, SymbolTable((BLANK, "|", *"abcdefghijklmnopqrstuvwxyz'")), boundary="|"), Lexicon({}))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, speech):
    folder = tmp_path_factory.mktemp("features")
    return read_corpora([speech], [folder / "train"], LETTERS, hama_lang(), ConformerConfig())[0]


def test_features_are_those_of_the_audio(corpus, speech):
    for cut in read_data(speech):
        features = log_mel(cut.id, load_audio(cut, 16000))
        assert np.allclose(corpus.store.array(FEATURES, cut.id), features, atol=0.01)


def test_features_are_computed_once_for_the_same_cuts(tmp_path, speech):
    cuts = read_data(speech)
    prepare_features(cuts, tmp_path / "f", ConformerConfig())
    before = (tmp_path / "f" / "features.npy").stat().st_mtime_ns
    prepare_features(cuts, tmp_path / "f", ConformerConfig())
    assert (tmp_path / "f" / "features.npy").stat().st_mtime_ns == before
    assert prepare_features(cuts, tmp_path / "f", ConformerConfig(num_mels=40)).array(FEATURES, next(iter(cuts)).id).shape[1] == 40


def test_every_utterance_stands_once_in_an_epoch(corpus):
    source = CtcSource(corpus, 5.0, AugmentConfig(), seed=1)
    for epoch in range(5):
        names = [name for key in source.plan(epoch) for name in key]
        assert sorted(names) == sorted(cut.id for cut in corpus.cuts)


def test_a_batch_is_the_same_when_asked_for_again_and_another_in_the_next_epoch(corpus):
    first, again = (CtcSource(corpus, 100.0, AugmentConfig(), seed=1) for _ in range(2))
    assert first.plan(3) == again.plan(3)
    key = first.plan(3)[0]
    assert torch.equal(first.load(3, key).features, again.load(3, key).features)
    assert not torch.equal(first.load(3, key).features, first.load(4, key).features)


def test_without_augmentation_a_batch_holds_the_features_and_targets_themselves(corpus):
    source = CtcSource(corpus, 100.0, None, seed=1)
    (key,) = source.plan(0)
    batch = source.load(0, key)
    for n, name in enumerate(key):
        assert torch.equal(batch.features[n, : batch.lengths[n]], torch.from_numpy(corpus.store.array(FEATURES, name)))
        text = "".join(LETTERS.tokens.symbols[i] for i in batch.subwords[n] if i >= 0)
        assert text in ("we|met|zelenskyy|at|the|station", "please|call|whittemore|before|friday")


def test_utterances_too_short_for_their_text_are_left_out(tmp_path, speech):
    (tmp_path / "data").mkdir()
    for name in ("wav.scp", "text"):
        (tmp_path / "data" / name).write_text((speech / name).read_text())
    key, *_ = lines = (speech / "text").read_text().splitlines()
    (tmp_path / "data" / "text").write_text(f"{key.split()[0]} {'very ' * 99}\n" + "\n".join(lines[1:]) + "\n")
    (tmp_path / "data" / "wav.scp").write_text(
        "".join(f"{k} {speech / v}\n" for k, v in (r.split() for r in (speech / "wav.scp").read_text().splitlines()))
    )
    corpus = read_corpora([tmp_path / "data"], [tmp_path / "f"], LETTERS, hama_lang(), ConformerConfig())[0]
    assert corpus.dropped == {"too short for their text": 1} and len(corpus.cuts) == 1


def test_audio_shorter_than_a_window_is_rejected():
    with pytest.raises(InputError, match="utterance 'a' has 399 samples, less than 25 ms"):
        log_mel("a", np.zeros(399, np.float32))
