"""The evidence model: how much likelier the features of a phrase are where it was spoken than where it was not."""

import json
import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Dict, Mapping, Sequence, Tuple

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_file, read_json
from wfst_bias.core.logistic import expit
from wfst_bias.core.types import BoolArray, FloatArray, Nats
from wfst_bias.evidence.features import FEATURES, FeatureTable
from wfst_bias.evidence.prior import Background, Prior

# Of the features that the search has, those that tell spoken phrases from others on speakers and recordings unlike those of
# training; with all of them a model learns its training speech (benchmarks/evidence.py).
READ = ("units", "gap_per_unit", "clarity", "confidence", "word_frequency")
_FORMAT = "evidence-1"
_DIGITS = 6  # of a number in a file
_QUANTILES = 50
_UNCLEAR = 0.1  # share of spoken phrases whose features say nothing
_MOST_ODDS, _PRECISION = 40.0, 1e-3  # nats
_WIDEST = 4.0  # standard deviations; what lies farther out counts as this far


@dataclass(frozen=True)
class Weight:
    """The weight of a feature.

    Args:
      mean, deviation: of the feature in training.
      weight: of its standard score, nats.
    """

    mean: float
    deviation: float
    weight: float


@dataclass(frozen=True)
class EvidenceModel:
    """Logistic regression over standardized features.

    A missing feature counts as its mean in training, that is, not at all.

    Args:
      weights: of the features that it reads.
      bias: nats; without the log odds of the training candidates, so that log odds are log likelihood ratios.
      background: false candidates that a list brings, and spoken phrases, where nothing is known about the speech.
      false_ratios: log likelihood ratios of the false candidates of training, quantiles at even distances, rising.
      about: what it was trained on.
    """

    weights: Mapping[str, Weight]
    bias: float
    background: Background
    false_ratios: Tuple[Nats, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)

    def share_above(self, ratio: Nats) -> float:
        """The share of all false candidates that have a larger log likelihood ratio.

        Beyond the quantiles that the model has, it falls as ``exp(-ratio)``: no false candidate has a larger log likelihood
        ratio more often.
        """
        num = len(self.false_ratios)
        if not num:
            return min(math.exp(-ratio), 1.0)
        if ratio > self.false_ratios[-1]:
            return 0.5 / num * math.exp(self.false_ratios[-1] - ratio)
        levels = 1.0 - (np.arange(num) + 0.5) / num
        return float(np.interp(ratio, self.false_ratios, levels, left=1.0))

    def least_log_odds(self, false_per_hour: float, prior: Prior) -> Nats:
        """The log odds that candidates must have, so that so many false ones are kept in an hour of speech with a prior."""
        odds = [prior.log_odds(is_known) for is_known in (False, True)]

        def kept(least: Nats) -> float:
            return sum(rate * self.share_above(least - own) for rate, own in zip(prior.false_per_hour, odds))

        lowest, highest = -_MOST_ODDS, _MOST_ODDS
        while highest - lowest > _PRECISION:
            middle = (lowest + highest) / 2
            lowest, highest = (middle, highest) if kept(middle) > false_per_hour else (lowest, middle)
        return highest

    def log_likelihood_ratios(self, table: FeatureTable) -> FloatArray:
        """Log of how much likelier the features of each candidate are if it was spoken, nats ``(E,)``."""
        names = list(self.weights)
        mean, deviation, weight = np.array([_values(self.weights[name]) for name in names]).reshape(-1, 3).T
        columns = np.stack([table.column(name) for name in names], axis=1) if names else np.zeros((len(table), 0))
        ratios: FloatArray = self.bias + _standardized(columns, mean, deviation) @ weight
        # a spoken phrase of which hardly anything was recognized has the features of a false one
        ratios = np.logaddexp(ratios + np.log1p(-_UNCLEAR), np.log(_UNCLEAR))
        return ratios

    @classmethod
    def fit(
        cls,
        table: FeatureTable,
        is_true: BoolArray,
        is_known: BoolArray,
        background: Background,
        about: Mapping[str, Any] = {},
        l2: float = 2.0,
        features: Sequence[str] = READ,
    ) -> "EvidenceModel":
        """Train the weights by maximum likelihood with a Gaussian prior.

        A feature that no candidate has, or that never changes, is left out.

        Args:
          is_true: which candidates were spoken, bool ``(E,)``.
          is_known: of which the language model knows all words, bool ``(E,)``; how many of each kind were spoken is a
            matter of the training lists, and no evidence.
          l2: inverse variance of the prior of each weight.
          features: that the model may read.

        Raises:
          InputError: all candidates were spoken, or none.
        """
        num_true = int(is_true.sum())
        if not 0 < num_true < len(is_true):
            raise InputError(
                f"found {num_true:,} spoken and {len(is_true) - num_true:,} false candidates; some of both were "
                "expected: train on more speech"
            )
        present = np.isfinite(table.values).any(axis=0) & np.isin(list(FEATURES), features)
        values = table.values[:, present]
        mean, deviation = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
        varies = deviation > 10.0 ** (1 - _DIGITS)  # as the file has it
        names = [name for name, is_there in zip(FEATURES, present) if is_there]
        names = [name for name, is_there in zip(names, varies) if is_there]
        mean, deviation = mean[varies], deviation[varies]
        w = _regression(_standardized(values[:, varies], mean, deviation), is_true, _training_odds(is_true, is_known), l2)
        rows = zip(names, mean.tolist(), deviation.tolist(), w.tolist())
        weights = {name: Weight(*(round(value, _DIGITS) for value in row)) for name, *row in rows}
        model = cls(weights, round(float(w[-1]), _DIGITS), background, about=about)
        ratios = model.log_likelihood_ratios(table[~is_true])
        quantiles = np.quantile(ratios, (np.arange(_QUANTILES) + 0.5) / _QUANTILES)
        return replace(model, false_ratios=tuple(quantiles.round(3).tolist()))

    def write(self, path: Path) -> None:
        """Write the model as JSON that can be read."""
        features = {name: vars(weight) for name, weight in self.weights.items()}
        content: Dict[str, Any] = {
            "format": _FORMAT,
            "about": dict(self.about),
            "background": vars(self.background),
            "bias": self.bias,
            "false_ratios": list(self.false_ratios),
            "features": features,
        }
        publish_file(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")

    @classmethod
    def read(cls, path: Path) -> "EvidenceModel":
        """Read what :meth:`write` wrote.

        Raises:
          InputError: the file is missing, or another one.
        """
        content = read_json(path)
        try:
            if content["format"] != _FORMAT:
                raise ValueError(f"format {content['format']!r}")
            weights = {name: Weight(**fields) for name, fields in content["features"].items()}
            if not weights.keys() <= FEATURES.keys():
                raise ValueError(f"unknown features {sorted(weights.keys() - FEATURES.keys())}")
            ratios = tuple(map(float, content["false_ratios"]))
            fields = content["background"]
            background = Background(**{**fields, "false_per_hour": tuple(fields["false_per_hour"])})
            return cls(weights, float(content["bias"]), background, ratios, content["about"])
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError, InputError) as error:
            raise InputError(
                f"is no evidence model ({error}); one that 'wfst-bias evidence train' wrote was expected", path
            ) from None


def _regression(scores: FloatArray, is_true: BoolArray, offset: FloatArray, l2: float) -> FloatArray:
    """Weights of logistic regression and, last, the bias ``(F + 1,)``.

    Args:
      scores: standard scores ``(E, F)``.
      is_true: bool ``(E,)``.
      offset: log odds of each that are known beforehand ``(E,)``.
      l2: inverse variance of the prior of each weight.
    """
    from scipy.optimize import minimize

    x = np.append(scores, np.ones((len(scores), 1)), axis=1)
    penalty = np.append(np.full(scores.shape[1], l2), 0.0)

    def loss(w: FloatArray) -> Tuple[float, FloatArray]:
        margin = np.where(is_true, 1.0, -1.0) * (x @ w + offset)
        slope = x.T @ np.where(is_true, -expit(-margin), expit(-margin))
        return float(np.logaddexp(0.0, -margin).sum() + 0.5 * penalty @ w**2), slope + penalty * w

    weights: FloatArray = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 1000}).x
    return weights


def _training_odds(is_true: BoolArray, is_known: BoolArray) -> FloatArray:
    """Log odds of the kind of each candidate to be spoken, nats ``(E,)``; half a candidate more of each keeps them finite."""
    odds = [np.log(is_true[own].sum() + 0.5) - np.log((~is_true[own]).sum() + 0.5) for own in (~is_known, is_known)]
    return np.where(is_known, odds[1], odds[0])


def _values(one: Weight) -> Tuple[float, float, float]:
    return one.mean, one.deviation, one.weight


def _standardized(values: FloatArray, mean: FloatArray, deviation: FloatArray) -> FloatArray:
    """Standard scores ``(E, F)``, 0 for a missing value."""
    scores: FloatArray = np.nan_to_num((values - mean) / deviation, nan=0.0).clip(-_WIDEST, _WIDEST)
    return scores
