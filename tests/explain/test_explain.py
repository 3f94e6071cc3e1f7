"""Why a phrase is found or not: each verdict on emissions made for it, its numbers against another computation."""

import itertools
from dataclasses import replace

import k2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.emissions import ANN_WHITTEMORE, CITY, ZELENSKYY, emissions
from helpers.phone_bases import phones_folder
from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.decode.config import GateConfig, SearchConfig
from wfst_bias.decode.paths import best_paths
from wfst_bias.decode.search import Decoder
from wfst_bias.decode.transcript import LANGUAGE_MODEL, LIST
from wfst_bias.entities.entity import Entity
from wfst_bias.explain.acoustic_match import best_matches
from wfst_bias.explain.explanation import FAR, FOUND, LOST, PRUNED, REJECTED, explain
from wfst_bias.fst.ctc import TOPOLOGIES
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.compile import graph_of_list, speller_of
from wfst_bias.graph.compile_list import compile_list
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.listed import OPEN
from wfst_bias.graph.store import read_base
from wfst_bias.lang.units import Units
from wfst_bias.recognize.emissions import BatchEmissions
from wfst_bias.recognize.recognition import SearchedBatch

BEAM = 8.0
A_BIT = 0.05  # nats
PLAIN = ClassConfig(bonus=4.0, length_bonus=0.0)
NAMES = ("Kitty", "Ann Whittemore")
ALONE = "Z EH L EH N S K IY"
CITY_WHITTEMORE = f"{CITY} <wb> W IH T M AO R"


@pytest.fixture(scope="module")
def base(world):
    return read_base(world / "base")


@pytest.fixture(scope="module")
def decoder_of(base, tmp_path_factory):
    """A decoder with a list of some lines, and what became of them; without variants, where none are asked for."""

    def decoder_of(*lines, search=SearchConfig(), boost=BoostConfig(), variants=0, costs=PLAIN):
        path = tmp_path_factory.mktemp("list") / "names.txt"
        path.write_text("".join(f"{line}\n" for line in lines))
        graph, outcomes = graph_of_list(base, path, costs, g2g=G2GConfig(variants))
        return Decoder(graph, search, boost), outcomes

    return decoder_of


def emissions_of(base, text, sharpness=3.0):
    """Emissions of units, with noise that leaves no two paths alike."""
    batch = emissions(base.lang.tokens, text, sharpness=sharpness)
    noise = torch.randn(batch.log_probs.shape, generator=torch.Generator().manual_seed(len(text)))
    return replace(batch, log_probs=(batch.log_probs + 0.3 * noise).log_softmax(-1))


def explained(base, decoder, text, phrase=0, pronunciations=(), **options):
    return explain(searched(decoder, emissions_of(base, text, **options)), [phrase], pronunciations)


def searched(decoder, spoken, gate=OPEN):
    return SearchedBatch.search(BatchEmissions.precomputed(spoken), decoder, [gate])


def transcribed(base, decoder, text):
    return best_paths(decoder.lattices(emissions_of(base, text)), decoder)[0]


def found_by_of(transcript, phrase):
    return [entity.found_by for entity in transcript.entities if entity.phrase == phrase]


def test_a_lost_phrase_is_found_with_as_much_weight_as_it_lost_by(base, decoder_of):
    decoder, _ = decoder_of(*NAMES)
    why = explained(base, decoder, CITY)
    assert (why.verdict, why.found, why.transcript.text) == (LOST, (), "the city")
    loss = -why.comparison.margin
    assert 1 < loss < 20
    for weight, found_by in ((loss - A_BIT, []), (loss + A_BIT, [LIST])):
        heavier, _ = decoder_of(f"Kitty\t{weight}", "Ann Whittemore")
        assert found_by_of(transcribed(base, heavier, CITY), "Kitty") == found_by
    assert why.summary() == f"is not found: it loses by {loss:.1f} nats to 'city'"
    assert f"It takes a weight above {loss:.1f}." in why.details()


def test_a_phrase_that_has_a_weight_needs_that_and_more(base, decoder_of):
    loss = [-explained(base, decoder_of(f"Kitty\t{weight}")[0], CITY).comparison.margin for weight in (0, 2)]
    assert loss[1] == pytest.approx(loss[0] - 2, abs=1e-3)
    text = explained(base, decoder_of("Kitty\t2")[0], CITY).details()
    assert f"It takes a weight above {loss[0]:.1f}." in text


def test_a_phrase_that_its_gate_rejected(base, decoder_of):
    decoder, _ = decoder_of("Kitty\t12", "Ann Whittemore")
    gated = Decoder(decoder.graph, decoder.search, decoder.boost, gate=GateConfig(evidence=0.9))
    assert explained(base, decoder, CITY).verdict == FOUND
    why = explained(base, gated, CITY)
    assert (why.verdict, why.found, why.pruning) == (REJECTED, (), None)
    assert why.transcript.text == "the city" and why.comparison.margin > 0
    (entity,) = why.rejected
    assert f"its evidence of {entity.evidence:.2f} a unit is below its gate of 0.9" in why.summary()


def test_a_found_phrase_is_lost_without_as_much_weight_as_it_won_by(base, decoder_of):
    decoder, _ = decoder_of("Kitty\t12", "Ann Whittemore")
    why = explained(base, decoder, CITY)
    assert why.verdict == FOUND and why.pruning is None
    win = why.comparison.margin
    assert 1 < win < 12
    for weight, found_by in ((12 - win + A_BIT, [LIST]), (12 - win - A_BIT, [])):
        lighter, _ = decoder_of(f"Kitty\t{weight}", "Ann Whittemore")
        assert found_by_of(transcribed(base, lighter, CITY), "Kitty") == found_by
    assert why.summary() == f"is found at 0.18-0.42 s by the list; it wins by {win:.1f} nats over 'city'"


def test_where_the_beam_holds_nothing_but_the_phrase_a_wider_one_tells_what_it_won_over(base, decoder_of):
    decoder, _ = decoder_of("Zelenskyy", variants=4)
    why = explained(base, decoder, ALONE, sharpness=1.0)
    assert why.verdict == FOUND and why.widest.search_beam > decoder.search.search_beam
    why = explained(base, decoder, ALONE, sharpness=6.0)
    assert (why.verdict, why.comparison, why.match.units) == (FOUND, None, tuple(ALONE.split()))
    assert why.summary().endswith(f"a search beam of {why.widest.search_beam:g} nats holds no path without it")


def test_the_language_model_may_say_it_better_than_the_list(base, decoder_of):
    costs = replace(PLAIN, bonus=-5.0)
    why = explained(base, decoder_of("city", costs=costs)[0], CITY)
    assert (why.verdict, [entity.found_by for entity in why.found]) == (FOUND, [LANGUAGE_MODEL])
    worse = -why.comparison.margin
    assert f"by the language model; by the list it is {worse:.1f} nats worse" in why.summary()
    for bonus, found_by in ((-5.0 + worse - A_BIT, [LANGUAGE_MODEL]), (-5.0 + worse + A_BIT, [LIST])):
        decoder, _ = decoder_of("city", costs=replace(PLAIN, bonus=bonus))
        assert found_by_of(transcribed(base, decoder, CITY), "city") == found_by


def test_the_place_of_a_found_phrase_is_its_evidence(base, decoder_of):
    decoder, _ = decoder_of("Zelenskyy", boost=BoostConfig(alpha=0.5, cap=6.0, top_k=41))
    why = explained(base, decoder, ZELENSKYY.replace("L EH N", "L IH N"))
    (entity,) = why.found
    match = why.match
    assert (match.start, match.units) == (entity.start, entity.units)
    assert match.end == pytest.approx(entity.end - entity.after_last_unit)
    assert match.gap == pytest.approx(entity.gap, abs=1e-4)
    assert match.gap == pytest.approx(sum(cost.gap for cost in match.costs), abs=1e-4)
    assert (match.costs[3].unit, match.costs[3].recognized) == ("EH", ("IH",))
    assert match.recognized == tuple("Z EH L IH N S K IY".split())
    assert f"{-match.costs[3].gap:.1f} of them for EH where IH was recognized" in match.describe()
    scale = decoder.search.acoustic_scale
    assert why.comparison.phrase.terms.boost >= scale * entity.boost - 1e-3 > 0


def test_the_terms_are_those_of_the_two_paths(base, decoder_of):
    """Nothing but the phrase and 'city' parts the paths, so the difference is that of the whole scores."""
    why = explained(base, decoder_of(*NAMES)[0], CITY)
    loss = -why.comparison.margin
    decoder, _ = decoder_of(f"Kitty\t{loss + A_BIT}", "Ann Whittemore")
    with_it = transcribed(base, decoder, CITY)
    assert with_it.score - why.transcript.score == pytest.approx(A_BIT, abs=1e-3)
    phrase, competitor = why.comparison.phrase, why.comparison.competitor
    assert (phrase.text, competitor.text) == ("[Kitty]", "city")
    # the class, one of its two phrases, and the bonus; 'Kitty' alone has that sound
    assert phrase.terms.list == pytest.approx(np.log(0.05 / 2) + 4, abs=1e-3) and competitor.terms.list == 0.0
    (entity,) = with_it.entities
    assert phrase.terms.acoustic == pytest.approx(1.8 * entity.gap, abs=1e-3)


def test_a_variant_is_told_with_what_it_costs(base, decoder_of):
    decoder, (outcome,) = decoder_of("Zelenskyy", variants=4)
    assert len(outcome.pronunciations) == 5
    for pronunciation, score in zip(outcome.pronunciations, outcome.scores):
        text = " ".join(["W IY <wb> M EH T <wb>", *pronunciation])
        why = explained(base, decoder, text, 0, outcome.pronunciations, sharpness=1.0)
        assert (why.verdict, why.match.units) == (FOUND, pronunciation)
        assert why.comparison.phrase.terms.list == pytest.approx(np.log(0.05) + 4 + score, abs=1e-3)
        fits = {match.units: match.gap for match in why.matches}
        assert len(fits) == 5 and fits[pronunciation] >= why.match.gap - 1e-3


def all_scores(graph, columns, scale):
    """Best score of every state after each frame, without a beam ``(T, S)``."""
    arcs = graph.arcs.numpy()
    emitting = arcs[arcs[:, 2] >= 0]
    arc_score = np.ascontiguousarray(emitting[:, 3]).view(np.float32).astype(np.float64)
    score = np.full(graph.num_states, -np.inf)
    score[0] = 0.0
    after = []
    for frame in columns.numpy():
        reached = np.full(graph.num_states, -np.inf)
        np.maximum.at(reached, emitting[:, 1], score[emitting[:, 0]] + arc_score + scale * frame[emitting[:, 2]])
        after.append(score := reached)
    return np.array(after)


def test_a_phrase_that_the_beam_dropped(base, decoder_of):
    """It begins worse than 'city', and ends better than any words: a wide search finds it, a narrow one does not."""
    narrow = SearchConfig(search_beam=BEAM, min_active=0)
    costs = replace(PLAIN, partial_cost=40.0)  # else "city" and the word "whittemore" were better
    decoder, _ = decoder_of("Kitty Whittemore", "Ann", search=narrow, costs=costs)
    why = explained(base, decoder, CITY_WHITTEMORE)
    assert (why.verdict, why.found) == (PRUNED, ())
    wide = Decoder(decoder.graph, SearchConfig())
    better = transcribed(base, wide, CITY_WHITTEMORE)
    assert found_by_of(better, "Kitty Whittemore") == [LIST]
    assert why.comparison.margin == pytest.approx(better.score - why.transcript.score, abs=1e-2)
    assert why.summary() == (
        f"is not found, but would have won by {why.comparison.margin:.1f} nats over {why.comparison.competitor.text!r}"
    )

    lattices = wide.lattices(emissions_of(base, CITY_WHITTEMORE))
    scores = k2.shortest_path(lattices.fsas, use_double_scores=True).scores.double().numpy()
    best = all_scores(decoder.graph, lattices.columns[0], narrow.acoustic_scale).max(axis=1)
    behind = best - np.cumsum(scores)[:-1]
    dropped = int((behind > BEAM).argmax())
    assert why.pruning.time == pytest.approx(0.02 * (dropped + 1))
    assert why.pruning.behind == pytest.approx(behind[dropped], abs=1e-2)
    text = f"The search dropped its path at {why.pruning.time:.2f} s, {behind[dropped]:.1f} nats behind: "
    assert f"{text}--search-beam is 8." in why.details()


def test_too_few_states_drop_a_phrase_within_the_beam(base, decoder_of):
    crowded = SearchConfig(min_active=0, max_active=8)
    decoder, _ = decoder_of("Kitty Whittemore", "Ann", search=crowded)
    why = explained(base, decoder, CITY_WHITTEMORE)
    assert why.verdict == PRUNED and why.pruning.behind < crowded.search_beam
    assert any("--search-max-active 8 narrowed the beam" in block for block in why.details())


def test_a_phrase_that_nobody_said_anything_like(base, decoder_of):
    decoder, (outcome,) = decoder_of("Zelenskyy")
    (pronunciation,) = outcome.pronunciations
    why = explained(base, decoder, CITY, 0, [pronunciation], sharpness=6.0)
    assert (why.verdict, why.comparison, why.pruning) == (FAR, None, None)
    assert why.matches[0].units == pronunciation and why.matches[0].gap < -30
    assert f"a search beam of {why.widest.search_beam:g} nats holds no path with it" in why.summary()
    wide = Decoder(decoder.graph, replace(why.widest, output_beam=why.widest.search_beam))
    fsas = wide.lattices(emissions_of(base, CITY, sharpness=6.0)).fsas
    assert not (wide.graph.outputs_of(fsas.graph_arc.numpy()) == wide.graph.first_phrase).any()


def test_a_phrase_whose_sound_alone_is_beyond_the_beam(base, decoder_of):
    decoder, _ = decoder_of("Zelenskyy")
    why = explained(base, decoder, CITY)
    assert why.verdict == FAR and why.comparison.sound < -SearchConfig().search_beam
    loss, by_sound = -why.comparison.margin, -why.comparison.sound
    assert f"it loses by {loss:.1f} nats to 'city', by its sound alone by {by_sound:.1f};" in why.summary()
    assert any("and 20 is the largest" in block for block in why.details())


def test_what_parts_two_paths_elsewhere_is_not_counted(base, decoder_of):
    """A narrow search writes other words at the end; what it lost there is not the phrase's."""
    monday = f"AA N <wb> M AH N D EY <wb> {CITY_WHITTEMORE}"
    both = [
        explained(base, decoder_of("Kitty Whittemore", "Sunday", search=search)[0], monday, phrase=1)
        for search in (SearchConfig(), SearchConfig(search_beam=BEAM, min_active=0))
    ]
    texts = [why.transcript.text for why in both]
    assert texts[0].endswith("kitty whittemore") and not texts[1].endswith("kitty whittemore")
    for why in both:
        assert (why.found, why.comparison.phrase.text, why.comparison.competitor.text) == ((), "[Sunday]", "monday")
    assert both[0].comparison.margin == pytest.approx(both[1].comparison.margin, abs=1e-3)


@pytest.mark.parametrize("text, phrase", [(CITY, 0), (ANN_WHITTEMORE, 1), (ZELENSKYY, 0)])
def test_a_list_of_its_own_explains_as_one_that_all_have(base, decoder_of, text, phrase):
    decoder, _ = decoder_of(*NAMES)
    outcomes = speller_of(base, g2g=G2GConfig(0)).spell([Entity(name) for name in NAMES])
    gated = Decoder(base.with_entities(compile_list(base, outcomes, PLAIN), gates=[0]))
    own = explain(searched(gated, emissions_of(base, text), 0), [phrase])
    shared = explained(base, decoder, text, phrase)
    assert (own.verdict, own.transcript.words) == (shared.verdict, shared.transcript.words)
    assert own.comparison.margin == pytest.approx(shared.comparison.margin, abs=1e-3)
    assert own.comparison.phrase.terms.list == pytest.approx(shared.comparison.phrase.terms.list, abs=1e-3)


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_where_no_token_tells_words_apart(run, tmp_path, topology):
    base = read_base(phones_folder(run, tmp_path, topology))
    text = " ".join("aredmanor")

    def decoder_of(weight):
        (tmp_path / "list.txt").write_text(f"or\t{weight}\nart dent\n")
        return Decoder(graph_of_list(base, tmp_path / "list.txt", PLAIN, g2g=G2GConfig(0))[0])

    why = explained(base, decoder_of(-3), text)
    comparison = why.comparison
    assert (
        why.verdict == LOST
        and comparison.phrase.text.endswith("man [or]")
        and comparison.competitor.text.endswith("manor")
    )
    assert why.match.units == ("o", "r") and why.match.start == pytest.approx(0.02 * 3 * 7)
    loss = -comparison.margin
    for weight, found_by in ((-3 + loss - A_BIT, []), (-3 + loss + A_BIT, [LIST])):
        assert found_by_of(transcribed(base, decoder_of(weight), text), "or") == found_by


TOY = Units("phones", SymbolTable(("<blk>", "a", "b", "c")))


def alignments(pronunciation, num_frames):
    """All placements of units and blanks on frames: the token of each frame, and where the units begin and end."""
    for path in itertools.product(range(len(TOY.tokens)), repeat=num_frames):
        units = [token for token, _ in itertools.groupby(path) if token]
        if [TOY.tokens.symbols[unit] for unit in units] == list(pronunciation) and path[0] and path[-1]:
            yield path


@settings(max_examples=30)
@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=3), st.integers(0, 1000), st.integers(3, 5))
def test_the_best_place_of_a_pronunciation(pronunciation, seed, num_frames):
    log_probs = torch.randn(num_frames, 4, generator=torch.Generator().manual_seed(seed)).mul(3).log_softmax(-1)
    columns = log_probs - log_probs.amax(dim=1, keepdim=True)
    (match,) = best_matches(columns, [tuple(pronunciation)], TOY, 1.0)
    gaps = [
        sum(float(columns[begin + i, token]) for i, token in enumerate(path))
        for begin, end in itertools.combinations(range(num_frames + 1), 2)
        for path in alignments(pronunciation, end - begin)
    ]
    if not gaps:
        assert match is None
        return
    assert match.gap == pytest.approx(max(gaps), abs=1e-2)
    assert match.units == tuple(pronunciation)
    assert match.gap == pytest.approx(sum(cost.gap for cost in match.costs), abs=1e-4)


def test_every_pronunciation_has_a_place_of_its_own(base):
    columns = emissions_of(base, ANN_WHITTEMORE).log_probs[0]
    units, columns = base.lang.units, columns - columns.amax(dim=1, keepdim=True)
    pronunciations = (tuple("AE N <wb> W IH T M AO R".split()), ("AE", "N"), tuple("W IH T M AO R".split()))
    whole, ann, whittemore = best_matches(columns, pronunciations, units, 0.02)
    assert (whole.start, whole.end) == (ann.start, whittemore.end)
    assert ann.end < whittemore.start and whole.recognized == pronunciations[0]
