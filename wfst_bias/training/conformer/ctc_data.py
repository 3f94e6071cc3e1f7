"""Speech to train a CTC model on: features in one file, targets of two kinds, batches of utterances of like length."""

import hashlib
import json
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np
import torch
from lhotse import CutSet
from tqdm import tqdm

from wfst_bias.acoustic.conformer_config import SUBSAMPLING
from wfst_bias.acoustic.features import SAMPLING_RATE, log_mel
from wfst_bias.core.errors import InputError
from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.data.audio import audio_name, load_audio
from wfst_bias.data.cuts import read_data, text_of
from wfst_bias.lang.lang import Lang
from wfst_bias.training.array_store import ArrayStore, stored_meta, write_arrays
from wfst_bias.training.batching import length_batches
from wfst_bias.training.conformer.augment import AugmentConfig, augmented
from wfst_bias.training.conformer.targets import Transcriber, frames_needed
from wfst_bias.training.source import TensorBatch

FEATURES = "features"
_BABBLE = 3  # voices at most
_FRAMES_STEP = 16  # batches are padded to a multiple: oneDNN keeps code for every shape that it has met, for ever


@dataclass(frozen=True)
class CtcBatch(TensorBatch):
    """Features and targets of some utterances.

    Args:
      features: log-mel energies, padded with 0, float32 ``(N, S, M)``.
      lengths: feature frames of each ``(N,)``.
      subwords: targets, padded with -1, int64 ``(N, U)``.
      phones: targets, padded with -1, int64 ``(N, V)``.
    """

    features: torch.Tensor
    lengths: torch.Tensor
    subwords: torch.Tensor
    phones: torch.Tensor


@dataclass(frozen=True)
class Targets:
    """Token ids of an utterance, ``(U,)`` and ``(V,)``."""

    subwords: IntArray
    phones: IntArray


def prepare_features(cuts: CutSet, folder: Path, num_mels: int) -> ArrayStore:
    """Return log-mel energies of cuts, computed unless the folder holds them: the part :data:`FEATURES` of a store.

    Audio to features is cheap, but the files are many and a CPU run reads each utterance a dozen times. Half precision
    is off by a hundredth of a neper at the loudest.
    """
    key = hashlib.sha256(
        json.dumps([num_mels, [(c.id, audio_name(c), c.start, c.duration) for c in cuts]]).encode()
    ).hexdigest()
    if (stored_meta(folder) or {}).get("key") == key:
        return ArrayStore.read(folder)
    shown = tqdm(cuts, desc="features", unit="utt", leave=False, disable=None)
    computed = (([cut.id], {FEATURES: [log_mel(cut.id, load_audio(cut, SAMPLING_RATE), num_mels)]}) for cut in shown)
    return write_arrays(folder, FEATURES, computed, {"key": key})


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
    data: Sequence[Path], folders: Sequence[Path], subword_lang: Lang, phone_lang: Lang, num_mels: int
) -> List[CtcCorpus]:
    """Corpora to train and to validate on; words are read once for all.

    Args:
      data: Kaldi data folders or lhotse cut manifests, with text.
      folders: where the features of each are, or are put.

    Raises:
      InputError: no utterance of a corpus can be used.
    """
    many = [read_data(path) for path in data]
    texts = [text for cuts in many for cut in cuts if (text := text_of(cut).strip())]
    writers = tuple(Transcriber(lang, texts) for lang in (subword_lang, phone_lang))
    return [
        _corpus(path, cuts, prepare_features(cuts, folder, num_mels), *writers)
        for path, cuts, folder in zip(data, many, folders)
    ]


def _corpus(path: Path, cuts: CutSet, store: ArrayStore, subwords: Transcriber, phones: Transcriber) -> CtcCorpus:
    targets: Dict[str, Targets] = {}
    dropped: Dict[str, int] = {}
    for cut in cuts:
        found, why = _targets(text_of(cut).strip(), store.length(cut.id), subwords, phones)
        if found is not None:
            targets[cut.id] = found
        else:
            dropped[why] = dropped.get(why, 0) + 1
    if not targets:
        reasons = ", ".join(f"{count} {why}" for why, count in dropped.items())
        raise InputError(f"holds no utterance to train on ({reasons}); check text and langs", path)
    return CtcCorpus(CutSet.from_cuts(cut for cut in cuts if cut.id in targets), store, targets, dropped)


def _targets(text: str, num_frames: int, subwords: Transcriber, phones: Transcriber) -> Tuple[Optional[Targets], str]:
    if not text:
        return None, "without text"
    targets = [subwords.tokens(text), phones.tokens(text)]
    known = [tokens for tokens in targets if tokens is not None]
    if len(known) < len(targets):
        return None, "with words that a lang cannot write"
    if max(map(frames_needed, known)) > num_frames // SUBSAMPLING:
        return None, "too short for their text"
    return Targets(*known), ""


class CtcSource:
    """Batches of a corpus: a :class:`wfst_bias.training.source.BatchSource`.

    Args:
      corpus: the utterances.
      batch_seconds: of audio a batch, padding included.
      augment: how features are changed; none changes nothing and keeps the order (validation).
      seed: of order and augmentation.
    """

    def __init__(self, corpus: CtcCorpus, batch_seconds: float, augment: Optional[AugmentConfig], seed: int):
        self._corpus = corpus
        self._augment = augment
        self._seed = seed
        self._batch_seconds = batch_seconds
        self._names = [cut.id for cut in corpus.cuts]
        self._seconds = np.array([cut.duration for cut in corpus.cuts])
        self._number = {name: i for i, name in enumerate(self._names)}

    def plan(self, epoch: int) -> List[List[str]]:
        """Names of the utterances of each batch, utterances of like length together."""
        rng = np.random.default_rng((self._seed, epoch))
        batches = length_batches(self._seconds, self._batch_seconds, rng, fixed=self._augment is None)
        return [[self._names[i] for i in batch] for batch in batches]

    def load(self, epoch: int, key: List[str]) -> CtcBatch:
        features = [torch.from_numpy(self._features(epoch, name)) for name in key]
        pad = torch.nn.utils.rnn.pad_sequence
        targets = [self._corpus.targets[name] for name in key]
        padded = pad(features, batch_first=True)
        return CtcBatch(
            features=torch.nn.functional.pad(padded, (0, 0, 0, -padded.shape[1] % _FRAMES_STEP)),
            lengths=torch.tensor([len(x) for x in features]),
            subwords=pad([torch.from_numpy(t.subwords) for t in targets], batch_first=True, padding_value=-1),
            phones=pad([torch.from_numpy(t.phones) for t in targets], batch_first=True, padding_value=-1),
        )

    def _features(self, epoch: int, name: str) -> FloatArray:
        features = self._corpus.store.array(FEATURES, name)
        if self._augment is None:
            return features
        rng = np.random.default_rng((self._seed, epoch, self._number[name]))
        return augmented(features, self._augment, rng, lambda num_frames: self._babble(num_frames, rng))

    def _babble(self, num_frames: int, rng: np.random.Generator) -> FloatArray:
        """Log-mel energies of a few voices at once, from anywhere in the corpus."""
        store = self._corpus.store
        starts = rng.integers(0, store.num_frames, rng.integers(1, _BABBLE + 1))
        voices = [np.exp(store.frames(FEATURES, start, num_frames)) for start in starts]
        energies: FloatArray = reduce(np.add, voices)
        return np.log(energies)
