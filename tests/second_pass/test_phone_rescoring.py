"""N-best lists rescored by a phone network."""

from dataclasses import replace

import pytest
import torch

from helpers.emissions import emissions
from helpers.phone_texts import TOKENS, UNITS, ctc_log_prob, lang, random_emissions, strings
from wfst_bias.core.errors import InputError
from wfst_bias.lattice.nbest import Hypothesis, NBest
from wfst_bias.lattice.terms import Terms
from wfst_bias.second_pass.config import DISTANCE, MEASURES, RescoringConfig
from wfst_bias.second_pass.pronunciations import Pronunciations
from wfst_bias.second_pass.rescoring import PhoneRescorer


def rescorer(**config):
    return PhoneRescorer(Pronunciations(lang(UNITS)), RescoringConfig(**config))


def nbest(*rows):
    hypotheses = (Hypothesis(tuple(text.split()), (), Terms(score, 0.0, 0.0, 0.0)) for text, score in rows)
    return NBest("utt", tuple(hypotheses))


@pytest.mark.parametrize("measure", MEASURES)
def test_phones_decide_between_close_hypotheses(measure):
    recognized = emissions(TOKENS, "M AA | T UW")
    before = nbest(("uh two", -10.0), ("ma two", -10.2), ("tomato", -30.0))
    (after,) = rescorer(weight=1.0, measure=measure).rescored([before], recognized, 1.0)
    assert [h.text for h in after.hypotheses] == ["ma two", "uh two", "tomato"]
    (two,) = rescorer(weight=1.0, measure=measure, num_best=2).rescored([before], recognized, 1.0)
    assert two.hypotheses == (*after.hypotheses[:2], before.hypotheses[2])  # which is not rescored
    (unchanged,) = rescorer(weight=0.0, measure=measure).rescored([before], recognized, 1.0)
    assert [(h.text, h.total) for h in unchanged.hypotheses] == [(h.text, h.total) for h in before.hypotheses]


def test_the_score_is_the_equation():
    batch = random_emissions([14, 11], UNITS)
    hypotheses = nbest(("ma", -3.0)), nbest(("two ma", -5.0), ("uh", -6.0))
    found = rescorer(weight=0.3).rescored(hypotheses, batch, 1.8)
    for i, some in enumerate(found):
        for h in some.hypotheses:
            log_probs = batch.log_probs[i, : int(batch.lengths[i])]
            log_prob_of = torch.tensor([ctc_log_prob(log_probs, one) for one in strings(h.words, UNITS)])
            phones = log_prob_of.logsumexp(0).item() - log_probs.amax(dim=1).sum().item()
            assert h.phones == pytest.approx(0.3 * (1.8 * phones - h.terms.acoustic), abs=1e-4)
            assert h.total == pytest.approx(h.terms.total + h.phones)


@pytest.mark.parametrize("measure", MEASURES)
def test_empty_lists_and_empty_hypotheses(measure):
    batch = emissions(TOKENS, "M AA", "", "T UW")
    found = rescorer(measure=measure, weight=1.0).rescored(
        [nbest(), nbest(("ma", -1.0), ("", -1.5)), nbest(("two", 0.0))], batch, 1.0
    )
    assert [[h.text for h in some.hypotheses] for some in found] == [[], ["", "ma"], ["two"]]


@pytest.mark.parametrize("measure", MEASURES)
def test_one_frame_and_unpronounceable_words(measure):
    batch = emissions(TOKENS, "M")
    batch = replace(batch, log_probs=batch.log_probs[:, :1], lengths=torch.tensor([1]))
    hypotheses = nbest(("tomato tomato", -1.0), ("xyz", -1.0), ("", -1.0))
    (found,) = rescorer(measure=measure).rescored([hypotheses], batch, 1.0)
    assert found.hypotheses[-1].text == "tomato tomato" and found.hypotheses[-1].total > -100


def test_frames_may_be_of_another_length():
    hypotheses = nbest(("uh two", -10.0), ("ma two", -10.2))
    batch = emissions(TOKENS, "M AA | T UW")
    slow = replace(batch, log_probs=batch.log_probs[:, ::2], lengths=(batch.lengths + 1) // 2, frame_shift=0.04)
    assert rescorer(measure=DISTANCE, weight=1.0).rescored([hypotheses], slow, 1.0)[0].hypotheses[0].text == "ma two"


@pytest.mark.parametrize("option", [{"weight": 1.1}, {"num_best": 0}, {"measure": "taste"}, {"bound": -1}])
def test_options_are_checked_where_they_are_made(option):
    with pytest.raises(InputError, match=f"^{next(iter(option))} is"):
        RescoringConfig(**option)
