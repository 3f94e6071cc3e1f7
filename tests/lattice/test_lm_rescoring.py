"""Lattices rescored by another language model, held against the model's own definition, word by word."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.emissions import ANN_WHITTEMORE, CITY, ZELENSKYY, decoded
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import EPS, SymbolTable
from wfst_bias.lattice.lm_rescoring import RescoringLM, with_lm
from wfst_bias.lattice.nbest import nbest_of
from wfst_bias.lattice.word_lattice import WordLattice
from wfst_bias.lm.arpa import BOS, EOS, arpa_ngrams
from wfst_bias.lm.files import read_ngrams

# some words of the lattices are not in it; backing off pays now and then: no path may choose to
_ARPA = """
\\data\\
ngram 1=9
ngram 2=8
ngram 3=3

\\1-grams:
-99 <s> -0.3
-1.1 </s>
-0.9 the 0.2
-1.5 we -0.4
-1.7 met -0.1
-1.3 city
-2.1 on -0.6
-1.9 call -0.5
-2.4 time

\\2-grams:
-0.4 <s> we 0.3
-1.2 <s> call
-3.5 we met -0.2
-0.6 the city 0.1
-0.7 met the -0.3
-2.9 on time
-0.2 time </s>
-2.5 city </s>

\\3-grams:
-0.1 <s> we met
-2.8 we met the
-0.5 met the city

\\end\\
"""


@pytest.fixture(scope="module", params=["", "-2.7 <unk> -0.8\n"])
def arpa(request, tmp_path_factory):
    """The model without and with a 1-gram for unknown words."""
    path = tmp_path_factory.mktemp("lm") / "lm.arpa"
    content = _ARPA.replace("-2.4 time\n", f"-2.4 time\n{request.param}")
    path.write_text(content.replace("ngram 1=9", f"ngram 1={9 + bool(request.param)}"))
    return path


class Definition:
    """log P of a word after a history, as ARPA defines it."""

    def __init__(self, path):
        self.order, self.log_prob, self.backoff = 0, {}, {}
        for ngrams in arpa_ngrams(path):
            self.order = max(self.order, ngrams.order)
            for fields in ngrams.rows:
                ngram = tuple(fields[1 : ngrams.order + 1])
                self.log_prob[ngram] = float(fields[0])
                self.backoff[ngram] = float(fields[ngrams.order + 1]) if len(fields) > ngrams.order + 1 else 0.0

    def __call__(self, history, word):
        if (*history, word) in self.log_prob:
            return self.log_prob[(*history, word)]
        return self.backoff.get(history, 0.0) + self(history[1:], word)

    def score(self, words, is_phrase, opening):
        """Of a sentence, nats; words of phrases cost the backoff to no history, at its start ``opening``, and are none."""
        if is_phrase[:1] == [True]:
            return opening + self._score((), words[1:], is_phrase[1:])
        return self._score((BOS,), words, is_phrase)

    def _score(self, history, words, is_phrase):
        total = 0.0
        for word, in_phrase in zip([*words, EOS], [*is_phrase, False]):
            history = history[-self.order + 1 :]
            known = (word,) in self.log_prob or ("<unk>",) in self.log_prob
            if known and not in_phrase:
                word = word if (word,) in self.log_prob else "<unk>"
                total += self(history, word)
                history = (*history, word)
                continue
            total += sum(self.backoff.get(history[i:], 0.0) for i in range(len(history)))
            total += 0.0 if in_phrase else min(p for ngram, p in self.log_prob.items() if len(ngram) == 1 and p > -99)
            history = ()
        return total * math.log(10)


WORDS = SymbolTable((EPS, "the", "we", "met", "city", "on", "time", "ann", "whittemore"))


@st.composite
def lattices(draw):
    """Words and phrases of a word or two between states in order; all paths end in the last one."""
    num_states = draw(st.integers(2, 6))
    inner = draw(
        st.lists(
            st.tuples(st.integers(0, num_states - 2), st.integers(1, 3), st.integers(1, 6), st.booleans()), max_size=12
        )
    )
    rows = [(s, min(s + step, num_states - 1), w, 0 if by_list else -1) for s, step, w, by_list in inner]
    rows += [(s, s + 1, 1 + s, -1) for s in range(num_states - 1)]
    rows += [(num_states - 1, num_states, 0, -1)] + [
        (s, num_states, 0, -1) for s in draw(st.sets(st.integers(0, num_states - 1)))
    ]
    src, dst, words, phrases = np.array(sorted(rows), np.int32).T
    count = len(src)
    terms = np.arange(4 * count, dtype=np.float32).reshape(count, 4)
    tokens, splits = np.arange(2 * count), np.arange(0, 2 * count + 1, 2)
    return WordLattice("utt", src, dst, words, phrases, terms, tokens, splits, tokens, 8.0)


def paths_of(lattice):
    """Every path as the numbers of its arcs."""
    paths, ends = [(0, ())], []
    while paths:
        state, arcs = paths.pop()
        if state == lattice.num_states - 1:
            ends.append(list(arcs))
        paths += [(lattice.dst[a], (*arcs, a)) for a in np.flatnonzero(lattice.src == state).tolist()]
    return ends


def rows_of(lattice, score):
    """Of every path its words, phrases, tokens, other terms, and language model's score, in an order of their own."""
    rows = []
    for arcs in paths_of(lattice):
        tokens = tuple(lattice.tokens[lattice.frames_of(np.array(arcs))].tolist())
        other = tuple(lattice.terms[arcs][:, [0, 1, 3]].sum(axis=0).tolist())
        rows.append((tuple(lattice.words[arcs]), tuple(lattice.phrases[arcs]), tokens, other, score(arcs)))
    return sorted(rows)


@given(lattices())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_path_has_the_score_of_its_words(arpa, lattice):
    rescored = with_lm(lattice, RescoringLM.of(read_ngrams(arpa), WORDS))
    definition = Definition(arpa)
    by_hand = lambda arcs: definition.score(
        [WORDS.symbols[w] for w in lattice.words[arcs[:-1]]],
        (lattice.phrases[arcs[:-1]] >= 0).tolist(),
        lattice.terms[arcs[0], 2],
    )
    terms = lattice.terms.copy()
    terms[lattice.phrases < 0, 3] = 0.0  # words of partial phrases are the model's alone
    expected, found = rows_of(replace(lattice, terms=terms), by_hand), rows_of(rescored, lambda arcs: rescored.terms[arcs, 2].sum())
    assert [row[:-1] for row in found] == [row[:-1] for row in expected]
    assert [row[-1] for row in found] == pytest.approx([row[-1] for row in expected], abs=1e-4)
    assert (rescored.src[1:] >= rescored.src[:-1]).all() and (rescored.src < rescored.dst).all()
    assert set(rescored.dst[rescored.words == 0]) == {rescored.num_states - 1}


def test_each_hypothesis_of_speech_has_the_score_of_its_words(decoder, arpa):
    words = decoder.graph.words
    _, (lattice,) = decoded(decoder, ZELENSKYY, sharpness=1.0, output_beam=14.0)
    rescored = with_lm(lattice, RescoringLM.of(read_ngrams(arpa), words))
    before, after = (nbest_of(one, 10_000, words).hypotheses for one in (lattice, rescored))
    opening = {h.words: lattice.terms[h.arcs[0], 2] for h in before}
    assert {h.words for h in after} == opening.keys() and len(after) > 20
    definition = Definition(arpa)
    for hypothesis in after:
        inside = [range(span.first_word, span.first_word + span.num_words) for span in hypothesis.phrases]
        is_phrase = [any(i in span for span in inside) for i in range(len(hypothesis.words))]
        expected = definition.score(hypothesis.words, is_phrase, opening[hypothesis.words])
        assert hypothesis.terms.language_model == pytest.approx(expected, abs=1e-3)


def test_a_lattice_without_a_path_stays_one(decoder, arpa):
    _, (lattice,) = decoded(decoder, CITY)
    none = lattice.src[:0].astype(int)
    empty = lattice.with_arcs(none, none, none)
    assert with_lm(empty, RescoringLM.of(read_ngrams(arpa), decoder.graph.words)).num_arcs == 0


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda text: text.upper().replace("<S>", "<s>").replace("</S>", "</s>"), "has no word of the lattices"),
        (lambda text: text.replace("</s>", "</x>"), "has no <s> or no </s>"),
    ],
)
def test_a_model_that_does_not_fit_is_told(decoder, arpa, tmp_path, change, message):
    frame = ("\\DATA\\", "\\END\\", "NGRAM ", "-GRAMS:")
    text = change(arpa.read_text().replace("<unk>", "<other>"))
    for part in frame:
        text = text.replace(part, part.lower())
    (tmp_path / "lm.arpa").write_text(text)
    with pytest.raises(InputError, match=message):
        RescoringLM.of(read_ngrams(tmp_path / "lm.arpa"), decoder.graph.words)


def test_the_graphs_own_model_changes_only_where_the_graph_backs_off_freely(world, decoder):
    words = decoder.graph.words
    own = RescoringLM.of(read_ngrams(world / "lm.arpa.gz"), words)
    same = 0
    for text in (ZELENSKYY, ANN_WHITTEMORE, CITY, "Z EH L EH N S K IY <wb> M EH T"):
        _, (lattice,) = decoded(decoder, text, sharpness=1.0, output_beam=14.0)
        after = {h.words: h for h in nbest_of(with_lm(lattice, own), 10_000, words).hypotheses}
        for hypothesis in nbest_of(lattice, 10_000, words).hypotheses:
            difference = after[hypothesis.words].terms.language_model - hypothesis.terms.language_model
            assert difference < 1e-3
            same += abs(difference) < 1e-3
    assert same > 20
