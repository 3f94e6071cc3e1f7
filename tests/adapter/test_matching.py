"""Matching: the scores of all ways at once are those of a plain local alignment of each."""

from functools import lru_cache

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from helpers.toy import one_hot
from wfst_bias.adapter.catalogue import catalogue_of
from wfst_bias.adapter.matching import LOWEST, Matcher, segments_of
from wfst_bias.core.symbols import SymbolTable

TOKENS = SymbolTable(tuple("<blk> | p b t d a e".split()))
BOUNDARY = TOKENS["|"]


def best_alignment(similarity, way, deletion, insertion):
    """Over all stretches of the segments: each unit is found or not, and one segment behind it may be skipped."""
    num_segments = similarity.shape[1]

    @lru_cache(None)
    def best(unit, segment):
        if unit == len(way):
            return 0.0
        found = [(-deletion, segment)]
        if segment < num_segments:
            found.append((float(similarity[way[unit], segment]), segment + 1))
        found += [(score - insertion, behind + 1) for score, behind in found if behind < num_segments]
        return max(score + best(unit + 1, behind) for score, behind in found)

    return max(best(0, segment) for segment in range(num_segments + 1))


def ways_through(similarity, way, deletion, insertion):
    """Every alignment: the segment of each unit, None where it was not found, and the score."""

    def grown(unit, segment):
        if unit == len(way):
            yield (), 0.0
            return
        places = [(None, segment, -deletion)]
        if segment < similarity.shape[1]:
            places.append((segment, segment + 1, float(similarity[way[unit], segment])))
        for place, behind, score in places:
            # a segment behind the last unit belongs to nobody
            skips = (0, 1) if behind < similarity.shape[1] and unit + 1 < len(way) else (0,)
            for skip in skips:
                for rest, more in grown(unit + 1, behind + skip):
                    yield (place, *rest), score - insertion * skip + more

    for start in range(similarity.shape[1] + 1):
        yield from grown(0, start)


halves = st.integers(-12, 12).map(lambda number: number / 2)
prices = st.integers(1, 10).map(lambda number: number / 2)
units = st.integers(0, 3)
some_ways = st.lists(st.lists(units, min_size=1, max_size=4), min_size=1, max_size=6)


@st.composite
def similarities(draw):
    num_segments = draw(st.integers(1, 6))
    rows = st.lists(st.lists(halves, min_size=num_segments, max_size=num_segments), min_size=4, max_size=4)
    return torch.tensor(draw(rows))


def scores(matcher, similarity, *ways):
    return matcher.scores(similarity, catalogue_of(range(len(ways)), [[way] for way in ways])).tolist()


@given(similarities(), some_ways, prices, prices)
def test_scores_are_those_of_a_plain_alignment(similarity, ways, deletion, insertion):
    matcher = Matcher(4, deletion=deletion, insertion=insertion)
    expected = [best_alignment(similarity, tuple(way), deletion, insertion) for way in ways]
    assert scores(matcher, similarity, *ways) == pytest.approx(expected, abs=1e-4)


@given(similarities(), some_ways)
def test_a_common_beginning_changes_nothing(similarity, ways):
    alone = [scores(Matcher(4), similarity, way)[0] for way in ways]
    assert scores(Matcher(4), similarity, *ways) == pytest.approx(alone, abs=1e-5)


@given(similarities(), st.lists(st.lists(units, min_size=1, max_size=3), min_size=1, max_size=3), prices, prices)
def test_an_alignment_tells_what_it_costs_to_put_a_unit_there(similarity, ways, deletion, insertion):
    matcher = Matcher(4, deletion=deletion, insertion=insertion)
    catalogue = catalogue_of(range(len(ways)), [[way] for way in ways])
    found = matcher.alignments(similarity, catalogue.units, catalogue.lengths)
    for k, way in enumerate(ways):
        through = torch.full((len(way), similarity.shape[1]), -torch.inf)
        for places, score in ways_through(similarity, way, deletion, insertion):
            for unit, place in enumerate(places):
                if place is not None:
                    through[unit, place] = max(float(through[unit, place]), score)
        expected = (through - through.max()).clamp(min=LOWEST)
        assert torch.allclose(found[k, : len(way)], expected, atol=1e-4)
        assert (found[k, len(way) :] == LOWEST).all()


def heard(matcher, symbols):
    """The ratios of one utterance."""
    frames = one_hot(TOKENS, symbols)
    (similarity,), _ = matcher.similarities(frames[None], torch.tensor([len(frames)]))
    return similarity


def said(text):
    return [TOKENS[symbol] for symbol in text.split()]


def best_way(matcher, symbols, *ways):
    found = scores(matcher, heard(matcher, symbols), *map(said, ways))
    return ways[found.index(max(found))]


@pytest.mark.parametrize(
    "frames, way",
    [
        ("p _ e _ t", "p e t"),
        ("b a a _ _ d", "b a d"),
        ("_ t a p _ b e d _", "b e d"),
        ("p _ e _ t a", "p e t"),
    ],
)
def test_what_was_said_wins(frames, way):
    assert best_way(Matcher(len(TOKENS)), frames, "p e t", "b a d", "b e d", "t a b") == way


def test_segments_are_runs_of_a_unit_parted_by_sure_blanks():
    probs = torch.tensor(
        [
            # blank, a, b
            [0.1, 0.8, 0.1],
            [0.5, 0.3, 0.2],  # a, though blank is likelier
            [0.95, 0.04, 0.01],  # surely blank
            [0.0, 0.6, 0.4],  # a again, a new one
            [0.0, 0.4, 0.6],
            [0.0, 0.0, 1.0],
            [0.0, 1.0, 0.0],  # behind the end
        ]
    )
    segments = segments_of(probs.log()[None], torch.tensor([6]), most_blank=0.9)
    assert segments.frame.tolist() == [[0, 0, -1, 1, 2, 2, -1]]
    assert segments.lengths.tolist() == [3]
    expected = torch.tensor([[0.0, 1.1 / 1.4, 0.3 / 1.4], [0.0, 0.6, 0.4], [0.0, 0.2, 0.8]])
    assert torch.allclose(segments.posterior[0], expected, atol=1e-6)


def test_segments_of_a_batch_are_those_of_each_alone():
    frames = [one_hot(TOKENS, text) for text in ("p e t _ a", "_ _", "b b a d _ _ t")]
    lengths = torch.tensor(list(map(len, frames)))
    padded = torch.nn.utils.rnn.pad_sequence(frames, batch_first=True)  # zeros: probabilities of 1 behind the end
    together = segments_of(padded, lengths, 0.9)
    for n, alone in enumerate(frames):
        single = segments_of(alone[None], lengths[n : n + 1], 0.9)
        count = int(single.lengths)
        assert int(together.lengths[n]) == count
        assert torch.allclose(together.posterior[n, :count], single.posterior[0])
        assert not together.posterior[n, count:].any()
        assert together.frame[n].tolist() == single.frame[0].tolist() + [-1] * (len(padded[n]) - len(alone))


def test_the_edges_of_an_utterance_are_boundaries():
    with_boundary, without = Matcher(len(TOKENS), BOUNDARY), Matcher(len(TOKENS))
    assert heard(with_boundary, "p e t").shape[1] == heard(without, "p e t").shape[1] + 2
    found = [scores(m, heard(m, "p e t"), said("| p e t |"))[0] for m in (with_boundary, without)]
    boundary = float(with_boundary.ratio[BOUNDARY, BOUNDARY].log())
    assert found[0] - found[1] == pytest.approx(2 * boundary + 2 * without.deletion, abs=1e-4)


def test_a_word_inside_another_is_worse_than_the_word():
    matcher = Matcher(len(TOKENS), BOUNDARY)
    whole, inside = (scores(matcher, heard(matcher, t), said("| p e t |"))[0] for t in ("| p e t |", "| a p e t e |"))
    assert whole > inside + 1.0


def test_a_confusion_that_was_learnt_makes_the_confused_word_likelier():
    matcher = Matcher(len(TOKENS))
    before = scores(matcher, heard(matcher, "p a d"), said("p a t"), said("p a b"))
    times = 40
    # t is heard as d every second time, nothing else is
    words = [("t", "t"), ("t", "d"), ("d", "d"), ("p", "p"), ("b", "b"), ("a", "a"), ("e", "e")]
    posteriors = torch.cat([one_hot(TOKENS, sound).exp() for _, sound in words] * times)
    matcher.learn(torch.tensor(said(" ".join(word for word, _ in words)) * times), posteriors)
    after = scores(matcher, heard(matcher, "p a d"), said("p a t"), said("p a b"))
    assert before[0] == pytest.approx(before[1], abs=1e-4)
    assert after[0] > after[1] + 1.0 and after[0] > before[0] + 1.0
    assert scores(matcher, heard(matcher, "p a d"), said("p a d"))[0] > after[0]


def test_silence_matches_nothing():
    similarity = heard(Matcher(len(TOKENS)), "_ _ _")
    assert similarity.shape == (len(TOKENS), 0)
    assert scores(Matcher(len(TOKENS)), similarity, said("p e t"), said("a")) == [LOWEST, LOWEST]
    matcher = Matcher(len(TOKENS), BOUNDARY)
    assert heard(matcher, "_ _").shape[1] == 2  # the edges alone
    assert (
        scores(matcher, heard(matcher, "_"), said("| a |"))[0] < scores(matcher, heard(matcher, "a"), said("| a |"))[0]
    )


def test_the_segment_of_each_frame_counts_the_edge_before_it():
    frames = one_hot(TOKENS, "_ p p _ e t")[None]
    for boundary, segments in ((0, [-1, 0, 0, -1, 1, 2]), (BOUNDARY, [-1, 1, 1, -1, 2, 3])):
        (similarity,), segment = Matcher(len(TOKENS), boundary).similarities(frames, torch.tensor([6]))
        assert segment.tolist() == [segments]
        assert similarity[:, segments[1]].argmax() == TOKENS["p"] and similarity[:, segments[5]].argmax() == TOKENS["t"]


def test_one_frame_and_one_phrase():
    matcher = Matcher(len(TOKENS))
    (score,) = scores(matcher, heard(matcher, "a"), said("a"))
    assert score == pytest.approx(float(matcher.ratio[TOKENS["a"], TOKENS["a"]].log()), abs=0.05)


def test_no_phrase_no_score():
    matcher = Matcher(len(TOKENS))
    assert matcher.scores(heard(matcher, "p e t"), catalogue_of([], [])).tolist() == []
