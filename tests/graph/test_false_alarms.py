"""False alarms that are predicted for lists in a base."""

import math

import numpy as np
import pytest

from wfst_bias.core.symbols import CLASS
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.false_alarm_rates import HAMA_RATES
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.false_alarms import false_alarms_of_lists, ordinary_speech
from wfst_bias.graph.store import read_base, read_token_graph
from wfst_bias.graph.unigrams import word_log_probs


@pytest.fixture(scope="module")
def base(world):
    return read_base(world / "base")


@pytest.fixture(scope="module")
def speech(world, base):
    return ordinary_speech(base, word_log_probs(read_token_graph(world / "base"), base.words))


def test_each_phrase_has_a_rate_in_the_order_of_the_list(base, speech):
    names = ["Zelenskyy", "日本", "Whittemore", "zelenskyy"]
    rates = false_alarms_of_lists(base, speller_of(base).spell([Entity(name) for name in names]), speech)
    assert rates[0] > 0.0 and rates[2] > 0.0 and rates[1] == rates[3] == 0.0
    (alone,) = false_alarms_of_lists(base, speller_of(base).spell([Entity("Whittemore")]), speech)
    assert alone == pytest.approx(rates[2] * 2**HAMA_RATES.score)  # in a list of one instead of two


def test_a_class_has_its_own_bonus_and_prior(base, speech):
    spelled = speller_of(base).spell([Entity("Zelenskyy")])
    (rate,) = false_alarms_of_lists(base, spelled, speech)
    higher = ClassConfig(bonus=ClassConfig().bonus + 1.0, prior=0.1)
    (of_class,) = false_alarms_of_lists(base, spelled, speech, configs={CLASS: higher})
    assert of_class == pytest.approx(rate * math.exp(HAMA_RATES.score * (1.0 + math.log(2.0))))
    np.testing.assert_allclose(false_alarms_of_lists(base, spelled, speech, higher), [of_class])


def test_without_words_nothing_is_predicted(base):
    assert ordinary_speech(base, {}) is None
    assert ordinary_speech(base, {"a unit of a loop": -1.0}) is None
