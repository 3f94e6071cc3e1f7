"""Where the words of a transcript stand in its word lattice, and the lattice without them."""

from typing import TYPE_CHECKING, Iterator, List, Optional, Sequence, Tuple

import k2
import numpy as np
import torch

from wfst_bias.core.symbols import OOV, SymbolTable
from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.decode.arcs import arc_bounds
from wfst_bias.fst.wfst import NO_SCORE, Wfst, from_arcs, from_openfst, to_openfst
from wfst_bias.lattice.word_lattice import NO_WORD, WordLattice

if TYPE_CHECKING:
    import pynini

_GAP = "\0"  # no word
_NO_ARC = -1  # a label that no arc has
_MOST_ARCS = 1 << 20  # held at a time


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
    return _best_arcs(pynini.compose(to_openfst(text), to_openfst(_machine(lattice))))


def arcs_in_place(
    lattice: WordLattice, texts: Sequence[str], words: SymbolTable, path: Optional[IntArray] = None
) -> BoolArray:
    """Return which arcs have each word of a text in its place, bool ``(W, A)``.

    The place of a word is between the ends of the words before and after it, on the path with the text or,
    where there is none, on the best one, by the alignment with the fewest errors.

    Args:
      words: the table of the lattice's words.
      path: arcs of the best path with the text, where that is known; see :func:`path_of`.
    """
    import kaldialign

    path = path_of(lattice, texts, words) if path is None else path
    if path is None:
        path = _best_arcs(to_openfst(_machine(lattice)))
    if path is None:
        return np.zeros((len(texts), 0), bool)
    path = path[lattice.words[path] != NO_WORD]
    labels = np.array([words.ids.get(text, _NO_ARC) for text in texts], np.int64)
    partner = np.full(len(texts), -1)
    on_path, in_text = 0, 0
    path_texts = [words.symbols[word] for word in lattice.words[path].tolist()]
    for one, other in kaldialign.align(path_texts, list(texts), _GAP):
        if _GAP not in (one, other):
            partner[in_text] = on_path
            if one == OOV:
                labels[in_text] = words[OOV]
        on_path += one != _GAP
        in_text += other != _GAP
    ends = lattice.times[lattice.dst]
    own, is_aligned = np.append(ends[path], np.inf)[partner], partner >= 0
    aligned = own[is_aligned]
    # words of a phrase end in the same frame: the place of each is that of the phrase
    before = np.where(is_aligned, np.searchsorted(aligned, own, "left"), np.cumsum(is_aligned))
    after = np.where(is_aligned, np.searchsorted(aligned, own, "right"), np.cumsum(is_aligned))
    bounds = np.concatenate([[-1.0], aligned, [np.inf]])
    near = (ends >= bounds[before][:, None]) & (ends <= bounds[after + 1][:, None])
    in_place: BoolArray = near & (lattice.words == labels[:, None])
    return in_place


def without(lattice: WordLattice, scores: FloatArray, taken: BoolArray) -> Iterator[k2.Fsa]:
    """The lattice again and again, each time without some arcs; as many times together as memory has room for.

    Args:
      scores: of its arcs, nats ``(A,)``.
      taken: which arcs are taken out, bool ``(K, A)``; ``K`` and ``A`` are 1 or more.

    Yields:
      FsaVecs ``[k][state][arc]``, K in all; ``arc`` numbers the arcs of the lattice. Arcs that were taken out have
      minus infinity as their score.
    """
    arcs = np.stack([lattice.src, lattice.dst, lattice.words, np.zeros_like(lattice.words)], axis=1)
    arcs[lattice.dst == lattice.num_states - 1, 2] = -1
    one = k2.Fsa(torch.from_numpy(arcs.astype(np.int32)))
    numbers = torch.arange(lattice.num_arcs, dtype=torch.int32)
    together = max(1, _MOST_ARCS // lattice.num_arcs)
    for some in np.split(taken, range(together, len(taken), together)):
        fsas = k2.create_fsa_vec([one] * len(some))
        fsas.arc = numbers.repeat(len(some))
        fsas.scores = torch.from_numpy(np.where(some, NO_SCORE, scores.astype(np.float32)).ravel())
        yield fsas


def best_without(lattice: WordLattice, taken: BoolArray) -> List[Tuple[float, IntArray]]:
    """Score, nats, and arcs of the best path of the lattice without some arcs ``(K, A)``; see :func:`without`.

    Returns:
      K pairs; minus infinity where no path is left.
    """
    found: List[Tuple[float, IntArray]] = []
    for fsas in without(lattice, lattice.scores, taken):
        totals = fsas.get_tot_scores(use_double_scores=True, log_semiring=False).tolist()
        best = k2.shortest_path(fsas, use_double_scores=True)
        found += zip(totals, np.split(best.arc.numpy(), arc_bounds(best)[1:-1].numpy()))
    return found


def _machine(lattice: WordLattice) -> Wfst:
    """Words in, arcs counted from 1 out."""
    return lattice.machine(lattice.words, np.arange(1, lattice.num_arcs + 1), lattice.scores)


def _best_arcs(paths: "pynini.Fst") -> Optional[IntArray]:
    """The output labels of the best path, counted from 0."""
    import pynini

    best = pynini.shortestpath(paths)
    return from_openfst(best.topsort()).olabel.astype(np.int64) - 1 if best.num_states() else None
