"""The contextual adapter: attention from the frames to the pronunciations of the phrases of a list.

After Dingliwal et al. 2022 (section 3.1) and Sathyendra et al. 2022. For each frame a query is made of the model's
layers (of its log-probabilities, where it shows nothing else) and compared with keys of the catalogue and with
``<no-bias>``; what is attended to changes what the CTC head reads, or the log-probabilities. The change is zero
before training, and where ``<no-bias>`` wins it is the identity, bit for bit.

Axes: N utterances, T frames, C tokens, L layers, K candidates (pronunciations of phrases), J units of a pronunciation, D vectors.
"""

from dataclasses import dataclass
from typing import Callable, Optional, Tuple

import torch
from torch import nn
from torch.nn import functional as F

from wfst_bias.acoustic.norm import Norm
from wfst_bias.adapter.context import Context, changed, seen
from wfst_bias.adapter.frames import MOST_BLANK
from wfst_bias.adapter.matching import LOWEST
from wfst_bias.adapter.shortlist import Candidates
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BLANK_ID

POSITIONS, ENTITIES = "positions", "entities"
_FLOOR = -12.0  # nats, of a unit in a frame

Head = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class AdapterConfig:
    """The architecture of a contextual adapter.

    Args:
      attention: over :data:`POSITIONS` in the pronunciations of the phrases, or over :data:`ENTITIES` as a whole.
      num_layers, layer_dim: of a white-box model's hidden layers; 0 for a model that shows log-probabilities only.
      dim: of queries, keys and values.
      num_blocks: of the context of the queries.
      kernel: of their convolutions, kept frames.
      dropout: of all blocks.
      num_candidates: pronunciations that are attended to; of a larger list those that match best (the first stage).
      most_blank: frames surer of blank than this are passed on as they are; a white box reads all.
      strength: of the change that is made, 1 in training; more where nothing else biases, less behind a model that
        hears well.
    """

    attention: str = POSITIONS
    num_layers: int = 0
    layer_dim: int = 0
    dim: int = 96
    num_blocks: int = 4
    kernel: int = 7
    dropout: float = 0.1
    num_candidates: int = 32
    most_blank: float = MOST_BLANK
    strength: float = 1.0

    def __post_init__(self) -> None:
        if self.attention not in (POSITIONS, ENTITIES):
            raise InputError(f"attention is {self.attention!r}; write {POSITIONS!r} or {ENTITIES!r}")
        if min(self.dim, self.num_blocks, self.num_candidates) < 1 or self.kernel % 2 == 0:
            raise InputError(f"{self}: positive sizes and an odd kernel were expected")
        if self.strength < 0.0:
            raise InputError(f"strength is {self.strength}; 0 or more was expected")

    @property
    def white_box(self) -> bool:
        return self.num_layers > 0

    @property
    def blank_limit(self) -> float:
        """Frames surer of blank than this are not read; 1, and none is left out, for a white box."""
        return 1.0 if self.white_box else self.most_blank


@dataclass(frozen=True)
class Adapted:
    """The output of an adapter for a batch.

    Args:
      log_probs: of the model with its list ``(N, T, C)``.
      attention: to each unit of each candidate ``(N, T, K, J)``; of :data:`ENTITIES` J is 1.
      no_bias: to ``<no-bias>`` ``(N, T)``; with ``attention`` it sums to 1.
      logits: of both, ``<no-bias>`` first, ``(N, T, 1 + K J)``, for training.
    """

    log_probs: torch.Tensor
    attention: torch.Tensor
    no_bias: torch.Tensor
    logits: torch.Tensor


class ContextualAdapter(nn.Module):
    """See the module.

    Args:
      num_tokens: C, blank included; the catalogue is in these, too.
    """

    def __init__(self, num_tokens: int, config: AdapterConfig = AdapterConfig()):
        super().__init__()
        self.config = config
        D = config.dim
        self.unit = nn.Embedding(num_tokens, D)
        self.enter = nn.Linear(2 * num_tokens, D)
        if config.white_box:
            self.layer_weights = nn.Parameter(torch.zeros(config.num_layers))
            self.layer_norm = Norm(config.layer_dim)
            self.from_layers = nn.Linear(config.layer_dim, D)
        self.listen = Context(D, config.num_blocks, config.kernel, config.dropout)
        self.read = Context(D, 2, 5, config.dropout)
        self.query, self.key, self.value = (nn.Linear(D, D) for _ in range(3))
        self.no_bias = nn.Linear(D, 1)
        self.match = nn.Sequential(nn.Linear(4, 16), nn.GELU(), nn.Linear(16, 1))
        self.fit = nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Linear(8, 1))
        self.agreement = nn.Parameter(torch.tensor(0.3))
        self.combine = nn.Linear(2 * D + num_tokens, D)
        self.settle = Context(D, 2, config.kernel, config.dropout)
        self.change = nn.Linear(D, config.layer_dim if config.white_box else num_tokens)
        nn.init.zeros_(self.change.weight)
        nn.init.zeros_(self.change.bias)

    def forward(
        self,
        log_probs: torch.Tensor,
        mask: torch.Tensor,
        candidates: Candidates,
        layers: Optional[torch.Tensor] = None,
        head: Optional[Head] = None,
    ) -> Adapted:
        """Log-probabilities with a list.

        Args:
          log_probs: of the model ``(N, T, C)``.
          mask: what of it is no padding, bool ``(N, T)``.
          candidates: of each utterance.
          layers: of a white-box model ``(N, T, L, D')``.
          head: what makes log-probabilities of the last layer.
        """
        N, T, C = log_probs.shape
        encoded = self._encode(log_probs, mask, layers)  # (N, T, D)
        keys, values = self._catalogue(candidates)  # (N, K J, D) each
        units = F.one_hot(candidates.units.flatten(1), C).to(log_probs.dtype)  # (N, K J, C)
        logits = torch.einsum("ntd,nkd->ntk", self.query(encoded), keys).float() / keys.shape[-1] ** 0.5
        logits = logits + self._match(candidates).repeat_interleave(self._width(candidates), dim=1)[:, None]
        logits = logits + self._fit(candidates)
        if self.config.attention == POSITIONS:
            logits = logits + self.agreement * (log_probs.clamp(min=_FLOOR) @ units.transpose(1, 2)).float()
        logits = logits.masked_fill(~self._attendable(candidates)[:, None], -torch.inf)
        logits = torch.cat([self.no_bias(encoded).float(), logits], dim=-1)
        attention = logits.softmax(dim=-1)
        no_bias, attention = attention[..., 0], attention[..., 1:]
        attended = torch.einsum("ntk,nkd->ntd", attention.to(values.dtype), values)
        unit_mass = attention @ units if self.config.attention == POSITIONS else torch.zeros_like(log_probs)
        together = self.combine(torch.cat([encoded, attended.to(encoded.dtype), unit_mass.to(encoded.dtype)], dim=-1))
        gate = F.relu(1.0 - 2.0 * no_bias).detach()[..., None]  # (N, T, 1): nothing where <no-bias> wins
        change = gate * self.change(self.settle(together, mask)).float()
        if not self.training:
            change = self.config.strength * change
        return Adapted(
            self._injected(log_probs, change, layers, head),
            attention.view(N, T, candidates.lengths.shape[1], -1),
            no_bias,
            logits,
        )

    def _encode(self, log_probs: torch.Tensor, mask: torch.Tensor, layers: Optional[torch.Tensor]) -> torch.Tensor:
        x = self.enter(seen(log_probs))
        if self.config.white_box:
            weighted = torch.einsum("l,ntld->ntd", self.layer_weights.softmax(0), self.layer_norm(layers))
            x = x + self.from_layers(weighted)
        result: torch.Tensor = self.listen(x, mask)
        return result

    def _catalogue(self, candidates: Candidates) -> Tuple[torch.Tensor, torch.Tensor]:
        """Keys and values ``(N, K J, D)``; J is 1 where entities are attended to."""
        N, K, J = candidates.units.shape
        present = candidates.present.view(N * K, J)
        read = self.read(self.unit(candidates.units.view(N * K, J)), present)
        if self.config.attention == ENTITIES:
            present = present[..., None].to(read.dtype)
            read = (read * present).sum(1) / present.sum(1).clamp(min=1.0)
        read = read.reshape(N, -1, read.shape[-1])
        return self.key(read), self.value(read)

    def _width(self, candidates: Candidates) -> int:
        return candidates.units.shape[2] if self.config.attention == POSITIONS else 1

    def _attendable(self, candidates: Candidates) -> torch.Tensor:
        """Which keys are there, bool ``(N, K J)``."""
        of_positions = self.config.attention == POSITIONS
        keys: torch.Tensor = candidates.present.flatten(1) if of_positions else candidates.lengths.gt(0)
        return keys

    def _match(self, candidates: Candidates) -> torch.Tensor:
        """Scores of the match of each candidate with the whole utterance ``(N, K)``."""
        length = candidates.lengths.clamp(min=1).float()
        missing = candidates.lengths == 0  # padding, whose score is no match
        best = candidates.score.masked_fill(missing, -torch.inf).amax(dim=1, keepdim=True)
        below = (candidates.score - best).masked_fill(missing, 0.0)
        features = [candidates.score / 10, candidates.score / length, below / 10, length.log()]
        result: torch.Tensor = self.match(torch.stack(features, dim=-1)).squeeze(-1).float()
        return result

    def _fit(self, candidates: Candidates) -> torch.Tensor:
        """Scores of the alignments of the candidates in each frame ``(N, T, K J)``."""
        aligned = candidates.aligned  # (N, K, J or 1, S)
        if self.config.attention == ENTITIES:
            aligned = aligned.amax(dim=2, keepdim=True)
        N, K, J, S = aligned.shape
        # one column more for frames of no segment
        columns = F.pad(aligned.permute(0, 3, 1, 2), (0, 0, 0, 0, 0, 1), value=LOWEST)  # (N, S + 1, K, J)
        segment = candidates.segment.masked_fill(candidates.segment.lt(0), S)
        fit = columns[torch.arange(N, device=segment.device)[:, None], segment]  # (N, T, K, J)
        on_it = fit.exp()
        sure = (candidates.score / candidates.lengths.clamp(min=1))[:, None, :, None]
        features = torch.stack([fit / 10, on_it, on_it * sure, on_it * candidates.score[:, None, :, None] / 10], dim=-1)
        fitted = self.fit(features).squeeze(-1).float()  # (N, T, K, J)
        result: torch.Tensor = fitted.expand(-1, -1, -1, self._width(candidates)).flatten(2)
        return result

    def _injected(
        self, log_probs: torch.Tensor, change: torch.Tensor, layers: Optional[torch.Tensor], head: Optional[Head]
    ) -> torch.Tensor:
        """Exactly ``log_probs`` where the change is zero: the difference of two heads is added, not the head."""
        if self.config.white_box:
            assert layers is not None and head is not None, "a white-box adapter is given layers and the head"
            before = layers[:, :, -1]
            result: torch.Tensor = log_probs + (head(before + change) - head(before))
            return result
        return changed(log_probs, change)


assert BLANK_ID == 0  # padding of units, of no weight in attention
