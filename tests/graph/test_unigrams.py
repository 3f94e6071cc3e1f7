"""How common the words of a base are."""

import numpy as np
import pytest

from wfst_bias.core.symbols import OOV
from wfst_bias.entities.entity import Entity
from wfst_bias.graph.compile import compile_graph, compile_loop, speller_of
from wfst_bias.graph.compile_list import compile_lists
from wfst_bias.graph.store import read_base, read_decoding, read_token_graph
from wfst_bias.graph.unigrams import word_log_probs
from wfst_bias.lm.files import read_ngrams


def log_probs_of(base_dir):
    return word_log_probs(read_token_graph(base_dir), read_base(base_dir).words)


@pytest.fixture(scope="module", params=["phones", "letters", "subwords"])
def base_dir(request, world, run, tmp_path_factory):
    if request.param == "phones":
        return world / "base"
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "tokens").write_text("\n".join(" abcdefghijklmnopqrstuvwxyz'") + "\n")
    lang = ("lang", "chars", folder / "lang", "--tokens", folder / "tokens")
    if request.param == "subwords":
        assert run("lang", "pieces", world / "sentences.txt", folder / "bpe.model", "--size", 40).exit_code == 0
        lang = ("lang", "subwords", folder / "lang", "--model", folder / "bpe.model")
    for command in (
        (*lang, "--words", world / "lm.arpa.gz"),
        ("graph", "base", folder / "lang", world / "lm.arpa.gz", folder / "base", "--class", "$PERSON"),
    ):
        result = run(*command)
        assert result.exit_code == 0, result.output
    return folder / "base"


def test_every_word_is_as_likely_as_its_unigram(world, base_dir):
    model, log_probs = read_ngrams(world / "lm.arpa.gz"), log_probs_of(base_dir)
    words = [word for word in model.words if not word.startswith("<")]
    assert sorted(log_probs) == sorted(words)
    for word in words:
        (expected,) = model.predict(np.array([0]), np.array([model.words.index(word)]))
        assert log_probs[word] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("order", [0, 2])
def test_a_base_without_a_language_model_has_no_words(world, tmp_path, order):
    compile_loop(world / "lang", tmp_path / "loop", order)
    assert log_probs_of(tmp_path / "loop").keys() <= {OOV}


def test_graphs_know_how_frequent_their_words_are(base_dir, tmp_path):
    """Those with lists, too, in memory and in a folder; of unknown words, and in older folders, nothing is known."""
    base, expected = read_base(base_dir), log_probs_of(base_dir)
    word, other = sorted(expected)[:2]
    lists = [compile_lists(base, speller_of(base).spell(map(Entity, phrases)))[0] for phrases in ([word], [word + other, other])]
    graph = base.with_entities(*lists, gates=[0, 1])
    assert graph.log_prob_of([word]) == pytest.approx(expected[word], abs=1e-3)
    assert graph.log_prob_of([word, other]) == pytest.approx(min(expected[word], expected[other]), abs=1e-3)
    assert np.isnan(graph.log_prob_of([word, word + other]))
    # with unknown words, and others, of the lists that an utterance has
    assert [graph.num_phrases(gate) for gate in (0, 1)] == [(0, 1), (1, 1)]
    (tmp_path / "names.txt").write_text(f"{word}\n")
    compile_graph(base_dir, [tmp_path / "names.txt"], tmp_path / "graph")
    assert read_decoding(tmp_path / "graph").log_prob_of([word]) == graph.log_prob_of([word])
    (tmp_path / "graph" / "unigrams.npy").unlink()
    assert np.isnan(read_decoding(tmp_path / "graph").log_prob_of([word]))
