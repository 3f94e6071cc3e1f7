"""Training of an adapter: lists of true words and distractors for each batch, and the loss.

A batch has a list of 20 to 2,000 phrases, drawn anew, of which a part sounds near to the words that were said; true
words are left out, so that ``<no-bias>`` is learned; attention is guided to the unit that each frame writes; and what
comes out has a CTC loss.
"""

import zlib
from dataclasses import dataclass, replace
from typing import Callable, Dict, Iterable, List, Optional, Sequence, Set, Tuple

import numpy as np
import scipy.sparse
import torch
from torch import nn

from wfst_bias.adapter.batches import AlignedSpeech
from wfst_bias.adapter.calibration_training import ctc_per_token, with_noise
from wfst_bias.adapter.catalogue import Catalogue, catalogue_of
from wfst_bias.adapter.frames import heard_frames
from wfst_bias.adapter.matching import Matcher
from wfst_bias.adapter.network import ENTITIES, Adapted
from wfst_bias.adapter.shortlist import Candidates, shortlisted
from wfst_bias.adapter.speech import EmissionStore, Utterance, Way
from wfst_bias.errors import InputError
from wfst_bias.lang.units import Units
from wfst_bias.symbols import BLANK_ID

NO_BIAS, UNGUIDED = 0, -1  # targets of the attention
_MOST_NEAR = 60  # distractors that sound near to one word


@dataclass(frozen=True)
class ListConfig:
    """How lists are drawn for training.

    Args:
      fewest, most: phrases of a list; drawn by logarithm between them.
      near: share of the distractors that sound near to what is said.
      left_out: share of the true words that the list does not have.
      joined: share of the phrases that are two words.
    """

    fewest: int = 20
    most: int = 2000
    near: float = 0.3
    left_out: float = 0.15
    joined: float = 0.15


@dataclass(frozen=True)
class LossConfig:
    """Weights of the parts of the loss.

    Args:
      ctc: of the log-probabilities with the list, a target token.
      unit: of the unit that is written in frames of listed words, which CTC alone hardly cares for: they are few.
      inside: of the attention in frames of listed words.
      outside: of the attention elsewhere.
      noise: standard deviation of what is added to a black box's log-probabilities, nats.
    """

    ctc: float = 1.0
    unit: float = 1.0
    inside: float = 0.5
    outside: float = 1.0
    noise: float = 0.2


@dataclass(frozen=True)
class AdapterBatch:
    """Some utterances, each with its shortlist.

    Args:
      log_probs: of kept frames ``(N, S, C)``.
      mask: what is no padding, bool ``(N, S)``.
      candidates: of each utterance.
      attention: which key each frame is taught to attend to: :data:`NO_BIAS`, 1 + k J + j, :data:`UNGUIDED`; ``(N, S)``.
      writes: which frames write a unit of the target, bool ``(N, S)``.
      targets: tokens, padded with -1 ``(N, U)``.
      layers: of a white-box model ``(N, S, L, D)``.
    """

    log_probs: torch.Tensor
    mask: torch.Tensor
    candidates: Candidates
    attention: torch.Tensor
    writes: torch.Tensor
    targets: torch.Tensor
    layers: Optional[torch.Tensor] = None

    def to(self, device) -> "AdapterBatch":
        return AdapterBatch(*(None if part is None else part.to(device) for part in vars(self).values()))


class NearWords:
    """Finds words that sound near to others: by the pairs of units that they share."""

    def __init__(self, ways: Sequence[Way], num_tokens: int):
        self._num_tokens = num_tokens
        self._pairs = self._matrix(ways)

    def _matrix(self, ways: Sequence[Way]) -> scipy.sparse.csr_matrix:
        """Units and pairs of each way, rows of length 1 ``(W, C + C * C)``."""
        C = self._num_tokens
        columns = [[*way, *(C + a * C + b for a, b in zip(way, way[1:]))] for way in ways]
        rows = np.repeat(np.arange(len(ways)), list(map(len, columns)))
        counts = scipy.sparse.csr_matrix(
            (np.ones(len(rows), np.float32), (rows, np.concatenate(columns).astype(np.int64))), (len(ways), C + C * C)
        )
        norm = np.sqrt(counts.multiply(counts).sum(axis=1)).A1
        return scipy.sparse.diags(1.0 / np.maximum(norm, 1e-6)) @ counts

    def near(self, ways: Sequence[Way], count: int) -> List[int]:
        """The ``count`` nearest of each of some ways, all together."""
        if not ways or not count:
            return []
        likeness = (self._matrix(ways) @ self._pairs.T).toarray()
        count = min(count, likeness.shape[1])
        return np.unique(np.argpartition(-likeness, count - 1, axis=1)[:, :count]).tolist()


@dataclass(frozen=True)
class Pool:
    """Words to make lists of.

    Args:
      units: that the catalogue is in, the model's tokens.
      ways: to say each word in them.
      sounding: the phones of a model whose tokens are none; the first stage is in these, then.
      sounds: the pronunciations of each word in them.
    """

    units: Units
    ways: Dict[str, Sequence[Way]]
    sounding: Optional[Units] = None
    sounds: Optional[Dict[str, Sequence[Way]]] = None

    @property
    def heard_units(self) -> Units:
        """The units of the first stage."""
        return self.sounding or self.units

    @property
    def heard_ways(self) -> Dict[str, Sequence[Way]]:
        """The ways of each word in :attr:`heard_units`."""
        return self.ways if self.sounds is None else self.sounds


class ListedSpeech(AlignedSpeech):
    """Batches of utterances with lists: a :class:`wfst_bias.training.source.BatchSource`.

    Args:
      store: emissions, and layers of a white-box model.
      spoken: texts and alignments.
      entity_words: the words that can be in a list; others are never biased.
      distractors: words of ``pool`` to draw the rest of a list from.
      pool: all words of both.
      matcher: of the first stage.
      num_candidates: of a shortlist.
      lists: how lists are drawn.
      batch_frames: of a batch, padding included.
      most_blank: see :mod:`wfst_bias.adapter.frames`; 1 for a white box, which sees all frames.
      seed: of order and lists.
      fixed: whether every epoch is the same, for validation.
    """

    def __init__(
        self,
        store: EmissionStore,
        spoken: Dict[str, Utterance],
        entity_words: Set[str],
        distractors: Sequence[str],
        pool: Pool,
        matcher: Matcher,
        num_candidates: int,
        lists: ListConfig,
        batch_frames: int,
        most_blank: float,
        seed: int = 0,
        fixed: bool = False,
    ):
        super().__init__(store, spoken, batch_frames, most_blank, seed, fixed)
        self._entity_words = entity_words
        self._pool = pool
        self._distractors = list(distractors)
        if not self._distractors:
            raise InputError("there is no word to fill the lists with; name some that can be said with --distractors")
        self._edge = pool.units.edge
        self._near = NearWords([pool.heard_ways[word][0] for word in self._distractors], len(pool.heard_units.tokens))
        self._matcher, self._num_candidates = matcher, num_candidates
        self._lists = lists

    def load(self, epoch: int, key: List[str]) -> AdapterBatch:
        chance = np.random.default_rng((self._seed, 0 if self._fixed else epoch, _number_of(key)))
        pad = torch.nn.utils.rnn.pad_sequence
        utterances = [self._spoken[name] for name in key]
        emissions = [self._store.log_probs(name) for name in key]
        log_probs = pad(emissions, batch_first=True)
        lengths = torch.tensor([len(x) for x in emissions])
        catalogue = self._catalogue(utterances, chance)
        stream = log_probs
        if self._pool.sounding is not None:
            stream = pad([self._store.phones(name) for name in key], batch_first=True)
        candidates = shortlisted(self._matcher, stream, lengths, [catalogue] * len(key), self._num_candidates)
        heard = heard_frames(log_probs, lengths, self._most_blank)
        layers = [self._store.layers(name) for name in key]
        attention = [self._attention(utterance, candidates, n) for n, utterance in enumerate(utterances)]
        return AdapterBatch(
            log_probs=heard.take(log_probs),
            mask=heard.mask,
            candidates=replace(candidates, segment=heard.take(candidates.segment)),
            attention=heard.take(pad(attention, batch_first=True, padding_value=UNGUIDED)).masked_fill(
                ~heard.mask, UNGUIDED
            ),
            writes=heard.take(pad([torch.from_numpy(u.position >= 0) for u in utterances], batch_first=True)),
            targets=pad([torch.from_numpy(u.target) for u in utterances], batch_first=True, padding_value=-1),
            layers=None if layers[0] is None else heard.take(pad(layers, batch_first=True)),
        )

    def _catalogue(self, utterances: Sequence[Utterance], chance: np.random.Generator) -> Catalogue:
        """The list of a batch, true words and distractors; what others said is a distractor, too."""
        config = self._lists
        phrases: Dict[Tuple[str, ...], List[Way]] = {}
        said: List[str] = []
        for utterance in utterances:
            for i, word in enumerate(utterance.words):
                if word.word not in self._entity_words or chance.random() < config.left_out:
                    continue
                words = utterance.words[i : i + 1 + (chance.random() < config.joined)]
                words = words if words[-1].word in self._pool.heard_ways else words[:1]
                phrase = tuple(w.word for w in words)
                # the way that it is said comes first: it is what the attention is guided to
                phrases[phrase] = list(dict.fromkeys([self._joined([w.way for w in words]), *self._ways(phrase)]))
                said.append(word.word)
        spoken = {word.word for utterance in utterances for word in utterance.words}
        total = int(np.exp(chance.uniform(np.log(config.fewest), np.log(config.most))))
        num_near = int(config.near * total)
        each = num_near // max(1, len(said)) + 1
        near = self._near.near([self._pool.heard_ways[word][0] for word in said], min(each, _MOST_NEAR))
        drawn = chance.integers(0, len(self._distractors), total)
        for i in [*chance.permutation(near)[:num_near].tolist(), *drawn.tolist()]:
            phrase = (self._distractors[i],)
            if chance.random() < config.joined:
                phrase += (self._distractors[chance.integers(0, len(self._distractors))],)
            if not spoken.intersection(phrase):
                phrases[phrase] = self._ways(phrase)
        catalogue = self._said(phrases, phrases.values(), self._pool.units)
        if self._pool.sounds is None:
            return catalogue
        sounds = [self._ways(phrase, self._pool.sounding) for phrase in phrases]
        return replace(catalogue, sounds=self._said(phrases, sounds, self._pool.sounding))

    @staticmethod
    def _said(phrases, ways: Iterable[Sequence[Way]], units: Units) -> Catalogue:
        edge = units.edge
        return catalogue_of(list(phrases), [[(*edge, *way, *edge) for way in of_phrase] for of_phrase in ways])

    def _ways(self, phrase: Sequence[str], units: Optional[Units] = None) -> List[Way]:
        """All ways of a word; of two words the first of each."""
        units = units or self._pool.units
        ways = self._pool.ways if units is self._pool.units else self._pool.sounds
        if len(phrase) == 1:
            return list(ways[phrase[0]])
        return [self._joined([ways[word][0] for word in phrase], units)]

    def _joined(self, ways: Sequence[Way], units: Optional[Units] = None) -> Way:
        joined, edge = ways[0], (units or self._pool.units).edge
        for way in ways[1:]:
            joined = (*joined, *edge, *way)
        return joined

    def _attention(self, utterance: Utterance, candidates: Candidates, n: int) -> torch.Tensor:
        """Target of each frame ``(T,)``."""
        J = candidates.units.shape[2]
        slot_of_way = {tuple(self._units(candidates, n, k)): k for k in reversed(range(candidates.lengths.shape[1]))}
        # of each position in the target the key; boundaries beside listed words are theirs
        key = np.full(len(utterance.target), NO_BIAS, np.int64)
        words = utterance.words
        for count in (1, 2):  # a phrase of two words has the last word
            for i in range(len(words) - count + 1):
                way = self._joined([w.way for w in words[i : i + count]])
                slot = slot_of_way.get((*self._edge, *way, *self._edge))
                if slot is None or (count == 1 and words[i].word not in self._entity_words):
                    continue
                start, edge = words[i].start, len(self._edge)
                first = 1 + slot * J + edge
                key[start : start + len(way)] = np.arange(first, first + len(way))
                for beside, at in ((start - 1, first - 1), (start + len(way), first + len(way))):
                    if edge and 0 <= beside < len(key):
                        key[beside] = at
        position = utterance.position
        target = np.where(position >= 0, key[np.maximum(position, 0)], NO_BIAS)
        # a blank inside a listed word belongs to the unit before it; one behind the word may go either way
        before = np.maximum.accumulate(np.where(position >= 0, position, -1))
        after = np.minimum.accumulate(np.where(position >= 0, position, len(key))[::-1])[::-1]
        of_unit = key[np.maximum(before, 0)]
        listed = (position < 0) & (before >= 0) & (of_unit != NO_BIAS)
        inside = listed & (after < len(key)) & ((key[np.minimum(after, len(key) - 1)] - 1) // J == (of_unit - 1) // J)
        return torch.from_numpy(np.where(inside, of_unit, np.where(listed, UNGUIDED, target)))

    @staticmethod
    def _units(candidates: Candidates, n: int, k: int) -> List[int]:
        return candidates.units[n, k, : int(candidates.lengths[n, k])].tolist()


def _number_of(names: Sequence[str]) -> int:
    """A number of some names, the same in every process."""
    return zlib.crc32("\0".join(names).encode())


def adapter_loss(
    config: LossConfig, attention: str, head: Optional[Callable] = None
) -> Callable[[nn.Module, AdapterBatch], Tuple[torch.Tensor, Dict[str, float]]]:
    """The loss of a batch: CTC of the changed emissions, and cross-entropy of the attention, both a token or frame."""

    def loss(model: nn.Module, batch: AdapterBatch) -> Tuple[torch.Tensor, Dict[str, float]]:
        log_probs = batch.log_probs
        if model.training and batch.layers is None:
            log_probs = with_noise(log_probs, config.noise)
        adapted: Adapted = model(log_probs, batch.mask, batch.candidates, batch.layers, head)
        log_attention = adapted.logits.log_softmax(-1)
        guided = batch.attention != UNGUIDED
        target = batch.attention.clamp(min=0)
        if attention == ENTITIES:
            target = torch.where(target > 0, (target - 1) // batch.candidates.units.shape[2] + 1, target)
        entropy = -log_attention.gather(2, target[..., None]).squeeze(-1)
        is_inside = guided & (target > 0)
        is_outside = guided & (target == 0)
        inside = (entropy * is_inside).sum() / is_inside.sum().clamp(min=1)
        outside = (entropy * is_outside).sum() / is_outside.sum().clamp(min=1)
        total = config.inside * inside + config.outside * outside
        right = log_attention.argmax(-1) == target
        values = {
            "inside": float(inside.detach()),
            "outside": float(outside.detach()),
            "right_inside": float((right & is_inside).sum() / is_inside.sum().clamp(min=1)),
            "right_outside": float((right & is_outside).sum() / is_outside.sum().clamp(min=1)),
        }
        if config.ctc:
            ctc = ctc_per_token(adapted.log_probs, batch.mask, batch.targets)
            units = batch.candidates.units.flatten(1)  # (N, K J)
            written = units.gather(1, (batch.attention - 1).clamp(min=0))  # (N, S)
            likely = adapted.log_probs.gather(2, written[..., None]).squeeze(-1)
            # inside a word a frame of no unit may be blank or go on with the unit before it
            either = torch.logaddexp(likely, adapted.log_probs[..., BLANK_ID])
            unlikely = -torch.where(batch.writes, likely, either)
            unit = unlikely.where(is_inside, torch.zeros_like(unlikely)).sum() / is_inside.sum().clamp(min=1)
            total = total + config.ctc * ctc + config.unit * unit
            values.update(ctc=float(ctc.detach()), unit=float(unit.detach()))
        return total, values

    return loss
