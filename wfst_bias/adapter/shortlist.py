"""The shortlist: of a large list the ways that match an utterance best, for the attention to choose from."""

from dataclasses import dataclass
from typing import Sequence

import torch

from wfst_bias.adapter.catalogue import Catalogue
from wfst_bias.adapter.matching import LOWEST, Matcher
from wfst_bias.symbols import BLANK_ID


@dataclass(frozen=True)
class Candidates:
    """Ways to say phrases, for each utterance of a batch.

    Args:
      units: of each way, blank behind its end, int64 ``(N, K, J)``.
      lengths: units of each way, 0 where there is none, int64 ``(N, K)``.
      way: its number in the utterance's catalogue, -1 where there is none, int64 ``(N, K)``.
      score: of its match with the utterance, nats ``(N, K)``.
    """

    units: torch.Tensor
    lengths: torch.Tensor
    way: torch.Tensor
    score: torch.Tensor

    @property
    def present(self) -> torch.Tensor:
        """Which units are there, bool ``(N, K, J)``."""
        return torch.arange(self.units.shape[2], device=self.units.device) < self.lengths[..., None]


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
    similarities = matcher.heard(log_probs, lengths)
    rows = []
    for similarity, catalogue in zip(similarities, catalogues):
        scores = _scores(matcher, similarity, catalogue)
        best = scores.topk(min(num_candidates, len(scores)))
        rows.append((catalogue, best.indices, best.values))
    K = max((len(ways) for _, ways, _ in rows), default=0)
    J = max((int(c.lengths[ways.cpu()].max()) for c, ways, _ in rows if len(ways)), default=1)
    units = torch.full((len(rows), max(K, 1), J), BLANK_ID, dtype=torch.int64)
    length = torch.zeros(len(rows), max(K, 1), dtype=torch.int64)
    way, score = torch.full_like(length, -1), torch.zeros(length.shape)
    for n, (catalogue, ways, values) in enumerate(rows):
        ways = ways.cpu()
        if len(ways):
            taken = catalogue.units[ways][:, :J]
            units[n, : len(ways), : taken.shape[1]] = taken
            length[n, : len(ways)], way[n, : len(ways)], score[n, : len(ways)] = catalogue.lengths[ways], ways, values
    return Candidates(*(x.to(log_probs.device) for x in (units, length, way, score)))


def _scores(matcher: Matcher, similarity: torch.Tensor, catalogue: Catalogue) -> torch.Tensor:
    """Of each way ``(W,)``; where phrases are matched by their phones, that of the phrase's best pronunciation."""
    if catalogue.sounds is None:
        return matcher.scores(similarity, catalogue)
    sounding = catalogue.sounds
    scores = matcher.scores(similarity, sounding)
    best = scores.new_full((len(catalogue),), LOWEST)
    best = best.scatter_reduce(0, sounding.entity.to(scores.device), scores, "amax")
    return best[catalogue.entity.to(scores.device)]
