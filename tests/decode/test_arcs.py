"""Arcs of lattices taken apart: their terms add up to their scores, and a transcript's path to its score."""

import numpy as np
import pytest
import torch

from helpers.emissions import ANN_WHITTEMORE, CITY, CUT, GIVING, ZELENSKYY, emissions
from wfst_bias.decode.arcs import best_path_arcs, in_spans, list_spans, terms_with_list
from wfst_bias.decode.paths import best_paths, transcript_of
from wfst_bias.decode.search import Decoder
from wfst_bias.decode.transcript import LIST


@pytest.fixture(scope="module")
def searched(decoder):
    """A decoder, and lattices in which phrases are boosted and one utterance is cut in the middle of a word."""
    giving = Decoder(decoder.graph, boost=GIVING)
    texts = (CITY, ZELENSKYY.replace("L EH N", "L IH N"), ANN_WHITTEMORE, CUT)
    return giving, giving.lattices(emissions(decoder.graph.tokens, *texts, sharpness=4.0))


def test_terms_add_up_to_the_scores_of_the_arcs(searched):
    decoder, lattices = searched
    terms = lattices.arcs.terms()
    assert terms.sum(dim=1).tolist() == pytest.approx(lattices.fsas.scores.tolist(), abs=1e-3)
    assert not terms[lattices.arcs.is_final, :2].any() and (terms[:, 1] > 0).any()
    # what is boosted is read from the block of boosted columns
    assert decoder.graph.layout.num_blocks > 1 and not lattices.arcs.boost[lattices.arcs.blocks == 0].any()


def test_tokens_and_blocks_are_those_of_the_labels(searched):
    decoder, lattices = searched
    arcs, num_tokens = lattices.arcs, len(decoder.graph.tokens)
    reads = ~arcs.is_final
    assert torch.equal((arcs.tokens + num_tokens * arcs.blocks)[reads], lattices.fsas.labels.long()[reads])
    assert torch.equal(arcs.frames[reads], lattices.fsas.frame.long()[reads])


def test_a_transcript_carries_its_path(searched):
    decoder, lattices = searched
    for utterance, (transcript, arcs) in enumerate(zip(best_paths(lattices, decoder), best_path_arcs(lattices.fsas))):
        assert arcs[:-1].tolist() == transcript.path.tolist() and lattices.arcs.is_final[arcs[-1]]
        assert set(lattices.arcs.utterances[arcs].tolist()) == {utterance}
        assert float(lattices.fsas.scores[arcs].sum()) == pytest.approx(transcript.score, abs=1e-3)
        again = transcript_of(transcript.path, utterance, transcript.score, lattices, decoder)
        assert again == transcript and again.path.tolist() == transcript.path.tolist()


def test_the_share_of_the_list_is_that_of_the_arcs_of_its_phrases(searched):
    decoder, lattices = searched
    for transcript in best_paths(lattices, decoder):
        path = lattices.arcs.select(torch.from_numpy(transcript.path))
        spans = list_spans(path.outputs.numpy(), path.enters_list.numpy(), decoder.graph.first_phrase)
        in_list = in_spans(*spans, len(path))
        entities = [entity for entity in transcript.entities if entity.found_by == LIST]
        assert [round(0.02 * frame, 4) for frame in path.frames.numpy()[spans[0]]] == [e.start for e in entities]
        terms = terms_with_list(path.terms().numpy(), in_list)
        assert terms[:, 2:].sum(axis=1) == pytest.approx(path.graph.numpy())
        assert not terms[~in_list, 3].any() and not terms[in_list, 2].any()


def test_spans_of_phrases_on_a_path():
    outputs = np.array([0, 5, 0, 0, 9, 3, 0, 8])
    enters = np.array([1, 0, 1, 1, 0, 0, 1, 0], bool)
    first, last = list_spans(outputs, enters, first_phrase=8)
    assert (first.tolist(), last.tolist()) == ([3, 6], [4, 7])
    assert in_spans(first, last, 8).tolist() == [False, False, False, True, True, False, True, True]
    assert [len(some) for some in list_spans(outputs[:3], enters[:3], 8)] == [0, 0]
