"""Texts to train a CTC model on that reads another model's phones: their phones are simulated, anew in every epoch.

Phones are put together from pieces of the phone emissions of real and synthetic speech, see
:class:`wfst_bias.training.adapter.simulation.UnitBank`. The speech is parted by how clear it is, and a text is spoken in
pieces of one part, so that the network meets clear speakers and others.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import AbstractSet, Any, Dict, List, Sequence, Tuple

import numpy as np
import torch

from wfst_bias.acoustic.conformer_config import ConformerConfig
from wfst_bias.adapter.matching import Matcher
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.core.text import words_of
from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.data.cuts import text_of
from wfst_bias.g2p.models import g2p_of
from wfst_bias.lang.lang import Lang
from wfst_bias.training.adapter.emission_store import EmissionStore
from wfst_bias.training.adapter.simulation import UnitBank
from wfst_bias.training.adapter.speech import TokenIds, Utterance, align_texts, confusions, written
from wfst_bias.training.conformer.augment import with_other_pace
from wfst_bias.training.conformer.ctc_data import FEATURES, CtcCorpus, padded_batch
from wfst_bias.training.conformer.targets import Transcriber, frames_needed
from wfst_bias.training.source import Batch, BatchSource

_PARTS = 4  # of the speech, by clarity
_MOST_SPEECH = 4000  # utterances whose pieces are taken
_LONGEST_PAUSE = 20  # frames of 20 ms before and after a text
_PAUSE_LOG_PROB = -7.0  # nats, of each phone in them
_FRAMES_A_UNIT = 4.0  # about; batches are made by it
_FRAMES = 240  # about; texts are joined until they are as long, so that batches have few different shapes

Key = Tuple[bool, List[Any]]  # whether texts: the numbers of the texts of each utterance; else names of utterances


@dataclass(frozen=True)
class Texts:
    """Texts whose words can be written and pronounced.

    Args:
      words: of each text.
      pronunciations: of each word, phones.
      transcriber: writes a text in subwords.
      dropped: how many texts were left out.
    """

    words: Sequence[Tuple[str, ...]]
    pronunciations: Dict[str, Sequence[TokenIds]]
    transcriber: Transcriber
    dropped: int

    def lengths(self) -> FloatArray:
        """Return about how many phones each text has ``(N,)``."""
        units = {word: float(len(pronunciations[0]) + 1) for word, pronunciations in self.pronunciations.items()}
        return np.array([sum(map(units.__getitem__, words)) for words in self.words])


def read_texts(path: Path, subword_lang: Lang, phone_lang: Lang, excluded: AbstractSet[str]) -> Texts:
    """Read texts, one a line.

    Args:
      excluded: words whose texts are left out.

    Raises:
      InputError: none can be used.
    """
    many = [words for _, line in lines_of(path) if (words := words_of(line))]
    allowed = [words for words in many if excluded.isdisjoint(words)]
    vocabulary = sorted({word for words in allowed for word in words})
    transcriber = Transcriber(subword_lang, [" ".join(vocabulary)])
    pronunciations = pronunciations_of(phone_lang, vocabulary)
    known = {word for word in pronunciations if transcriber.tokens(word) is not None}
    usable = [words for words in allowed if known.issuperset(words)]
    if not usable:
        raise InputError("holds no text whose words the langs can write; one sentence a line was expected", path)
    return Texts(usable, pronunciations, transcriber, len(many) - len(usable))


def pronunciations_of(lang: Lang, words: Sequence[str]) -> Dict[str, Sequence[TokenIds]]:
    """Return the pronunciations of each word by the lexicon of a phone lang, else by its G2P; those without are left out."""
    ids = lang.tokens.ids
    found = {word: lang.lexicon.get(word) for word in words}
    found.update(g2p_of(lang).pronounce([word for word, pronunciations in found.items() if not pronunciations]))
    return {word: [tuple(ids[unit] for unit in each) for each in some] for word, some in found.items() if some}


def banks_of(corpus: CtcCorpus, lang: Lang, seed: int) -> List[UnitBank]:
    """Return pieces of the phones of a corpus, the clearest speech first.

    Args:
      lang: of the phones.
      seed: of the choice of utterances.
    """
    texts = {cut.id: text_of(cut) for cut in corpus.cuts}
    names = np.random.default_rng(seed).permutation(sorted(texts))[:_MOST_SPEECH].tolist()
    texts = {name: texts[name] for name in names}
    store = EmissionStore(corpus.store, 0.0, FEATURES)
    pronunciations = pronunciations_of(lang, sorted({word for text in texts.values() for word in words_of(text)}))
    matcher = Matcher.of(lang.units)
    matcher.learn(*confusions(store.log_probs, align_texts(store, texts, pronunciations, lang.units, matcher)))
    spoken = align_texts(store, texts, pronunciations, lang.units, matcher)
    clearest_first = sorted(spoken, key=lambda name: _clarity(store.log_probs(name), spoken[name]), reverse=True)
    parts = [part.tolist() for part in np.array_split(np.array(clearest_first), min(_PARTS, len(clearest_first)))]
    of_all = UnitBank.of(store, spoken).pieces
    banks = [UnitBank.of(store, {name: spoken[name] for name in part}).pieces for part in parts]
    return [UnitBank({**of_all, **pieces}) for pieces in banks]


def _clarity(log_probs: torch.Tensor, utterance: Utterance) -> float:
    """Return the mean log-probability of the phones of an utterance in the frames that write them, nats."""
    frames = np.flatnonzero(utterance.position >= 0)
    tokens = utterance.target[utterance.position[frames]]
    return float(log_probs[torch.from_numpy(frames), torch.from_numpy(tokens)].mean())


class MixedSource:
    """Batches of speech and of texts: a :class:`wfst_bias.training.source.BatchSource`.

    An epoch has every utterance of the speech once, and random texts.

    Args:
      speech: batches of a corpus, their keys names of utterances.
      texts: to be simulated.
      banks: pieces of phones.
      lang: of the phones.
      model: that is trained.
      share: of the batches that are of texts, below 1.
      batch_frames: of a batch of texts, about.
      seed: of all choices.
    """

    def __init__(
        self,
        speech: BatchSource,
        texts: Texts,
        banks: Sequence[UnitBank],
        lang: Lang,
        model: ConformerConfig,
        share: float,
        batch_frames: float,
        seed: int,
    ):
        self._speech, self._texts, self._banks, self._lang, self._model = speech, texts, banks, lang, model
        self._share, self._batch_frames, self._seed = share, batch_frames, seed
        self._frames = texts.lengths() * _FRAMES_A_UNIT
        self._known_units = frozenset.intersection(*(frozenset(bank.pieces) for bank in banks))

    def plan(self, epoch: int) -> List[Key]:
        rng = np.random.default_rng((self._seed, epoch, 1))
        speech = self._speech.plan(epoch)
        wanted = round(len(speech) * self._share / (1.0 - self._share))
        size = max(1, int(self._batch_frames / _FRAMES))
        joined = [self._joined(rng) for _ in range(wanted * size)]
        texts = [joined[i : i + size] for i in range(0, len(joined), size)]
        keys: List[Key] = [*((False, key) for key in speech), *((True, key) for key in texts)]
        return [keys[i] for i in rng.permutation(len(keys))]

    def _joined(self, rng: np.random.Generator) -> List[int]:
        """Return random texts that are about :data:`_FRAMES` long together."""
        texts: List[int] = []
        frames = 0.0
        while frames < _FRAMES:
            text = int(rng.integers(len(self._frames)))
            if texts and frames + self._frames[text] > 1.25 * _FRAMES:
                break
            texts.append(text)
            frames += self._frames[text]
        return texts

    def load(self, epoch: int, key: Key) -> Batch:
        is_text, items = key
        if not is_text:
            return self._speech.load(epoch, items)
        rng = np.random.default_rng((self._seed, epoch, *items[0]))
        spoken = [self._spoken([word for i in texts for word in self._texts.words[i]], rng) for texts in items]
        return padded_batch([features for features, _ in spoken], [subwords for _, subwords in spoken], None)

    def _spoken(self, words: Sequence[str], rng: np.random.Generator) -> Tuple[FloatArray, IntArray]:
        """Return simulated log-probabilities of phones ``(S, P)``, and the subwords of a text ``(U,)``."""
        subwords = self._texts.transcriber.tokens(" ".join(words))
        assert subwords is not None  # texts with other words were left out
        pronunciations = self._texts.pronunciations
        chosen = {word: pronunciations[word][rng.integers(len(pronunciations[word]))] for word in words}
        target = [unit for unit in written(words, chosen, list(self._lang.units.edge))[0] if unit in self._known_units]
        bank = self._banks[rng.integers(len(self._banks))]
        pauses = [_pause(rng.integers(_LONGEST_PAUSE), len(self._lang.tokens)) for _ in range(2)]
        features = np.concatenate([pauses[0], bank.spoken(target, rng)[0] if target else pauses[1], pauses[1]])
        fewest = frames_needed(subwords) * self._model.subsampling
        return with_other_pace(features, fewest, rng), subwords


def _pause(num_frames: int, num_phones: int) -> FloatArray:
    """Return frames of blank ``(num_frames, P)``."""
    frames = np.full((num_frames, num_phones), _PAUSE_LOG_PROB, np.float32)
    frames[:, BLANK_ID] = np.log1p(-(num_phones - 1) * np.exp(_PAUSE_LOG_PROB))
    return frames
