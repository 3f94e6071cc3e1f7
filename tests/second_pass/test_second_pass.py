"""The stages of the second pass."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from helpers.emissions import ANN_WHITTEMORE, CITY, NOTHING, ZELENSKYY, emissions
from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.core.errors import InputError
from wfst_bias.decode.config import GateConfig, SearchConfig
from wfst_bias.decode.gates import gated_paths
from wfst_bias.decode.paths import transcript_of
from wfst_bias.decode.search import Decoder
from wfst_bias.entities.entity import Entity
from wfst_bias.graph.compile import graph_of_list
from wfst_bias.graph.store import read_base
from wfst_bias.lattice.nbest import NBest, nbest_of
from wfst_bias.lattice.word_lattice import word_lattices
from wfst_bias.recognize.setup import DecodeSetup
from wfst_bias.second_pass.chain import Batch, Chain, LexiconLookup, Rescoring, is_text, on_path, with_best
from wfst_bias.second_pass.config import LOOKUP, ChainConfig, LookupConfig, RescoringConfig, VerifyConfig
from wfst_bias.second_pass.lookup import Lookup
from wfst_bias.second_pass.pronunciations import Pronunciations
from wfst_bias.second_pass.rescoring import PhoneRescorer
from wfst_bias.second_pass.verification import Verification

TEXTS = (CITY, ZELENSKYY, ANN_WHITTEMORE, NOTHING)


@pytest.fixture(scope="module")
def unsure(decoder):
    """A decoder with a wide beam and flat emissions, and sharp ones of another network."""
    wide = Decoder(decoder.graph, replace(decoder.search, output_beam=14.0))
    tokens = decoder.graph.tokens
    batch = emissions(tokens, *TEXTS, sharpness=2.0)
    transcripts, lattices = gated_paths(wide.lattices(batch), wide)
    lists = [decoder.graph.entities] * len(TEXTS)
    return transcripts, Batch(wide, lattices, lists, emissions(tokens, *TEXTS, sharpness=8.0))


@pytest.fixture(scope="module")
def pronunciations(world):
    def make(*phrases):
        base = read_base(world / "base")
        return Pronunciations(base.lang, [Entity(phrase) for phrase in phrases], base.known_words)

    return make


def test_transcripts_of_paths_agree_with_that_of_the_best_one(unsure):
    transcripts, batch = unsure
    for i, (transcript, lattice) in enumerate(zip(transcripts, word_lattices(batch.lattices, batch.decoder))):
        for rank, hypothesis in enumerate(nbest_of(lattice, 20, batch.decoder.graph.words).hypotheses):
            path = lattice.sources_of(np.array(hypothesis.arcs))
            found = transcript_of(path, i, hypothesis.total, batch.lattices, batch.decoder)
            assert is_text(hypothesis.words, found)
            assert (found == replace(transcript, score=hypothesis.total)) == (rank == 0)
            assert all(word.start < word.end for word in found.words)


def test_without_stages_it_is_what_the_search_found(unsure):
    transcripts, batch = unsure
    for transcript, one in zip(transcripts, Chain().found(transcripts, batch, num_best=3)):
        assert one.transcript is transcript and one.texts == {"search": transcript.text}
        assert len(one.confidences) == len(transcript.words)
        assert is_text(one.nbest.hypotheses[0].words, transcript)


def test_rescoring_takes_the_hypothesis_of_the_other_network(unsure, pronunciations):
    transcripts, batch = unsure
    (best, *_) = Chain().found(transcripts, batch, num_best=50)
    # the worst hypothesis comes first and is the transcript; the network corrects it
    worse = with_best(best, NBest("utt0", best.nbest.hypotheses[::-1]), 0, batch)
    assert worse.transcript.text != "the city"
    stage = Rescoring(PhoneRescorer(pronunciations(), RescoringConfig(weight=1.0)), 100)
    first = replace(batch, lattices=batch.lattices, phones=_first(batch.phones))
    (after,) = stage([worse], first)
    assert after.transcript == replace(transcripts[0], score=after.transcript.score)
    assert after.nbest.hypotheses[0].phones != 0


def _first(batch):
    return replace(batch, log_probs=batch.log_probs[:1], lengths=batch.lengths[:1], names=batch.names[:1])


def test_lookup_reports_replacements_and_confidences(unsure, pronunciations):
    transcripts, batch = unsure
    _, zelenskyy, ann, nothing = transcripts
    missed = replace(ann, words=ann.words[:-2] + ann.words[-1:], entities=())  # "call whittemore"
    lookup = LexiconLookup(Lookup(pronunciations("Ann Whittemore"), LookupConfig(min_posterior=0.9)))
    batch = replace(batch, lists=[(Entity("Ann Whittemore"),)] * 4)
    *others, after, _ = Chain((lookup,)).found([*transcripts[:2], missed, nothing], batch)
    assert after.transcript.text == "call ann whittemore"
    (row,) = after.replacements
    assert (row.words, row.phrase) == ("whittemore", "Ann Whittemore")
    call, *name = after.confidences
    assert call.plain > 0 and [c.plain for c in name] == [row.posterior] * 2
    assert [one.transcript for one in others] == list(transcripts[:2])


def _all_stages(pronounced):
    verification = Verification(VerifyConfig())
    return Rescoring(PhoneRescorer(pronounced), 20), verification, LexiconLookup(Lookup(pronounced))


def test_stages_follow_each_other(unsure, pronunciations):
    transcripts, batch = unsure
    pronounced = pronunciations("Ann Whittemore", "Zelenskyy")
    stages = _all_stages(pronounced)
    for one in Chain(stages).found(transcripts, batch):
        assert list(one.texts) == ["search", "rescore", "verify", LOOKUP] and one.texts[LOOKUP] == one.transcript.text
        assert len(one.confidences) == len(one.transcript.words)


@pytest.fixture(scope="module")
def eager(world, tmp_path_factory):
    """A decoder with a bonus for a name that resembles a word; utterances of each and of both."""
    path = tmp_path_factory.mktemp("eager") / "names.txt"
    path.write_text("Kitty\t7\nZelenskyy\n")
    graph, _ = graph_of_list(read_base(world / "base"), path)
    wide = Decoder(graph, SearchConfig(output_beam=25.0, search_beam=40.0))
    kitty, city = "DH AH <wb> K IH T IY", "DH AH <wb> S IH T IY"
    both = f"{city} <wb> Z EH L EH N S K IY"
    spoken = emissions(graph.tokens, kitty, city, f"{city} <wb> {city}", ZELENSKYY, both, sharpness=2.0)
    transcripts, lattices = gated_paths(wide.lattices(spoken), wide)
    return transcripts, Batch(wide, lattices, [graph.entities] * 5, spoken)


def test_an_unsure_phrase_is_replaced_by_the_best_path_without_it(eager):
    transcripts, batch = eager
    before = Chain().found(transcripts, batch, num_best=5000)[:4]
    assert [one.transcript.text for one in before] == [
        "the kitty",
        "the kitty",
        "the kitty the kitty",
        "we met zelenskyy",
    ]
    after = Chain((Verification(VerifyConfig(min_confidence=0.5)),)).found(transcripts, batch)[:4]
    assert [one.transcript.text for one in after] == ["the kitty", "the city", "the city the city", "we met zelenskyy"]
    assert [len(one.transcript.rejected) for one in after] == [0, 1, 2, 0]
    for i, (one, other) in enumerate(zip(before, after)):
        assert other.texts == {"search": one.transcript.text, "verify": other.transcript.text}
        assert len(other.confidences) == len(other.transcript.words)
        same = next(h for h in one.nbest.hypotheses if h.words == other.path.words)
        assert other.transcript == replace(
            on_path(one, same.arcs, other.transcript.score, i, batch).transcript, rejected=other.transcript.rejected
        )
        assert other.transcript.score == pytest.approx(same.total, abs=1e-3)


def test_verification_keeps_to_the_order_of_the_stages_before(eager):
    transcripts, batch = eager
    (_, found, *_) = Chain().found(transcripts, batch, num_best=50)
    worst_first = NBest(found.nbest.name, found.nbest.hypotheses[::-1])
    _, after = Verification(VerifyConfig())([found, replace(found, nbest=worst_first)], batch)
    free = [h for h in worst_first.hypotheses if "kitty" not in h.words]
    assert len(free) > 1 and after.path.words == free[0].words != free[-1].words
    assert [entity.phrase for entity in after.transcript.rejected] == ["Kitty"]


def test_a_phrase_stays_where_it_is_sure_enough_or_there_is_no_other_path(eager):
    transcripts, batch = eager
    kitty, city, _, zelenskyy, both = Chain().found(transcripts, batch)
    verified = lambda least: Chain((Verification(VerifyConfig(least)),)).found(transcripts, batch)
    for one, i in ((kitty, 0), (city, 1)):
        sure = one.confidences[1].plain
        assert verified(sure - 1e-6)[i].transcript == one.transcript
        assert verified(sure + 1e-6)[i].transcript.text == "the city"
    assert verified(1.0)[3].transcript == zelenskyy.transcript
    assert both.transcript.text == "the kitty zelenskyy"
    assert verified(1.0)[4].transcript.text == "the city zelenskyy"  # the one that cannot go does not keep the other
    with pytest.raises(InputError, match="min_confidence is 1.5"):
        VerifyConfig(min_confidence=1.5)


def test_a_hypothesis_with_a_phrase_below_its_gate_is_passed_over(unsure):
    transcripts, batch = unsure
    lenient = batch.decoder
    batch = replace(batch, decoder=Decoder(lenient.graph, lenient.search, gate=GateConfig(evidence=0.999)))
    (_, found, *_) = Chain().found(transcripts, batch, num_best=200)
    worst_first = NBest("utt1", found.nbest.hypotheses[::-1])
    silent = replace(found, transcript=replace(found.transcript, words=(), entities=()))
    assert with_best(silent, worst_first, 1, replace(batch, decoder=lenient)).transcript.entities[0].evidence < 0.9
    after = with_best(silent, worst_first, 1, batch).transcript
    assert [entity.phrase for entity in after.entities] == ["Zelenskyy"] and after.entities[0].evidence > 0.999


@pytest.mark.parametrize("stages", ["lookup,rescore", "rescore,rescore", "rescore,guess", "mbr", "verify,rescore"])
def test_stages_that_cannot_be_run_are_errors(stages):
    with pytest.raises(InputError, match="^stages "):
        ChainConfig(stages=stages)
    assert ChainConfig(stages="rescore,verify,lookup").names == ("rescore", "verify", "lookup")
    assert ChainConfig(stages="none").names == ()


@pytest.mark.parametrize("stages, left", [("rescore,mbr,lookup", ("rescore", "lookup")), ("mbr", ()), ("none", ())])
def test_decode_folders_with_a_stage_that_was_removed_are_read(stages, left):
    meta = dict(graph="graph", data="data", beside=None, biasing=None, entities_by=None)
    meta.update(model="hama", calibration="none", adapter="none", list_format="auto")
    meta.update(stages={"stages": stages, "phone_model": "", "phone_lang": ""}, mbr={"num_best": 100, "scale": 0.7})
    assert DecodeSetup.from_meta(meta).stages.names == left


@pytest.mark.parametrize("num_frames", [1, 2])
@pytest.mark.parametrize("beam", [18.0, 0.001])
def test_a_frame_or_two_and_lattices_without_a_path_go_through_all_stages(decoder, pronunciations, num_frames, beam):
    tokens = decoder.graph.tokens
    noise = torch.randn(2, num_frames, len(tokens), generator=torch.Generator().manual_seed(1)).log_softmax(-1)
    short = Emissions(noise, torch.tensor([num_frames, 1]), 0.02, tokens, ["short", "shorter"])
    search = replace(decoder.search, search_beam=beam, min_active=0, max_active=1 if beam < 1 else 2000)
    narrow = Decoder(decoder.graph, search)
    transcripts, lattices = gated_paths(narrow.lattices(short), narrow)
    pronounced = pronunciations("Ann Whittemore", "Zelenskyy")
    for one in Chain(_all_stages(pronounced)).found(
        transcripts, Batch(narrow, lattices, [decoder.graph.entities] * 2, short)
    ):
        assert len(one.confidences) == len(one.transcript.words)
        assert bool(one.nbest.hypotheses) == bool(one.lattice.num_arcs)
    if beam < 1:
        assert not word_lattices(lattices, narrow)[0].num_arcs


def test_a_list_changes_nothing_for_those_who_have_another(pronunciations):
    """One list has Smith as it is written, another one with other words; the third does not have it."""
    own = (Entity("Smith", display="SMITH"),), (Entity("Smith", spoken=("city",)),), (Entity("Zelenskyy"),)
    pronounced = pronunciations()
    together = pronounced.pieces([("the", "smith")] * 3, own)
    assert together == [pronunciations().pieces([("the", "smith")], [phrases])[0] for phrases in own]
    assert together[0] == together[2] != together[1]
    outcomes = [one.outcomes[0].entity for one in pronounced.of_lists(own, 3)]
    assert [entity.shown for entity in outcomes] == ["SMITH", "Smith", "Zelenskyy"]
