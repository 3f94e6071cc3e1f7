"""How common the words of a base are."""

import numpy as np
import pytest

from wfst_bias.core.symbols import OOV
from wfst_bias.graph.compile import compile_loop
from wfst_bias.graph.store import read_base, read_token_graph
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
