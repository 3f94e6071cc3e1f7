"""Training behind a frozen model: ``calibrate train`` and ``adapter train``."""

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterable, List, Optional, Sequence, Set

import numpy as np
import torch
from lhotse import CutSet
from torch import nn

from wfst_bias.acoustic.emissions import AcousticModel
from wfst_bias.acoustic.models import HAMA
from wfst_bias.adapter.adapter import Adapter, lang_speller
from wfst_bias.adapter.calibration import Calibration, CalibrationConfig
from wfst_bias.adapter.calibration_training import CalibrationSpeech, calibration_loss
from wfst_bias.adapter.matching import Matcher
from wfst_bias.adapter.network import AdapterConfig, ContextualAdapter
from wfst_bias.adapter.simulation import UnitBank, simulate
from wfst_bias.adapter.speech import EmissionStore, Way, align_texts, confusions, store_emissions
from wfst_bias.adapter.store import write_adapter, write_calibration
from wfst_bias.adapter.training import ListConfig, ListedSpeech, LossConfig, Pool, adapter_loss
from wfst_bias.corpus.data import read_data
from wfst_bias.entities.entity import Entity
from wfst_bias.errors import InputError
from wfst_bias.lang.lang import Lang, hama_lang, read_lang
from wfst_bias.text import words_of
from wfst_bias.training.trainer import Trainer, TrainerConfig

_VALID_SHARE = 20  # one utterance in so many is validated on where no validation data are given


@dataclass(frozen=True)
class Speech:
    """A corpus as a frozen model hears it.

    Args:
      name: of the data.
      store: emissions.
      texts: of the utterances.
    """

    name: str
    store: EmissionStore
    texts: Dict[str, str]


def hear(data: Path, model: AcousticModel, folder: Path, model_name: str) -> Speech:
    """What a model says of a corpus, kept in a folder."""
    cuts = read_data(data)
    texts = {cut.id: " ".join(s.text for s in cut.supervisions if s.text) for cut in cuts}
    if not any(texts.values()):
        raise InputError("has no text; training needs what was said", data)
    return Speech(Path(data).name, store_emissions(cuts, model, folder, _key(cuts, model_name)), texts)


def _key(cuts: CutSet, model_name: str) -> str:
    sources = [(cut.id, cut.recording.sources[0].source, cut.start, cut.duration) for cut in cuts]
    return hashlib.sha256(repr((model_name, sources)).encode()).hexdigest()


def said_in(lang: Lang, words: Sequence[str]) -> Dict[str, List[Way]]:
    """The ways to say each word in the tokens of a lang, the likeliest first; words that cannot be said are left out."""
    outcomes = lang_speller(lang).outcomes([Entity(word) for word in words])
    ids = lang.tokens.ids
    return {
        o.entity.written: [tuple(ids[unit] for unit in way) for way in o.pronunciations]
        for o in outcomes
        if o.pronunciations
    }


def weights_checksum(model: AcousticModel) -> str:
    """Of the weights of a model that shows them; of others nothing can change."""
    network = getattr(model, "network", None)
    if not isinstance(network, nn.Module):
        return ""
    digest = hashlib.sha256()
    for name, weight in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(weight.detach().cpu().numpy().tobytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class CalibrationRecipe:
    """How a calibration is trained.

    Args:
      network: its size.
      training: of the trainer.
      batch_frames: of a batch, padding included.
      noise: on the emissions, nats.
    """

    network: CalibrationConfig = CalibrationConfig()
    training: TrainerConfig = TrainerConfig(
        peak_learning_rate=2e-3, warmup_steps=30, max_steps=600, validate_every=100, bf16=True
    )
    batch_frames: int = 8000
    noise: float = 0.3


def train_calibration(
    model: AcousticModel,
    model_name: str,
    data: Path,
    lang: Lang,
    out: Path,
    recipe: CalibrationRecipe = CalibrationRecipe(),
    valid: Optional[Path] = None,
    device: str = "cpu",
) -> Calibration:
    """Train a calibration of a model into the folder ``out``, by way of ``out.exp``.

    Args:
      model: whose emissions are calibrated.
      model_name: by which its emissions are kept.
      data: speech with text; synthetic speech will do.
      lang: how the words are said; of the ways of a word the one that matches best is taught.
      valid: to validate on, else every twentieth utterance of ``data``.
    """
    _check_lang(lang, model)
    exp = Path(f"{out}.exp")
    (train, train_spoken), (held, held_spoken) = _aligned(model, model_name, data, valid, lang, None, exp)[:2]
    torch.manual_seed(recipe.training.seed)
    calibration = Calibration(len(lang.tokens), recipe.network)
    source = lambda speech, spoken, fixed: CalibrationSpeech(
        speech.store, spoken, recipe.batch_frames, recipe.network.most_blank, recipe.training.seed, fixed
    )
    Trainer(
        calibration,
        calibration_loss(recipe.noise),
        source(train, train_spoken, False),
        source(held, held_spoken, True),
        recipe.training,
        exp / "ctc",
        device,
    ).run()
    notes = {"model": model_name, "trained_on": train.name, "num_utterances": len(train_spoken)}
    write_calibration(out, calibration.cpu().eval(), lang.tokens.checksum, notes)
    return calibration


@dataclass(frozen=True)
class AdapterRecipe:
    """How an adapter is trained: on text alone, then guided on speech, then with the CTC loss.

    Args:
      network: the adapter.
      lists: that it is trained with.
      loss: of the last phase.
      text, guided, joint: the trainer of each phase; ``text`` is for models that show log-probabilities only.
      num_simulated: texts that are simulated.
      batch_frames: of a batch, padding included.
    """

    network: AdapterConfig = AdapterConfig()
    lists: ListConfig = ListConfig()
    loss: LossConfig = LossConfig()
    text: TrainerConfig = TrainerConfig(warmup_steps=50, max_steps=300, validate_every=150, average=1, bf16=True)
    guided: TrainerConfig = TrainerConfig(warmup_steps=50, max_steps=300, validate_every=150, average=1, bf16=True)
    joint: TrainerConfig = TrainerConfig(warmup_steps=50, max_steps=1000, validate_every=200, bf16=True)
    num_simulated: int = 4000
    batch_frames: int = 4000


def train_adapter(
    model: AcousticModel,
    model_name: str,
    data: Path,
    lang: Lang,
    out: Path,
    common: Set[str],
    distractors: Sequence[str],
    recipe: AdapterRecipe = AdapterRecipe(),
    sounding: Optional[Lang] = None,
    valid: Optional[Path] = None,
    valid_distractors: Sequence[str] = (),
    device: str = "cpu",
) -> Adapter:
    """Train an adapter of a frozen model into the folder ``out``, by way of ``out.exp``.

    Args:
      model, model_name, data, valid: as for :func:`train_calibration`.
      lang: of the model's tokens.
      common: words that are never in a list.
      distractors: words to fill lists with.
      sounding: of the model's phone head, where it has one.
      valid_distractors: for validation; those of training where not given.

    Raises:
      AssertionError: the model was changed.
    """
    _check_lang(lang, model)
    before = weights_checksum(model)
    exp = Path(f"{out}.exp")
    (train, train_spoken), (held, held_spoken), pool, matcher = _aligned(
        model, model_name, data, valid, lang, sounding, exp, {*distractors, *valid_distractors}
    )
    usable = lambda words: [word for word in words if word in pool.ways and word in pool.heard_ways]
    entity_words = {
        spoken.word
        for utterances in (train_spoken, held_spoken)
        for utterance in utterances.values()
        for spoken in utterance.words
        if spoken.word not in common and spoken.word in pool.heard_ways
    }
    entity_words |= set(usable(distractors)) - common  # simulated speech is full of them
    white_box = getattr(model, "num_layers", 0)
    config = dataclasses.replace(recipe.network, num_layers=white_box, layer_dim=getattr(model, "layer_dim", 0))
    most_blank = 1.0 if white_box else config.most_blank

    def source(store, spoken, words: Sequence[str], fixed: bool) -> ListedSpeech:
        return ListedSpeech(
            store,
            spoken,
            entity_words,
            usable(words),
            pool,
            matcher,
            config.num_candidates,
            recipe.lists,
            recipe.batch_frames,
            most_blank,
            recipe.joint.seed,
            fixed,
        )

    listed = source(train.store, train_spoken, distractors, False)
    held_out = source(held.store, held_spoken, valid_distractors or distractors, True)
    torch.manual_seed(recipe.joint.seed)
    network = ContextualAdapter(len(lang.tokens), config)
    head = getattr(model, "head", None)
    attention_only = adapter_loss(dataclasses.replace(recipe.loss, ctc=0.0), config.attention, head)
    if not white_box:
        bank = UnitBank.of(train.store, train_spoken)
        texts = _texts_of(train.texts, usable(distractors), common, recipe.num_simulated, recipe.text.seed)
        simulated = simulate(texts, pool.ways, lang.units, bank, train.store.frame_shift, recipe.text.seed)
        from_text = source(*simulated, distractors, False)
        Trainer(network, attention_only, from_text, held_out, recipe.text, exp / "text", device).run()
    Trainer(network, attention_only, listed, held_out, recipe.guided, exp / "guided", device).run()
    joint = adapter_loss(recipe.loss, config.attention, head)
    Trainer(network, joint, listed, held_out, recipe.joint, exp / "joint", device).run()
    assert weights_checksum(model) == before, "the frozen model was changed"
    adapter = Adapter(network.cpu(), matcher, lang, sounding, head)
    notes = {
        "model": model_name,
        "model_weights": before,
        "trained_on": train.name,
        "num_utterances": len(train_spoken),
        "num_distractors": len(distractors),
    }
    write_adapter(out, adapter, notes)
    return adapter


def _texts_of(texts: Dict[str, str], rare: Sequence[str], common: Set[str], count: int, seed: int) -> List[str]:
    """Texts in which every word that is not common is another one."""
    chance = np.random.default_rng(seed)
    sentences = sorted(filter(None, texts.values()))
    drawn = []
    for _ in range(count):
        words = words_of(sentences[chance.integers(len(sentences))])
        drawn.append(" ".join(w if w in common else rare[chance.integers(len(rare))] for w in words))
    return drawn


def lang_of_model(model_name: str, lang_dir: Optional[Path]) -> Lang:
    """The lang that is named, or that of hama."""
    if lang_dir is not None:
        return read_lang(lang_dir)
    if model_name != HAMA:
        raise InputError(f"name the lang folder of the model {model_name!r} with --lang; see 'wfst-bias lang'")
    return hama_lang()


def _check_lang(lang: Lang, model: AcousticModel) -> None:
    if lang.tokens.checksum != model.tokens.checksum:
        raise InputError("the lang folder is of other tokens than the model's; make one with 'wfst-bias lang'")


def _aligned(
    model: AcousticModel,
    model_name: str,
    data: Path,
    valid: Optional[Path],
    lang: Lang,
    sounding: Optional[Lang],
    exp: Path,
    more_words: Iterable[str] = (),
):
    """Speech to train and to validate on, aligned; all words that were said or are named, and a matcher."""
    train = hear(data, model, exp / "emissions", model_name)
    if sounding is not None and train.store.phones(train.store.names[0]) is None:
        raise InputError("the model has no phone head; leave --phones out")
    held = train if valid is None else hear(valid, model, exp / "emissions_valid", model_name)
    words = {word for speech in (train, held) for text in speech.texts.values() for word in words_of(text)}
    words = sorted(words.union(more_words))
    ways = said_in(lang, words)
    pool = Pool(lang.units, ways)
    if sounding is not None:
        pool = dataclasses.replace(pool, sounding=sounding.units, sounds=said_in(sounding, words))
    units = lang.units
    plain = Matcher.of(units)
    first = align_texts(train.store, train.texts, ways, units, plain)
    plain.learn(*confusions(train.store.log_probs, first))
    spoken = align_texts(train.store, train.texts, ways, units, plain)
    matcher = plain
    if sounding is not None:
        matcher = Matcher.of(sounding.units)
        heard = align_texts(train.store, train.texts, pool.sounds, sounding.units, matcher, phones=True)
        matcher.learn(*confusions(train.store.phones, heard))
    if held is train:
        names = sorted(spoken)
        held_names = set(names[::_VALID_SHARE])
        held_spoken = {name: spoken[name] for name in held_names}
        spoken = {name: utterance for name, utterance in spoken.items() if name not in held_names}
    else:
        held_spoken = align_texts(held.store, held.texts, ways, units, plain)
    return (train, spoken), (held, held_spoken), pool, matcher
