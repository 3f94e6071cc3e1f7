"""The word spotter of benchmarks/peers against brute force, and what benchmarks/compare_peers.py counts and shows."""

import itertools
import math
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from compare_peers import Lists, Speech
from peers.exported import write_identity
from peers.interface import Resources, WordList
from peers.prefix_beam import labels_of
from peers.results import Result, counts_of, plot, rates_of, ratio_of, table
from peers.spotter import PrefixTree, Spotted, SpotterConfig, greedy_words, replaced, spotted, without_overlaps
from peers.systems import SYSTEMS, System
from peers.worker import Job, Worker

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BLANK, SymbolTable
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.store import read_base
from wfst_bias.lang.units import PHONES, SUBWORDS, Units

WORDS = ((1,), (1, 2), (1, 1), (2, 1, 3), (3, 3))
EVERYTHING = SpotterConfig(beam=math.inf, least_score=-math.inf, most_blank=1.0, least_token=1e-9)
UNITS = Units(SUBWORDS, SymbolTable((BLANK, "▁a", "n", "na", "▁to")), word_start="▁")


def paths_of(tokens, length, is_leaf):
    """All CTC paths of a word that begin and end with a token; a token that nothing follows is read once."""
    for path in itertools.product(range(max(tokens) + 1), repeat=length):
        collapsed = tuple(key for key, _ in itertools.groupby(path) if key)
        if collapsed == tokens and path[0] and path[-1]:
            if not (is_leaf and length > 1 and path[-1] == path[-2]):
                yield path


def best_by_end(log_probs, tokens, bonus, is_leaf):
    """The best score of a word that ends in each frame."""
    best = {}
    for first, end in itertools.combinations(range(len(log_probs) + 1), 2):
        for path in paths_of(tokens, end - first, is_leaf):
            score = sum(log_probs[first + i, token] + bonus * bool(token) for i, token in enumerate(path))
            best[end - 1] = max(best.get(end - 1, -math.inf), score)
    return best


@pytest.mark.parametrize("seed", range(4))
def test_the_spotter_finds_the_best_path_of_each_word_to_each_frame(seed):
    log_probs = np.log(np.random.default_rng(seed).dirichlet(np.ones(4), 5))
    tree = PrefixTree.of(WORDS, range(len(WORDS)))
    found = {(one.word, one.last): one.score for one in spotted(log_probs, tree, EVERYTHING)}
    expected = {
        (number, end): score
        for number, tokens in enumerate(WORDS)
        for end, score in best_by_end(log_probs, tokens, 3.0, is_leaf=tokens != (1,)).items()
    }
    assert found == pytest.approx(expected)


def test_a_narrow_beam_finds_the_likely_word_alone():
    log_probs = np.log(np.full((4, 4), 0.02))
    log_probs[[0, 1, 2, 3], [2, 1, 0, 3]] = np.log(0.94)
    (one,) = spotted(log_probs, PrefixTree.of(WORDS, range(5)), SpotterConfig(beam=2.0, least_score=5.0))
    assert (one.word, one.first, one.last) == (3, 0, 3)
    assert one.score == pytest.approx(4 * np.log(0.94) + 9.0)


def test_the_tree_shares_prefixes_and_the_first_of_equal_words_counts():
    tree = PrefixTree.of([(1, 2), (1, 3), (1, 2)], [7, 8, 9])
    assert tree.label.tolist() == [0, 1, 2, 3] and tree.word.tolist() == [-1, -1, 7, 8]
    children, place = tree.children(np.array([0, 1, 3]))
    assert (children.tolist(), place.tolist()) == ([1, 2, 3], [0, 1, 1])


def test_better_words_displace_those_that_they_overlap():
    words = [Spotted(0, 5.0, 0, 4), Spotted(1, 9.0, 4, 8), Spotted(2, 3.0, 9, 12)]
    assert [one.word for one in without_overlaps(words)] == [1, 2]


def test_a_found_word_replaces_greedy_words_if_it_scores_more():
    best = [1, 2, 0, 0, 4, 4, 0, 1]
    log_probs = np.full((8, 5), -9.0)
    log_probs[np.arange(8), best] = -0.5
    texts, words = greedy_words(log_probs, UNITS, bonus=1.0)
    assert texts == ["an", "to", "a"] and [(one.first, one.last) for one in words] == [(0, 1), (4, 5), (7, 7)]
    assert [one.score for one in words] == [1.0, 0.0, 0.5]
    assert replaced(texts, words, [Spotted(0, 1.2, 0, 4)], ["anna"]) == "anna a"
    assert replaced(texts, words, [Spotted(0, 0.9, 0, 4)], ["anna"]) == "an to a"
    assert replaced(texts, words, [], ["anna"]) == "an to a"


def test_tokens_become_the_labels_of_prefix_beam_searches():
    assert labels_of(UNITS) == ["", "▁a", "n", "na", "▁to"]
    assert labels_of(Units("chars", SymbolTable((BLANK, "|", "A")), boundary="|")) == ["", " ", "a"]
    with pytest.raises(InputError, match="phones"):
        labels_of(Units(PHONES, SymbolTable((BLANK, "AA"))))


def test_the_model_for_sherpa_returns_what_it_was_given(tmp_path):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    write_identity(tmp_path / "model.onnx", 3)
    frames = np.array([[0.0, -7.5, -31.0], [-2.0, 0.0, -100.0]], np.float32)
    samples = np.concatenate([[0.0, -100.0], frames.ravel()]).astype(np.float32)
    normal = (samples - samples.mean()) / samples.std()
    session = runtime.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    assert session.run(None, {"x": normal[None]})[0] == pytest.approx(frames[None], abs=1e-4)


def speech(**references):
    return Speech(Path(), references, ["u", "v"], dict.fromkeys(references, 1.0))


def test_lists_grow_and_have_no_other_words_that_are_spoken():
    some = speech(u="anna came", v="to ota", w="nobody came")
    rare = ["anna", "ota", "nobody", *(f"name{number}" for number in range(60))]
    lists = Lists(rare, some)
    assert lists.spoken == ["anna", "ota"]
    small, large = lists.words(5), lists.words(12)
    assert small == large[:7] and not set(large[2:]) & some.words and len(set(large)) == 14
    assert some.nameless(large) == ["w"]
    with pytest.raises(InputError, match="100 were expected"):
        lists.words(100)


SENTENCE = "we met anna at the station"


@pytest.fixture(scope="module")
def biased(world, tmp_path_factory):
    """Resources of a small base, emissions of a sentence with a name, and a list with the name."""
    base = read_base(world / "base")
    (anna,) = speller_of(base).spell([Entity("anna")]).used
    lexicon, tokens, own = base.lang.lexicon, base.lang.tokens, {"anna": anna.pronunciations}
    units = [unit for word in SENTENCE.split() for unit in (*(own.get(word) or lexicon[word])[0], base.lang.boundary)]
    frames = np.full((2 * len(units), len(tokens)), np.log(0.001), np.float32)
    frames[np.arange(len(frames)), [i for unit in units for i in (tokens[unit], tokens[BLANK])]] = np.log(0.9)
    arrays = tmp_path_factory.mktemp("arrays") / "arrays.npz"
    np.savez(arrays, u=frames)
    resources = Resources(world / "base", world / "lm.arpa.gz", "hama", 0.02, arrays.parent)
    return resources, WordList(("anna",), SpelledList.of([anna])), arrays, frames


@pytest.mark.usefixtures("k2")
def test_a_system_decodes_in_a_process_of_its_own(biased):
    resources, listed, arrays, _ = biased
    path = arrays.with_name("list.pickle")
    path.write_bytes(pickle.dumps(listed))
    worker = Worker(Job(System("ours", "ours:Ours"), resources, path, arrays))
    assert worker.is_usable() and 0 < worker.built.first_word < 60
    for is_timed in (False, True):
        assert worker.texts == {} and worker.seconds == []
        worker.begin(["u"])
        worker.end(is_timed)
    worker.close()
    assert worker.texts == {"u": SENTENCE} and len(worker.seconds) == 1 and 0.05 < worker.memory < 50


@pytest.mark.parametrize("name, package", [("KaldiDecoder", "kaldi_decoder"), ("SherpaOnnx", "sherpa_onnx")])
def test_peers_find_the_name_in_our_graph_alone(biased, name, package):
    pytest.importorskip(package)
    pytest.importorskip("onnx")
    resources, listed, _, frames = biased
    peer = System(name, f"exported:{name}").make(resources)
    found = []
    for some in (listed, WordList()):
        peer.build(some)
        found.append("anna" in peer.texts([frames])[0].split())
    assert found == [True, False]


def test_a_missing_package_is_named(biased):
    with pytest.raises(InputError, match="no_such_module.*pip install"):
        System("x", "no_such_module:X").make(biased[0])


def result(system, size, counts, milliseconds=2.0):
    return Result(system, size, 2, counts, (3, 0.5) if counts else None, milliseconds, 1.0, 0.5, 4.0, 1.5, 0)


def test_rates_are_those_of_the_counted_words_and_slow_systems_have_none():
    counts = counts_of({"u": "anna came two", "v": "to anna"}, {"u": "anna came to", "v": "to ota"}, ["anna", "ota"])
    assert rates_of(counts) == pytest.approx((40.0, 100 / 3, 50.0, 50.0))
    rows = table([result("a", 10, counts), result("b", 10, None)]).splitlines()[2:]
    assert [cell.strip() for cell in rows[0].split("|")[1:8]] == ["a", "10", "40.00", "33.33", "50.00", "50.0", "6.0"]
    assert [cell.strip() for cell in rows[1].split("|")[3:8]] == ["-"] * 5
    assert ratio_of([1.0, 6.0, 3.0], [1.0, 2.0, 2.0]) == 1.5


def test_the_plot_has_a_line_for_each_system():
    counts = counts_of({"u": "anna"}, {"u": "anna"}, ["anna"])
    picture = plot([result(name, size, counts) for name in "ab" for size in (0, 10)], "peers").picture(".svg").decode()
    assert ">a</text>" in picture and ">b</text>" in picture


def test_systems_have_names_of_their_own_and_grids_of_settings():
    assert len({system.name for system in SYSTEMS}) == len(SYSTEMS)
    assert all(len(values) > 1 for system in SYSTEMS for values in system.grid.values())
