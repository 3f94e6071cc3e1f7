"""The evidence model: what it learns, and what its file has."""

import json

import numpy as np
import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.evidence.features import FEATURES, FeatureTable
from wfst_bias.evidence.model import EvidenceModel
from wfst_bias.evidence.prior import Background, Prior


def _drawn(num_true, num_false, seed=0):
    """Candidates whose gap is normal with variance 4 around -2 where they were spoken and around -6 else."""
    rng = np.random.default_rng(seed)
    gap = np.concatenate([rng.normal(-2.0, 2.0, num_true), rng.normal(-6.0, 2.0, num_false)])
    table = FeatureTable.of_columns({"gap": gap, "clarity": np.full(len(gap), -0.1)}, len(gap))
    is_known = np.arange(len(gap)) % 2 == 0
    return table, np.arange(len(gap)) < num_true, is_known


def _gaps(*values):
    return FeatureTable.of_columns({"gap": np.array(values)}, len(values))


def test_it_learns_the_log_likelihood_ratio_whatever_the_share_of_spoken_candidates():
    # log of N(x; -2, 2) / N(x; -6, 2) is x + 4, and one spoken phrase in ten is as unclear as false ones
    for num_true, num_false in ((20000, 20000), (4000, 36000)):
        model = EvidenceModel.fit(*_drawn(num_true, num_false), Background(), features=list(FEATURES))
        ratios = model.log_likelihood_ratios(_gaps(-6.0, -4.0, -2.0))
        assert ratios == pytest.approx(np.log(0.9 * np.exp([-2.0, 0.0, 2.0]) + 0.1), abs=0.15)
        assert list(model.weights) == ["gap"]  # the clarity never changes, other features are missing


def test_how_many_of_each_kind_were_spoken_is_no_evidence():
    """Nearly all known words of the training lists are spoken and nearly no other; both have the same evidence."""
    table, is_true, _ = _drawn(20000, 20000)
    is_known = is_true ^ (np.random.default_rng(1).random(len(is_true)) < 0.05)
    length = np.where(is_known, 2.0, 1.0)  # a feature that tells the kinds apart
    table.column("seconds")[:] = length
    model = EvidenceModel.fit(table, is_true, is_known, Background(), features=list(FEATURES))
    longer, shorter = (FeatureTable.of_columns({"gap": np.array([-4.0]), "seconds": np.array([s])}, 1) for s in (2.0, 1.0))
    ratios = [float(model.log_likelihood_ratios(one)[0]) for one in (longer, shorter)]
    assert ratios == pytest.approx([0.0, 0.0], abs=0.15)


def test_the_share_of_false_candidates_above_a_ratio():
    model = EvidenceModel.fit(*_drawn(5000, 5000), Background(), features=list(FEATURES))
    ratios = model.log_likelihood_ratios(_drawn(0, 5000, seed=3)[0])
    for ratio in (-3.0, 0.0, 2.0):
        assert model.share_above(ratio) == pytest.approx((ratios > ratio).mean(), abs=0.02)
    assert model.share_above(20.0) == pytest.approx(np.exp(-5.0) * model.share_above(15.0))
    assert model.share_above(-100.0) == 1.0


@pytest.mark.parametrize("rate", [0.1, 3.0, 50.0])
def test_a_budget_keeps_so_many_false_candidates(rate):
    model = EvidenceModel.fit(*_drawn(5000, 5000), Background(), features=list(FEATURES))
    prior = Prior((10.0, 200.0), (100.0, 40.0))
    least = model.least_log_odds(rate, prior)
    kept = [share * model.share_above(least - prior.log_odds(kind)) for kind, share in enumerate(prior.false_per_hour)]
    assert sum(kept) == pytest.approx(rate, rel=0.02)


def test_a_missing_feature_counts_as_its_mean():
    model = EvidenceModel.fit(*_drawn(100, 100), Background(), features=list(FEATURES))
    mean, missing = model.weights["gap"].mean, FeatureTable.of_columns({}, 1)
    assert model.log_likelihood_ratios(missing) == pytest.approx(model.log_likelihood_ratios(_gaps(mean)))
    assert len(model.log_likelihood_ratios(FeatureTable.joined([]))) == 0


def test_its_file_can_be_read_by_people_and_by_it(tmp_path):
    path = tmp_path / "evidence.json"
    model = EvidenceModel.fit(*_drawn(50, 50), Background(false_per_hour=(30.0, 40.0)), {"speakers": ["kathleen"]}, features=list(FEATURES))
    model.write(path)
    assert EvidenceModel.read(path) == model
    content = json.loads(path.read_text())
    assert content["background"]["false_per_hour"] == [30.0, 40.0] and content["about"] == {"speakers": ["kathleen"]}
    assert content["features"]["gap"].keys() == {"mean", "deviation", "weight"}


@pytest.mark.parametrize(
    ("text", "message"),
    [("{}", "no evidence model"), ('{"format": "evidence-0"}', "evidence-0"), ("[1]", "no evidence model")],
)
def test_another_file_is_named(tmp_path, text, message):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        EvidenceModel.read(path)


def test_speech_without_false_candidates_teaches_nothing():
    with pytest.raises(InputError, match="found 5 spoken and 0 false candidates"):
        EvidenceModel.fit(*_drawn(5, 0), Background(), features=list(FEATURES))
