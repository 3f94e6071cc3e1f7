"""Emissions that are kept, and which token of its text each frame writes."""

import numpy as np
import pytest
import torch

from helpers.toy import COMMON, TEXTS, SlowToy, ToyModel, WhiteToy, letters, one_hot, phones_of, write_data
from wfst_bias.adapter.matching import Matcher
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.data.cuts import read_data
from wfst_bias.training.adapter.alignment import aligned
from wfst_bias.training.adapter.emission_store import store_emissions
from wfst_bias.training.adapter.frozen import pronunciations_in, read_corpus
from wfst_bias.training.adapter.speech import align_texts, confusions, written

TOKENS = SymbolTable(tuple("<blk> h e l o".split()))


def align(*pairs):
    frames = [one_hot(TOKENS, text, sharpness=3.0) for text, _ in pairs]
    lengths = torch.tensor(list(map(len, frames)))
    targets = [[TOKENS[unit] for unit in target.split()] for _, target in pairs]
    padded = torch.nn.utils.rnn.pad_sequence(frames, batch_first=True)
    return [position.tolist() for position in aligned(padded, lengths, targets)]


@pytest.mark.parametrize(
    "frames, target, positions",
    [
        ("h e l o", "h e l o", [0, 1, 2, 3]),
        ("_ h h _ e e _ _", "h e", [-1, 0, 0, -1, 1, 1, -1, -1]),
        ("h e l _ l o", "h e l l o", [0, 1, 2, -1, 3, 4]),  # a token twice
        ("l _ l _ _ l", "l l l", [0, -1, 1, -1, -1, 2]),
        ("h h l", "h e l", [0, 1, 2]),  # what is not heard must be somewhere
        ("h e", "h e l o", [-1, -1]),  # does not fit
        ("l l", "l l", [-1, -1]),  # nor does this: there is no room for a blank
        ("h", "h", [0]),
    ],
)
def test_each_frame_and_the_token_that_it_writes(frames, target, positions):
    assert align((frames, target)) == [positions]


def test_a_batch_in_any_order():
    pairs = [("h e", "h e"), ("_ h e l l _ l o", "h e l l o"), ("o", "o l"), ("l o _", "l o")]
    assert align(*pairs) == [align(pair)[0] for pair in pairs]


def test_what_does_not_fit_takes_nothing_from_the_others():
    """The frames of the others and their ends are as many as the first has."""
    first, *others = align(("h h h h h", "h h h h h h"), ("h _", "h"), ("h _", "h"))
    assert (first, others) == ([-1] * 5, [[0, -1], [0, -1]])


def test_a_target_and_where_its_words_stand():
    target, words = written(["met", "olson", "met"], {"met": (1, 2), "olson": (3,)}, [9])
    assert target == [1, 2, 9, 3, 9, 1, 2]
    assert [(word.word, word.start) for word in words] == [("met", 0), ("olson", 3), ("met", 5)]
    assert written(["met", "olson"], {"met": (1, 2), "olson": (3,)}, [])[0] == [1, 2, 3]


def test_emissions_come_back_from_the_store(data, model, heard, speech):
    assert sorted(speech.store.names) == sorted(heard) and speech.store.frame_shift == 0.02
    for name in list(heard)[::20]:
        stored = speech.store.log_probs(name)
        assert stored.dtype == torch.float32 and speech.store.num_frames(name) == len(heard[name])
        np.testing.assert_allclose(stored, heard[name], atol=1e-2)  # in half precision
        assert speech.store.layers(name) is None
        with pytest.raises(InputError, match="there are no phones in the store, but log_probs"):
            speech.store.phones(name)


def test_layers_and_phones_come_back_from_the_store(tmp_path, data, heard):
    white = WhiteToy(heard)
    store = store_emissions(read_data(data), white, tmp_path / "stored")
    names = list(heard)[:3]
    batch = white.emissions(names, [None] * 3)
    for n, name in enumerate(names):
        T = store.num_frames(name)
        assert T == int(batch.lengths[n])
        assert store.layers(name).shape == (T, white.num_layers, white.layer_dim)
        assert torch.allclose(store.layers(name), batch.layers[n, :T], atol=1e-2)
        assert torch.allclose(store.phones(name), batch.phones.log_probs[n, :T], atol=1e-2)
        assert torch.allclose(white.head(store.layers(name)[:, -1]), store.log_probs(name), atol=2e-2)


def test_phones_in_shorter_frames_come_back_from_the_store(tmp_path, data, heard):
    slow = SlowToy(heard)
    store = store_emissions(read_data(data), slow, tmp_path / "stored")
    names = list(heard)[:5]
    batch = slow.emissions(names, [None] * 5)
    for n, name in enumerate(names):
        T, S = int(batch.lengths[n]), int(batch.phones.lengths[n])
        phones = store.phones(name)
        assert store.num_frames(name) == T and len(phones) == slow.ratio * T
        assert torch.allclose(phones[:S], batch.phones.log_probs[n, :S], atol=1e-2)
        assert phones[S:].argmax(dim=1).eq(0).all()  # blank


def test_what_is_stored_is_of_one_model_and_the_same_cuts(tmp_path, data, heard):
    asked = []

    class Counting(ToyModel):
        def emissions(self, names, audio):
            asked.extend(names)
            return super().emissions(names, audio)

    cuts = read_data(data)
    store = lambda heard, cuts: store_emissions(cuts, Counting(heard), tmp_path / "stored")
    first = store(heard, cuts).names
    asked.clear()
    assert store(heard, cuts).names == first and len(asked) == 1  # one utterance tells whether it is the same model
    trained_on = {name: frames[:, ::-1].copy() for name, frames in heard.items()}
    for other in (lambda: store(trained_on, cuts), lambda: store(heard, cuts.subset(first=3))):
        with pytest.raises(InputError, match="holds the emissions of another model, or of other data"):
            other()


def test_what_is_impossible_is_very_unlikely(tmp_path, data, heard):
    """Losses have no gradient at minus infinity."""
    sure = {name: np.where(frames > frames.max() - 1.0, frames, -np.inf) for name, frames in heard.items()}
    store = store_emissions(read_data(data), ToyModel(sure), tmp_path / "stored")
    frames = store.log_probs(store.names[0])
    assert frames.isfinite().all() and float(frames.min()) < -20.0


def test_texts_are_aligned_with_what_was_heard(lang, speech, spoken):
    assert spoken.keys() == TEXTS.keys()
    for name in list(TEXTS)[::16]:
        utterance = spoken[name]
        said = [lang.tokens.symbols[unit] for unit in utterance.target]
        assert said == phones_of(TEXTS[name])
        assert [word.word for word in utterance.words] == TEXTS[name].split()
        # a phone is two frames and a blank; where it was misheard the alignment may be a frame off
        true = np.stack([np.arange(len(said))] * 2 + [np.full(len(said), -1)], axis=1).ravel()
        assert np.mean(utterance.position == true) > 0.95


def test_of_two_ways_the_one_that_was_said_is_taught(lang, speech):
    name = next(name for name, text in TEXTS.items() if text.split()[2] == "keller")
    right = pronunciations_in(lang, ["keller"])["keller"][0]
    wrong = tuple(reversed(right))
    ways = {**pronunciations_in(lang, TEXTS[name].split()), "keller": [wrong, right]}
    matcher = Matcher(len(lang.tokens), lang.tokens[lang.boundary])
    found = align_texts(speech.store, {name: TEXTS[name]}, ways, lang.units, matcher)
    assert found[name].words[2].pronunciation == right


def test_what_cannot_be_said_and_what_has_no_words_is_left_out(lang, speech):
    a, b, c, d = list(TEXTS)[:4]
    texts = {a: TEXTS[a], b: "call 日本", c: "...", d: ""}
    ways = pronunciations_in(lang, [*TEXTS[a].split(), "call"])
    matcher = Matcher(len(lang.tokens), lang.tokens[lang.boundary])
    assert list(align_texts(speech.store, texts, ways, lang.units, matcher)) == [a]


def test_words_that_cannot_be_said_have_no_way():
    letter = letters().tokens.ids
    assert pronunciations_in(letters(), ["met", "日本"]) == {"met": [(letter["m"], letter["e"], letter["t"])]}


def test_confusions_are_what_was_heard_for_what_was_said(lang, speech, spoken):
    said, heard = confusions(speech.store.log_probs, spoken)
    assert len(said) == len(heard) and (heard[:, 0] < 0.9).all()
    right = (heard.argmax(1) == said).float().mean()
    assert 0.75 < right < 0.95  # phones without a rival are always heard
    matcher = Matcher(len(lang.tokens))
    matcher.learn(said, heard)
    s, z, w = (lang.tokens[phone] for phone in ("S", "Z", "W"))
    assert matcher.ratio[s, z] > 1.0 > matcher.ratio[w, z]


def test_nothing_that_could_be_aligned_is_an_error(speech):
    with pytest.raises(InputError, match="no utterance can be trained on: none could be aligned with its text"):
        confusions(speech.store.log_probs, {})


def test_data_without_text_are_told(tmp_path, model):
    folder = write_data(tmp_path / "silent", {"utt_000": " ".join(COMMON[:3])})
    (folder / "text").unlink()
    with pytest.raises(InputError, match="silent: has no text; training needs transcripts"):
        read_corpus(folder, model, tmp_path / "emissions")
