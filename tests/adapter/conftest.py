"""Small networks are quickest on one thread."""

import pytest

from helpers import toy
from wfst_bias.adapter import store


@pytest.fixture(autouse=True)
def small_networks(one_thread):
    """Quickest on one thread."""


@pytest.fixture(scope="module", autouse=True)
def another_lang_for_hama():
    """Its lexicon takes seconds to read, and every adapter that is written or read is compared with it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "hama_lang", toy.letters)
        yield


@pytest.fixture(scope="session")
def lang():
    return toy.lang()


@pytest.fixture(scope="session")
def heard():
    """What the model hears of each utterance, ``(T, C)``."""
    return toy.heard(toy.TEXTS)


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """The utterances as a Kaldi data folder."""
    return toy.write_data(tmp_path_factory.mktemp("toy"), toy.TEXTS)


@pytest.fixture(scope="session")
def few(tmp_path_factory):
    """A few of the utterances as a Kaldi data folder, for trainings of which nothing is learnt."""
    return toy.write_data(tmp_path_factory.mktemp("few"), dict(list(toy.TEXTS.items())[:16]))


@pytest.fixture(scope="session")
def model(heard):
    return toy.ToyModel(heard)


@pytest.fixture(scope="session")
def speech(data, model, tmp_path_factory):
    """The utterances as the model hears them, with their texts."""
    from wfst_bias.training.adapter.frozen import read_corpus

    return read_corpus(data, model, tmp_path_factory.mktemp("emissions") / "stored")


@pytest.fixture(scope="session")
def spoken(speech, lang):
    """The utterances aligned with their texts."""
    from wfst_bias.adapter.matching import Matcher
    from wfst_bias.training.adapter.frozen import pronunciations_in
    from wfst_bias.training.adapter.speech import align_texts

    words = sorted({word for text in speech.texts.values() for word in text.split()})
    matcher = Matcher(len(lang.tokens), lang.tokens[lang.boundary])
    return align_texts(speech.store, speech.texts, pronunciations_in(lang, words), lang.units, matcher)
