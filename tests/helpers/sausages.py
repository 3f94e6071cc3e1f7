"""Word lattices made by hand: each place has some words, one frame each."""

import itertools

import numpy as np
from hypothesis import strategies as st

from wfst_bias.core.symbols import SymbolTable
from wfst_bias.lattice.competitors import competitors
from wfst_bias.lattice.confidence import confidences_of
from wfst_bias.lattice.word_lattice import WordLattice
from wfst_bias.lattice.word_places import LatticeText

WORDS = SymbolTable(("<eps>", "a", "b", "c", "d"))


def sausage(places, beam=8.0):
    """A lattice of ``[{word: terms}]``, word by word; of one-letter words."""
    rows = [(at, at + 1, WORDS[word], terms) for at, place in enumerate(places) for word, terms in place.items()]
    rows.append((len(places), len(places) + 1, 0, (0.0, 0.0, 0.0, 0.0)))
    src, dst, words, terms = zip(*rows)
    frames = np.minimum(np.array(words), 1)
    return WordLattice(
        name="made",
        src=np.array(src, np.int32),
        dst=np.array(dst, np.int32),
        words=np.array(words, np.int32),
        phrases=np.full(len(rows), -1, np.int32),
        terms=np.array(terms, np.float32),
        tokens=np.ones(frames.sum(), np.int32),
        splits=np.concatenate([[0], np.cumsum(frames)]),
        sources=np.zeros(0, np.int64),
        beam=beam,
    )


def paths(places):
    """All ``(words, terms)`` of it."""
    for choice in itertools.product(*(place.items() for place in places)):
        yield tuple(word for word, _ in choice), np.sum([terms for _, terms in choice], axis=0)


# halves and quarters add up without rounding
SCORES = st.integers(-40, 0).map(lambda quarters: quarters / 4)

PLACES = st.lists(
    st.dictionaries(st.sampled_from("abcd"), st.tuples(SCORES, SCORES, SCORES, SCORES), min_size=1, max_size=3),
    min_size=1,
    max_size=5,
)


def total(path):
    return path[1].sum()


def confidences_of_text(lattice, words, graph):
    """The confidences of the words of a text, whose path in the lattice is not known."""
    return confidences_of([LatticeText(lattice, tuple(words), None)], graph)[0]


def competitors_of(lattice, words, spans, table):
    """The competitors of some spans of a text, whose path in the lattice is not known."""
    return competitors([LatticeText(lattice, tuple(words), None)], [spans], table)[0]
