"""An adapter at work: entity lists in, changed emissions out."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Dict, Optional, Sequence, Tuple

import torch

from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.adapter.catalogue import Catalogue, catalogue_of_list
from wfst_bias.adapter.frames import KeptFrames, kept_frames
from wfst_bias.adapter.matching import Matcher
from wfst_bias.adapter.network import Adapted, ContextualAdapter, Head
from wfst_bias.adapter.shortlist import Candidates, shortlisted
from wfst_bias.core.errors import InputError
from wfst_bias.entities.entity import Phrases
from wfst_bias.entities.speller import Speller
from wfst_bias.lang.lang import Lang

_CATALOGUES_KEPT = 256


@dataclass(frozen=True)
class Attended:
    """The attention of an adapter in a batch, and the emissions that it changed.

    Args:
      emissions: as they were, on the device of the network.
      adapted: of the kept frames; see :class:`~wfst_bias.adapter.network.Adapted`.
      kept_frames: which frames the network reads.
      candidates: the pronunciations that were attended to.
      catalogues: of each utterance.
    """

    emissions: Emissions
    adapted: Adapted
    kept_frames: KeptFrames
    candidates: Candidates
    catalogues: Sequence[Catalogue]

    @property
    def changed(self) -> Emissions:
        """The emissions of the batch, each utterance biased to its list."""
        log_probs = self.kept_frames.put(self.emissions.log_probs, self.adapted.log_probs)
        return replace(self.emissions, log_probs=log_probs)

    def of_entities(self, utterance: int, num_frames: int) -> torch.Tensor:
        """Attention to each phrase of an utterance's list ``(T, E)``; what is missing to 1 went to ``<no-bias>``."""
        catalogue = self.catalogues[utterance]
        kept = self.adapted.attention[utterance].sum(-1)  # (S, K)
        pronunciations = self.candidates.pronunciation[utterance]
        there = pronunciations >= 0
        of_phrase = kept.new_zeros(len(kept), len(catalogue))
        of_phrase.index_add_(1, catalogue.entity.to(kept.device)[pronunciations[there]], kept[:, there])
        frames: torch.Tensor = kept.new_zeros(num_frames, len(catalogue))
        mask = self.kept_frames.mask[utterance]
        frames[self.kept_frames.index[utterance][mask]] = of_phrase[mask]
        return frames


class Adapter:
    """A trained adapter, and how it reads lists.

    Args:
      network: for the model's tokens.
      matcher: of the first stage.
      lang: spells the phrases of lists in the model's tokens.
      sounding: spells them in the model's phones, where it has a phone head; the matcher is for these, then.
      head: of a white-box model.
      trained_behind: checksum of the calibration whose emissions it was trained on; empty for none.
    """

    def __init__(
        self,
        network: ContextualAdapter,
        matcher: Matcher,
        lang: Lang,
        sounding: Optional[Lang] = None,
        head: Optional[Head] = None,
        trained_behind: str = "",
    ):
        self.network, self.matcher = network.eval(), matcher.eval()
        self.lang, self.sounding = lang, sounding
        self.head, self.trained_behind = head, trained_behind
        self._spellers = [Speller(part) for part in (lang, sounding) if part is not None]
        self._equal = lru_cache(_CATALOGUES_KEPT)(self._catalogue)
        self._same: Dict[int, Tuple[Phrases, Catalogue]] = {}  # a list of thousands takes long to compare

    def to(self, device: torch.device) -> "Adapter":
        """The same adapter, its networks on a device."""
        self.network.to(device)
        self.matcher.to(device)
        return self

    def catalogue(self, phrases: Phrases) -> Catalogue:
        """A list as the network reads it; kept, so that a list is read once."""
        if id(phrases) not in self._same:
            if len(self._same) >= _CATALOGUES_KEPT:
                self._same.clear()
            self._same[id(phrases)] = phrases, self._equal(phrases)
        return self._same[id(phrases)][1]

    def _catalogue(self, phrases: Phrases) -> Catalogue:
        catalogue = catalogue_of_list(self._spellers[0].spell(phrases, across_classes=True), self.lang.units)
        if self.sounding is None:
            return catalogue
        return replace(catalogue, sounds=self._sounds(catalogue.entities))

    def _sounds(self, entities: Phrases) -> Catalogue:
        assert self.sounding is not None
        spelled = self._spellers[1].spell(entities, across_classes=True)
        return catalogue_of_list(spelled, self.sounding.units, dict(zip(entities, range(len(entities)))))

    @torch.no_grad()
    def attend(self, emissions: Emissions, lists: Sequence[Phrases]) -> Attended:
        """Attention of a batch to the list of each utterance, on the device of the network."""
        emissions = emissions.to(self.network.change.weight.device)
        catalogues = [self.catalogue(tuple(phrases)) for phrases in lists]
        stream = emissions if self.sounding is None else emissions.phones
        ratio = 0 if stream is None else round(emissions.frame_shift / stream.frame_shift)
        num_frames = emissions.log_probs.shape[1]
        if stream is None or stream.log_probs.shape[1] not in range(num_frames * ratio - ratio + 1, num_frames * ratio + 1):
            raise InputError(
                "the adapter finds phrases by phones, of which the model has none, or none in the frames of its tokens or "
                "parts of these; name the model that it was trained on"
            )
        candidates = shortlisted(
            self.matcher, stream.log_probs, stream.lengths, catalogues, self.network.config.num_candidates
        )
        candidates = candidates.in_frames(num_frames, ratio)
        selected = kept_frames(emissions.log_probs, emissions.lengths, self.network.config.blank_limit)
        candidates = replace(candidates, segment=selected.take(candidates.segment))
        layers = None
        if self.network.config.white_box:
            assert emissions.layers is not None
            layers = selected.take(emissions.layers)
        adapted = self.network(selected.take(emissions.log_probs), selected.mask, candidates, layers, self.head)
        return Attended(emissions, adapted, selected, candidates, catalogues)

    def adapted(self, emissions: Emissions, lists: Sequence[Phrases]) -> Emissions:
        """The emissions of a batch, each utterance biased to its list; those without a list as they were."""
        return self.attend(emissions, lists).changed if any(lists) else emissions
