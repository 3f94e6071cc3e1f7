"""A weighted transducer as flat numpy arrays, to and from OpenFst, k2 and disk.

Scores are log-probabilities in nats, higher is better; OpenFst's costs are their negatives and
exist only inside :func:`from_openfst` and :func:`to_openfst`.
"""

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Tuple

import numpy as np
import numpy.typing as npt

from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.fst.ragged import row_ids, row_splits, splits_of_ids

if TYPE_CHECKING:
    import pynini
    import pywrapfst

NO_SCORE = np.float32(-np.inf)
# In graphs of units that do not tell where a word ends, the output label of an arc has this bit where one does.
WORD_END = 1 << 30

STATE = np.dtype([("final", "<f4"), ("pos", "<u4"), ("num_arcs", "<u4"), ("niepsilons", "<u4"), ("noepsilons", "<u4")])
ARC = np.dtype([("ilabel", "<i4"), ("olabel", "<i4"), ("cost", "<f4"), ("dst", "<i4")])
_MAGIC = 2125659606
_EXPANDED = 1  # the one property every ConstFst has


@dataclass(frozen=True)
class Wfst:
    """Arcs sorted by their source state.

    Args:
      start: the start state; -1 where there is none.
      src, dst: states of each arc, int32 ``(A,)``; ``src`` never falls.
      ilabel, olabel: labels of each arc, int32 ``(A,)``; 0 is epsilon.
      score: of each arc, nats, float32 ``(A,)``.
      final: score of ending in each state, nats, float32 ``(S,)``; minus infinity where it does not.
    """

    start: int
    src: IntArray
    dst: IntArray
    ilabel: IntArray
    olabel: IntArray
    score: FloatArray
    final: FloatArray

    @property
    def num_states(self) -> int:
        return len(self.final)

    @property
    def num_arcs(self) -> int:
        return len(self.src)

    def arcs(self, selection: IntArray) -> "Wfst":
        """The same states with only the selected arcs; ``selection`` must keep their order."""
        return replace(
            self,
            src=self.src[selection],
            dst=self.dst[selection],
            ilabel=self.ilabel[selection],
            olabel=self.olabel[selection],
            score=self.score[selection],
        )


def from_arcs(
    start: int,
    src: npt.ArrayLike,
    dst: npt.ArrayLike,
    ilabel: npt.ArrayLike,
    olabel: npt.ArrayLike,
    score: npt.ArrayLike,
    final: npt.ArrayLike,
) -> Wfst:
    """A :class:`Wfst` of arcs in any order; equal sources keep theirs."""
    sources = np.asarray(src, dtype=np.int32)
    order = np.argsort(sources, kind="stable")
    return Wfst(
        start=int(start),
        src=sources[order],
        dst=np.asarray(dst, dtype=np.int32)[order],
        ilabel=np.asarray(ilabel, dtype=np.int32)[order],
        olabel=np.asarray(olabel, dtype=np.int32)[order],
        score=np.asarray(score, dtype=np.float32)[order],
        final=np.asarray(final, dtype=np.float32),
    )


def arc_starts(wfst: Wfst) -> IntArray:
    """Position of each state's first arc, int64 ``(S + 1,)``."""
    return splits_of_ids(wfst.src, wfst.num_states)


def from_openfst(fst: "pywrapfst.Fst") -> Wfst:
    """Read an OpenFst machine over the tropical semiring, without a loop over its arcs.

    OpenFst's ``const`` type is two flat arrays behind a short header (``fst/const-fst.h``).
    """
    start, states, arcs = const_image(fst)
    return of_const(start, np.frombuffer(states, STATE), np.frombuffer(arcs, ARC))


def const_image(fst: "pywrapfst.Fst") -> Tuple[int, memoryview, memoryview]:
    """The start state of an OpenFst machine, its states and its arcs, as OpenFst's ``const`` type has them."""
    import pywrapfst

    image = pywrapfst.convert(fst, "const").write_to_string()
    assert image.startswith(_KIND), image[: len(_KIND)]
    _, start, num_states, num_arcs = _COUNTS.unpack_from(image, len(_KIND))
    begin = len(_KIND) + _COUNTS.size
    end = begin + num_states * STATE.itemsize
    view = memoryview(image)
    return start, view[begin:end], view[end : end + num_arcs * ARC.itemsize]


def of_const(start: int, states: npt.NDArray[np.void], arcs: npt.NDArray[np.void]) -> Wfst:
    """The machine of some states and arcs of OpenFst's ``const`` type."""
    return Wfst(
        start=start,
        src=row_ids(row_splits(states["num_arcs"])),
        dst=arcs["dst"].copy(),
        ilabel=arcs["ilabel"].copy(),
        olabel=arcs["olabel"].copy(),
        score=-arcs["cost"],
        final=-states["final"],
    )


def to_openfst(wfst: Wfst) -> "pynini.Fst":
    """The same machine as a mutable OpenFst machine over the tropical semiring."""
    states, arcs = to_const(wfst)
    return openfst_of(wfst.start, states.tobytes(), arcs.tobytes())


def to_const(wfst: Wfst) -> Tuple[npt.NDArray[np.void], npt.NDArray[np.void]]:
    """The states ``(S,)`` and arcs ``(A,)`` of a machine as OpenFst's ``const`` type has them."""
    starts = arc_starts(wfst)
    states = np.zeros(wfst.num_states, STATE)
    states["final"] = -wfst.final
    states["pos"] = starts[:-1]
    states["num_arcs"] = np.diff(starts)
    states["niepsilons"] = np.bincount(wfst.src[wfst.ilabel == 0], minlength=wfst.num_states)
    states["noepsilons"] = np.bincount(wfst.src[wfst.olabel == 0], minlength=wfst.num_states)
    arcs = np.empty(wfst.num_arcs, ARC)
    arcs["ilabel"], arcs["olabel"], arcs["dst"] = wfst.ilabel, wfst.olabel, wfst.dst
    arcs["cost"] = -wfst.score
    return states, arcs


def openfst_of(start: int, states: bytes, arcs: bytes) -> "pynini.Fst":
    """The mutable OpenFst machine of some states and arcs of its ``const`` type."""
    import pynini
    import pywrapfst

    counts = start, len(states) // STATE.itemsize, len(arcs) // ARC.itemsize
    return pynini.Fst.from_pywrapfst(pywrapfst.Fst.read_from_string(_header(*counts) + states + arcs))


# version 2 (not aligned), no symbol tables in the file; properties and counts follow
_KIND = (
    struct.pack("<i", _MAGIC)
    + b"".join(struct.pack("<i", len(name)) + name for name in (b"const", b"standard"))
    + struct.pack("<ii", 2, 0)
)
_COUNTS = struct.Struct("<Qqqq")


def _header(start: int, num_states: int, num_arcs: int) -> bytes:
    return _KIND + _COUNTS.pack(_EXPANDED, start, num_states, num_arcs)


def trim(wfst: Wfst) -> Wfst:
    """Drop states that no path from the start to a final state visits, and number the rest in order.

    The states that stay keep their order, so "unigram state last" survives.
    """
    alive = _reached(wfst.num_states, wfst.src, wfst.dst, [wfst.start])
    alive &= _reached(wfst.num_states, wfst.dst, wfst.src, np.flatnonzero(np.isfinite(wfst.final)))
    if wfst.start < 0 or not alive[wfst.start]:
        empty = np.zeros(0, np.int32)
        return Wfst(-1, empty, empty, empty, empty, np.zeros(0, np.float32), np.zeros(0, np.float32))
    number = row_splits(alive).astype(np.int32)
    kept = wfst.arcs(np.flatnonzero(alive[wfst.src] & alive[wfst.dst]))
    return replace(
        kept,
        start=int(number[wfst.start]),
        src=number[kept.src],
        dst=number[kept.dst],
        final=wfst.final[alive],
    )


def _reached(num_states: int, src: IntArray, dst: IntArray, seeds: npt.ArrayLike) -> BoolArray:
    """Which states a path along the arcs visits from the seeds, bool ``(S,)``.

    Breadth-first search by scipy: a node that stands for all the seeds is added, so one call does.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import breadth_first_order

    seeds = np.asarray(seeds, dtype=np.int32)
    source = num_states
    rows = np.concatenate([src, np.full(len(seeds), source, np.int32)])
    columns = np.concatenate([dst, seeds])
    links = csr_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(num_states + 1, num_states + 1))
    order = breadth_first_order(links, source, return_predecessors=False)
    reached = np.zeros(num_states + 1, bool)
    reached[order] = True
    return reached[:num_states]


def k2_arcs(wfst: Wfst) -> IntArray:
    """The arcs as k2 keeps them: ``(src, dst, label, bits of the score)``, int32 ``(A + F, 4)``.

    Each of the F final states gets an arc labelled -1 into one last state; it stands behind the other
    arcs of its state, so row i of the machine is not row i of the table: see :func:`k2_rows`.
    """
    final_states = np.flatnonzero(np.isfinite(wfst.final)).astype(np.int32)
    rows, final_rows = k2_rows(wfst)
    table = np.empty((wfst.num_arcs + len(final_states), 4), np.int32)
    for column, values in enumerate((wfst.src, wfst.dst, wfst.ilabel, wfst.score.view(np.int32))):
        table[rows, column] = values
    table[final_rows, 0] = final_states
    table[final_rows, 1] = wfst.num_states
    table[final_rows, 2] = -1
    table[final_rows, 3] = wfst.final[final_states].view(np.int32)
    return table


def k2_rows(wfst: Wfst) -> Tuple[IntArray, IntArray]:
    """Rows of our arcs ``(A,)`` and of the final arcs ``(F,)`` in :func:`k2_arcs`."""
    is_final = np.isfinite(wfst.final)
    finals_before = row_splits(is_final)[:-1]
    rows = np.arange(wfst.num_arcs) + finals_before[wfst.src]
    final_rows = arc_starts(wfst)[1:][is_final] + finals_before[is_final]
    return rows, final_rows
