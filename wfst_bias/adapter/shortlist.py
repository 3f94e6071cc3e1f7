"""The shortlist: of a large list the pronunciations that match an utterance best, for the attention to choose from."""

from dataclasses import dataclass
from typing import Sequence, Tuple

import torch
from torch import nn

from wfst_bias.adapter.catalogue import Catalogue
from wfst_bias.adapter.matching import LOWEST, Matcher
from wfst_bias.core.symbols import BLANK_ID


@dataclass(frozen=True)
class Candidates:
    """Ways to say phrases, for each utterance of a batch.

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
    rows = []
    for similarity, catalogue in zip(similarities, catalogues):
        scores, pronunciation = _scores(matcher, similarity, catalogue)
        best = scores.topk(min(num_candidates, len(scores)))
        rows.append((similarity, catalogue, pronunciation[best.indices], best.indices.cpu(), best.values))
    N, S = len(rows), max((similarity.shape[1] for similarity in similarities), default=0)
    K = max((len(pronunciations) for *_, pronunciations, _ in rows), default=0) or 1
    J = max(
        (
            int(catalogue.lengths[pronunciations].max())
            for _, catalogue, _, pronunciations, _ in rows
            if len(pronunciations)
        ),
        default=1,
    )
    by_phones = any(catalogue.sounds is not None for catalogue in catalogues)
    units = torch.full((N, K, J), BLANK_ID, dtype=torch.int64)
    length = torch.zeros(N, K, dtype=torch.int64)
    pronunciation, score = torch.full_like(length, -1), log_probs.new_zeros(N, K)
    aligned = log_probs.new_full((N, K, 1 if by_phones else J, S), LOWEST)
    for n, (similarity, catalogue, sounding, pronunciations, values) in enumerate(rows):
        if not len(pronunciations) or not similarity.shape[1]:
            continue
        k = len(pronunciations)
        taken = catalogue.units[pronunciations][:, :J]
        units[n, :k, : taken.shape[1]] = taken
        length[n, :k], pronunciation[n, :k], score[n, :k] = catalogue.lengths[pronunciations], pronunciations, values
        matched = (sounding >= 0).nonzero().flatten()
        if not len(matched):
            continue
        stream = catalogue.sounds or catalogue
        fit = matcher.alignments(similarity, *(x.to(similarity.device) for x in stream.select(sounding[matched].cpu())))
        fit = fit.amax(dim=1, keepdim=True) if by_phones else fit
        aligned[n, matched, : fit.shape[1], : fit.shape[2]] = fit
    units, length, pronunciation = (x.to(log_probs.device) for x in (units, length, pronunciation))
    return Candidates(units, length, pronunciation, score, aligned, segment)


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
