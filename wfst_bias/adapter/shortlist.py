"""The shortlist: of a large list the pronunciations that match an utterance best, for the attention to choose from."""

from dataclasses import dataclass, replace
from typing import Sequence, Tuple

import torch
from torch import nn

from wfst_bias.adapter.catalogue import Catalogue
from wfst_bias.adapter.matching import LOWEST, Matcher
from wfst_bias.core.symbols import BLANK_ID


@dataclass(frozen=True)
class Candidates:
    """Pronunciations of phrases, for each utterance of a batch.

    Args:
      units: of each pronunciation, blank behind its end, int64 ``(N, K, J)``.
      lengths: units of each pronunciation, 0 where there is none, int64 ``(N, K)``.
      pronunciation: its number in the utterance's catalogue, -1 where there is none, int64 ``(N, K)``.
      score: of its match with the utterance, nats ``(N, K)``.
      aligned: how well each unit fits each segment, nats below the pronunciation's best alignment ``(N, K, J, S)``; J is 1,
        the whole pronunciation, where phrases are matched by phones that are not the model's tokens.
      segment: of each frame, -1 for none ``(N, T)``.
    """

    units: torch.Tensor
    lengths: torch.Tensor
    pronunciation: torch.Tensor
    score: torch.Tensor
    aligned: torch.Tensor
    segment: torch.Tensor

    def to(self, device: torch.device) -> "Candidates":
        return Candidates(*(part.to(device) for part in vars(self).values()))

    def in_frames(self, num_frames: int, ratio: int) -> "Candidates":
        """The same for frames that are ``ratio`` times as long: each belongs to the last segment in it.

        Args:
          num_frames: how many of them there are.
        """
        if ratio == 1:
            return self
        N, T = self.segment.shape
        padded = nn.functional.pad(self.segment, (0, num_frames * ratio - T), value=-1)
        return replace(self, segment=padded.reshape(N, num_frames, ratio).amax(dim=-1))

    @property
    def present(self) -> torch.Tensor:
        """Which units are there, bool ``(N, K, J)``."""
        result: torch.Tensor = torch.arange(self.units.shape[2], device=self.units.device) < self.lengths[..., None]
        return result


@torch.no_grad()
def shortlisted(
    matcher: Matcher,
    log_probs: torch.Tensor,
    lengths: torch.Tensor,
    catalogues: Sequence[Catalogue],
    num_candidates: int,
) -> Candidates:
    """The best candidates of each utterance, the likeliest first.

    Args:
      log_probs: in the units of the catalogues ``(N, T, C)``.
      lengths: frames of each utterance ``(N,)``.
      catalogues: of each utterance.
      num_candidates: K at most.
    """
    similarities, segment = matcher.similarities(log_probs, lengths)
    best = [_best(matcher, *pair, num_candidates) for pair in zip(similarities, catalogues)]
    N, S = len(best), max((similarity.shape[1] for similarity in similarities), default=0)
    K = max((len(one.pronunciations) for one in best), default=0) or 1
    J = max((int(one.lengths.max()) for one in best if len(one.pronunciations)), default=1)
    by_phones = any(catalogue.sounds is not None for catalogue in catalogues)
    units = torch.full((N, K, J), BLANK_ID, dtype=torch.int64)
    length = torch.zeros(N, K, dtype=torch.int64)
    pronunciation, score = torch.full_like(length, -1), log_probs.new_zeros(N, K)
    aligned = log_probs.new_full((N, K, 1 if by_phones else J, S), LOWEST)
    for n, one in enumerate(best):
        k = len(one.pronunciations)
        if not k or not one.similarity.shape[1]:
            continue
        taken = one.catalogue.units[one.pronunciations][:, :J]
        units[n, :k, : taken.shape[1]] = taken
        length[n, :k], pronunciation[n, :k], score[n, :k] = one.lengths, one.pronunciations, one.scores
        matched = one.matched.ge(0).nonzero().flatten()
        if len(matched):
            fit = one.alignments(matcher, matched)
            fit = fit.amax(dim=1, keepdim=True) if by_phones else fit
            aligned[n, matched, : fit.shape[1], : fit.shape[2]] = fit
    units, length, pronunciation = (x.to(log_probs.device) for x in (units, length, pronunciation))
    return Candidates(units, length, pronunciation, score, aligned, segment)


@dataclass(frozen=True)
class _Best:
    """The k pronunciations of an utterance's list that match best.

    Args:
      similarity: of the utterance, see :meth:`Matcher.similarities`.
      catalogue: its list.
      pronunciations: their numbers in the catalogue, int64 ``(k,)`` on the CPU.
      scores: nats ``(k,)``.
      matched: their numbers in the stream that was matched, -1 for none, int64 ``(k,)``.
    """

    similarity: torch.Tensor
    catalogue: Catalogue
    pronunciations: torch.Tensor
    scores: torch.Tensor
    matched: torch.Tensor

    @property
    def lengths(self) -> torch.Tensor:
        """Units of each, int64 ``(k,)``."""
        lengths: torch.Tensor = self.catalogue.lengths[self.pronunciations]
        return lengths

    def alignments(self, matcher: Matcher, some: torch.Tensor) -> torch.Tensor:
        """The fit of the units of some of them, see :meth:`Matcher.alignments`."""
        stream = self.catalogue.sounds or self.catalogue
        units, lengths = stream.select(self.matched[some].cpu())
        device = self.similarity.device
        return matcher.alignments(self.similarity, units.to(device), lengths.to(device))


def _best(matcher: Matcher, similarity: torch.Tensor, catalogue: Catalogue, num_candidates: int) -> _Best:
    scores, matched = _scores(matcher, similarity, catalogue)
    best = scores.topk(min(num_candidates, len(scores)))
    return _Best(similarity, catalogue, best.indices.cpu(), best.values, matched[best.indices])


def _scores(matcher: Matcher, similarity: torch.Tensor, catalogue: Catalogue) -> Tuple[torch.Tensor, torch.Tensor]:
    """Score of each pronunciation ``(W,)``, and which pronunciation of the matched stream it is of ``(W,)``.

    Where phrases are matched by their phones, every pronunciation has the score of the phrase's best pronunciation; -1 is that
    of a phrase that the phones cannot say.
    """
    if catalogue.sounds is None:
        scores = matcher.scores(similarity, catalogue)
        return scores, torch.arange(len(scores), device=scores.device)
    sounding = catalogue.sounds
    scores = matcher.scores(similarity, sounding)
    entity = sounding.entity.to(scores.device)
    # the best of each phrase: the last of a sort by phrase, then score
    order = scores.argsort(stable=True)
    order = order[entity[order].argsort(stable=True)]
    entity = entity[order]
    ends = torch.ones_like(entity, dtype=torch.bool)
    ends[:-1] = entity[1:] != entity[:-1]
    last = torch.full((len(catalogue),), -1, dtype=torch.int64, device=scores.device)
    last[entity[ends]] = order[ends]
    pronunciation = last[catalogue.entity.to(scores.device)]
    return nn.functional.pad(scores, (0, 1), value=LOWEST)[pronunciation], pronunciation
