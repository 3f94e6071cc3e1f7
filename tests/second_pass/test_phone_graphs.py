"""Texts scored and aligned by a phone network, against sums over all their pronunciations."""


import numpy as np
import pytest
import torch

from helpers.phone_texts import BARE, TOKENS, UNITS, ctc_log_prob, lang, random_emissions, strings
from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.core.errors import InputError
from wfst_bias.entities.entity import Entity
from wfst_bias.g2p.models import LexiconOnly
from wfst_bias.second_pass.phone_graphs import alignments, phone_emissions, text_scores
from wfst_bias.second_pass.pronunciations import Piece, Pronunciations


@pytest.mark.parametrize("units", [UNITS, BARE])
def test_a_score_is_the_sum_of_ctc_over_all_pronunciations(units):
    texts = [("two", "tomato"), ("tomato",), (), ("ma", "two"), ("two",), ("uh", "uh", "two")]
    utterance = [1, 0, 2, 2, 1, 0]
    emissions = random_emissions([12, 17, 9], units)
    scores = text_scores(Pronunciations(lang(units)).pieces(texts), utterance, emissions, units)
    for words, i, score in zip(texts, utterance, scores.tolist()):
        log_probs = emissions.log_probs[i, : int(emissions.lengths[i])]
        expected = np.logaddexp.reduce([ctc_log_prob(log_probs, string) for string in strings(words, units)])
        assert score == pytest.approx(expected, abs=1e-4), words


def test_one_pronunciation_is_one_ctc_loss():
    emissions = random_emissions([10], BARE)
    (score,) = text_scores(Pronunciations(lang(BARE)).pieces([("two",)]), [0], emissions, BARE)
    assert score.item() == pytest.approx(ctc_log_prob(emissions.log_probs[0], (1, 2)), abs=1e-5)


def test_the_cost_of_a_pronunciation_counts():
    emissions = random_emissions([10], BARE)
    piece = lambda score: [[Piece(0, 1, ((("T", "UW"), score),))]]
    dear, free = (text_scores(piece(score), [0], emissions, BARE).item() for score in (-3.0, 0.0))
    assert free - dear == pytest.approx(3.0, abs=1e-5)


def test_an_unpronounceable_word_is_any_phones():
    """In two frames: in the first, in the second, or in both."""
    emissions = random_emissions([2], BARE)
    (score,) = text_scores([[Piece(0, 1, ())]], [0], emissions, BARE)
    blank, mean = emissions.log_probs[0, :, 0].exp(), emissions.log_probs[0, :, 1:].exp().mean(-1)
    expected = blank[0] * mean[1] + mean[0] * blank[1] + mean[0] * mean[1]
    assert score.exp().item() == pytest.approx(expected.item(), rel=1e-5)


def test_too_few_frames_are_no_crash():
    emissions = random_emissions([1, 3], UNITS)
    texts = Pronunciations(lang(UNITS)).pieces([("tomato",), (), ("two",)])
    scores = text_scores(texts, [0, 0, 1], emissions, UNITS)
    assert scores[0].item() == -30.0
    assert np.isfinite(scores.numpy()).all()
    short, empty = alignments(texts[:2], emissions, UNITS)
    assert short is None and (empty.piece == -1).all()
    assert len(text_scores([], [], emissions, UNITS)) == 0


def test_frames_of_each_word():
    ids = [0, 2, 2, 3, 0, 1, 1, 0, 4, 5, 5, 0]
    log_probs = torch.full((1, len(ids), len(TOKENS)), -5.0)
    log_probs[0, torch.arange(len(ids)), torch.tensor(ids)] = 0.0
    emissions = Emissions(log_probs.log_softmax(-1), torch.tensor([len(ids)]), 0.02, TOKENS, ["utt"])
    (alignment,) = alignments(Pronunciations(lang(UNITS)).pieces([("two", "ma")]), emissions, UNITS)
    assert alignment.piece.tolist() == [-1, 0, 0, 0, -1, -1, -1, -1, 1, 1, 1, -1]
    assert np.flatnonzero(alignment.is_boundary).tolist() == [5, 6]


def test_other_phones_are_an_error():
    with pytest.raises(InputError, match="other tokens than the phones of the lexicon; name a phone network"):
        phone_emissions(random_emissions([3], BARE), UNITS)


def test_phrases_have_the_pronunciations_of_their_list():
    entities = [Entity("Ma Tomato", spoken=("ma two",)), Entity("zz")]
    (pieces,) = Pronunciations(lang(UNITS), entities, g2p=LexiconOnly()).pieces([("two", "ma", "tomato", "zz")])
    assert [(piece.first, piece.end) for piece in pieces] == [(0, 1), (1, 3), (3, 4)]
    assert pieces[1].pronunciations[0][0] == ("M", "AA", "|", "T", "UW")
    assert pieces[2].pronunciations == ()


def test_a_word_that_is_a_phrase_has_the_pronunciations_of_the_word_too():
    """US, which is pronounced otherwise than "us"."""
    (pieces,) = Pronunciations(lang(UNITS), [Entity("UH", spoken=("two ma",))], g2p=LexiconOnly()).pieces([("uh",)])
    expected = {tuple(phones.split()) for phones in ("T UW | M AA", "T UW | M AA AA", "AA")}
    assert {phones for phones, _ in pieces[0].pronunciations} == expected
