"""The search on emissions that are made from known words."""


import k2
import numpy as np
import pytest
import torch

from helpers.emissions import ANN_WHITTEMORE, CITY, CUT, FRAMES_A_TOKEN, ZELENSKYY, emissions, kaldi_best
from wfst_bias.acoustic.boost import boosted
from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.decode.config import SearchConfig
from wfst_bias.decode.paths import best_paths
from wfst_bias.decode.search import Decoder, relative
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.compile import graph_of_list
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.listed import OPEN
from wfst_bias.graph.store import read_base, read_decoding
from wfst_bias.lang.units import Units
from wfst_bias.lattice.frames import kaldi_lattices


@pytest.fixture(scope="module")
def plain(world):
    return Decoder(read_decoding(world / "base"))


@pytest.fixture(scope="module")
def biased(world, tmp_path_factory):
    path = tmp_path_factory.mktemp("list") / "names.txt"
    path.write_text("Zelenskyy\nAnn Whittemore\n")
    graph, _ = graph_of_list(read_base(world / "base"), path, ClassConfig())
    return Decoder(graph)


def transcribe(decoder, *texts, **options):
    return best_paths(decoder.lattices(emissions(decoder.graph.tokens, *texts, **options)), decoder)


def test_words_and_their_times(plain):
    (transcript,) = transcribe(plain, CITY)
    assert transcript.text == "the city"
    the, city = transcript.words
    # DH: frames 0-1, AH: 3-4, <wb>: 6-7, S: 9-10, ..., IY: 18-19; 20 ms each; a word lasts until the next one or the end
    assert (the.start, the.end, city.start, city.end) == (0.0, 0.18, 0.18, 0.42)


def test_a_word_before_a_pause_lasts_a_little_longer_than_its_last_unit(plain):
    pause = " <blk>" * 8
    (transcript,) = transcribe(plain, CITY.replace(" <wb>", f"{pause} <wb>"))
    assert transcript.words[0].end == pytest.approx(0.1 + 0.16) and transcript.words[1].start > 0.4


def test_a_list_brings_a_word_that_the_model_did_not_have(plain, biased):
    assert "zelenskyy" not in transcribe(plain, ZELENSKYY)[0].text
    (transcript,) = transcribe(biased, ZELENSKYY)
    assert transcript.text == "we met zelenskyy"
    assert transcript.marked() == "we met [Zelenskyy]"
    (entity,) = transcript.entities
    assert (entity.phrase, entity.first_word, entity.num_words, entity.found_by) == ("Zelenskyy", 2, 1, "list")
    assert entity.units == tuple("Z EH L EH N S K IY".split())
    assert entity.gap == pytest.approx(0.0, abs=1e-4)


def test_an_entity_of_two_words_has_two_times(biased):
    (transcript,) = transcribe(biased, ANN_WHITTEMORE)
    assert transcript.text == "call ann whittemore"
    assert (transcript.display, transcript.marked()) == ("call Ann Whittemore", "call [Ann Whittemore]")
    assert transcript.entities[0].num_words == 2
    assert transcript.words[1].end == transcript.words[2].start


def test_half_an_entity_is_none(biased):
    (transcript,) = transcribe(biased, "K AO L <wb> AE N")
    assert transcript.entities == () and "whittemore" not in transcript.text


def test_a_batch_is_its_utterances_alone(biased):
    together = transcribe(biased, CITY, ZELENSKYY, ANN_WHITTEMORE)
    alone = [transcribe(biased, text)[0] for text in (CITY, ZELENSKYY, ANN_WHITTEMORE)]
    for a, b in zip(together, alone):
        assert (a.words, a.entities) == (b.words, b.entities)
        assert a.score == pytest.approx(b.score, abs=1e-3)


def test_blank_alone_says_nothing(plain, biased):
    for decoder in (plain, biased):
        (transcript,) = transcribe(decoder, "")
        assert transcript.words == () and np.isfinite(transcript.score)


@pytest.fixture(scope="module")
def narrow(plain):
    """A beam in which only what was heard stays alive."""
    return Decoder(plain.graph, SearchConfig(search_beam=5.0, min_active=1, max_active=20))


def test_speech_cut_in_the_middle_of_a_word_is_not_empty(narrow):
    """Every state at the last frame is inside a word: the search runs out of final states."""
    batch = emissions(narrow.graph.tokens, CUT, sharpness=30.0)
    first = narrow.intersect(narrow._columns(relative(batch.log_probs), [OPEN]), batch.lengths)
    assert not (first.labels == -1).any()
    (transcript,) = transcribe(narrow, CUT, sharpness=30.0)
    assert transcript.text == "the station"
    assert transcript.words[-1].end <= 7 * (FRAMES_A_TOKEN + 1) * 0.02


def test_one_cut_utterance_does_not_change_its_neighbours(narrow):
    (alone,) = transcribe(narrow, CITY, sharpness=30.0)
    cut, whole = transcribe(narrow, CUT, CITY, sharpness=30.0)
    assert cut.text == "the station"
    assert (whole.words, whole.score) == (alone.words, pytest.approx(alone.score, abs=1e-3))


def test_free_frames_hold_no_new_word(world, tmp_path):
    """One phrase with a bonus above its price would be said in them again and again."""
    (tmp_path / "names.txt").write_text("Zelenskyy\t9\n")
    graph, _ = graph_of_list(read_base(world / "base"), tmp_path / "names.txt")
    decoder = Decoder(graph, SearchConfig(search_beam=5.0, min_active=1, max_active=20))
    (transcript,) = transcribe(decoder, CUT, sharpness=30.0)
    assert transcript.text == "the station"


def test_twin_columns_are_the_equation():
    log_probs = torch.tensor([[[-0.1, -3.1, -20.1, -4.1]]])
    twins = boosted(log_probs, BoostConfig(alpha=0.5, cap=6.0, top_k=3))
    # the best keeps its place, -20.1 is not among the three best of the frame
    assert twins[0, 0].tolist() == pytest.approx([-0.1, -1.6, -20.1, -2.1])


def test_the_gap_counts_up_to_the_cap():
    twins = boosted(torch.tensor([[[0.0, -10.0]]]), BoostConfig(alpha=0.5, cap=6.0, top_k=2))
    assert twins[0, 0, 1].item() == pytest.approx(-7.0)


def test_boost_is_reported(world, tmp_path):
    (tmp_path / "names.txt").write_text("Zelenskyy\n")
    one_way = G2GConfig(variants=0)
    graph, _ = graph_of_list(read_base(world / "base"), tmp_path / "names.txt", g2g=one_way)
    # IH was heard where the name has EH
    heard = ZELENSKYY.replace("L EH N", "L IH N")
    entity = transcribe(Decoder(graph, boost=BoostConfig(alpha=0.5, cap=6.0, top_k=41)), heard)[0].entities[0]
    assert entity.gap == pytest.approx(-12.0, abs=0.1)
    assert entity.boost == pytest.approx(6.0, abs=0.1)
    unboosted = transcribe(Decoder(graph, boost=BoostConfig(alpha=0.0)), ZELENSKYY)[0].entities[0]
    assert unboosted.boost == 0.0


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_bad_emissions_name_their_utterance(value):
    tokens = SymbolTable(("<blk>", "a"))
    log_probs = torch.zeros(2, 3, 2)
    log_probs[1, 2, 1] = value
    with pytest.raises(InputError, match="utterance 'second'.*NaN or infinity"):
        Emissions(log_probs, torch.tensor([3, 3]), 0.02, tokens, ["first", "second"])


def test_a_frame_without_any_probability_is_an_error_and_a_single_zero_is_not():
    tokens = SymbolTable(("<blk>", "a"))
    log_probs = torch.zeros(1, 3, 2)
    log_probs[0, 1, 1] = float("-inf")
    Emissions(log_probs, torch.tensor([3]), 0.02, tokens, ["utt"])
    log_probs[0, 1, 0] = float("-inf")
    with pytest.raises(InputError, match="'utt'"):
        Emissions(log_probs, torch.tensor([3]), 0.02, tokens, ["utt"])


def test_an_utterance_without_frames_is_an_error():
    with pytest.raises(InputError, match="'empty' has no frame"):
        Emissions(torch.zeros(2, 1, 2), torch.tensor([1, 0]), 0.02, SymbolTable(("<blk>", "a")), ["full", "empty"])


def test_an_entity_that_the_language_model_says_is_marked_too(world, tmp_path):
    (tmp_path / "names.txt").write_text("city\n")
    graph, _ = graph_of_list(read_base(world / "base"), tmp_path / "names.txt", ClassConfig(bonus=-4.0))
    (transcript,) = transcribe(Decoder(graph), CITY)
    assert transcript.marked() == "the [city]"
    (entity,) = transcript.entities
    assert (entity.found_by, entity.start, entity.end) == ("language model", 0.18, 0.42)
    assert entity.after_last_unit == pytest.approx(0.02)


def test_emissions_of_other_tokens_are_refused(plain):
    tokens = SymbolTable(("<blk>", "a"))
    with pytest.raises(InputError, match="made for other tokens"):
        plain.lattices(emissions(tokens, "a"))


@pytest.mark.parametrize(
    "config, field", [(SearchConfig, "search_beam"), (SearchConfig, "acoustic_scale"), (BoostConfig, "alpha")]
)
def test_configs_are_checked_where_they_are_made(config, field):
    with pytest.raises(InputError, match=f"{field} is -1.0"):
        config(**{field: -1.0})


def test_word_spans_between_boundaries():
    units = Units("phones", SymbolTable(("<blk>", "a", "b", "c", "|")), "|")
    tokens = np.array([0, 1, 1, 0, 2, 4, 4, 0, 4, 3, 0, 0])
    begins = np.array([0, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0], bool)
    assert units.word_spans(tokens, begins) == [(1, 5), (9, 10)]
    assert units.word_spans(np.zeros(3, int), np.zeros(3, bool)) == []


def test_word_spans_where_tokens_begin_words():
    units = Units("subwords", SymbolTable(("<blk>", "▁us", "e", "ful", "▁a")), word_start="▁")
    tokens = np.array([0, 1, 1, 2, 0, 3, 4, 0, 4])
    begins = np.array([0, 1, 0, 1, 0, 1, 1, 0, 1], bool)
    assert units.word_spans(tokens, begins) == [(1, 6), (6, 7), (8, 9)]


@pytest.mark.parametrize("text", [CITY, ZELENSKYY, ANN_WHITTEMORE, ""])
def test_kaldi_lattice_has_the_best_path_its_frames_and_its_score(biased, text):
    batch = emissions(biased.graph.tokens, CITY, text, sharpness=3.0)
    lattices = biased.lattices(batch)
    transcript = best_paths(lattices, biased)[1]
    block = kaldi_lattices(lattices, biased)[1]
    name, num_frames, words, score = kaldi_best(block)
    assert (name, num_frames) == (transcript.name, int(batch.lengths[1]))
    assert " ".join(biased.graph.words.symbols[word] for word in words) == transcript.text
    assert score == pytest.approx(transcript.score, abs=1e-2)


def test_noise_makes_a_lattice_that_grows_with_its_frames_only(biased):
    """No closure over pauses or noise: a line an arc, whatever the arcs say."""
    num_frames = 200
    noise = torch.randn(1, num_frames, len(biased.graph.tokens), generator=torch.Generator().manual_seed(0))
    batch = Emissions(noise.log_softmax(-1), torch.tensor([num_frames]), 0.02, biased.graph.tokens, ["noise"])
    lattices = biased.lattices(batch)
    (block,) = kaldi_lattices(lattices, biased)
    assert block.count("\n") <= lattices.fsas.num_arcs * 1.1 + 2


def test_on_a_cuda_device_as_on_the_cpu(world, plain):
    if not (torch.cuda.is_available() and getattr(k2, "with_cuda", False)):
        pytest.skip("no CUDA device, or a k2 built without it")
    on_device = Decoder(read_decoding(world / "base"), device="cuda")
    assert transcribe(on_device, CITY)[0].words == transcribe(plain, CITY)[0].words
