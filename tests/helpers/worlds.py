"""Random lexica, language models and lists, small enough that all their paths can be enumerated."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
from hypothesis import strategies as st

from wfst_bias.core.symbols import CLASS, SymbolTable
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.spelling import Spelling, Spellings
from wfst_bias.fst.columns import ColumnLayout
from wfst_bias.fst.wfst import WORD_END
from wfst_bias.graph.base import CompiledList
from wfst_bias.graph.biasing_trie import ClassExpansion, compile_trie, gated
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.token_graph import compile_token_graph
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.lang.units import Units
from wfst_bias.lm.grammar import read_grammar

TOKENS = SymbolTable(("<blk>", "<wb>", "a", "b", "c"))
BOUNDARY = "<wb>"
DRUG = "$DRUG"
CLASSES = (CLASS, DRUG)
log10 = st.integers(1, 12).map(lambda x: -x / 4)
pronunciation = st.lists(st.sampled_from("abc"), min_size=1, max_size=2).map(tuple)


@dataclass(frozen=True)
class World:
    """A lexicon, a bigram language model over some of its words and perhaps a class, and a list for each class."""

    boundary: str
    lexicon: dict
    unigrams: dict
    bigrams: dict
    starts_with: float
    ends_with: float
    spelled: dict

    @property
    def lang(self) -> Lang:
        return Lang(Units("phones", TOKENS, self.boundary), Lexicon(self.lexicon))

    def arpa(self) -> str:
        rows = [f"-99\t<s>\t{self.starts_with}", f"{self.ends_with}\t</s>"]
        rows += [f"{p}\t{w}\t{b}" for w, (p, b) in self.unigrams.items()]
        pairs = [f"{p}\t{a} {b}" for (a, b), p in self.bigrams.items()]
        counts = ["\\data\\", f"ngram 1={len(rows)}", f"ngram 2={len(pairs)}"]
        return "\n".join([*counts, "", "\\1-grams:", *rows, "", "\\2-grams:", *pairs, "", "\\end\\", ""])

    def token_graph(self):
        words = self.lang.words.extended(CLASSES)
        with tempfile.TemporaryDirectory() as folder:
            arpa = Path(folder) / "lm.arpa"
            arpa.write_text(self.arpa())
            return words, compile_token_graph(self.lang, read_grammar(arpa, words), words, CLASSES)

    def expansions(self, words, entry_score, marked=False):
        """The lists, their phrases numbered from ``len(words)`` on."""
        expansions, first = [], len(words)
        for i, name in enumerate(CLASSES):
            if self.spelled[name]:
                boundaries = [self.boundary] if self.boundary else []
                trie = compile_trie(Spellings.of(self.spelled[name]), TOKENS, boundaries)
                if marked and not self.boundary:  # as a base graph does it where no token tells words apart
                    trie = gated(trie, ColumnLayout(len(TOKENS)).gated(0, 0))
                expansions.append(ClassExpansion(trie, i, entry_score, first, marked and not self.boundary))
                first += 2
        return expansions


@st.composite
def worlds(draw, boundary=st.sampled_from([BOUNDARY, ""])):
    boundary = draw(boundary)
    words = ["ann", "bob", "cab"][: draw(st.integers(1, 3))]
    lexicon = {w: tuple(draw(st.sets(pronunciation, min_size=1, max_size=2))) for w in words}
    in_model = words + [DRUG] * draw(st.booleans())
    unigrams = {w: (draw(log10), draw(log10)) for w in in_model}
    pair = st.tuples(st.sampled_from(["<s>", *in_model]), st.sampled_from([*in_model, "</s>"]))
    bigrams = {p: draw(log10) for p in sorted(draw(st.sets(pair, max_size=4)))}
    two_words = st.tuples(pronunciation, pronunciation).map(
        lambda words: (*words[0], *([boundary] if boundary else []), *words[1])
    )
    weight = st.integers(-8, 8).map(lambda x: x / 4)
    spelled = {}
    for name, fewest in zip(CLASSES, (1, 0)):
        ways = draw(st.sets(st.tuples(st.integers(0, 1), pronunciation | two_words), min_size=fewest, max_size=3))
        spelled[name] = [Spelling(phrase, units, draw(weight)) for phrase, units in sorted(ways)]
    return World(boundary, lexicon, unigrams, bigrams, draw(log10), draw(log10), spelled)


@st.composite
def worlds_with_phrases(draw):
    """A world whose lexicon has words that its language model does not know, and a list of phrases of its words."""
    world = draw(worlds())
    unknown = {word: tuple(draw(st.sets(pronunciation, min_size=1, max_size=2))) for word in ("dan", "eve")}
    lexicon = {**world.lexicon, **unknown}
    phrase = st.lists(st.sampled_from(sorted(lexicon)), min_size=1, max_size=3).map(" ".join)
    weight = st.integers(-16, 16).map(lambda x: x / 4)
    phrases = draw(st.lists(st.tuples(phrase, weight), min_size=1, max_size=3))
    config = ClassConfig(
        prior=0.5, bonus=draw(st.sampled_from([0.0, 3.0, 6.0])), partial_cost=draw(st.sampled_from([0.0, 1.5]))
    )
    spelled = {name: [] for name in world.spelled}
    return replace(world, lexicon=lexicon, spelled=spelled), [Entity(*row) for row in phrases], config


@st.composite
def lowered_words(draw, world):
    """Weights of some of the words of a world's language model."""
    words = [word for word in world.unigrams if word in world.lexicon]
    weight = st.integers(-16, -1).map(lambda x: x / 4)
    return draw(st.dictionaries(st.sampled_from(words), weight))


def with_lowered_words(fst, words, lowered):
    """A machine whose arcs with some words have their weights, too."""
    weights = sum((fst.olabel % WORD_END == words[word]) * np.float32(weight) for word, weight in lowered.items())
    return replace(fst, score=fst.score + weights)


def compiled_lists(world, words, entry_score, lowered=MappingProxyType({})):
    """The lists of a world; the last one lowers words of the language model."""
    lists = [
        CompiledList((Entity("one"), Entity("two")), expansion.trie, expansion.entity_class, expansion.entry_score)
        for expansion in world.expansions(words, entry_score)
    ]
    lists[-1] = replace(lists[-1], lowered_words=tuple(lowered.items()))
    return lists
