"""The lattices of each utterance: one, or one of each segment of a long one."""

from typing import Iterable, Iterator, List

from wfst_bias.core.symbols import SymbolTable
from wfst_bias.lattice.nbest import nbest_of
from wfst_bias.lattice.stored import LatticeOfList
from wfst_bias.lattice.word_lattice import WordLattice


def by_utterance(lattices: Iterable[LatticeOfList]) -> Iterator[List[LatticeOfList]]:
    """The lattices of one utterance after the other, in the order of time."""
    waiting: List[LatticeOfList] = []
    for pair in lattices:
        lattice = pair[0]
        if waiting and (not lattice.segment_of or lattice.segment_of != waiting[0][0].segment_of):
            yield waiting
            waiting = []
        waiting.append(pair)
    if waiting:
        yield waiting


def best_text(lattices: Iterable[WordLattice], words: SymbolTable) -> str:
    """The best words of an utterance, those of its segments one after the other."""
    texts = [one.text for lattice in lattices for one in nbest_of(lattice, 1, words).hypotheses]
    return " ".join(filter(None, texts))
