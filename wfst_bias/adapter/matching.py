"""Matching: how well each pronunciation of a catalogue fits somewhere into the emissions.

The emissions of an utterance become a short string of segments, one for each recognized unit. A pronunciation is
aligned with any stretch of them, units against segments, by log-likelihood ratios

    log sum_v p(v | segment) P(v recognized | u spoken) / P(v recognized)

with a price for units that left no segment and for a segment behind a unit that none explains, one at most: a
weighted edit distance with free ends (Smith and Waterman 1981), in nats, where more is better. All pronunciations are
aligned at once, by the levels of their prefix tree: nothing but the length of the longest pronunciation is looped over.
"""

import math
from dataclasses import dataclass
from typing import List, Tuple

import torch
from torch import nn

from wfst_bias.adapter.catalogue import Catalogue
from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.lang.units import Units

LOWEST = -12.0  # nats, of a unit against a segment


@dataclass(frozen=True)
class Segments:
    """Recognized units, a stretch of frames each.

    Args:
      posterior: of the units, blank left out, float32 ``(N, S, C)``; 0 behind an utterance's end.
      lengths: segments of each utterance, int64 ``(N,)``.
      frame: the segment that each frame belongs to, -1 for none, int64 ``(N, T)``.
    """

    posterior: torch.Tensor
    lengths: torch.Tensor
    frame: torch.Tensor


def segments_of(log_probs: torch.Tensor, lengths: torch.Tensor, most_blank: float) -> Segments:
    """Runs of frames with the same best unit.

    Args:
      log_probs: ``(N, T, C)``.
      lengths: frames of each utterance ``(N,)``.
      most_blank: frames whose probability of blank is larger belong to no segment.
    """
    N, T, C = log_probs.shape
    probs = log_probs.exp()
    units = probs.clone()
    units[..., BLANK_ID] = 0.0
    inside = torch.arange(T, device=probs.device) < lengths.to(probs.device)[:, None]
    is_unit = (probs[..., BLANK_ID] <= most_blank) & inside
    best = torch.where(is_unit, units.argmax(-1), torch.full_like(inside, -1, dtype=torch.int64))
    before = nn.functional.pad(best[:, :-1], (1, 0), value=-1)
    opens = is_unit & (best != before)
    number = opens.long().cumsum(1)  # (N, T), from 1
    frame = torch.where(is_unit, number - 1, torch.full_like(number, -1))
    num_segments = number[:, -1] if T else number.new_zeros(N)
    S = int(num_segments.max()) if N else 0  # the one wait for the device
    total = units.new_zeros(N, S + 1, C)
    # row S takes what belongs to no segment
    row = torch.where(is_unit, number - 1, torch.full_like(number, S))
    total.scatter_add_(1, row[..., None].expand(-1, -1, C), units)
    posterior = total[:, :S]
    return Segments(posterior / posterior.sum(-1, keepdim=True).clamp(min=1e-9), num_segments, frame)


class Matcher(nn.Module):
    """Scores the pronunciations of a catalogue against emissions.

    Args:
      num_tokens: of the model, blank included.
      boundary: token between words, 0 where there is none; the edges of an utterance count as one.
      most_blank: see :func:`segments_of`.
      deletion, insertion: cost of a unit without a segment and of a segment without a unit, nats.
    """

    ratio: torch.Tensor

    def __init__(
        self,
        num_tokens: int,
        boundary: int = BLANK_ID,
        most_blank: float = 0.9,
        deletion: float = 4.0,
        insertion: float = 3.0,
    ):
        super().__init__()
        self.boundary, self.most_blank = boundary, most_blank
        self.deletion, self.insertion = deletion, insertion
        # P(recognized | spoken) / P(recognized); of a model that never errs until it is measured
        ratio = torch.eye(num_tokens).mul(num_tokens).mul(0.9).add(0.1)
        self.register_buffer("ratio", ratio)

    @classmethod
    def of(cls, units: Units) -> "Matcher":
        """A matcher of these units that has measured nothing."""
        return cls(len(units.tokens), *units.edge)

    def learn(self, references: torch.Tensor, posteriors: torch.Tensor, smoothing: float = 3.0) -> None:
        """Measure the confusions.

        Args:
          references: spoken tokens ``(M,)``.
          posteriors: the posteriors of their frames ``(M, C)``.
        """
        C = len(self.ratio)
        recognized = posteriors.clone()
        recognized[:, BLANK_ID] = 0.0
        recognized = recognized / recognized.sum(-1, keepdim=True).clamp(min=1e-9)
        prior = recognized.sum(0) + smoothing
        prior = prior / prior.sum()
        count = torch.zeros(C, C).index_add_(0, references, recognized) + smoothing * prior
        self.ratio.copy_(count / count.sum(1, keepdim=True) / prior)

    def similarities(self, log_probs: torch.Tensor, lengths: torch.Tensor) -> Tuple[List[torch.Tensor], torch.Tensor]:
        """The fit of all units to the segments of each utterance.

        Args:
          log_probs: ``(N, T, C)``.
          lengths: frames of each utterance ``(N,)``.

        Returns:
          of each utterance the ratio of each unit in each segment, nats ``(C, S)``; and the segment of each frame,
          -1 for none ``(N, T)``.
        """
        segments = segments_of(log_probs, lengths, self.most_blank)
        ratios = (segments.posterior @ self.ratio.T).clamp(min=1e-9).log().clamp(min=LOWEST)  # (N, S, C)
        num_segments = segments.lengths.tolist()
        similarities = [self._with_edges(r[:count].T).contiguous() for r, count in zip(ratios, num_segments)]
        first = 1 if self.boundary else 0  # the edge before the first segment
        return similarities, segments.frame + first * segments.frame.ge(0)

    def _with_edges(self, ratios: torch.Tensor) -> torch.Tensor:
        """A certain boundary before the first segment and behind the last of ``(C, S)``."""
        if not self.boundary:
            return ratios
        edge = ratios.new_full((len(ratios), 1), LOWEST)
        edge[self.boundary] = self.ratio[self.boundary, self.boundary].log()
        return torch.cat([edge, ratios, edge], dim=1)

    def scores(self, similarity: torch.Tensor, catalogue: Catalogue) -> torch.Tensor:
        """Best score of each pronunciation ``(W,)`` over all stretches of one utterance, from its ratios ``(C, S)``."""
        S = similarity.shape[1]
        scores: torch.Tensor = similarity.new_full((len(catalogue.lengths),), LOWEST)
        if not S:
            return scores
        reached = similarity.new_zeros(1, S + 1)  # [node, segments consumed]: of the root, free anywhere
        for unit, parent, nodes, pronunciations in catalogue.trie.levels(similarity.device):
            above = reached.index_select(0, parent)
            reached = self._step(above, similarity.index_select(0, unit).add_(above[:, :-1]))
            scores[pronunciations] = reached.index_select(0, nodes).amax(dim=1)
        return scores

    def alignments(self, similarity: torch.Tensor, units: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """The fit of each unit of a few pronunciations to each segment, each in the best alignment of its pronunciation.

        Args:
          similarity: ratios of one utterance ``(C, S)``.
          units: of each pronunciation, padded ``(K, J)``.
          lengths: units of each pronunciation ``(K,)``.

        Returns:
          nats below the best alignment of the pronunciation anywhere, 0 on it, ``(K, J, S)`` (its max-marginals); far below
          for units behind a pronunciation's end.
        """
        K, J = units.shape
        S = similarity.shape[1]
        ratios = similarity[units]  # (K, J, S)
        reached = similarity.new_zeros(K, S + 1)
        matched = []  # of each unit, if it consumes each segment: the best up to there
        for j in range(J):
            matched.append(reached[:, :-1] + ratios[:, j])
            reached = self._step(reached, matched[-1])
        rest = similarity.new_zeros(K, S + 1)  # the best of what follows a unit, behind each segment
        through = [similarity.new_zeros(0)] * J
        for j in reversed(range(J)):
            inside, last = lengths.gt(j)[:, None], lengths.eq(j + 1)[:, None]
            skipped = nn.functional.pad(rest[:, 1:] - self.insertion, (0, 1), value=-math.inf)
            behind = torch.where(last, torch.zeros_like(rest), torch.maximum(rest, skipped))
            through[j] = matched[j] + behind[:, 1:]
            taken = nn.functional.pad(ratios[:, j] + behind[:, 1:], (0, 1), value=-math.inf)
            rest = torch.where(inside, torch.maximum(taken, behind.sub(self.deletion)), rest)
        best = torch.stack(through, dim=1)  # (K, J, S)
        inside = torch.arange(J, device=units.device) < lengths[:, None]
        best = best.masked_fill(~inside[..., None], -math.inf)
        result: torch.Tensor = (best - best.amax(dim=(1, 2), keepdim=True)).clamp(min=LOWEST)
        return result

    def _step(self, above: torch.Tensor, matched: torch.Tensor) -> torch.Tensor:
        """Best scores behind a unit ``(K, S + 1)``, from those before it and those with it in each segment."""
        reached = above.sub(self.deletion)
        torch.maximum(reached[:, 1:], matched, out=reached[:, 1:])
        skipped = reached[:, :-1].sub(self.insertion)
        return torch.cat([reached[:, :1], torch.maximum(reached[:, 1:], skipped)], dim=1)
