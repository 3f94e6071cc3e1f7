"""Phrases with too little evidence for their gates."""

import itertools
import json
import math
from dataclasses import replace

import pytest
import torch

from helpers.emissions import (
    ANN_WHITTEMORE,
    CITY,
    CUT,
    FRAMES_A_TOKEN,
    GIVING,
    ZELENSKYY,
    emissions,
    frames_of,
    kaldi_best,
)
from helpers.phone_bases import phones_folder
from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.core.errors import InputError
from wfst_bias.decode.config import GateConfig, SearchConfig
from wfst_bias.decode.gates import gated_paths
from wfst_bias.decode.paths import best_paths
from wfst_bias.decode.search import Decoder
from wfst_bias.decode.transcript import LANGUAGE_MODEL, LIST
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.compile import graph_of_list
from wfst_bias.graph.constrain import without_outputs
from wfst_bias.graph.store import read_base
from wfst_bias.lattice.frames import kaldi_lattices

ONE_WAY = G2GConfig(variants=0)
# a unit that is not spoken is 12 nats below the best one: the mean of 8, 9 and 9 units
WEAK_ZELENSKYY = ZELENSKYY.replace("L EH N", "L IH N")
WEAK_ANN_WHITTEMORE = ANN_WHITTEMORE.replace("T M", "D M")
EVIDENCE, ANN_EVIDENCE = math.exp(-12 / 8), math.exp(-12 / 9)


@pytest.fixture(scope="module")
def base(world):
    return read_base(world / "base")


@pytest.fixture
def decoder_of(base, tmp_path):
    """A decoder with a list of ``(phrase, gate or None, weight)``, and a gate for all."""

    def decoder_of(*rows, evidence=0.0, search=SearchConfig(), boost=GIVING):
        lines = [json.dumps({"phrase": phrase, "gate": gate, "weight": weight}) for phrase, gate, weight in rows]
        (tmp_path / "list.jsonl").write_text("\n".join(lines) + "\n")
        graph, _ = graph_of_list(base, tmp_path / "list.jsonl", g2g=ONE_WAY)
        return Decoder(graph, search, boost, gate=GateConfig(evidence))

    return decoder_of


def transcribe(decoder, *texts, **options):
    lattices = decoder.lattices(emissions(decoder.graph.tokens, *texts, **options))
    return gated_paths(lattices, decoder)[0]


def phrases(entities):
    return [entity.phrase for entity in entities]


@pytest.mark.parametrize("gate, is_found", [(None, True), (0.2, True), (0.25, False)])
def test_a_phrase_is_found_by_its_evidence_only(decoder_of, gate, is_found):
    (transcript,) = transcribe(decoder_of(("Zelenskyy", gate, 3)), WEAK_ZELENSKYY)
    entities = transcript.entities if is_found else transcript.rejected
    assert ("zelenskyy" in transcript.text, phrases(entities)) == (is_found, ["Zelenskyy"])
    assert len(transcript.entities) + len(transcript.rejected) == 1
    assert entities[0].evidence == pytest.approx(EVIDENCE, rel=1e-3)
    assert entities[0].gate == (gate or 0.0)


@pytest.mark.parametrize("own, for_all, is_found", [(0.1, 0.9, True), (0.9, 0.1, False), (None, 0.9, False)])
def test_the_gate_of_a_phrase_counts_more_than_the_one_for_all(decoder_of, own, for_all, is_found):
    (transcript,) = transcribe(decoder_of(("Zelenskyy", own, 3), evidence=for_all), WEAK_ZELENSKYY)
    assert ("zelenskyy" in transcript.text) == is_found


def test_what_was_heard_clearly_passes_every_gate(decoder_of):
    (transcript,) = transcribe(decoder_of(("Zelenskyy", 1.0, 0)), ZELENSKYY)
    assert transcript.marked() == "we met [Zelenskyy]" and not transcript.rejected


def test_several_phrases_in_one_utterance(decoder_of):
    decoder = decoder_of(("Zelenskyy", 0.5, 3), ("Ann Whittemore", 0.5, 3))
    both = f"{WEAK_ZELENSKYY} <wb> {WEAK_ANN_WHITTEMORE}"
    (ungated,) = best_paths(decoder.lattices(emissions(decoder.graph.tokens, both)), decoder)
    assert phrases(ungated.entities) == ["Zelenskyy", "Ann Whittemore"]
    (transcript,) = transcribe(decoder, both)
    assert not transcript.entities and "zelenskyy" not in transcript.text and "whittemore" not in transcript.text
    # also what the search falls back to, however far
    rejected = [entity for entity in transcript.rejected if entity.evidence > 0.1]
    assert phrases(rejected) == ["Zelenskyy", "Ann Whittemore"]
    assert [entity.evidence for entity in rejected] == pytest.approx([EVIDENCE, ANN_EVIDENCE], rel=1e-3)
    (transcript,) = transcribe(decoder, f"{ZELENSKYY} <wb> {WEAK_ANN_WHITTEMORE}")
    rejected = [entity for entity in transcript.rejected if entity.evidence > 0.1]
    assert (phrases(transcript.entities), phrases(rejected)) == (["Zelenskyy"], ["Ann Whittemore"])


def test_a_phrase_is_rejected_only_where_it_was_hardly_heard(decoder_of):
    decoder = decoder_of(("Zelenskyy", 0.5, 3))
    for said in itertools.permutations([ZELENSKYY, WEAK_ZELENSKYY]):
        (transcript,) = transcribe(decoder, " <wb> ".join(said))
        assert transcript.text.split().count("zelenskyy") == 1
        (found,), (rejected,) = transcript.entities, transcript.rejected
        assert (found.start < rejected.start) == (said[0] == ZELENSKYY)


def test_another_pronunciation_may_pass(base, tmp_path):
    """The one that is heard better is not among the two best of its frames, and is not boosted."""
    pronunciations = ("Z IH L AA N S K IY", "Z AA L IH N S K IY")
    tokens = base.lang.tokens
    frames = frames_of(tokens, "W IY <wb> M EH T <wb> Z AA L AA N S K IY")
    frames[:, tokens["ZH"]] = frames.amax(dim=1) - 3.0
    for unit, symbol, below in ((8, "IH", 2.5), (10, "OW", 1.0), (10, "IH", 2.0)):
        begin = unit * (FRAMES_A_TOKEN + 1)
        span = slice(begin, begin + FRAMES_A_TOKEN)
        frames[span, tokens[symbol]] = frames[span, tokens["AA"]] - below
    batch = Emissions(frames[None], torch.tensor([len(frames)]), 0.02, tokens, ["utt"])
    for gate, pronunciation, evidence in (
        (0.5, pronunciations[0], math.exp(-5 / 8)),
        (0.6, pronunciations[1], math.exp(-4 / 8)),
    ):
        row = {"phrase": "Zelenskyy", "pronunciation": pronunciations, "gate": gate}
        (tmp_path / "list.jsonl").write_text(json.dumps(row))
        graph, _ = graph_of_list(base, tmp_path / "list.jsonl", g2g=ONE_WAY)
        decoder = Decoder(graph, boost=BoostConfig(alpha=0.9, cap=6.0, top_k=2))
        (transcript,), _ = gated_paths(decoder.lattices(batch), decoder)
        (entity,) = transcript.entities
        assert (" ".join(entity.units), transcript.rejected) == (pronunciation, ())
        assert entity.evidence == pytest.approx(evidence, rel=1e-3)


def test_words_of_the_language_model_stay_but_are_no_entity(decoder_of):
    decoder = decoder_of(("city", 0.5, -9))
    spoken = CITY.replace("IH", "EH")
    (transcript,) = transcribe(decoder, spoken)
    assert (transcript.text, transcript.display, transcript.entities) == ("the city", "the city", ())
    assert [(e.phrase, e.found_by, e.first_word) for e in transcript.rejected] == [("city", LANGUAGE_MODEL, 1)]
    (transcript,) = transcribe(decoder, CITY)
    assert phrases(transcript.entities) == ["city"] and not transcript.rejected


def test_a_phrase_that_list_and_language_model_have_is_told_once(decoder_of):
    (transcript,) = transcribe(decoder_of(("city", 0.5, 9)), CITY.replace("IH", "EH"))
    assert transcript.text == "the city" and phrases(transcript.rejected) == ["city"]


def noisy(batch, seed):
    """The same with some noise: of two paths one is better."""
    noise = torch.randn(batch.log_probs.shape, generator=torch.Generator().manual_seed(seed))
    return replace(batch, log_probs=batch.log_probs + 0.5 * noise)


def worse_and_worse():
    """Utterances whose phrases are heard ever less."""
    texts = [WEAK_ZELENSKYY, WEAK_ANN_WHITTEMORE, CITY, f"{WEAK_ZELENSKYY} <wb> {CITY}", WEAK_ZELENSKYY + " <wb> M AO"]
    texts += [text.replace("IY", "EY") for text in texts]
    return texts


@pytest.mark.parametrize("seed", range(3))
def test_what_is_left_is_the_best_path_without_the_phrase(decoder_of, seed):
    """By the widest search of a graph that cannot say it."""
    rows = [("Zelenskyy", None, 6), ("Zelda", None, 6), ("Ann Whittemore", None, 6), ("Anne Whit", None, 6)]
    wide = SearchConfig(search_beam=200.0, max_active=100_000)
    decoder = decoder_of(*rows, evidence=0.6, search=wide)
    batch = noisy(emissions(decoder.graph.tokens, *worse_and_worse()), seed)
    transcripts, lattices = gated_paths(decoder.lattices(batch), decoder)
    assert sum(len(transcript.rejected) for transcript in transcripts) > 5
    entities = decoder.graph.entities
    for i, transcript in enumerate(transcripts):
        alone = replace(batch, log_probs=batch.log_probs[i : i + 1], lengths=batch.lengths[i : i + 1], names=["utt"])
        rejected = phrases(transcript.rejected)
        outputs = [decoder.graph.first_phrase + n for n, e in enumerate(entities) if e.written in rejected]
        while True:  # without the words of partial phrases that were hardly heard, too
            peer = Decoder(without_outputs(decoder.graph, outputs), wide, decoder.boost, gate=decoder.gate)
            (best,) = best_paths(peer.lattices(alone), peer)
            below = [tuple(one.phrase.split()) for one in best.partial if one.is_below_gate]
            if not below:
                break
            outputs += [n for n, words in enumerate(decoder.graph.phrases, decoder.graph.first_phrase) if words in below]
        assert not any(entity.is_below_gate for entity in best.entities if entity.found_by == LIST)
        assert (transcript.text, transcript.words) == (best.text, best.words)
        assert transcript.score == pytest.approx(best.score, abs=1e-3)
        assert kaldi_best(kaldi_lattices(lattices, decoder)[i])[3] == pytest.approx(best.score, abs=1e-2)


def test_a_rejected_phrase_takes_no_place_in_the_beam(decoder_of):
    """What pays a bonus on entry and is rejected at its end only, leads the narrow beam away from what was said."""
    rows = [("Zelenskyy", 0.9, 15), ("Sittingbourne", 0.9, 15), ("citizens", 0.9, 15), ("Citroen", 0.9, 15)]
    narrow = SearchConfig(search_beam=6.0, min_active=1, max_active=20)
    decoder = decoder_of(*rows, search=narrow)
    (ungated,) = best_paths(decoder.lattices(emissions(decoder.graph.tokens, CITY)), decoder)
    assert any(entity.is_below_gate for entity in ungated.entities)
    (transcript,) = transcribe(decoder, CITY)
    assert transcript.text == "the city" and transcript.rejected


def test_the_other_utterances_of_the_batch_are_as_they_were(decoder_of):
    gated, ungated = (decoder_of(("Zelenskyy", gate, 3), ("Ann Whittemore", None, 0)) for gate in (0.5, None))
    texts = (CITY, WEAK_ZELENSKYY, ANN_WHITTEMORE, ZELENSKYY, "")
    with_refusal, without = transcribe(gated, *texts), transcribe(ungated, *texts)
    assert with_refusal[1].text != without[1].text
    for i in (0, 2, 3, 4):
        assert with_refusal[i].words == without[i].words
        assert with_refusal[i].score == pytest.approx(without[i].score, abs=1e-3)


def test_the_lattice_has_the_path_that_is_told(decoder_of):
    decoder = decoder_of(("Zelenskyy", 0.5, 3), ("Ann Whittemore", 0.5, 3))
    batch = noisy(emissions(decoder.graph.tokens, CITY, WEAK_ZELENSKYY, WEAK_ANN_WHITTEMORE), seed=0)
    transcripts, lattices = gated_paths(decoder.lattices(batch), decoder)
    assert lattices.columns.shape[2] == decoder.graph.num_columns > int(lattices.fsas.labels.max())
    for transcript, block in zip(transcripts, kaldi_lattices(lattices, decoder)):
        name, _, words, score = kaldi_best(block)
        assert name == transcript.name
        assert " ".join(decoder.graph.words.symbols[word] for word in words) == transcript.text
        assert score == pytest.approx(transcript.score, abs=1e-2)


def test_the_graph_is_left_as_it_was(decoder_of):
    decoder = decoder_of(("Zelenskyy", 0.5, 3))
    before = decoder.graph.arcs.clone()
    first, second = (transcribe(decoder, WEAK_ZELENSKYY)[0] for _ in range(2))
    assert first.rejected and first == second
    assert torch.equal(decoder.graph.arcs, before)


def test_an_utterance_of_nothing_but_a_rejected_phrase(decoder_of):
    narrow = SearchConfig(search_beam=5.0, min_active=1, max_active=20)
    decoder = decoder_of(("Zelenskyy", 0.99, 9), search=narrow)
    weak = "Z EH L IH N S K IY"
    transcript, silence = transcribe(decoder, weak, "", sharpness=9.0)
    assert phrases(transcript.rejected) == ["Zelenskyy"] and "zelenskyy" not in transcript.text
    assert (silence.text, silence.rejected) == ("", ()) and math.isfinite(silence.score)


def test_a_phrase_that_would_end_behind_the_speech(decoder_of):
    """What is cut off may end in free frames, where a gate counts, too."""
    cut = f"{CUT.removesuffix('S T EY SH')}Z IH L EH N S"
    search = SearchConfig(search_beam=5.0, min_active=1, max_active=20)
    ungated, gated = (decoder_of(("Zelenskyy", gate, 9), search=search) for gate in (None, 0.9))
    (transcript,) = transcribe(ungated, cut, sharpness=9.0)
    assert transcript.text == "the zelenskyy"
    (transcript,) = transcribe(gated, cut, sharpness=9.0)
    assert "zelenskyy" not in transcript.text and phrases(transcript.rejected) == ["Zelenskyy"]


@pytest.mark.parametrize("topology", ["standard", "modified"])
def test_where_no_token_tells_words_apart(run, tmp_path, topology):
    base = read_base(phones_folder(run, tmp_path, topology))
    tokens = base.lang.tokens
    (tmp_path / "list.tsv").write_text("phrase\tgate\tweight\nart dent\t0.5\t9\nart\t0.5\t9\n")
    graph, _ = graph_of_list(base, tmp_path / "list.tsv", g2g=ONE_WAY)
    decoder = Decoder(graph, boost=GIVING)
    clear, weak = (frames_of(tokens, " ".join(said), 6.0) for said in ("redartdentman", "redabtbentman"))
    batch = Emissions(torch.stack([clear, weak]), torch.tensor([len(clear)] * 2), 0.04, tokens, ["clear", "weak"])
    (clear, weak), _ = gated_paths(decoder.lattices(batch), decoder)
    assert phrases(clear.entities) == ["art dent"] and not clear.rejected
    assert "art dent" in phrases(weak.rejected) and "art dent" not in weak.text


@pytest.mark.parametrize("evidence", [-0.1, 1.1, float("nan")])
def test_a_gate_is_a_probability(evidence):
    with pytest.raises(InputError, match="evidence is"):
        GateConfig(evidence)
