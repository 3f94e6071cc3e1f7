"""Training of calibrations and adapters: what a batch teaches, and that a small world is learnt."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from kaldialign import edit_distance

from helpers.toy import COMMON, FRAMES_A_PHONE, NAMES, OTHERS, TEXTS, ToyModel, WhiteToy, letters, phones_of
from wfst_bias.acoustic.conformer import Conformer
from wfst_bias.acoustic.conformer_config import ConformerConfig
from wfst_bias.acoustic.conformer_model import ConformerModel, ConformerVocabulary, write_description
from wfst_bias.adapter.adapter import Adapter
from wfst_bias.adapter.calibration import Calibration, CalibrationConfig
from wfst_bias.adapter.matching import Matcher
from wfst_bias.adapter.network import ENTITIES, POSITIONS, AdapterConfig, ContextualAdapter
from wfst_bias.adapter.store import read_adapter, read_calibration, weights_checksum
from wfst_bias.core.errors import InputError
from wfst_bias.entities.entity import Entity
from wfst_bias.training.adapter.calibration import CalibrationRecipe, CalibrationSpeech, train_calibration
from wfst_bias.training.adapter.contextual import AdapterRecipe, ListWords, train_adapter
from wfst_bias.training.adapter.frozen import FrozenModel, pronunciations_in, read_corpus, training_speech
from wfst_bias.training.adapter.guidance import NO_BIAS, UNGUIDED, Guide
from wfst_bias.training.adapter.listed_speech import ListedSpeech, Listing
from wfst_bias.training.adapter.lists import ListConfig, ListDrawer, NearWords, Pool
from wfst_bias.training.adapter.loss import LossConfig, adapter_loss, with_noise
from wfst_bias.training.adapter.speech import Spoken, Utterance, confusions
from wfst_bias.training.batching import length_batches
from wfst_bias.training.curves import read_curves
from wfst_bias.training.trainer_config import TrainerConfig

LISTS = ListConfig(fewest=10, most=40, left_out=0.0)


@pytest.fixture(scope="module")
def pool(lang):
    return Pool(lang.units, pronunciations_in(lang, [*COMMON, *NAMES, *OTHERS]))


@pytest.fixture(scope="module")
def matcher(lang, speech, spoken):
    matcher = Matcher(len(lang.tokens), lang.tokens[lang.boundary])
    matcher.learn(*confusions(speech.store.log_probs, spoken))
    return matcher


def listing_of(pool, matcher, distractors, lists, num_candidates=20):
    drawer = ListDrawer(pool, set(NAMES), distractors, lists)
    return Listing(drawer, matcher, Guide(pool.units.edge, set(NAMES)), num_candidates, pool.sounding is not None)


@pytest.fixture
def listed(speech, spoken, pool, matcher):
    def listed(lists=LISTS, num_candidates=60, distractors=(*OTHERS, *NAMES), batch_frames=800, fixed=False):
        listing = listing_of(pool, matcher, distractors, lists, num_candidates)
        return ListedSpeech(speech.store, spoken, listing, batch_frames, most_blank=0.95, seed=1, fixed=fixed)

    return listed


def ways_of(batch, n=0):
    """The ways of the candidates of an utterance, edges taken off."""
    candidates = batch.candidates
    ways = zip(candidates.units[n], candidates.lengths[n].tolist())
    return [tuple(units[1 : length - 1].tolist()) for units, length in ways if length]


def attended(batch, n):
    """Of each frame what it is taught: ``(candidate, unit)``, NO_BIAS or UNGUIDED."""
    J = batch.candidates.units.shape[2]
    return [key if key <= 0 else divmod(key - 1, J) for key in batch.attention[n][batch.mask[n]].tolist()]


def test_a_list_has_the_words_that_were_said(listed, pool):
    source = listed()
    for key in source.plan(0)[:3]:
        batch = source.load(0, key)
        ways = {way for n in range(len(key)) for way in ways_of(batch, n)}
        for name in key:
            for word in set(TEXTS[name].split()).intersection(NAMES):
                alone = pool.pronunciations[word][0]
                assert any(way[: len(alone)] == alone for way in ways), word


def test_a_list_without_the_true_words_has_no_word_that_was_said(listed, pool):
    source = listed(replace(LISTS, left_out=1.0, joined=0.5), num_candidates=500)
    for key in source.plan(0)[:5]:
        batch = source.load(0, key)
        said = {pool.pronunciations[word][0] for name in key for word in TEXTS[name].split()}
        boundary = pool.units.tokens[pool.units.boundary]
        ways = ways_of(batch)
        assert ways
        for way in ways:
            text = " ".join(map(str, way)).split(f" {boundary} ")
            assert not said.intersection(tuple(map(int, word.split())) for word in text)
        assert set(batch.attention[batch.mask].tolist()) == {NO_BIAS}


def test_lists_are_as_long_as_they_should_be(listed):
    lengths = set()
    for epoch in range(2):
        source = listed(replace(LISTS, joined=0.9, fewest=20, most=200), num_candidates=10**6)
        lengths.update(len(ways_of(source.load(epoch, key))) for key in source.plan(epoch))
    assert 10 < min(lengths) < 50 and 100 < max(lengths) <= 200 + len(NAMES) + len(OTHERS)


def test_distractors_that_sound_near_are_found(pool):
    words = [*OTHERS, *NAMES]
    near = NearWords([pool.pronunciations[word][0] for word in words], len(pool.units.tokens))
    sounding_like = lambda word, count: [words[i] for i in near.near([pool.pronunciations[word][0]], count)]
    assert sounding_like("olson", 1) == ["olson"]
    assert "nielsen" in sounding_like("olson", 6) and "cartwright" not in sounding_like("olson", 6)
    assert near.near([], 5) == [] and len(near.near([pool.pronunciations["olson"][0]], 500)) == len(words)


@pytest.mark.parametrize("joined", [0.0, 1.0])
def test_attention_is_taught_the_unit_that_each_frame_writes(listed, spoken, pool, joined):
    source = listed(replace(LISTS, joined=joined))
    num_taught = 0
    for key in source.plan(0)[:3]:
        batch = source.load(0, key)
        for n, name in enumerate(key):
            utterance = spoken[name]
            listed_word = np.zeros(len(utterance.target), bool)  # and the boundaries beside it
            for word in utterance.words:
                if word.word in NAMES:
                    listed_word[max(0, word.start - 1) : word.start + len(word.pronunciation) + 1] = True
            # the first blank of a run is kept, and here every run is one frame
            assert int(batch.mask[n].sum()) == len(utterance.position)
            # a blank goes on with the unit before it
            written = np.maximum.accumulate(utterance.position)
            assert batch.writes[n][batch.mask[n]].tolist() == (utterance.position >= 0).tolist()
            for position, is_blank, taught in zip(written, utterance.position < 0, attended(batch, n)):
                if taught == UNGUIDED:
                    assert is_blank and listed_word[position]
                elif taught == NO_BIAS:
                    assert position < 0 or not listed_word[position]
                else:
                    k, j = taught
                    way = batch.candidates.units[n, k, : batch.candidates.lengths[n, k]].tolist()
                    assert way[j] == utterance.target[position]
                    assert joined or listed_word[position]
                    # the whole way stands around it in the target, but for edges where the utterance begins or ends
                    start = position - (j - 1)
                    assert utterance.target[start : start + len(way) - 2].tolist() == way[1:-1]
                    num_taught += 1
    assert num_taught > 300


def test_boundaries_beside_a_listed_word_are_its_edges(listed, spoken, lang):
    source = listed(replace(LISTS, joined=0.0))
    (key, *_) = source.plan(0)
    batch = source.load(0, key)
    utterance = spoken[key[0]]
    last = utterance.words[-1]
    assert last.word in NAMES and utterance.target[last.start - 1] == lang.tokens[lang.boundary]
    where = {}
    for position, at in zip(utterance.position.tolist(), attended(batch, 0)):
        where.setdefault(position, at)
    k, edge = where[last.start - 1]
    assert edge == 0 and where[last.start] == (k, 1)
    assert batch.candidates.units[0, k, 1 : 1 + len(last.pronunciation)].tolist() == list(last.pronunciation)
    assert where[0] == NO_BIAS


def same(one, two):
    return all(
        torch.equal(a, b)
        for a, b in [
            (getattr(one, f), getattr(two, f)) for f in ("log_probs", "mask", "attention", "targets", "writes")
        ]
        + [
            (getattr(one.candidates, f), getattr(two.candidates, f))
            for f in ("units", "lengths", "score", "aligned", "segment")
        ]
    )


def test_the_same_epoch_and_key_give_the_same_batch(listed):
    one, two = listed(), listed()
    plan = one.plan(3)
    assert plan == two.plan(3) and plan != two.plan(4)
    two.load(3, plan[1])  # whatever came before
    assert same(one.load(3, plan[0]), two.load(3, plan[0]))
    assert not torch.equal(one.load(3, plan[0]).candidates.units, one.load(4, plan[0]).candidates.units)


def test_a_fixed_source_is_the_same_in_every_epoch(listed):
    source = listed(fixed=True)
    assert source.plan(0) == source.plan(5)
    assert same(source.load(0, source.plan(0)[0]), source.load(5, source.plan(0)[0]))


def test_no_words_for_lists_is_an_error(listed):
    with pytest.raises(InputError, match="no word to fill the lists with; name some .* with --distractors"):
        listed(distractors=())


def test_a_word_that_the_phone_head_cannot_say_joins_no_phrase(speech, spoken, pool, matcher, lang):
    """The tokens of a white box may spell what its phones do not say."""
    sounds = {word: ways for word, ways in pool.pronunciations.items() if word in NAMES or word in OTHERS}
    partly = replace(pool, sounding=replace(lang.units), sounds=sounds)

    class Both:
        log_probs = phones = staticmethod(speech.store.log_probs)
        layers = staticmethod(speech.store.layers)
        num_frames = staticmethod(speech.store.num_frames)

    lists = replace(LISTS, joined=1.0)
    source = ListedSpeech(Both, spoken, listing_of(partly, matcher, OTHERS, lists), 800, 1.0)
    assert int(source.load(0, source.plan(0)[0]).candidates.lengths.max()) > 0


def test_items_of_like_length_together():
    chance = np.random.default_rng(0)
    lengths = np.array([5, 90, 7, 30, 28, 200])
    assert [x.tolist() for x in length_batches(lengths, 64, chance, True)] == [[0, 2], [4, 3], [1], [5]]
    drawn = length_batches(lengths, 64, chance, False)
    assert sorted(i for batch in drawn for i in batch) == list(range(6))


def test_noise_keeps_probabilities():
    log_probs = torch.randn(2, 3, 5).log_softmax(-1)
    assert with_noise(log_probs, 0.0) is log_probs
    noisy = with_noise(log_probs, 0.5)
    assert torch.allclose(noisy.exp().sum(-1), torch.ones(2, 3), atol=1e-5) and not torch.equal(noisy, log_probs)


def phone_errors(emissions, lang):
    """Of the best unit of each frame, repetitions and blanks taken out; a share of the phones of the texts."""
    errors = total = 0
    for name, row, length in zip(emissions.names, emissions.log_probs, emissions.lengths.tolist()):
        best = torch.unique_consecutive(row[:length].argmax(-1)).tolist()
        heard = [lang.tokens.symbols[unit] for unit in best if unit]
        said = phones_of(TEXTS[name])
        errors, total = errors + edit_distance(said, heard)["total"], total + len(said)
    return errors / total


def all_of(model):
    return model.emissions(list(TEXTS), [None] * len(TEXTS))


def test_a_calibration_learns_the_habits_of_a_model(tmp_path, model, data, lang):
    recipe = CalibrationRecipe(
        CalibrationConfig(dim=24, num_blocks=2, kernel=5, strength=1.0),
        TrainerConfig(peak_learning_rate=1e-2, warmup_steps=5, max_steps=140, validate_every=140, average=1),
        batch_frames=1500,
        noise=0.0,
    )
    calibration = train_calibration(FrozenModel(model, "toy", lang), data, tmp_path / "calibration", recipe)
    batch = all_of(model)
    after = calibration.calibrated(batch)
    assert phone_errors(after, lang) < 0.6 * phone_errors(batch, lang)
    again = read_calibration(tmp_path / "calibration", model)
    assert again.config == recipe.network
    assert torch.allclose(again.calibrated(batch).log_probs, after.log_probs, atol=0.1)  # weights in half precision


def test_batches_of_a_calibration_are_those_of_their_epoch(speech, spoken):
    one, two = (CalibrationSpeech(speech.store, spoken, 1500, 0.95, seed=2) for _ in range(2))
    assert one.plan(1) == two.plan(1) != one.plan(2)
    batch = one.load(1, one.plan(1)[0])
    assert batch.log_probs.shape[:2] == batch.mask.shape and (batch.targets >= -1).all()
    assert [spoken[name].target.tolist() for name in one.plan(1)[0]] == [
        row[row >= 0].tolist() for row in batch.targets
    ]


def recipe(attention=POSITIONS, num_simulated=60, **steps):
    steps = {"text": 15, "guided": 45, "joint": 40, **steps}
    trainers = {
        phase: TrainerConfig(
            peak_learning_rate=1e-2, warmup_steps=5, max_steps=count, validate_every=count, average=1, seed=3
        )
        for phase, count in steps.items()
    }
    network = AdapterConfig(attention, dim=24, num_blocks=1, kernel=5, num_candidates=12, dropout=0.0)
    return AdapterRecipe(
        network, ListConfig(fewest=8, most=40), LossConfig(), num_simulated=num_simulated, batch_frames=600, **trainers
    )


def curve(folder, name, split="valid"):
    return [float(r["value"]) for r in read_curves(folder) if (r["split"], r["name"]) == (split, name)]


@pytest.fixture(scope="module")
def trained(model, data, lang, tmp_path_factory):
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("trained") / "adapter"
    adapter = train_adapter(FrozenModel(model, "toy", lang), data, out, ListWords(set(COMMON), OTHERS), recipe())
    return adapter, out


def untrained(trained_adapter, lang):
    torch.manual_seed(3)
    network = ContextualAdapter(len(lang.tokens), trained_adapter.network.config)
    return Adapter(network, trained_adapter.matcher, lang)


def right_inside(adapter, source):
    """Share of the frames of listed words in which the right unit is attended to most."""
    loss = adapter_loss(LossConfig(ctc=0.0), POSITIONS)
    with torch.no_grad():
        values = [loss(adapter.network, source.load(0, key))[1] for key in source.plan(0)]
    return float(np.mean([v["right_inside"] for v in values])), float(np.mean([v["right_outside"] for v in values]))


def test_an_adapter_learns_to_point(trained, listed, lang):
    adapter, out = trained
    source = listed(num_candidates=12, fixed=True)
    before, _ = right_inside(untrained(adapter, lang), source)
    inside, outside = right_inside(adapter, source)
    # of about a hundred units of a shortlist
    assert inside > 0.5 and inside > before + 0.25 and outside > 0.8
    assert curve(out.parent / "adapter.exp" / "joint", "right_inside")[-1] > 0.5


def test_it_is_taught_words_that_nobody_spoke(trained):
    """Simulated texts are full of the distractors, and those are in the lists."""
    taught = curve(trained[1].parent / "adapter.exp" / "text", "inside", "train")
    assert min(taught) > 0.0 and np.mean(taught[-5:]) < 0.95 * np.mean(taught[:5])


def test_a_list_mends_what_was_misheard_and_no_list_mends_nothing(trained, model, lang):
    adapter, _ = trained
    batch = all_of(model)
    entities = tuple(Entity(name) for name in [*NAMES, *OTHERS])
    with_list = adapter.adapted(batch, [entities] * len(TEXTS))
    assert phone_errors(with_list, lang) < 0.9 * phone_errors(batch, lang)
    assert adapter.adapted(batch, [()] * len(TEXTS)) is batch
    half = adapter.adapted(batch, [entities, ()] * (len(TEXTS) // 2))
    assert torch.equal(half.log_probs[1::2], batch.log_probs[1::2])
    assert not torch.equal(half.log_probs[::2], batch.log_probs[::2])


def test_attention_to_phrases_is_where_they_are_said(trained, model):
    adapter, _ = trained
    name = next(name for name, text in TEXTS.items() if text.split()[2] == "keller" and text.count("keller") == 1)
    batch = model.emissions([name], [None])
    phrases = tuple(Entity(word.capitalize()) for word in ("keller", "sullivan", "bradley"))
    attention = adapter.attend(batch, [phrases]).of_entities(0, int(batch.lengths[0]))
    assert attention.shape == (int(batch.lengths[0]), 3)
    assert (attention >= 0).all() and (attention.sum(1) <= 1 + 1e-5).all()
    before = len(phones_of(" ".join(TEXTS[name].split()[:2]))) + 1
    inside = torch.zeros(len(attention), dtype=torch.bool)
    inside[FRAMES_A_PHONE * before : FRAMES_A_PHONE * (before + len(phones_of("keller")))] = True
    is_blank = batch.log_probs[0].argmax(-1) == 0
    assert attention[inside & ~is_blank, 0].min() > 0.7
    assert attention[~inside].mean() < 0.1


def test_a_batch_gives_what_each_utterance_gives_alone(trained, model):
    adapter, _ = trained
    names = list(TEXTS)[:4]
    lists = [
        (Entity("Keller"), Entity("Olson")),
        (),
        tuple(map(Entity, NAMES)),
        (Entity("日本"),),  # cannot be said
    ]
    together = adapter.adapted(model.emissions(names, [None] * 4), lists)
    for n, name in enumerate(names):
        single = model.emissions([name], [None])
        alone = adapter.adapted(single, lists[n : n + 1]).log_probs[0]
        assert torch.allclose(together.log_probs[n, : len(alone)], alone, atol=1e-4)
        assert n in (0, 2) or torch.equal(alone, single.log_probs[0])


def test_what_is_read_back_gives_the_same_emissions(trained, model):
    adapter, out = trained
    batch = all_of(model)
    lists = [tuple(Entity(name) for name in NAMES)] * len(TEXTS)
    again = read_adapter(out, model)
    difference = (again.adapted(batch, lists).log_probs - adapter.adapted(batch, lists).log_probs).abs()
    assert again.network.config == adapter.network.config
    assert float(difference.median()) < 1e-3 and float((difference > 0.2).float().mean()) < 1e-3


SHORT = dict(num_simulated=12, text=2, guided=2, joint=2)  # with few utterances


def test_attention_to_whole_entities_can_be_trained(tmp_path, model, few, lang):
    words = ListWords(set(COMMON), [*OTHERS, *NAMES])
    adapter = train_adapter(
        FrozenModel(model, "toy", lang), few, tmp_path / "adapter", words, recipe(ENTITIES, **SHORT)
    )
    batch = model.emissions(list(TEXTS)[:16], [None] * 16)
    attended = adapter.attend(batch, [tuple(map(Entity, NAMES))] * 16)
    assert attended.adapted.attention.shape[3] == 1
    assert attended.of_entities(0, int(batch.lengths[0])).shape[1] == len(NAMES)


@pytest.mark.parametrize("by_phones", [True, False], ids=["matched by phones", "matched by letters"])
def test_a_white_box_stays_as_it_was(tmp_path, heard, few, lang, by_phones):
    white = WhiteToy(heard)
    before = weights_checksum(white.network)
    frozen = FrozenModel(white, "white", letters(), lang if by_phones else None)
    words = ListWords(set(COMMON), [*OTHERS, *NAMES])
    adapter = train_adapter(frozen, few, tmp_path / "adapter", words, recipe(**SHORT))
    assert before and weights_checksum(white.network) == before
    assert all(weight.grad is None for weight in white.network.parameters())
    assert (tmp_path / "adapter.exp" / "guided").is_dir() and not (tmp_path / "adapter.exp" / "text").exists()
    batch = white.emissions(list(TEXTS)[:2], [None] * 2)
    lists = [tuple(map(Entity, NAMES)), ()]
    after = adapter.adapted(batch, lists).log_probs
    assert torch.equal(after[1], batch.log_probs[1]) and after.isfinite().all()
    again = read_adapter(tmp_path / "adapter", white).adapted(batch, lists).log_probs
    assert torch.allclose(again, after, atol=1e-2)


def test_a_frozen_model_that_changes_is_noticed(tmp_path, heard, few):
    class Restless(WhiteToy):
        def head(self, hidden):
            with torch.no_grad():
                self.network.bias += 1e-3
            return super().head(hidden)

    with pytest.raises(AssertionError, match="the frozen model was changed"):
        frozen = FrozenModel(Restless(heard), "white", letters())
        train_adapter(frozen, few, tmp_path / "out", ListWords(set(COMMON), [*OTHERS, *NAMES]), recipe(**SHORT))
    assert not (tmp_path / "out").exists()


def test_our_conformer_lets_no_gradient_in(tmp_path, lang):
    config = ConformerConfig(
        num_layers=2, dim=16, num_heads=2, feed_forward=16, kernel=3, channels=4, subword_layers=(1,), phone_layer=1
    )
    write_description(tmp_path, config, ConformerVocabulary(letters().units, lang.units))
    network = Conformer(config, len(letters().tokens), len(lang.tokens))
    torch.save(network.state_dict(), tmp_path / "model.pt")
    model = ConformerModel(tmp_path)
    hidden = torch.randn(1, 3, 16, requires_grad=True)
    model.head(hidden)[..., 0].sum().backward()
    assert hidden.grad.abs().max() > 0
    assert all(weight.grad is None for weight in model.network.parameters())


def test_a_lang_of_other_tokens_is_told(model):
    with pytest.raises(InputError, match="the lang folder is of other tokens than the model's"):
        FrozenModel(model, "toy", letters())


def test_phones_of_a_model_without_a_phone_head_are_told(tmp_path, model, few, lang):
    with pytest.raises(InputError, match="the model has no phone head; leave --phones out"):
        frozen = FrozenModel(model, "toy", lang, sounding=lang)
        train_adapter(frozen, few, tmp_path / "out", ListWords(set(COMMON), OTHERS), recipe(**SHORT))


def test_texts_that_nobody_can_say_are_told(tmp_path, data, heard, lang):
    (tmp_path / "data").mkdir()
    for name in ("wav.scp", "text"):
        (tmp_path / "data" / name).write_text((data / name).read_text().replace(" wav/", f" {data}/wav/"))
    (tmp_path / "data" / "text").write_text("".join(f"{name} 日本\n" for name in TEXTS))
    with pytest.raises(InputError, match="none could be aligned with its text"):
        train_calibration(FrozenModel(ToyModel(heard), "toy", lang), tmp_path / "data", tmp_path / "out")


def test_one_utterance_is_too_few(tmp_path, data, heard, lang):
    (tmp_path / "data").mkdir()
    for name in ("wav.scp", "text"):
        first = (data / name).read_text().splitlines()[0].replace(" wav/", f" {data}/wav/")
        (tmp_path / "data" / name).write_text(first + "\n")
    with pytest.raises(InputError, match="has one utterance that can be trained on; two at least"):
        train_calibration(FrozenModel(ToyModel(heard), "toy", lang), tmp_path / "data", tmp_path / "out")


def test_a_run_that_goes_on_must_be_the_same(trained, model, heard, data, lang):
    _, out = trained
    frozen, words = FrozenModel(model, "toy", lang), ListWords(set(COMMON), OTHERS)
    other = replace(recipe(), lists=replace(recipe().lists, near=0.5))
    with pytest.raises(InputError, match=r"is of another training \(lists.near was 0.3 and is 0.5\)"):
        train_adapter(frozen, data, out, words, other)
    with pytest.raises(InputError, match=r"is of another training \(its words are others\)"):
        train_adapter(frozen, data, out, ListWords(set(COMMON), OTHERS[1:]), recipe())
    replaced = ToyModel({name: frames[:, ::-1].copy() for name, frames in heard.items()})
    with pytest.raises(InputError, match="emissions: holds the emissions of another model"):
        train_adapter(FrozenModel(replaced, "toy", lang), data, out, words, recipe())
    stronger = replace(recipe(), network=replace(recipe().network, strength=2.0))
    assert train_adapter(frozen, data, out, words, stronger).network.config.strength == 2.0


def test_what_is_to_stay_unheard_is_not_trained_on(tmp_path, model, data, lang, capsys):
    said = {name for name in NAMES if name in TEXTS["utt_000"].split()}
    frozen = FrozenModel(model, "toy", lang)
    speech = training_speech(frozen, data, None, tmp_path / "exp", OTHERS, frozenset(said))
    spoken = {**speech.train_spoken, **speech.valid_spoken}
    assert spoken and not said.intersection(word.word for u in spoken.values() for word in u.words)
    assert len(spoken) == sum(not said.intersection(text.split()) for text in TEXTS.values())
    assert "left out" not in capsys.readouterr().err


def test_no_simulated_texts_no_first_phase(tmp_path, model, few, lang):
    short = replace(recipe(**SHORT), num_simulated=0)
    train_adapter(FrozenModel(model, "toy", lang), few, tmp_path / "out", ListWords(set(COMMON), OTHERS), short)
    assert sorted(path.name for path in (tmp_path / "out.exp").iterdir() if path.is_dir()) == (
        ["emissions", "guided", "joint"]
    )
    with pytest.raises(InputError, match="-1 texts, 4000 frames; 0, 1 or more were expected"):
        AdapterRecipe(num_simulated=-1)


def test_a_folder_that_is_not_ours_is_told_before_the_work(tmp_path, model, data, lang):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("")
    with pytest.raises(InputError, match="out: exists and is no adapter folder of ours"):
        train_adapter(FrozenModel(model, "toy", lang), data, tmp_path / "out", ListWords(set(COMMON), OTHERS))
    with pytest.raises(InputError, match="out: exists and is no calibration folder of ours"):
        train_calibration(FrozenModel(model, "toy", lang), data, tmp_path / "out")
    assert not (tmp_path / "out.exp").exists()


def test_phones_of_another_head_are_told(tmp_path, heard, few, lang):
    white = WhiteToy(heard)
    with pytest.raises(InputError, match="the --phones lang is of other phones than the model's phone head"):
        frozen = FrozenModel(white, "white", letters(), letters())
        train_adapter(frozen, few, tmp_path / "out", ListWords(set(COMMON), OTHERS), recipe(**SHORT))


def test_an_adapter_is_trained_on_calibrated_emissions(tmp_path, model, few, lang):
    calibration = Calibration(len(lang.tokens), CalibrationConfig(dim=4, num_blocks=1, kernel=1, strength=1.0)).eval()
    torch.nn.init.normal_(calibration.change.bias)
    frozen = FrozenModel(model, "toy", lang, calibration=calibration)
    plain = read_corpus(few, model, tmp_path / "plain")
    mended = read_corpus(few, frozen, tmp_path / "mended")
    name = plain.store.names[0]
    raw = model.emissions([name], [None])
    assert torch.allclose(mended.store.log_probs(name), calibration.calibrated(raw).log_probs[0], atol=1e-2)
    assert not torch.allclose(mended.store.log_probs(name), plain.store.log_probs(name), atol=0.1)


@pytest.mark.parametrize("wrong", [dict(fewest=0), dict(fewest=5, most=4), dict(near=1.5)])
def test_lists_that_cannot_be_drawn_are_told(wrong):
    with pytest.raises(InputError, match="were expected"):
        ListConfig(**wrong)


def test_a_word_that_is_said_in_two_ways_is_taught_in_both(pool, matcher, lang):
    """A list is of a batch, and two of its utterances may say a word differently."""
    word = "keller"
    ways = [pool.pronunciations[word][0], pool.pronunciations["olson"][0], pool.pronunciations["cartwright"][0], pool.pronunciations["bradley"][0]]
    utterances = [Utterance(np.array(way), (Spoken(word, 0, way),), np.arange(len(way))) for way in [*ways, ways[0]]]
    drawer = ListDrawer(pool, {word}, OTHERS, replace(LISTS, joined=0.0))
    catalogue = drawer.drawn(utterances, np.random.default_rng(0))
    edge = pool.units.edge
    of_word = [
        tuple(units[: int(length)].tolist())
        for units, length, entity in zip(catalogue.units, catalogue.lengths, catalogue.entity.tolist())
        if catalogue.entities[entity] == (word,)
    ]
    assert of_word == [(*edge, *way, *edge) for way in ways]
