"""Verification with the prior of a corpus."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from lhotse import SupervisionSegment
from scipy.special import expit

from helpers.emissions import emissions
from helpers.phone_bases import phones_folder
from wfst_bias.decode.config import SearchConfig
from wfst_bias.decode.search import Decoder
from wfst_bias.evidence.default import DEFAULT, evidence_of
from wfst_bias.evidence.model import EvidenceModel, Weight
from wfst_bias.evidence.prior import Background, Prior
from wfst_bias.graph.compile import graph_of_list
from wfst_bias.graph.store import read_base
from wfst_bias.recognize.biasing import OneGraph
from wfst_bias.recognize.emissions import BatchEmissions
from wfst_bias.recognize.recognizer import Recognizer
from wfst_bias.recognize.verified import verified
from wfst_bias.second_pass.chain import Chain
from wfst_bias.second_pass.config import VerifyConfig
from wfst_bias.second_pass.found import EVEN
from wfst_bias.second_pass.verification import Verification

CITY, NAME = "DH AH <wb> S IH T IY", "W IY <wb> M EH T <wb> Z EH L EH N S K IY"
# the evidence of a phrase is its gap a unit and a constant
MODEL = EvidenceModel({"gap_per_unit": Weight(0.0, 1.0, 4.0)}, 4.0, Background((3.5e3, 3.5e3), 60.0, 0.02))


@pytest.fixture(scope="module")
def graph(world, tmp_path_factory):
    path = tmp_path_factory.mktemp("verified") / "names.txt"
    path.write_text("Kitty\t7\nZelenskyy\n")
    made, _ = graph_of_list(read_base(world / "base"), path)
    return made


def _segments(graph, spoken, **config):
    chain = Chain((Verification(VerifyConfig(**config), MODEL),))
    decoder = Decoder(graph, SearchConfig(output_beam=25.0, search_beam=40.0))
    batch = emissions(graph.tokens, *spoken, sharpness=2.0)
    with Recognizer(biasing=OneGraph(decoder), second_pass=chain) as recognizer:
        return recognizer.recognize_batch(BatchEmissions.precomputed(batch)), chain


def _even_but(log_odds):
    return Prior((math.exp(log_odds),) * 2, (1.0, 1.0))


def _texts(segments):
    return [segment.found.transcript.text for segment in segments]


def test_all_alternatives_are_kept(graph):
    (segment,), _ = _segments(graph, [f"{CITY} <wb> {CITY}"])
    ratios = [one.log_odds(EVEN) for one in segment.found.alternatives]
    assert ratios == sorted(ratios) and len(ratios) == 3
    assert [one.found.transcript.text for one in segment.found.alternatives][::2] == [
        "the kitty the kitty",
        "the city the city",
    ]
    for one in segment.found.alternatives:
        assert one.found.texts["verify"] == one.found.transcript.text
        assert len(one.found.confidences) == len(one.found.transcript.words)


def test_a_prior_decides_between_them(graph):
    (segment,), _ = _segments(graph, [CITY])
    found = segment.found
    (candidate,) = found.alternatives[0].found.candidates
    kept, rejected = (found.with_prior(_even_but(log_odds - candidate.ratio), 0.0) for log_odds in (0.1, -0.1))
    assert (kept.transcript.text, rejected.transcript.text) == ("the kitty", "the city")
    (entity,) = rejected.transcript.rejected
    row = rejected.evidence_row(entity)
    assert row["posterior"] == pytest.approx(0.475, abs=1e-3)
    assert row["log_likelihood_ratio"] == pytest.approx(candidate.ratio, abs=1e-4)
    assert row["features"]["gap_per_unit"] == pytest.approx(entity.gap / 4, abs=1e-4)
    assert kept.evidence_row(kept.transcript.entities[0])["posterior"] == pytest.approx(0.525, abs=1e-3)


def test_the_share_of_spoken_phrases_is_that_of_the_corpus(graph):
    alone, chain = _segments(graph, [CITY])
    few, many = [CITY] + ["DH AH"] * 3, [CITY] + [NAME] * 3
    priors = [next(iter(verified(_segments(graph, spoken)[0], chain))).found.prior for spoken in (few, many)]
    assert priors[0].log_odds(False) < priors[1].log_odds(False)
    (after,) = verified(alone, chain)
    assert after.found.prior.log_odds(False) == pytest.approx(alone[0].found.prior.log_odds(False))
    # each utterance by itself has the same prior wherever it stands
    own = replace(chain, stages=(Verification(VerifyConfig(prior_over="utterance"), MODEL),))
    first, *_ = verified(_segments(graph, many)[0], own)
    assert first.found.prior.log_odds(False) == pytest.approx(alone[0].found.prior.log_odds(False), abs=1e-6)


def test_speakers_that_take_turns_have_their_own_priors(graph):
    """One says names, the other none; the order of the segments stays."""
    segments, _ = _segments(graph, [NAME, CITY, NAME, CITY, NAME, CITY])
    spoken = [replace(one, cut=replace(one.cut, supervisions=[_of_speaker(one.cut, f"s{i % 2}")])) for i, one in enumerate(segments)]
    chain = Chain((Verification(VerifyConfig(prior_over="speaker"), MODEL),))
    found = list(verified(spoken, chain))
    assert [one.cut.id for one in found] == [one.cut.id for one in spoken]
    odds = [one.found.prior.log_odds(False) for one in found]
    assert len(set(odds[::2])) == len(set(odds[1::2])) == 1 and odds[0] > odds[1]


def _of_speaker(cut, name):
    return SupervisionSegment(cut.id, cut.id, 0.0, cut.duration, speaker=name)


def test_silence_is_no_speech(graph):
    """The prior of the same candidates is the same, however long the pauses are."""
    batch = emissions(graph.tokens, CITY, CITY, sharpness=2.0)
    silence = torch.full((2, 400, batch.log_probs.shape[2]), -12.0)
    silence[:, :, 0] = -1e-4
    longer = replace(batch, log_probs=torch.cat([batch.log_probs, silence], dim=1), lengths=batch.lengths + 400)
    chain = Chain((Verification(VerifyConfig(), MODEL),))
    priors = []
    for spoken in (batch, longer):
        decoder = Decoder(graph, SearchConfig(output_beam=25.0, search_beam=40.0))
        with Recognizer(biasing=OneGraph(decoder), second_pass=chain) as recognizer:
            segments = recognizer.recognize_batch(BatchEmissions.precomputed(spoken))
        first, *_ = verified(segments, chain)
        priors.append(first.found.prior.log_odds(False))
    assert priors[1] == pytest.approx(priors[0], abs=0.1)


def test_without_verification_segments_pass(graph):
    segments, _ = _segments(graph, [CITY])
    assert list(verified(iter(segments), Chain())) == segments


def test_a_shifted_segment_keeps_its_evidence(graph):
    (segment,), _ = _segments(graph, [CITY])
    found = segment.found.in_utterance("long", 10.0)
    rejected = found.with_prior(_even_but(-100.0), 0.0)
    (entity,) = rejected.transcript.rejected
    assert entity.start > 10.0 and rejected.evidence_row(entity)["posterior"] == 0.0


def _judged(graph, spoken, **config):
    segments, chain = _segments(graph, spoken, **config)
    return list(verified(segments, chain))


def test_a_phrase_that_was_certainly_found_in_the_recording_is_likelier_there(graph):
    """The two utterances are segments of one recording, or of two."""
    segments, chain = _segments(graph, [CITY, "DH AH <wb> K IH T IY"])
    weak, clear = (one.found.candidates[0].ratio for one in segments)
    assert weak < clear
    together = list(verified([replace(one, cut=replace(one.cut, id="recording")) for one in segments], chain))
    apart = list(verified(segments, chain))
    assert [one.found.repetition_bonuses for one in apart] == [{}, {}]
    prior = together[0].found.prior.log_odds(False)
    posteriors = expit(np.array([weak, clear]) + prior)
    assert posteriors[1] > 0.9
    for one, ratio in zip(together, (weak, clear)):
        bonus = one.found.repetition_bonuses["Kitty"]
        assert bonus == pytest.approx(math.log(1 + 4 * sum(one for one in posteriors if one > 0.9)))
        transcript = one.found.transcript
        (entity,) = transcript.entities or transcript.rejected
        posterior = expit(ratio + prior + bonus)
        assert one.found.evidence_row(entity)["posterior"] == pytest.approx(posterior, abs=1e-3)


def test_a_budget_of_false_alarms_sets_the_threshold(graph):
    """Less is accepted the fewer false alarms may be in an hour, and what the posterior would demand does not count."""
    kept = []
    for rate in (1000.0, 30.0, 1e-9):
        judged = _judged(graph, [CITY] * 3 + [NAME], false_alarms_per_hour=rate)
        kept.append(sum(len(one.found.transcript.entities) for one in judged))
    assert kept == sorted(kept, reverse=True) and kept[0] == 4 and kept[-1] < 3


@pytest.mark.parametrize("topology", ["standard", "modified"])
def test_models_whose_tokens_do_not_tell_words_apart(run, tmp_path, topology):
    """What their lattices do not know is missing, and the evidence model that comes with the package reads the rest."""
    base = read_base(phones_folder(run, tmp_path, topology))
    (tmp_path / "list.tsv").write_text("phrase\tweight\ndent manor\t9\n")
    made, _ = graph_of_list(base, tmp_path / "list.tsv")
    model = replace(evidence_of(DEFAULT, "hama"), background=Background((2e4, 2e4), 60.0, 0.02))
    chain = Chain((Verification(VerifyConfig(), model),))
    spoken = [" ".join(units) for units in ("redatdentmanor", "redatbebtmabor")]
    batch = BatchEmissions.precomputed(emissions(made.tokens, *spoken, sharpness=5.0))
    with Recognizer(biasing=OneGraph(Decoder(made)), second_pass=chain) as recognizer:
        clear, weak = (one.found for one in recognizer.recognize_batch(batch))
    assert [one.phrase for one in clear.transcript.entities] == ["dent manor"]
    rows = [found.evidence_row(one) for found in (clear, weak) for one in (*found.transcript.entities, *found.transcript.rejected)]
    assert rows and all(math.isfinite(row["log_likelihood_ratio"]) and 0 <= row["posterior"] <= 1 for row in rows)
    assert not weak.transcript.entities and "dent" not in weak.transcript.text
    assert clear.num_phrases == (1, 0)
