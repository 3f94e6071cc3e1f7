"""A run of frames that are blank beyond doubt is searched as one frame, and nothing else changes."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from helpers.emissions import ANN_WHITTEMORE, CITY, GIVING, ZELENSKYY, emissions, kaldi_best
from wfst_bias.acoustic.emissions import padded_emissions
from wfst_bias.core.errors import InputError
from wfst_bias.decode.config import GateConfig, SearchConfig
from wfst_bias.decode.gates import gated_paths
from wfst_bias.decode.paths import best_paths, transcript_of
from wfst_bias.decode.search import Decoder, relative
from wfst_bias.decode.searched_frames import SearchedFrames, merged_blanks
from wfst_bias.evidence.features import PathFrames
from wfst_bias.lattice.frames import kaldi_lattices
from wfst_bias.lattice.word_lattice import word_lattices

EVERY_FRAME = SearchConfig(skip_blank=math.inf)
PAUSE = 9


def frames(*texts):
    """``(N, T, 3)`` of one letter a frame: ``_`` surely blank, ``?`` perhaps, ``a`` no blank; and the lengths."""
    blank = {"_": 0.99, "?": 0.6, "a": 0.01}
    rows = [torch.tensor([[blank[c], 0.7 * (1 - blank[c]), 0.3 * (1 - blank[c])] for c in text]).log() for text in texts]
    return relative(torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)), torch.tensor(list(map(len, texts)))


def with_pauses(tokens, *texts, doubt=0.0):
    """A batch in which blanks are long, by noise of ``doubt`` nats in the other tokens."""
    batch = emissions(tokens, *texts, sharpness=9.0)
    noise = torch.Generator().manual_seed(1)
    rows = []
    for frame_scores, length in zip(batch.log_probs, batch.lengths):
        repeats = torch.where(frame_scores[:length].argmax(-1) == 0, PAUSE, 1)
        row = frame_scores[:length].repeat_interleave(repeats, dim=0)
        row[:, 1:] += doubt * torch.randn(row[:, 1:].shape, generator=noise)
        rows.append(row.log_softmax(-1).numpy())
    return padded_emissions(rows, 0.02, tokens, batch.names)


def test_a_run_of_sure_blanks_has_the_best_scores_of_its_frames():
    plain, lengths = frames("a__a___?_", "aa")
    plain[0, 5, 1] += 1.0
    merged, searched = merged_blanks(plain, lengths, 3.0)
    assert searched.lengths.tolist() == [6, 2]
    assert searched.numbers[0].tolist() == [0, 1, 3, 5, 7, 8] and searched.skipped[0].tolist() == [0, 1, 0, 2, 0, 0]
    assert torch.equal(merged[0], plain[0, [0, 1, 3, 5, 7, 8]])
    # behind the last frame the numbers go on, whatever the padding
    assert searched.numbers[1].tolist() == list(range(6)) and not searched.skipped[1].any()


some_texts = st.lists(st.text("_?a", min_size=1, max_size=12), min_size=1, max_size=4)


@given(some_texts)
def test_all_frames_of_the_utterances_are_searched_or_skipped(texts):
    plain, lengths = frames(*texts)
    merged, searched = merged_blanks(plain, lengths, 3.0)
    for i, text in enumerate(texts):
        own = slice(int(searched.lengths[i]))
        assert int((searched.skipped[i, own] + 1).sum()) == len(text)
        runs = np.split(np.arange(len(text)), (searched.skipped[i, own] + 1).cumsum(0)[:-1].numpy())
        for run, number, scores in zip(runs, searched.numbers[i].tolist(), merged[i]):
            assert number in run and (len(run) == 1 or set(text[run[0] : run[-1] + 1]) == {"_"})
            assert torch.equal(scores, plain[i, run].amax(0))
            begin, end = searched.between(i, int(run[0]), int(run[-1]) + 1)
            assert end == begin + 1 and searched.numbers[i, begin] == number
        assert searched.between(i, 0, 10**9)[1] >= int(searched.lengths[i])


def test_without_two_sure_blanks_side_by_side_nothing_is_skipped():
    plain, lengths = frames("a_a?_a", "a")
    merged, searched = merged_blanks(plain, lengths, 3.0)
    assert merged is plain and searched.numbers.tolist() == [list(range(6))] * 2
    more = searched.extended(2, lengths + 2)
    assert more.numbers[0].tolist() == list(range(8)) and more.skipped.shape == (2, 8)


@pytest.mark.parametrize("doubt", [0.0, 1.5])
def test_transcripts_are_those_of_a_search_of_every_frame(decoder, doubt):
    batch = with_pauses(decoder.graph.tokens, CITY, ZELENSKYY, ANN_WHITTEMORE, doubt=doubt)
    every, skipping = (Decoder(decoder.graph, search, GIVING) for search in (EVERY_FRAME, SearchConfig()))
    slow, fast = every.lattices(batch), skipping.lattices(batch)
    assert 2 * int(fast.frames.lengths.sum()) < int(batch.lengths.sum()) == int(slow.frames.lengths.sum())
    for i, (one, other) in enumerate(zip(best_paths(slow, every), best_paths(fast, skipping))):
        assert one.words and one.words == other.words
        assert [e.phrase for e in one.entities] == [e.phrase for e in other.entities]
        assert [e.gap for e in other.entities] == pytest.approx([e.gap for e in one.entities], abs=1e-4)
        assert other.score == pytest.approx(one.score, abs=1e-3)
        ours, theirs = (PathFrames.of(t, i, made, d) for t, made, d in ((one, slow, every), (other, fast, skipping)))
        assert ours.begins.tolist() == theirs.begins.tolist()
        assert theirs.gaps.tolist() == pytest.approx(ours.gaps.tolist(), abs=1e-5)


def test_lattices_have_all_frames(decoder):
    batch = with_pauses(decoder.graph.tokens, CITY, ZELENSKYY, doubt=1.5)
    lattices = decoder.lattices(batch)
    assert lattices.frames.skipped.any()
    transcripts = best_paths(lattices, decoder)
    for length, lattice, block, transcript in zip(
        batch.lengths.tolist(), word_lattices(lattices, decoder), kaldi_lattices(lattices, decoder), transcripts
    ):
        assert lattice.times[-1] == length and len(lattice.sources) == len(lattice.tokens) == lattice.splits[-1]
        assert not lattice.tokens[lattice.sources < 0].any()
        _, num_frames, words, score = kaldi_best(block)
        assert num_frames == length and score == pytest.approx(transcript.score, abs=1e-2)
        assert " ".join(decoder.graph.words.symbols[word] for word in words) == transcript.text


def test_a_path_of_the_word_lattice_is_one_of_the_search(decoder):
    batch = with_pauses(decoder.graph.tokens, CITY)
    lattices = decoder.lattices(batch)
    (transcript,), (lattice,) = best_paths(lattices, decoder), word_lattices(lattices, decoder)
    at, arcs = 0, []
    while at < lattice.num_states - 1:
        (leaving,) = np.nonzero(lattice.src == at)
        arcs.append(leaving[lattice.scores[leaving].argmax()] if at else leaving[0])
        at = int(lattice.dst[arcs[-1]])
    path = lattice.sources_of(np.array(arcs))
    assert len(path) == int(lattices.frames.lengths[0])
    again = transcript_of(path, 0, transcript.score, lattices, decoder)
    assert again.words[-1].end == pytest.approx(transcript.words[-1].end)


def test_a_gate_rejects_a_phrase_in_its_frames(decoder):
    said = ZELENSKYY.replace("L EH N", "L IH N")
    batch = with_pauses(decoder.graph.tokens, said, CITY)
    found = []
    for search in (EVERY_FRAME, SearchConfig()):
        gated = Decoder(decoder.graph, search, GIVING, gate=GateConfig(evidence=0.99))
        transcripts, _ = gated_paths(gated.lattices(batch), gated)
        found.append([(t.words, [e.phrase for e in t.rejected]) for t in transcripts])
    assert found[0] == found[1] and any(phrases for _, phrases in found[0])


def test_the_rejected_frames_of_a_phrase_are_those_that_are_searched():
    searched = SearchedFrames(torch.tensor([[0, 2, 7]]), torch.tensor([[0, 4, 0]]), torch.tensor([3]))
    assert [searched.between(0, *span) for span in ((0, 1), (3, 5), (5, 7), (1, 10**9))] == [
        (0, 1),
        (1, 2),
        (1, 3),
        (1, 3),
    ]


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan])
def test_frames_in_which_blank_does_not_lead_are_never_skipped(value):
    with pytest.raises(InputError, match="skip_blank"):
        SearchConfig(skip_blank=value)
