"""Word lattices and their n-best, on emissions that are made from known words."""

from dataclasses import astuple, replace

import numpy as np
import pytest
import torch

from helpers.emissions import ANN_WHITTEMORE, CITY, NOTHING, ZELENSKYY, decoded, emissions
from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.decode.paths import best_paths
from wfst_bias.decode.search import Decoder
from wfst_bias.lattice.nbest import PhraseSpan, nbest_of
from wfst_bias.lattice.word_lattice import word_lattices


@pytest.mark.parametrize("sharpness", [2.0, 4.0])
@pytest.mark.parametrize("output_beam", [3.0, 12.0])
def test_the_first_is_the_best_path_with_its_score_and_phrases(decoder, sharpness, output_beam):
    texts = (CITY, ZELENSKYY, ANN_WHITTEMORE, NOTHING)
    for transcript, lattice in zip(*decoded(decoder, *texts, sharpness=sharpness, output_beam=output_beam)):
        first = nbest_of(lattice, 5, decoder.graph.words).hypotheses[0]
        assert first.text == transcript.text
        assert first.total == pytest.approx(transcript.score, abs=1e-2)
        found = [(entity.phrase, entity.first_word, entity.num_words) for entity in transcript.entities]
        by_list = [(decoder.graph.entities[s.phrase].written, s.first_word, s.num_words) for s in first.phrases]
        assert set(by_list) <= set(found)


def test_a_phrase_of_two_words_is_one_of_two_words(decoder):
    _, (lattice,) = decoded(decoder, ANN_WHITTEMORE)
    (best, *_) = nbest_of(lattice, 3, decoder.graph.words).hypotheses
    assert best.words == ("call", "ann", "whittemore")
    assert best.phrases == (PhraseSpan(1, 1, 2),)
    assert best.terms.list != 0 and best.terms.boost >= 0


def test_no_word_sequence_stands_twice_and_scores_fall(decoder):
    _, (lattice,) = decoded(decoder, ZELENSKYY, sharpness=1.0, output_beam=14.0)
    hypotheses = nbest_of(lattice, 100, decoder.graph.words).hypotheses
    assert len({hypothesis.words for hypothesis in hypotheses}) == len(hypotheses) > 20
    totals = [hypothesis.total for hypothesis in hypotheses]
    assert totals == sorted(totals, reverse=True)


def test_a_list_longer_than_the_lattice_is_all_of_it(decoder):
    _, (lattice,) = decoded(decoder, CITY, sharpness=2.0, output_beam=14.0)
    few, many = (nbest_of(lattice, count, decoder.graph.words).hypotheses for count in (2, 10_000))
    assert 2 == len(few) < len(many) < 10_000
    assert few == many[:2]


def test_terms_add_up_along_the_arcs(decoder):
    _, (lattice,) = decoded(decoder, ZELENSKYY)
    for hypothesis in nbest_of(lattice, 20, decoder.graph.words).hypotheses:
        assert astuple(hypothesis.terms) == pytest.approx(lattice.terms[list(hypothesis.arcs)].sum(axis=0), abs=1e-4)
        num_frames = sum(lattice.splits[arc + 1] - lattice.splits[arc] for arc in hypothesis.arcs)
        assert num_frames == 3 * len(ZELENSKYY.split())


def test_a_boosted_phrase_says_so_in_its_terms(decoder):
    """Without boost, the boost is nothing; acoustic and boost together are what was searched."""
    _, (lattice,) = decoded(decoder, "W IY <wb> M EH T <wb> Z EH L IH N S K IY", sharpness=3.0)
    best = nbest_of(lattice, 1, decoder.graph.words).hypotheses[0]
    assert best.text == "we met zelenskyy" and best.terms.boost > 0.1
    plain = Decoder(decoder.graph, decoder.search, replace(decoder.boost, alpha=0.0))
    (other,) = word_lattices(plain.lattices(emissions(decoder.graph.tokens, ZELENSKYY)), plain)
    assert not other.terms[:, 1].any()


@pytest.mark.parametrize("num_frames", [1, 2, 3])
def test_tiny_utterances_have_lattices(decoder, num_frames):
    tokens = decoder.graph.tokens
    noise = torch.randn(1, num_frames, len(tokens), generator=torch.Generator().manual_seed(1)).log_softmax(-1)
    lattices = decoder.lattices(Emissions(noise, torch.tensor([num_frames]), 0.02, tokens, ["tiny"]))
    (transcript,), (lattice,) = best_paths(lattices, decoder), word_lattices(lattices, decoder)
    hypotheses = nbest_of(lattice, 10, decoder.graph.words).hypotheses
    assert [h.text for h in hypotheses][:1] == [transcript.text]


def test_a_lattice_without_a_path_has_no_hypothesis(decoder):
    _, (lattice,) = decoded(decoder, CITY)
    empty = replace(
        lattice,
        **{name: getattr(lattice, name)[:0] for name in ("src", "dst", "words", "phrases", "terms", "tokens")},
        splits=np.zeros(1, np.int64),
    )
    assert nbest_of(empty, 10, decoder.graph.words).hypotheses == ()


def test_noise_narrows_the_beam_and_keeps_the_best(decoder):
    num_frames = 200
    tokens = decoder.graph.tokens
    noise = torch.randn(1, num_frames, len(tokens), generator=torch.Generator().manual_seed(0)).log_softmax(-1)
    wide = Decoder(decoder.graph, replace(decoder.search, output_beam=12.0))
    lattices = wide.lattices(Emissions(noise, torch.tensor([num_frames]), 0.02, tokens, ["noise"]))
    (lattice,) = word_lattices(lattices, wide)
    assert lattice.beam < 12.0
    (transcript,) = best_paths(lattices, wide)
    assert nbest_of(lattice, 1, decoder.graph.words).hypotheses[0].text == transcript.text
