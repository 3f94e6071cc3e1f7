"""A phrase whose bonus has pushed everything else out of the beam is searched again without it."""

import math
from dataclasses import replace

import numpy as np
import pytest

from helpers.emissions import emissions
from wfst_bias.decode.config import SearchConfig
from wfst_bias.decode.search import Decoder
from wfst_bias.evidence.model import EvidenceModel, Weight
from wfst_bias.evidence.prior import Background
from wfst_bias.graph.compile import graph_of_list
from wfst_bias.graph.store import read_base
from wfst_bias.recognize.biasing import OneGraph
from wfst_bias.recognize.emissions import BatchEmissions
from wfst_bias.recognize.recognizer import Recognizer
from wfst_bias.second_pass.chain import Batch, Chain, found_of
from wfst_bias.second_pass.config import VerifyConfig
from wfst_bias.second_pass.second_search import Searched, search_without
from wfst_bias.second_pass.verification import Verification

CITY = "DH AH <wb> S IH T IY"
MODEL = EvidenceModel({"gap_per_unit": Weight(0.0, 1.0, 4.0)}, 3.0, Background((5e3, 5e3), 60.0, 0.02))


@pytest.fixture(scope="module")
def decoder(world, tmp_path_factory):
    """Its beam is so narrow that only the phrase is left."""
    path = tmp_path_factory.mktemp("second_search") / "names.txt"
    path.write_text("Kitty\t7\n")
    graph, _ = graph_of_list(read_base(world / "base"), path)
    return Decoder(graph, SearchConfig(search_beam=6.0, output_beam=1.0, min_active=0))


def _segments(decoder, chain, *spoken):
    batch = emissions(decoder.graph.tokens, *spoken, sharpness=2.0)
    with Recognizer(biasing=OneGraph(decoder), second_pass=chain) as recognizer:
        return recognizer.recognize_batch(BatchEmissions.precomputed(batch))


def test_no_false_alarm_is_left_because_of_the_beam(decoder):
    (before,) = _segments(decoder, Chain(), CITY)
    assert before.found.transcript.text == "the kitty" and before.found.competitors == (None,)
    (after,) = _segments(decoder, Chain((Verification(VerifyConfig(), MODEL),)), CITY)
    transcript = after.found.transcript
    assert transcript.text == "the city" and not transcript.entities
    (rejected,) = transcript.rejected
    row = after.found.evidence_row(rejected)
    assert row["features"]["has_competitor"] == 1.0 and row["features"]["lead_total"] > 0
    # the result is of the second search: its lattice has the words that are told
    assert after.found.path.words == ("the", "city") and len(after.found.confidences) == 2


def test_other_utterances_of_the_batch_are_as_they_were(decoder):
    verification = Chain((Verification(VerifyConfig(), MODEL),))
    alone = _segments(decoder, verification, CITY)[0].found.transcript
    first, second, third = _segments(decoder, verification, "DH AH <wb> K IH T IY", CITY, "DH AH")
    assert [one.found.transcript.text for one in (first, second, third)] == ["the kitty", "the city", "the"]
    assert second.found.transcript.words == alone.words
    assert np.isfinite(third.found.transcript.score)


def test_an_error_of_the_search_is_no_phrase(decoder):
    """Without the phrase the score is better: the beam alone brought it."""
    batch = emissions(decoder.graph.tokens, CITY, sharpness=2.0)
    with Recognizer(biasing=OneGraph(decoder)) as recognizer:
        searched = recognizer.search(BatchEmissions.precomputed(batch))
    whole = Batch(decoder, searched.lattices, [()], batch)
    (found,) = found_of(searched.transcripts, whole)
    (entity,) = found.transcript.entities
    first = Searched(found, whole, 0)
    without = search_without([(entity, first)], first)
    assert without.found.transcript.text == "the city" and math.isfinite(without.found.transcript.score)
    verification = Verification(VerifyConfig(), MODEL)
    (candidate,) = verification._candidates(first)
    better = replace(without.found.transcript, score=found.transcript.score + 1.0)
    weighed = verification._weighed_against(candidate, found, replace(without.found, transcript=better))
    assert weighed.ratio == -math.inf
