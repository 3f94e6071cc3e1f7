"""Speech to train a CTC model on: features in one file, targets of two kinds, batches of utterances of like length."""

import hashlib
import json
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import AbstractSet, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

import numpy as np
import torch
from lhotse import CutSet
from lhotse.cut import Cut
from tqdm import tqdm

from wfst_bias.acoustic.conformer_config import HAMA, ConformerConfig
from wfst_bias.acoustic.features import SAMPLING_RATE, log_mel
from wfst_bias.acoustic.hama import HamaModel
from wfst_bias.core.errors import InputError
from wfst_bias.core.text import words_of
from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.data.audio import audio_name, load_audio
from wfst_bias.data.cuts import read_data, text_of
from wfst_bias.lang.lang import Lang
from wfst_bias.recognize.emissions import EmissionPipeline
from wfst_bias.training.array_store import ArrayStore, stored_meta, write_arrays
from wfst_bias.training.batching import equal_batches, length_batches
from wfst_bias.training.conformer.augment import AugmentConfig, augmented, with_other_pace
from wfst_bias.training.conformer.targets import Transcriber, frames_needed
from wfst_bias.training.source import TensorBatch

FEATURES = "features"
_BABBLE = 3  # voices at most
_FRAMES_STEP = 16  # batches are padded to a multiple: oneDNN keeps code for every shape that it has met, for ever
_PHONE_FRAMES_STEP = 64  # the same, of hama's phones: in bfloat16 the code for a new shape takes longer than a batch


@dataclass(frozen=True)
class CtcBatch(TensorBatch):
    """Features and targets of some utterances.

    Args:
      features: log-mel energies or log-probabilities of hama's phones, padded with 0, float32 ``(N, S, M)``.
      lengths: feature frames of each ``(N,)``.
      subwords: targets, padded with -1, int64 ``(N, U)``.
      phones: targets, padded with -1, int64 ``(N, V)``; None where the phones are the input.
    """

    features: torch.Tensor
    lengths: torch.Tensor
    subwords: torch.Tensor
    phones: Optional[torch.Tensor]


def padded_batch(
    features: Sequence[FloatArray],
    subwords: Sequence[IntArray],
    phones: Optional[Sequence[IntArray]],
    step: int = _PHONE_FRAMES_STEP,
) -> CtcBatch:
    """Return a batch of utterances: features ``(S, M)`` of each, and targets ``(U,)`` and ``(V,)``."""
    pad = torch.nn.utils.rnn.pad_sequence
    padded = pad([torch.from_numpy(x) for x in features], batch_first=True)

    def targets(some: Sequence[IntArray]) -> torch.Tensor:
        return pad([torch.from_numpy(tokens) for tokens in some], batch_first=True, padding_value=-1)

    return CtcBatch(
        features=torch.nn.functional.pad(padded, (0, 0, 0, -padded.shape[1] % step)),
        lengths=torch.tensor([len(x) for x in features]),
        subwords=targets(subwords),
        phones=None if phones is None else targets(phones),
    )


@dataclass(frozen=True)
class Targets:
    """Token ids of an utterance, ``(U,)`` and ``(V,)``."""

    subwords: IntArray
    phones: IntArray


def prepare_features(cuts: CutSet, folder: Path, model: ConformerConfig) -> ArrayStore:
    """Return what the network reads of cuts, computed unless the folder holds it: the part :data:`FEATURES` of a store.

    A CPU run reads each utterance a dozen times. Half precision is off by a hundredth of a neper at the loudest.

    Args:
      model: of log-mel energies, or of hama's phones.
    """
    kind = model.input if model.input == HAMA else model.num_mels
    key = hashlib.sha256(
        json.dumps([kind, [(c.id, audio_name(c), c.start, c.duration) for c in cuts]]).encode()
    ).hexdigest()
    if (stored_meta(folder) or {}).get("key") == key:
        return ArrayStore.read(folder)
    shown = tqdm(cuts, desc="features", unit="utt", leave=False, disable=None)
    computed = (([name], {FEATURES: [features]}) for name, features in _features(shown, model))
    return write_arrays(folder, FEATURES, computed, {"key": key})


def _features(cuts: Iterable[Cut], model: ConformerConfig) -> Iterator[Tuple[str, FloatArray]]:
    """Yield the name of each cut and what the network reads of it ``(S, M)``."""
    if model.input == HAMA:
        pipeline = EmissionPipeline(HamaModel())
        for cut in cuts:
            yield cut.id, pipeline.model_emissions([cut]).log_probs[0].numpy()
    else:
        for cut in cuts:
            yield cut.id, log_mel(cut.id, load_audio(cut, SAMPLING_RATE), model.num_mels)


@dataclass(frozen=True)
class CtcCorpus:
    """Utterances with features and targets.

    Args:
      cuts: of the utterances that can be trained on.
      store: their features.
      targets: of each, by its name.
      dropped: how many utterances were left out for each reason.
    """

    cuts: CutSet
    store: ArrayStore
    targets: Dict[str, Targets]
    dropped: Dict[str, int]


def read_corpora(
    data: Sequence[Path],
    folders: Sequence[Path],
    subword_lang: Lang,
    phone_lang: Lang,
    model: ConformerConfig,
    excluded: AbstractSet[str] = frozenset(),
) -> List[CtcCorpus]:
    """Corpora to train and to validate on; words are read once for all.

    Args:
      data: Kaldi data folders or lhotse cut manifests, with text.
      folders: where the features of each are, or are put.
      model: that is trained.
      excluded: words whose utterances are left out.

    Raises:
      InputError: no utterance of a corpus can be used.
    """
    many = [read_data(path) for path in data]
    texts = [text for cuts in many for cut in cuts if (text := text_of(cut).strip())]
    wanted = _Wanted(Transcriber(subword_lang, texts), Transcriber(phone_lang, texts), model, excluded)
    return [
        _corpus(path, cuts, prepare_features(cuts, folder, model), wanted)
        for path, cuts, folder in zip(data, many, folders)
    ]


@dataclass(frozen=True)
class _Wanted:
    """Which utterances can be trained on, and their targets."""

    subwords: Transcriber
    phones: Transcriber
    model: ConformerConfig
    excluded: AbstractSet[str]

    def targets(self, text: str, num_frames: int) -> Tuple[Optional[Targets], str]:
        """Return the targets of a text, or none and why."""
        if not text:
            return None, "without text"
        if not self.excluded.isdisjoint(words_of(text)):
            return None, "with a word that is excluded"
        targets = [self.subwords.tokens(text), self.phones.tokens(text)]
        known = [tokens for tokens in targets if tokens is not None]
        if len(known) < len(targets):
            return None, "with words that a lang cannot write"
        heads = known[:1] if self.model.input == HAMA else known
        if max(map(frames_needed, heads)) > num_frames // self.model.subsampling:
            return None, "too short for their text"
        return Targets(*known), ""


def _corpus(path: Path, cuts: CutSet, store: ArrayStore, wanted: _Wanted) -> CtcCorpus:
    targets: Dict[str, Targets] = {}
    dropped: Dict[str, int] = {}
    for cut in cuts:
        found, why = wanted.targets(text_of(cut).strip(), store.length(cut.id))
        if found is not None:
            targets[cut.id] = found
        else:
            dropped[why] = dropped.get(why, 0) + 1
    if not targets:
        reasons = ", ".join(f"{count} {why}" for why, count in dropped.items())
        raise InputError(f"holds no utterance to train on ({reasons}); check text and langs", path)
    return CtcCorpus(CutSet.from_cuts(cut for cut in cuts if cut.id in targets), store, targets, dropped)


class CtcSource:
    """Batches of a corpus: a :class:`wfst_bias.training.source.BatchSource`.

    Args:
      corpus: the utterances.
      batch_seconds: of audio a batch, padding included.
      augment: how features are changed; none changes nothing and keeps the order (validation).
      seed: of order and augmentation.
      model: that is trained.
    """

    def __init__(
        self,
        corpus: CtcCorpus,
        batch_seconds: float,
        augment: Optional[AugmentConfig],
        seed: int,
        model: ConformerConfig = ConformerConfig(),
    ):
        self._corpus = corpus
        self._model = model
        self._augment = augment
        self._seed = seed
        self._batch_seconds = batch_seconds
        self._names = [cut.id for cut in corpus.cuts]
        self._seconds = np.array([cut.duration for cut in corpus.cuts])
        self._number = {name: i for i, name in enumerate(self._names)}

    def plan(self, epoch: int) -> List[List[str]]:
        """Names of the utterances of each batch, utterances of like length together."""
        rng = np.random.default_rng((self._seed, epoch))
        if self._model.input == HAMA:
            return self._equal_plan(rng if self._augment else np.random.default_rng(self._seed))
        batches = length_batches(self._seconds, self._batch_seconds, rng, fixed=self._augment is None)
        return [[self._names[i] for i in batch] for batch in batches]

    def _equal_plan(self, rng: np.random.Generator) -> List[List[str]]:
        """Return batches of few shapes."""
        frames = np.array([self._corpus.store.length(name) for name in self._names])
        most = int(self._batch_seconds / self._model.frame_shift * self._model.subsampling)
        return [[self._names[i] for i in batch] for batch in equal_batches(frames, most, _PHONE_FRAMES_STEP, rng)]

    def load(self, epoch: int, key: List[str]) -> CtcBatch:
        targets = [self._corpus.targets[name] for name in key]
        is_hama = self._model.input == HAMA
        phones = None if is_hama else [target.phones for target in targets]
        features = [self._features(epoch, name) for name in key]
        step = _PHONE_FRAMES_STEP if is_hama else _FRAMES_STEP
        return padded_batch(features, [target.subwords for target in targets], phones, step)

    def _features(self, epoch: int, name: str) -> FloatArray:
        features = self._corpus.store.array(FEATURES, name)
        if self._augment is None:
            return features
        rng = np.random.default_rng((self._seed, epoch, self._number[name]))
        if self._model.input == HAMA:
            fewest = frames_needed(self._corpus.targets[name].subwords) * self._model.subsampling
            return with_other_pace(features, fewest, rng)
        return augmented(features, self._augment, rng, lambda num_frames: self._babble(num_frames, rng))

    def _babble(self, num_frames: int, rng: np.random.Generator) -> FloatArray:
        """Log-mel energies of a few voices at once, from anywhere in the corpus."""
        store = self._corpus.store
        starts = rng.integers(0, store.num_frames, rng.integers(1, _BABBLE + 1))
        voices = [np.exp(store.frames(FEATURES, start, num_frames)) for start in starts]
        energies: FloatArray = reduce(np.add, voices)
        return np.log(energies)
