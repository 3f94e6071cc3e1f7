"""The best match of a pronunciation in an utterance, and the units recognized there: from the emissions alone."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, List, Optional, Sequence, Tuple

import numpy as np
import torch
from tabulate import tabulate

from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.core.types import BoolArray, FloatArray, IntArray, Seconds
from wfst_bias.decode.arcs import arc_bounds
from wfst_bias.fst.ctc import ctc_product
from wfst_bias.fst.wfst import NO_SCORE, from_arcs
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.units import Units

if TYPE_CHECKING:
    import k2

# What a frame outside of a pronunciation costs: of two matches that are as good, the unit keeps its frames.
_OUTSIDE = -1e-4
_BEAM = 1.0  # nats; one path is read


@dataclass(frozen=True)
class UnitCost:
    """A unit of a pronunciation at its place.

    Args:
      unit: its symbol.
      gap: log-probability against the best ones of its frames, up to the next unit, nats; 0 or below.
      recognized: the best units of these frames.
    """

    unit: str
    gap: float
    recognized: Tuple[str, ...]


@dataclass(frozen=True)
class AcousticMatch:
    """A pronunciation at a place in an utterance.

    Args:
      start, end: its time.
      gap: log-probability of its units against the best ones of the same frames, nats, not scaled, not boosted.
      recognized: the best units of these frames.
      costs: the same, of each unit.
    """

    start: Seconds
    end: Seconds
    gap: float
    recognized: Pronunciation
    costs: Tuple[UnitCost, ...]

    @property
    def units(self) -> Pronunciation:
        return tuple(cost.unit for cost in self.costs)

    def describe(self) -> str:
        text = f"{self.start:.2f}-{self.end:.2f} s, {nats(-self.gap)} nats below the best units"
        dearest = min(self.costs, key=lambda cost: cost.gap)
        if nats(dearest.gap) == nats(0.0):
            return text
        recognized = " ".join(dearest.recognized) or "nothing"
        return f"{text}, {nats(-dearest.gap)} of them for {dearest.unit} where {recognized} was recognized"

    def table(self) -> str:
        """Its units, and below each of them the units recognized in its frames and what that costs."""
        rows = (
            ("expected", *self.units),
            ("recognized", *(" ".join(cost.recognized) or "-" for cost in self.costs)),
            ("nats", *(nats(cost.gap) for cost in self.costs)),
        )
        table: str = tabulate(rows, tablefmt="plain", disable_numparse=True)
        return table


def nats(value: float) -> str:
    """A score as it is printed; there is no -0.0."""
    return f"{round(value, 1) + 0.0:.1f}"


def acoustic_match_of(
    tokens: IntArray,
    begins: BoolArray,
    first: int,
    last: int,
    columns: FloatArray,
    units: Units,
    frame_shift: Seconds,
) -> AcousticMatch:
    """The match of units with the frames of a path, and the units recognized there.

    Args:
      tokens: of each frame of the path ``(T,)``.
      begins: where a token begins, bool ``(T,)``.
      first, last: the frames in which the first unit begins and the last one.
      columns: emissions of the tokens, each frame's best at 0, ``(T, V)``.
    """
    starts = first + np.flatnonzero(begins[first : last + 1])
    goes_on = (tokens[last + 1 :] == tokens[last]) & ~begins[last + 1 :]
    end = last + 1 + int(np.append(goes_on, False).argmin())
    bounds = np.append(starts, end)
    gap = columns[np.arange(end), tokens[:end]]
    best = columns[:end].argmax(axis=1)

    def recognized(first: int, last: int) -> Pronunciation:
        return tuple(units.tokens.symbols[token] for token in _collapsed(best[first:last]))

    costs = tuple(
        UnitCost(units.tokens.symbols[tokens[first]], float(gap[first:last].sum()), recognized(first, last))
        for first, last in zip(bounds, bounds[1:])
    )
    return AcousticMatch(
        start=round(float(first) * frame_shift, 4),
        end=round(float(end) * frame_shift, 4),
        gap=float(gap[first:].sum()),
        recognized=recognized(first, end),
        costs=costs,
    )


def best_matches(
    columns: torch.Tensor, pronunciations: Sequence[Pronunciation], units: Units, frame_shift: Seconds
) -> List[Optional[AcousticMatch]]:
    """The match of each pronunciation with the least gap, in a word or across words.

    Forced search of ``free pronunciation free``, where ``free`` passes a frame at its best; none where the utterance
    has too few frames.

    Args:
      columns: emissions of the tokens of an utterance, each frame's best at 0, ``(T, V)``.
    """
    import k2

    num_frames, num_tokens = columns.shape
    columns = columns.cpu()
    forced = k2.create_fsa_vec([_forced(pronunciation, units) for pronunciation in pronunciations])
    free = torch.full((num_frames, 1), _OUTSIDE)
    segments = torch.tensor([[0, 0, num_frames]] * len(pronunciations), dtype=torch.int32)
    dense = k2.DenseFsaVec(torch.cat([columns, free], dim=1)[None], segments)
    # one utterance stands for all: each pronunciation meets a segment of its own
    best = k2.shortest_path(k2.intersect_dense(forced, dense, output_beam=_BEAM), use_double_scores=True)
    bounds = arc_bounds(best).tolist()
    labels, table = best.labels.numpy(), columns.numpy()
    matches = []
    for first, last in zip(bounds, bounds[1:]):
        path = labels[first:last][:-1]  # all but the arc into the last state
        inside = path != num_tokens
        tokens = np.where(inside, path, BLANK_ID)
        begins = inside & (path != BLANK_ID) & (path != np.append(BLANK_ID, path[:-1]))
        starts = np.flatnonzero(begins).tolist()
        fits = len(starts) > 0
        matches.append(
            acoustic_match_of(tokens, begins, starts[0], starts[-1], table, units, frame_shift) if fits else None
        )
    return matches


def _forced(pronunciation: Pronunciation, units: Units) -> "k2.Fsa":
    """``free pronunciation free`` with the CTC topology; ``free`` is the column after those of the tokens."""
    import k2

    num_tokens, end = len(units.tokens), len(pronunciation)
    chain = from_arcs(
        start=0,
        src=[0, *range(end), end],
        dst=[0, *range(1, end + 1), end],
        ilabel=[num_tokens, *(units.tokens[unit] for unit in pronunciation), num_tokens],
        olabel=np.zeros(end + 2),
        score=np.zeros(end + 2),
        final=np.append(np.full(end, NO_SCORE), np.float32(0.0)),
    )
    return k2.arc_sort(k2.Fsa(torch.from_numpy(ctc_product(chain, num_tokens + 1).arcs)))


def _collapsed(tokens: IntArray) -> List[int]:
    """The units of a sequence of tokens, as CTC collapses it."""
    changes = np.append(True, tokens[1:] != tokens[:-1])
    return [token for token in tokens[changes].tolist() if token != BLANK_ID]
