"""N-best lists rescored by what a phone network heard."""

from dataclasses import dataclass, replace
from typing import Tuple

import pytest
import torch
from test_phone_graphs import TOKENS, UNITS, ctc_log_prob, lang, random_emissions, strings
from test_search import emissions

from wfst_bias.decode.config import DISTANCE, MEASURES, RescoringConfig
from wfst_bias.decode.phone_rescoring import PhoneRescorer
from wfst_bias.decode.sayings import Sayings
from wfst_bias.errors import InputError


@dataclass(frozen=True)
class Hypothesis:
    words: Tuple[str, ...]
    total: float


def rescorer(**config):
    return PhoneRescorer(Sayings(lang(UNITS)), RescoringConfig(**config))


def nbest(*rows):
    return [Hypothesis(tuple(text.split()), score) for text, score in rows]


@pytest.mark.parametrize("measure", MEASURES)
def test_the_sound_turns_a_close_call(measure):
    heard = emissions(TOKENS, "M AA | T UW")
    hypotheses = nbest(("uh two", -10.0), ("ma two", -10.2), ("tomato", -30.0))
    (best, second, last) = rescorer(gamma=1.0, measure=measure).rescored([hypotheses], heard)[0]
    assert [r.hypothesis for r in (best, second, last)] == [hypotheses[i] for i in (1, 0, 2)]
    (unchanged,) = rescorer(gamma=0.0, measure=measure).rescored([hypotheses], heard)
    assert [(r.hypothesis, r.total) for r in unchanged] == [(h, h.total) for h in hypotheses]


def test_the_score_is_the_equation():
    batch = random_emissions([14, 11], UNITS)
    hypotheses = nbest(("ma", -3.0)), nbest(("two ma", -5.0), ("uh", -6.0))
    found = rescorer(gamma=0.3).rescored(hypotheses, batch)
    for i, some in enumerate(found):
        for r in some:
            log_probs = batch.log_probs[i, : int(batch.lengths[i])]
            ways = torch.tensor([ctc_log_prob(log_probs, way) for way in strings(r.hypothesis.words, UNITS)])
            assert r.phones == pytest.approx(ways.logsumexp(0).item(), abs=1e-4)
            assert r.total == pytest.approx(r.hypothesis.total + 0.3 * r.phones)


@pytest.mark.parametrize("measure", MEASURES)
def test_empty_lists_and_empty_hypotheses(measure):
    batch = emissions(TOKENS, "M AA", "", "T UW")
    found = rescorer(measure=measure, gamma=2.0).rescored(
        [[], nbest(("ma", -1.0), ("", -1.5)), nbest(("two", 0.0))], batch
    )
    assert [[" ".join(r.hypothesis.words) for r in some] for some in found] == [[], ["", "ma"], ["two"]]


@pytest.mark.parametrize("measure", MEASURES)
def test_one_frame_and_words_that_nobody_can_say(measure):
    batch = emissions(TOKENS, "M")
    batch = replace(batch, log_probs=batch.log_probs[:, :1], lengths=torch.tensor([1]))
    hypotheses = nbest(("tomato tomato", -1.0), ("xyz", -1.0), ("", -1.0))
    (found,) = rescorer(measure=measure).rescored([hypotheses], batch)
    assert found[-1].hypothesis is hypotheses[0] and found[-1].total > -100


def test_frames_may_be_of_another_length():
    hypotheses = nbest(("uh two", -10.0), ("ma two", -10.2))
    batch = emissions(TOKENS, "M AA | T UW")
    slow = replace(batch, log_probs=batch.log_probs[:, ::2], lengths=(batch.lengths + 1) // 2, frame_shift=0.04)
    assert rescorer(measure=DISTANCE, gamma=1.0).rescored([hypotheses], slow)[0][0].hypothesis is hypotheses[1]


@pytest.mark.parametrize("option", [{"gamma": -1.0}, {"measure": "taste"}, {"bound": -1}])
def test_options_are_checked_where_they_are_made(option):
    with pytest.raises(InputError, match=f"--rescore-{next(iter(option))} is"):
        RescoringConfig(**option)
