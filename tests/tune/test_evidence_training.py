"""Candidates of transcribed speech, and the evidence model that they give."""

import random

import numpy as np
import pytest

from helpers.emissions import emissions
from wfst_bias.core.errors import InputError
from wfst_bias.evidence.features import FEATURES
from wfst_bias.graph.store import read_base
from wfst_bias.recognize.emissions import BatchEmissions
from wfst_bias.tune.evidence import Speech, TrainingLists, labeled_candidates, train_evidence

# text, phones
SPOKEN = (
    ("we met zelenskyy", "W IY <wb> M EH T <wb> Z EH L EH N S K IY"),
    ("call whittemore", "K AO L <wb> W IH T AH M AO R"),
    ("the city", "DH AH <wb> K IH D IY"),
    ("the city the city", "DH AH <wb> K IH D IY <wb> DH AH <wb> S IH T IY"),
)
NAMES = ("zelenskyy", "whittemore", "kitty")


@pytest.fixture(scope="module")
def base(world):
    return read_base(world / "base")


@pytest.fixture(scope="module")
def spoken(base):
    batch = emissions(base.lang.tokens, *(phones for _, phones in SPOKEN), sharpness=2.5)
    texts = dict(zip(batch.names, (text for text, _ in SPOKEN)))
    return Speech([BatchEmissions.precomputed(batch)], texts)


def test_phrases_are_spoken_or_false(base, spoken):
    found = labeled_candidates(base, NAMES, spoken)
    assert dict(zip(found.phrases, found.is_true.tolist())) == {"zelenskyy": True, "whittemore": True, "kitty": False}
    assert found.utterances == ("utt0", "utt1", "utt2", "utt3")
    assert found.table.column("units").tolist() == [8, 6, 4, 4]
    assert np.isfinite(found.table.column("worst_gap")).all()
    gaps = found.table.column("gap_per_unit")
    assert gaps[:2].max() > gaps[2:].max() and gaps[:2].min() >= gaps[2:].max()


def test_the_model_tells_them_apart(base, spoken):
    lists = TrainingLists(NAMES, ("quokka", "zyzzyva", "oboe"), num_others=2, num_absent=1)
    model, found = train_evidence(base, spoken, lists, {"model": "toy"})
    ratios = model.log_likelihood_ratios(found.table)
    assert ratios[found.is_true].min() > ratios[~found.is_true].max()
    assert model.about["spoken_candidates"] == 2 and model.about["false_candidates"] == int((~found.is_true).sum())
    assert model.about["model"] == "toy" and set(model.weights) <= set(FEATURES)


def test_lists_are_drawn_from_words_that_nobody_says():
    lists = TrainingLists(("kitty",), ("a", "b", "c", "d", "kitty"), num_others=2, num_absent=2)
    own, *absent = lists.drawn(frozenset(["kitty", "d"]))
    assert own[0] == "kitty" and len(own) == 3 and len(absent) == 2
    assert {word for words in (own[1:], *absent) for word in words} <= {"a", "b", "c"}
    assert lists.drawn(frozenset()) == lists.drawn(frozenset())
    with pytest.raises(InputError, match="found 1 words that are not spoken; 2 were expected"):
        lists.drawn(frozenset("abc") | {"kitty"})


def test_a_drawing_leaves_the_random_numbers_of_others_alone():
    random.seed(3)
    before = random.random()
    random.seed(3)
    TrainingLists((), ("a", "b"), 1, 1).drawn(frozenset())
    assert random.random() == before
