"""The features of candidates, with right values."""

import math

import numpy as np
import pytest

from wfst_bias.decode.transcript import LIST, FoundEntity
from wfst_bias.evidence.features import FEATURES, FeatureTable, PathFrames, features_of
from wfst_bias.lattice.competitors import Competitor
from wfst_bias.lattice.confidence import Confidence
from wfst_bias.lattice.terms import Terms


def _entity(phrase, start, end, units, gap, boost=0.0):
    return FoundEntity(phrase, phrase, "<class>", 0, 1, start, end, LIST, tuple(units.split()), gap, boost, 0.0)


@pytest.fixture
def path():
    """Ten frames of 20 ms: units begin in frames 1, 3, 4 and 7; the phrase has those of 3 and 4."""
    return PathFrames(
        begins=np.array([0, 1, 0, 1, 1, 0, 0, 1, 0, 0], bool),
        gaps=np.array([0, -1, 0, 0, -4, -2, 0, -0.5, 0, -0.5], np.float32),
        best=np.full(10, -0.25, np.float32),
        frame_shift=0.02,
    )


def test_features_of_phrase_and_path(path):
    entities = [_entity("Ode", 0.06, 0.14, "OW D", -6.0, 1.5), _entity("a", 0.14, 0.2, "AH", -1.0)]
    confidences = [[Confidence(0.5, 0.9)], [Confidence(1.0, 1.0), Confidence(0.9, 0.95)]]
    competitors = [Competitor(("owed",), ("ode",), Terms(-3.0, 2.0, -1.0, 4.0)), None]
    table = features_of(entities, confidences, competitors, path, np.array([2.5, np.nan]), np.array([np.nan, -4.0]))
    first, second = table.row(0), table.row(1)
    expected = {
        "units": 2,
        "inverse_units": 0.5,
        "gap": -6.0,
        "gap_per_unit": -3.0,
        "worst_gap": -6.0,
        "rest_gap": -1.0,
        "good_units": 0.5,
        "boost": 1.5,
        "evidence": round(math.exp(-3.0), 4),
        "clarity": -0.25,
        "confidence": 0.0,
        "confidence_with_list": round(math.log(9.0), 4),
        "has_competitor": 1.0,
        "lead_acoustic": -3.0,
        "lead_language_model": -1.0,
        "lead_total": 2.0,
        "seconds": 0.08,
        "tempo": round(math.log(2.0 / 2.5), 4),
        "word_frequency": None,
        "list_score": 2.5,
    }
    assert first == expected and list(first) == list(FEATURES)
    assert second["confidence"] == round(math.log(9.0), 4)  # the least of its words
    assert (second["has_competitor"], second["lead_total"], second["list_score"]) == (0.0, None, None)
    assert (second["worst_gap"], second["good_units"]) == (-1.0, 0.0)  # up to the end of the path


def test_features_without_a_path_are_missing():
    table = features_of([_entity("Ode", 0.0, 0.1, "OW D", -1.0)], [[Confidence(0.5, 0.5)]], [None])
    missing = {name for name, value in table.row(0).items() if value is None}
    leads = {"lead_acoustic", "lead_language_model", "lead_total"}
    assert missing == {"worst_gap", "rest_gap", "good_units", "clarity", "tempo", "list_score", "word_frequency", *leads}


def test_tables_are_joined_and_selected():
    one = FeatureTable.of_columns({"units": np.array([1.0, 2.0])}, 2)
    both = FeatureTable.joined([one, FeatureTable.of_columns({"units": np.array([3.0])}, 1)])
    assert both.column("units").tolist() == [1.0, 2.0, 3.0]
    assert both[np.array([False, True, True])].column("units").tolist() == [2.0, 3.0]
    assert len(FeatureTable.joined([])) == 0


def test_a_phrase_without_a_unit_of_its_own_has_no_features_of_units(path):
    (row,) = [features_of([_entity("x", 0.0, 0.02, "X", -1.0)], [[Confidence(0.5, 0.5)]], [None], path).row(0)]
    assert row["worst_gap"] is row["good_units"] is row["tempo"] is None and row["clarity"] == -0.25
