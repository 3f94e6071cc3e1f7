"""Utterances in batches, each batch with a list of its own and targets of the attention."""

import zlib
from dataclasses import dataclass, replace
from typing import Dict, List, Optional, Sequence

import numpy as np
import torch

from wfst_bias.adapter.frames import kept_frames
from wfst_bias.adapter.matching import Matcher
from wfst_bias.adapter.shortlist import Candidates, shortlisted
from wfst_bias.training.adapter.batches import AlignedSpeech
from wfst_bias.training.adapter.emission_store import EmissionStore
from wfst_bias.training.adapter.guidance import UNGUIDED, Guide
from wfst_bias.training.adapter.lists import ListDrawer
from wfst_bias.training.adapter.speech import Utterance
from wfst_bias.training.source import TensorBatch


@dataclass(frozen=True)
class AdapterBatch(TensorBatch):
    """Some utterances, each with its shortlist.

    Args:
      log_probs: of kept frames ``(N, S, C)``.
      mask: what is no padding, bool ``(N, S)``.
      candidates: of each utterance.
      attention: the key that each frame learns to attend to: see :class:`Guide` ``(N, S)``.
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


@dataclass(frozen=True)
class Listing:
    """How batches get their lists.

    Args:
      drawer: of the lists.
      matcher: of the first stage.
      guide: of the attention.
      num_candidates: of a shortlist.
      by_phones: whether the first stage is in the phones of a phone head.
    """

    drawer: ListDrawer
    matcher: Matcher
    guide: Guide
    num_candidates: int
    by_phones: bool = False


class ListedSpeech(AlignedSpeech):
    """Batches of utterances with lists: a :class:`wfst_bias.training.source.BatchSource`.

    Args:
      store, spoken, batch_frames, most_blank, seed, fixed: see :class:`AlignedSpeech`.
      listing: of the lists.
    """

    def __init__(
        self,
        store: EmissionStore,
        spoken: Dict[str, Utterance],
        listing: Listing,
        batch_frames: int,
        most_blank: float,
        seed: int = 0,
        fixed: bool = False,
    ):
        super().__init__(store, spoken, batch_frames, most_blank, seed, fixed)
        self._listing = listing

    def load(self, epoch: int, key: List[str]) -> AdapterBatch:
        rng = np.random.default_rng((self._seed, 0 if self._fixed else epoch, _number_of(key)))
        pad = torch.nn.utils.rnn.pad_sequence
        listing = self._listing
        utterances = [self._spoken[name] for name in key]
        emissions = [self._store.log_probs(name) for name in key]
        log_probs = pad(emissions, batch_first=True)
        lengths = torch.tensor([len(x) for x in emissions])
        catalogue = listing.drawer.drawn(utterances, rng)
        matched = [self._store.phones(name) for name in key] if listing.by_phones else emissions
        ratio = len(matched[0]) // len(emissions[0])
        stream, ends = pad(matched, batch_first=True), torch.mul(lengths, ratio)
        candidates = shortlisted(listing.matcher, stream, ends, [catalogue] * len(key), listing.num_candidates)
        candidates = candidates.in_frames(log_probs.shape[1], ratio)
        attention = [listing.guide.attention(utterance, candidates, n) for n, utterance in enumerate(utterances)]
        attention = pad(attention, batch_first=True, padding_value=UNGUIDED)
        writes = pad([torch.from_numpy(u.position >= 0) for u in utterances], batch_first=True)
        layers = [frames for name in key if (frames := self._store.layers(name)) is not None]
        kept = kept_frames(log_probs, lengths, self._most_blank)
        return AdapterBatch(
            log_probs=kept.take(log_probs),
            mask=kept.mask,
            candidates=replace(candidates, segment=kept.take(candidates.segment)),
            attention=kept.take(attention).masked_fill(~kept.mask, UNGUIDED),
            writes=kept.take(writes),
            targets=pad([torch.from_numpy(u.target) for u in utterances], batch_first=True, padding_value=-1),
            layers=None if not layers else kept.take(pad(layers, batch_first=True)),
        )


def _number_of(names: Sequence[str]) -> int:
    """Return a number for names, the same in every process."""
    return zlib.crc32("\0".join(names).encode())
