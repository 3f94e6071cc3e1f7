"""Features of the phrases that a list brought: what lattice and emissions know about whether they were spoken."""

from dataclasses import dataclass
from functools import cached_property
from typing import Dict, Mapping, Optional, Sequence, Union

import numpy as np
import torch

from wfst_bias.core.logistic import logit
from wfst_bias.core.types import BoolArray, FloatArray, IntArray, Seconds
from wfst_bias.decode.search import Decoder, Lattices
from wfst_bias.decode.transcript import FoundEntity, Transcript
from wfst_bias.lattice.competitors import Competitor
from wfst_bias.lattice.confidence import SCALE, Confidence
from wfst_bias.lattice.terms import Terms

_LEAST = 1e-4  # of a posterior and its complement: files have four digits
_GOOD = -0.7  # nats; a unit above it is as likely as any other, or nearly so

FEATURES: Mapping[str, str] = {
    "units": "units of the pronunciation",
    "inverse_units": "1 / units",
    "gap": "log-probability of the units against the best ones of the same frames, nats",
    "gap_per_unit": "the same for a unit",
    "worst_gap": "the same of the unit that matches least",
    "rest_gap": "the same for a unit of the rest of the utterance",
    "good_units": "share of units that are as likely as any other, or nearly so",
    "boost": "what adaptive boosting gave back of the gap, nats",
    "evidence": "probability of a unit against the best one, 0 to 1",
    "clarity": "mean log-probability of the best unit of each frame, nats",
    "confidence": "log odds of the posterior without what the list pays",
    "confidence_with_list": "log odds of the posterior with what the list pays",
    "has_competitor": "1 where the lattice has a path without the phrase, else 0",
    "lead_acoustic": "lead over that path, acoustic term, nats",
    "lead_language_model": "lead over that path, language model term, nats",
    "lead_total": "lead over that path, all terms, nats",
    "seconds": "duration",
    "tempo": "log of the duration of a unit against that of the rest of the utterance",
    "word_frequency": "log-probability of its rarest word in the language model without a history; missing if one is unknown",
    "list_score": "what the list's class costs and pays for the phrase and its variant, without the size of the list, nats",
}


@dataclass(frozen=True)
class FeatureTable:
    """Features of candidates; a missing value is NaN.

    Args:
      values: a row for each candidate, a column for each of :data:`FEATURES`, ``(E, F)``.
    """

    values: FloatArray

    @classmethod
    def of_columns(cls, columns: Mapping[str, FloatArray], num_rows: int) -> "FeatureTable":
        """A table of the columns ``(E,)`` that there are."""
        assert columns.keys() <= FEATURES.keys(), "features have names"
        missing = np.full(num_rows, np.nan)
        return cls(np.stack([columns.get(name, missing) for name in FEATURES], axis=1))

    @classmethod
    def joined(cls, tables: Sequence["FeatureTable"]) -> "FeatureTable":
        """The rows of several tables."""
        return cls(np.concatenate([np.zeros((0, len(FEATURES))), *(table.values for table in tables)]))

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Union[IntArray, BoolArray, slice]) -> "FeatureTable":
        return FeatureTable(self.values[rows])

    def column(self, name: str) -> FloatArray:
        """One feature of all candidates ``(E,)``."""
        values: FloatArray = self.values[:, list(FEATURES).index(name)]
        return values

    def without(self, name: str) -> "FeatureTable":
        """The same, one feature missing."""
        values = self.values.copy()
        values[:, list(FEATURES).index(name)] = np.nan
        return FeatureTable(values)

    def with_lead(self, lead: Terms) -> "FeatureTable":
        """The same for a candidate whose lead over the best path without it is found later.

        Its confidence is that against this path alone.
        """
        paid = np.nan_to_num(self.column("list_score")[0]).clip(min=0.0)  # which counts for no confidence without the list
        values = {
            "has_competitor": 1.0,
            "lead_acoustic": lead.acoustic,
            "lead_language_model": lead.language_model,
            "lead_total": lead.total,
            "confidence": SCALE * (lead.acoustic + lead.language_model + lead.list - paid),
            "confidence_with_list": SCALE * lead.total,
        }
        most = logit(1.0 - _LEAST)
        row = self.values.copy()
        for name, value in values.items():
            row[:, list(FEATURES).index(name)] = np.clip(value, -most, most) if "confidence" in name else value
        return FeatureTable(row)

    def row(self, number: int) -> Dict[str, Optional[float]]:
        """The features of a candidate as files have them; None for a missing one."""
        values = self.values[number].tolist()
        return {name: None if value != value else round(value, 4) for name, value in zip(FEATURES, values)}


@dataclass(frozen=True)
class PathFrames:
    """The frames of a path ``(T,)``.

    Args:
      begins: where a unit begins, bool.
      gaps: log-probability of the token against the best one, nats.
      best: log-probability of the best token, nats.
      frame_shift: seconds.
    """

    begins: BoolArray
    gaps: FloatArray
    best: FloatArray
    frame_shift: Seconds

    @classmethod
    def of(cls, transcript: Transcript, utterance: int, lattices: Lattices, decoder: Decoder) -> "PathFrames":
        """The frames of a transcript of the search; those that are free after the end are left out.

        Args:
          utterance: its number in the batch.
        """
        length = int(lattices.lengths[utterance])
        arcs = lattices.arcs_of(torch.from_numpy(transcript.path).to(decoder.device))
        best = lattices.emissions.log_probs[utterance, :length].amax(dim=-1)
        inside = arcs.frames < length
        begins = torch.zeros_like(best, dtype=torch.bool)
        begins[arcs.frames[inside]] = decoder.graph.begins_unit(arcs.graph_arcs)[inside]
        gaps = torch.zeros_like(best)  # as of the blanks that the search has skipped
        gaps[arcs.frames[inside]] = arcs.plain[inside]
        return cls(begins.cpu().numpy(), gaps.cpu().numpy(), best.cpu().numpy(), lattices.emissions.frame_shift)

    @cached_property
    def _unit_starts(self) -> IntArray:
        return np.flatnonzero(self.begins)

    @cached_property
    def _unit_gaps(self) -> FloatArray:
        """Gap of each unit up to the next one; one more for an end, 0."""
        if not len(self._unit_starts):
            return np.zeros(1)
        return np.append(np.add.reduceat(self.gaps.astype(np.float64), self._unit_starts), 0.0)

    def columns(self, starts: FloatArray, ends: FloatArray) -> Dict[str, FloatArray]:
        """The features of stretches of the path, by their times in seconds ``(E,)``."""
        num_frames = len(self.begins)
        first, end = (np.rint(times / self.frame_shift).astype(int).clip(0, num_frames) for times in (starts, ends))
        bounds = np.stack([np.searchsorted(self._unit_starts, frames) for frames in (first, end)])
        units, all_units = bounds[1] - bounds[0], len(self._unit_starts)
        has_units, others = units > 0, all_units - units
        frames = np.maximum(end - first, 1)
        spoken = num_frames - int(self._unit_starts[0]) if all_units else num_frames
        gaps, total = _sums(self.gaps, first, end), float(self._unit_gaps.sum())
        with np.errstate(divide="ignore", invalid="ignore"):
            rest = np.where(others > 0, (total - gaps) / others, np.nan)
            rest_frames = np.where((others > 0) & (spoken > frames), (spoken - frames) / others, np.nan)
            tempo = np.where(has_units, np.log(frames / units / rest_frames), np.nan)
            good = np.where(has_units, _sums(self._unit_gaps > _GOOD, *bounds) / units, np.nan)
        # reduceat takes stretches from an even place to the next odd one; the end is there for a last one
        worst = np.minimum.reduceat(self._unit_gaps, bounds.T.ravel())[::2]
        return {
            "worst_gap": np.where(has_units, worst, np.nan),
            "rest_gap": rest,
            "good_units": good,
            "clarity": _sums(self.best, first, end) / frames,
            "tempo": tempo,
        }


def _sums(values: Union[FloatArray, BoolArray], first: IntArray, end: IntArray) -> FloatArray:
    """Sums of stretches of an array ``(E,)``."""
    totals = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    sums: FloatArray = totals[end] - totals[first]
    return sums


def features_of(
    entities: Sequence[FoundEntity],
    confidences: Sequence[Sequence[Confidence]],
    competitors: Sequence[Optional[Competitor]],
    path: Optional[PathFrames] = None,
    list_scores: Optional[FloatArray] = None,
    word_frequencies: Optional[FloatArray] = None,
) -> FeatureTable:
    """The features of the candidates of an utterance.

    Args:
      entities: found by a list.
      confidences: of the words of each.
      competitors: of each.
      path: that they are on; where it is not given, its features are missing, and so for the others.
      list_scores, word_frequencies: of :data:`FEATURES` ``(E,)``.
    """
    gaps = np.array([entity.gap for entity in entities], float)
    units = np.array([max(len(entity.units), 1) for entity in entities], float)
    times = [(entity.start, entity.end - entity.after_last_unit) for entity in entities]
    starts, ends = np.array(times, float).reshape(-1, 2).T
    plain = np.array([min(one.plain for one in words) for words in confidences], float)
    boosted = np.array([min(one.boosted for one in words) for words in confidences], float)
    leads = [(one.lead.acoustic, one.lead.language_model, one.lead.total) if one else (np.nan,) * 3 for one in competitors]
    acoustic, language_model, total = np.array(leads, float).reshape(-1, 3).T
    columns: Dict[str, FloatArray] = {
        "units": units,
        "inverse_units": 1.0 / units,
        "gap": gaps,
        "gap_per_unit": gaps / units,
        "boost": np.array([entity.boost for entity in entities], float),
        "evidence": np.exp(gaps / units),
        "confidence": _log_odds(plain),
        "confidence_with_list": _log_odds(boosted),
        "has_competitor": np.array([one is not None for one in competitors], float),
        "lead_acoustic": acoustic,
        "lead_language_model": language_model,
        "lead_total": total,
        "seconds": ends - starts,
    }
    if path is not None:
        columns.update(path.columns(starts, ends))
    for name, values in (("list_score", list_scores), ("word_frequency", word_frequencies)):
        if values is not None:
            columns[name] = values
    return FeatureTable.of_columns(columns, len(entities))


def _log_odds(probabilities: FloatArray) -> FloatArray:
    log_odds: FloatArray = logit(probabilities.clip(_LEAST, 1.0 - _LEAST))
    return log_odds


