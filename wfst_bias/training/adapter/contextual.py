"""Training of an adapter: on text alone, then guided on speech, then with the CTC loss."""

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, FrozenSet, List, Optional, Sequence, Set, Tuple

import numpy as np
import torch

from wfst_bias.adapter.adapter import Adapter
from wfst_bias.adapter.network import AdapterConfig, ContextualAdapter, Head
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

    def __post_init__(self) -> None:
        if self.num_simulated < 0 or self.batch_frames < 1:
            raise InputError(f"{self.num_simulated} texts, {self.batch_frames} frames; 0, 1 or more were expected")


@dataclass(frozen=True)
class ListWords:
    """Words that lists are made of.

    Args:
      common: words that are never in a list.
      distractors: words to fill lists with.
      valid_distractors: for validation; those of training where not given.
      held_out: words of a later test: in no list, and no utterance that has one is trained on.
    """

    common: Set[str]
    distractors: Sequence[str]
    valid_distractors: Sequence[str] = ()
    held_out: FrozenSet[str] = frozenset()

    @property
    def checksum(self) -> str:
        parts = (sorted(self.common), list(self.distractors), list(self.valid_distractors), sorted(self.held_out))
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
    """Train an adapter of a frozen model into the folder ``out``; the experiment is in ``out.exp``.

    Args:
      data, valid: as for :func:`wfst_bias.training.adapter.calibration.train_calibration`.
      words: of the lists.

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
    speech = training_speech(frozen, data, valid, exp, more_words, words.held_out)
    listing, valid_listing = _listings(speech, words, recipe)
    torch.manual_seed(recipe.joint.seed)
    network = ContextualAdapter(len(frozen.tokens), config)
    _train_phases(network, speech, words, recipe, getattr(model, "head", None), exp, device)
    assert frozen.checksum == before, "the frozen model was changed"
    adapter = Adapter(
        network.cpu(),
        speech.matcher,
        frozen.lang,
        frozen.sounding,
        getattr(model, "head", None),
        weights_checksum(frozen.calibration),
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


def _train_phases(
    network: ContextualAdapter,
    speech: TrainingSpeech,
    words: ListWords,
    recipe: AdapterRecipe,
    head: Optional[Head],
    exp: Path,
    device: str,
) -> None:
    """Train on text alone, guided on speech, and with the CTC loss, each phase in a folder of its own."""
    listing, valid_listing = _listings(speech, words, recipe)
    train = _source(speech.train.store, speech.train_spoken, listing, recipe)
    valid = _source(speech.valid.store, speech.valid_spoken, valid_listing, recipe, fixed=True)
    joint = adapter_loss(recipe.loss, recipe.network.attention, head)
    attention = adapter_loss(recipe.loss.of_attention, recipe.network.attention, head)
    phases = [("guided", attention, train), ("joint", joint, train)]
    if not recipe.network.white_box and recipe.num_simulated:
        phases.insert(0, ("text", attention, _source(*_simulated(speech, words, recipe), listing, recipe)))
    for phase, loss, source in phases:
        Trainer(network, loss, source, valid, getattr(recipe, phase), exp / phase, device).run()


def _listings(speech: TrainingSpeech, words: ListWords, recipe: AdapterRecipe) -> Tuple[Listing, Listing]:
    """Return lists to train and to validate with."""
    pool = speech.pool
    utterances = [*speech.train_spoken.values(), *speech.valid_spoken.values()]
    true_words = {spoken.word for utterance in utterances for spoken in utterance.words}
    distractors = _usable(speech, words.distractors)
    # simulated speech is full of distractors
    known = {word for word in true_words if word in pool.matched_pronunciations}
    listed = known.union(distractors) - words.common - words.held_out
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
    """Simulate texts of words without recordings."""
    bank = UnitBank.of(speech.train.store, speech.train_spoken)
    rare = _usable(speech, words.distractors)
    seed = recipe.text.seed
    texts = _texts_of(speech.train.texts, rare, words.common, recipe.num_simulated, seed)
    pool = speech.pool
    return simulate(texts, pool.pronunciations, pool.units, bank, speech.train.store.frame_shift, seed)


def _usable(speech: TrainingSpeech, words: Sequence[str]) -> List[str]:
    """Return the words that have pronunciations in tokens and phones."""
    return [word for word in words if word in speech.pool.pronunciations and word in speech.pool.matched_pronunciations]


def _texts_of(texts: Dict[str, str], rare: Sequence[str], common: Set[str], count: int, seed: int) -> List[str]:
    """Return texts in which every word that is not common is another one."""
    rng = np.random.default_rng(seed)
    sentences = sorted(filter(None, texts.values()))
    drawn = []
    for _ in range(count):
        words = words_of(sentences[rng.integers(len(sentences))])
        drawn.append(" ".join(w if w in common else rare[rng.integers(len(rare))] for w in words))
    return drawn
