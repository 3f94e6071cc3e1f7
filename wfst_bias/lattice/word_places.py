"""Where the words of transcripts stand in their word lattices, and the lattices without them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, List, Optional, Sequence, Tuple

import numpy as np
import torch

from wfst_bias.core.symbols import OOV, SymbolTable
from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.decode.arcs import arc_bounds
from wfst_bias.fst.batch import WfstBatch
from wfst_bias.fst.ragged import gather_rows, row_splits
from wfst_bias.fst.wfst import NO_SCORE, Wfst, from_arcs, from_openfst, to_openfst
from wfst_bias.lattice.batch import LatticeBatch
from wfst_bias.lattice.word_lattice import NO_WORD, WordLattice

if TYPE_CHECKING:
    import k2
    import pynini

_GAP = "\0"  # no word
_NO_ARC = -1  # a label that no arc has
_MOST_ARCS = 1 << 20  # held at a time


@dataclass(frozen=True)
class LatticeText:
    """A text and a lattice.

    Args:
      lattice: of words.
      words: of the text, as the lattice has them.
      arcs: of the lattice's best path with the text, int64; None where it is not known, or the lattice has none.
    """

    lattice: WordLattice
    words: Tuple[str, ...]
    arcs: Optional[IntArray]


@dataclass(frozen=True)
class WordPlaces:
    """The places of the words of some texts ``(W,)``: which arcs of their lattices have the word there.

    Args:
      owner: the lattice of each.
      label: the word.
      begin, end: between which its arcs end, in frames, both of them included.
    """

    owner: IntArray
    label: IntArray
    begin: FloatArray
    end: FloatArray

    def of(self, words: IntArray) -> "WordPlaces":
        """The places of some of the words, by their numbers."""
        return WordPlaces(self.owner[words], self.label[words], self.begin[words], self.end[words])


def word_places(texts: Sequence[LatticeText], lattices: LatticeBatch, words: SymbolTable) -> WordPlaces:
    """The places of the words of some texts, one text after the other.

    The place of a word is between the ends of the words before and after it, on the path with the text or,
    where there is none, on the best one, by the alignment with the fewest errors.

    Args:
      lattices: those of the texts, each with an arc.
      words: the table of the lattices' words.
    """
    ends = lattices.times[lattices.dst]
    found = [
        _bounds(text, ends[first:last], words)
        for text, first, last in zip(texts, lattices.arc_splits.tolist(), lattices.arc_splits[1:].tolist())
    ]
    owner = np.repeat(np.arange(len(texts)), [len(text.words) for text in texts])
    return WordPlaces(owner, *map(np.concatenate, zip(*found)))


def _bounds(text: LatticeText, ends: IntArray, words: SymbolTable) -> Tuple[IntArray, FloatArray, FloatArray]:
    """The label of each word of a text, and the frames between which its arcs end ``(W,)``.

    Args:
      ends: frames before the end of each arc ``(A,)``.
    """
    path = path_of(text.lattice, text.words, words) if text.arcs is None else text.arcs
    has_text = path is not None
    path = best_path(text.lattice) if path is None else path
    path = path[text.lattice.words[path] != NO_WORD]
    on_path = text.lattice.words[path]
    labels, partner = on_path.astype(np.int64), np.arange(len(path))
    if not has_text:
        labels = np.array([words.ids.get(word, _NO_ARC) for word in text.words], np.int64)
        partner = _aligned([words.symbols[word] for word in on_path.tolist()], text.words)
        spelled = words.ids.get(OOV, _NO_ARC)
        labels[np.append(on_path, NO_WORD)[partner] == spelled] = spelled
    own, is_aligned = np.append(ends[path], np.inf)[partner], partner >= 0
    aligned = own[is_aligned]
    # words of a phrase end in the same frame: the place of each is that of the phrase
    before = np.where(is_aligned, np.searchsorted(aligned, own, "left"), np.cumsum(is_aligned))
    after = np.where(is_aligned, np.searchsorted(aligned, own, "right"), np.cumsum(is_aligned))
    bounds = np.concatenate([[-1.0], aligned, [np.inf]])
    return labels, bounds[before], bounds[after + 1]


def _aligned(path: Sequence[str], text: Sequence[str]) -> IntArray:
    """The word of a path that each word of a text is aligned with, -1 where there is none, int64 ``(W,)``."""
    import kaldialign

    partner = np.full(len(text), -1)
    on_path, in_text = 0, 0
    for one, other in kaldialign.align(list(path), list(text), _GAP):
        if _GAP not in (one, other):
            partner[in_text] = on_path
        on_path += one != _GAP
        in_text += other != _GAP
    return partner


def path_of(lattice: WordLattice, texts: Sequence[str], words: SymbolTable) -> Optional[IntArray]:
    """Arcs of the best path with the words of a text; None where no path has them.

    Words that the table does not have are spelled in a text, and one label in a lattice.

    Args:
      words: the table of the lattice's words.
    """
    import pynini

    labels = np.array([words[text] if text in words else words.ids.get(OOV, _NO_ARC) for text in texts], np.int32)
    if _NO_ARC in labels:
        return None
    at = np.arange(len(texts))
    final = np.full(len(texts) + 1, NO_SCORE)
    final[-1] = 0.0
    text = from_arcs(0, at, at + 1, labels, labels, np.zeros(len(at)), final)
    paths = pynini.compose(to_openfst(text), to_openfst(_machine(lattice)))
    return _best_arcs(paths) if paths.num_states() else None


def best_path(lattice: WordLattice) -> IntArray:
    """Arcs of the best path of a lattice that has an arc."""
    return _best_arcs(to_openfst(_machine(lattice)))


def _machine(lattice: WordLattice) -> Wfst:
    """Words in, arcs counted from 1 out."""
    return lattice.machine(lattice.words, np.arange(1, lattice.num_arcs + 1), lattice.scores)


def _best_arcs(paths: "pynini.Fst") -> IntArray:
    """The output labels of the best path, counted from 0."""
    import pynini

    return from_openfst(pynini.shortestpath(paths).topsort()).olabel.astype(np.int64) - 1


def arcs_in_place(text: LatticeText, words: SymbolTable) -> BoolArray:
    """Return which arcs have each word of a text in its place, bool ``(W, A)``; see :func:`word_places`."""
    if not (text.words and text.lattice.num_arcs):
        return np.zeros((len(text.words), text.lattice.num_arcs), bool)
    lattices = LatticeBatch.of([text.lattice])
    copies = LatticeCopies.without(lattices, word_places([text], lattices, words))
    return copies.is_taken.reshape(len(text.words), -1)


@dataclass(frozen=True)
class LatticeCopies:
    """The lattices of a batch, any of them more than once, each copy without some of its arcs.

    Args:
      lattices: that are copied.
      owner: which of them each copy is of ``(K,)``.
      arc: the arcs of all copies, one copy after the other, by their numbers in the batch ``(A,)``.
      is_taken: which of these are taken out, bool ``(A,)``.
    """

    lattices: LatticeBatch
    owner: IntArray
    arc: IntArray
    is_taken: BoolArray

    @classmethod
    def whole(cls, lattices: LatticeBatch) -> "LatticeCopies":
        """Each lattice once, with all its arcs."""
        num_lattices, num_arcs = len(lattices.arc_splits) - 1, lattices.num_arcs
        return cls(lattices, np.arange(num_lattices), np.arange(num_arcs), np.zeros(num_arcs, bool))

    @classmethod
    def without(cls, lattices: LatticeBatch, places: WordPlaces) -> "LatticeCopies":
        """A copy for each place, without the arcs that have its word there."""
        ends = lattices.times[lattices.dst]
        copy, arc = gather_rows(lattices.arc_splits, places.owner)
        is_near = (ends[arc] >= places.begin[copy]) & (ends[arc] <= places.end[copy])
        return cls(lattices, places.owner, arc, is_near & (lattices.words[arc] == places.label[copy]))

    def __iter__(self) -> Iterator["LatticeCopies"]:
        """As many copies at a time as memory has room for."""
        splits = row_splits(np.diff(self.lattices.arc_splits)[self.owner])
        bounds = [0, *(np.flatnonzero(np.diff(splits[1:] // _MOST_ARCS)) + 1).tolist(), len(self.owner)]
        for begin, end in zip(bounds, bounds[1:]):
            own = slice(int(splits[begin]), int(splits[end]))
            yield LatticeCopies(self.lattices, self.owner[begin:end], self.arc[own], self.is_taken[own])

    def repeated(self, times: int) -> "LatticeCopies":
        """The same copies some times, one time after the other."""
        return LatticeCopies(
            self.lattices, np.tile(self.owner, times), np.tile(self.arc, times), np.tile(self.is_taken, times)
        )

    def fsas(self) -> "k2.Fsa":
        """The copies for k2, ``[k][state][arc]``, without scores; see :meth:`scores`."""
        lattices = self.lattices
        splits = row_splits(np.diff(lattices.state_splits)[self.owner])
        first = np.repeat(splits[:-1] - lattices.state_splits[self.owner], np.diff(lattices.arc_splits)[self.owner])
        src, dst = lattices.src[self.arc] + first, lattices.dst[self.arc] + first
        words, scores = lattices.words[self.arc], np.zeros(len(self.arc), np.float32)
        return WfstBatch(Wfst(0, src, dst, words, words, scores, np.zeros(splits[-1])), splits[:-1], splits).fsas

    def scores(self, scores: FloatArray) -> torch.Tensor:
        """Scores of the copies' arcs, nats, float32: minus infinity where an arc was taken out.

        Args:
          scores: of the arcs of the lattices ``(A,)``.
        """
        return torch.from_numpy(np.where(self.is_taken, NO_SCORE, scores.astype(np.float32)[self.arc]))

    def best_paths(self) -> List[Tuple[float, IntArray]]:
        """Score, nats, and arcs of the best path of each copy; minus infinity where no path is left.

        Arcs are numbered in their lattice.
        """
        import k2

        found: List[Tuple[float, IntArray]] = []
        for some in self:
            fsas = some.fsas()
            fsas.scores = some.scores(self.lattices.scores)
            fsas.arc = torch.from_numpy((some.arc - self.lattices.first_arc[some.arc]).astype(np.int32))
            totals = fsas.get_tot_scores(use_double_scores=True, log_semiring=False).tolist()
            best = k2.shortest_path(fsas, use_double_scores=True)
            found += zip(totals, np.split(best.arc.numpy(), arc_bounds(best)[1:-1].numpy()))
        return found


def best_without(lattice: WordLattice, taken: BoolArray) -> Tuple[float, IntArray]:
    """Score, nats, and arcs of the best path of the lattice without some arcs ``(A,)``; minus infinity where none is left."""
    (best,) = LatticeCopies(LatticeBatch.of([lattice]), np.zeros(1, np.int64), np.arange(len(taken)), taken).best_paths()
    return best
