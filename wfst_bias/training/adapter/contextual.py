"""Training of an adapter: on text alone, then guided on speech, then with the CTC loss."""

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, FrozenSet, List, Optional, Sequence, Set, Tuple

import numpy as np
import torch

from wfst_bias.adapter.adapter import Adapter
from wfst_bias.adapter.network import AdapterConfig, ContextualAdapter
from wfst_bias.adapter.store import ADAPTER, weights_checksum, write_adapter
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import check_folder
from wfst_bias.core.text import words_of
from wfst_bias.training.adapter.emission_store import EmissionStore
from wfst_bias.training.adapter.frozen import FrozenModel, TrainingSpeech, training_speech
from wfst_bias.training.adapter.guidance import Guide
from wfst_bias.training.adapter.listed_speech import ListedSpeech, Listing
from wfst_bias.training.adapter.lists import ListConfig, ListDrawer
from wfst_bias.training.adapter.loss import LossConfig, adapter_loss
from wfst_bias.training.adapter.simulation import UnitBank, simulate
from wfst_bias.training.adapter.speech import Utterance
from wfst_bias.training.recipe import describe_run
from wfst_bias.training.trainer import Trainer
from wfst_bias.training.trainer_config import TrainerConfig


@dataclass(frozen=True)
class AdapterRecipe:
    """How an adapter is trained: on text alone, then guided on speech, then with the CTC loss.

    Args:
      network: the adapter.
      lists: that it is trained with.
      loss: of the last phase.
      text, guided, joint: the trainer of each phase; ``text`` is for models that show log-probabilities only.
      num_simulated: texts that are simulated; 0 leaves the first phase out.
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

    def __post_init__(self):
        if self.num_simulated < 0 or self.batch_frames < 1:
            raise InputError(f"{self.num_simulated} texts, {self.batch_frames} frames; 0, 1 or more were expected")


@dataclass(frozen=True)
class ListWords:
    """What lists are made of.

    Args:
      common: words that are never in a list.
      distractors: words to fill lists with.
      valid_distractors: for validation; those of training where not given.
      unheard: words of a later test: in no list, and no utterance that has one is trained on.
    """

    common: Set[str]
    distractors: Sequence[str]
    valid_distractors: Sequence[str] = ()
    unheard: FrozenSet[str] = frozenset()

    @property
    def checksum(self) -> str:
        parts = (sorted(self.common), list(self.distractors), list(self.valid_distractors), sorted(self.unheard))
        return hashlib.sha256(repr(parts).encode()).hexdigest()


def train_adapter(
    frozen: FrozenModel,
    data: Path,
    out: Path,
    words: ListWords,
    recipe: AdapterRecipe = AdapterRecipe(),
    valid: Optional[Path] = None,
    device: str = "cpu",
) -> Adapter:
    """Train an adapter of a frozen model into the folder ``out``, by way of ``out.exp``.

    Args:
      data, valid: as for :func:`wfst_bias.training.adapter.calibration.train_calibration`.
      words: what lists are made of.

    Raises:
      AssertionError: the model was changed.
    """
    model, before = frozen.model, frozen.checksum
    white_box = getattr(model, "num_layers", 0)
    config = dataclasses.replace(recipe.network, num_layers=white_box, layer_dim=getattr(model, "layer_dim", 0))
    recipe = dataclasses.replace(recipe, network=config)
    exp = Path(f"{out}.exp")
    check_folder(out, ADAPTER)
    describe_run(exp, {**dataclasses.asdict(recipe), **frozen.described(), "words": words.checksum})
    more_words = {*words.distractors, *words.valid_distractors}
    speech = training_speech(frozen, data, valid, exp, more_words, words.unheard)
    listing, valid_listing = _listings(speech, words, recipe)
    train = _source(speech.train.store, speech.train_spoken, listing, recipe)
    valid_source = _source(speech.valid.store, speech.valid_spoken, valid_listing, recipe, fixed=True)
    torch.manual_seed(recipe.joint.seed)
    network = ContextualAdapter(len(frozen.tokens), config)
    head = getattr(model, "head", None)
    joint = adapter_loss(recipe.loss, config.attention, head)
    attention = adapter_loss(recipe.loss.of_attention, config.attention, head)
    phases = [("guided", attention, train), ("joint", joint, train)]
    if not white_box and recipe.num_simulated:
        phases.insert(0, ("text", attention, _source(*_simulated(speech, words, recipe), listing, recipe)))
    for phase, loss, source in phases:
        Trainer(network, loss, source, valid_source, getattr(recipe, phase), exp / phase, device).run()
    assert frozen.checksum == before, "the frozen model was changed"
    adapter = Adapter(
        network.cpu(), speech.matcher, frozen.lang, frozen.sounding, head, weights_checksum(frozen.calibration)
    )
    notes = {
        "model": frozen.name,
        "model_weights": before,
        "trained_on": speech.train.name,
        "num_utterances": len(speech.train_spoken),
        "num_distractors": len(words.distractors),
    }
    write_adapter(out, adapter, notes)
    return adapter


def _listings(speech: TrainingSpeech, words: ListWords, recipe: AdapterRecipe) -> Tuple[Listing, Listing]:
    """Lists to train and to validate with."""
    pool = speech.pool
    said = {s.word for of in (speech.train_spoken, speech.valid_spoken) for u in of.values() for s in u.words}
    distractors = _usable(speech, words.distractors)
    # simulated speech is full of distractors
    listed = {word for word in said if word in pool.heard_ways}.union(distractors) - words.common - words.unheard
    drawer = ListDrawer(pool, listed, distractors, recipe.lists)
    guide = Guide(pool.units.edge, listed)
    listing = Listing(drawer, speech.matcher, guide, recipe.network.num_candidates, pool.sounding is not None)
    if not words.valid_distractors:
        return listing, listing
    drawer = ListDrawer(pool, listed, _usable(speech, words.valid_distractors), recipe.lists)
    return listing, dataclasses.replace(listing, drawer=drawer)


def _source(
    store: EmissionStore,
    spoken: Dict[str, Utterance],
    listing: Listing,
    recipe: AdapterRecipe,
    fixed: bool = False,
) -> ListedSpeech:
    limit = recipe.network.blank_limit
    return ListedSpeech(store, spoken, listing, recipe.batch_frames, limit, recipe.joint.seed, fixed)


def _simulated(
    speech: TrainingSpeech, words: ListWords, recipe: AdapterRecipe
) -> Tuple[EmissionStore, Dict[str, Utterance]]:
    """Texts of words that nobody spoke, simulated."""
    bank = UnitBank.of(speech.train.store, speech.train_spoken)
    rare = _usable(speech, words.distractors)
    seed = recipe.text.seed
    texts = _texts_of(speech.train.texts, rare, words.common, recipe.num_simulated, seed)
    pool = speech.pool
    return simulate(texts, pool.ways, pool.units, bank, speech.train.store.frame_shift, seed)


def _usable(speech: TrainingSpeech, words: Sequence[str]) -> List[str]:
    """Those words that can be said, in all streams."""
    return [word for word in words if word in speech.pool.ways and word in speech.pool.heard_ways]


def _texts_of(texts: Dict[str, str], rare: Sequence[str], common: Set[str], count: int, seed: int) -> List[str]:
    """Texts in which every word that is not common is another one."""
    chance = np.random.default_rng(seed)
    sentences = sorted(filter(None, texts.values()))
    drawn = []
    for _ in range(count):
        words = words_of(sentences[chance.integers(len(sentences))])
        drawn.append(" ".join(w if w in common else rare[chance.integers(len(rare))] for w in words))
    return drawn
