"""A word lattice as a picture: the best path a straight line, its competitors on lanes above and below it.

The nearer a lane, the closer to the best path is the path that first took it. Words are as far from each other as they
need to be read; the frames or seconds at the end of each word of the best path stand below it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Dict, List, Optional, Tuple

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.figures import check_picture_name, escape_formulas, render_figure
from wfst_bias.core.files import publish_file
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.lattice.word_lattice import NO_PHRASE, NO_WORD, WordLattice

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_DRAWN = 400  # arcs; a larger picture shows nothing
FORMS = (".svg", ".pdf", ".png")
_PHRASE_COLOR, _BEST_COLOR, _OTHER_COLOR = "#c2410c", "#1e293b", "#94a3b8"
_TEXT_COLOR, _QUIET_COLOR = "#334155", "#64748b"
_BEST_LANE = 0
# points
_LANE, _MARGIN, _TITLE = 34.0, 24.0, 26.0
_WORD_SIZE, _SCORE_SIZE = 10.0, 7.0
_LETTER, _AROUND, _BEND = 6.6, 34.0, 15.0


@dataclass(frozen=True)
class Layout:
    """Where a lattice is drawn, points.

    Args:
      x: of each state, ``(S,)``.
      lane: of each state, ``(S,)``; :data:`_BEST_LANE` is the best path's, others are above (positive) or below it.
      arc_lane: of each arc, ``(A,)``.
      best: arcs of the best path.
    """

    x: FloatArray
    lane: IntArray
    arc_lane: IntArray
    best: Tuple[int, ...]

    def curve(self, lattice: WordLattice, arc: int) -> List[Tuple[float, float]]:
        """The points of an arc: a Bezier curve of four from its state to its lane, and another one back."""
        src, dst, height = int(lattice.src[arc]), int(lattice.dst[arc]), _LANE * self.arc_lane[arc]
        begin, end = self._level(lattice, arc)
        x, y = self.x, _LANE * self.lane
        points = [(x[src], y[src]), (begin, y[src]), (x[src], height), (begin, height), (end, height)]
        return [*points, (x[dst], height), (end, y[dst]), (x[dst], y[dst])]

    def middle(self, lattice: WordLattice, arc: int) -> Tuple[float, float]:
        """The middle of the level part of an arc."""
        return sum(self._level(lattice, arc)) / 2, _LANE * float(self.arc_lane[arc])

    def _level(self, lattice: WordLattice, arc: int) -> Tuple[float, float]:
        """Where an arc is on its lane: without the bends at states on other lanes."""
        src, dst, lane = lattice.src[arc], lattice.dst[arc], self.arc_lane[arc]
        bends = (_BEND if self.lane[state] != lane else 0.0 for state in (src, dst))
        return float(self.x[src]) + next(bends), float(self.x[dst]) - next(bends)


def draw_lattice(
    lattice: WordLattice,
    words: SymbolTable,
    path: Path,
    frame_shift: Optional[float] = None,
) -> None:
    """Write a picture of a lattice, see :func:`lattice_picture`.

    Args:
      path: ends in one of :data:`FORMS`.

    Raises:
      InputError: the lattice has more than :data:`MOST_DRAWN` arcs or none, or ``path`` ends in something else.
    """
    path = Path(path)
    check_picture_name(path, FORMS)
    publish_file(path, lattice_picture(lattice, words, path.suffix, frame_shift))


def lattice_picture(lattice: WordLattice, words: SymbolTable, form: str, frame_shift: Optional[float] = None) -> bytes:
    """A picture of a lattice: on each arc its word and its score, nats.

    Args:
      form: one of :data:`FORMS`.
      frame_shift: seconds; where it is not given, times are frames.

    Raises:
      InputError: the lattice has more than :data:`MOST_DRAWN` arcs or none.
    """
    if not lattice.num_arcs:
        raise InputError(f"the lattice of {lattice.name!r} has no path; nothing is to be drawn")
    if lattice.num_arcs > MOST_DRAWN:
        raise InputError(
            f"the lattice of {lattice.name!r} has {lattice.num_arcs:,} arcs; up to {MOST_DRAWN} can be drawn, give a "
            "narrower --beam"
        )
    return render_figure(lambda: _figure(lattice, words, frame_shift), form, lattice.name)


def layout(lattice: WordLattice, words: SymbolTable) -> Layout:
    """Place states and arcs: paths are taken best first, each on the nearest lane that is free for it."""
    width = [_AROUND + _LETTER * len(text) for text in _texts(lattice, words)]
    x = lattice.longest_path(np.round(width).astype(np.int64)).astype(float)
    src, dst = lattice.src.tolist(), lattice.dst.tolist()
    into, out_of, loss = _best_arcs(lattice)
    lane = np.full(lattice.num_states, _BEST_LANE)
    arc_lane = np.full(lattice.num_arcs, _BEST_LANE)
    placed_states, placed = {0}, set()
    taken: Dict[int, List[Tuple[float, float]]] = {}
    best: Tuple[int, ...] = ()
    for arc in np.argsort(loss, kind="stable").tolist():
        if arc in placed:
            continue
        path = [arc]
        while src[path[0]] not in placed_states:
            path.insert(0, into[src[path[0]]])
        while dst[path[-1]] not in placed_states and dst[path[-1]] in out_of:
            path.append(out_of[dst[path[-1]]])
        begin, end = x[src[path[0]]], x[dst[path[-1]]]
        own = _BEST_LANE if not best else _free_lane(taken, begin, end)
        best = best or tuple(path)
        taken.setdefault(own, []).append((begin, end))
        arc_lane[path] = own
        inner = [dst[step] for step in path if dst[step] not in placed_states]
        lane[inner] = own
        placed_states.update(inner)
        placed.update(path)
    return Layout(x, lane, arc_lane, best)


def _best_arcs(lattice: WordLattice) -> Tuple[Dict[int, int], Dict[int, int], FloatArray]:
    """The arc of the best path into each state and out of it, and the loss of each arc against the best path, nats."""
    arcs = list(zip(lattice.src.tolist(), lattice.dst.tolist(), lattice.scores.tolist()))
    into: Dict[int, int] = {}
    out_of: Dict[int, int] = {}
    forward = np.full(lattice.num_states, -np.inf)
    backward = np.full(lattice.num_states, -np.inf)
    forward[0] = backward[-1] = 0.0
    for arc, (src, dst, score) in enumerate(arcs):
        if forward[src] + score > forward[dst]:
            forward[dst], into[dst] = forward[src] + score, arc
    for arc, (src, dst, score) in reversed(list(enumerate(arcs))):
        if backward[dst] + score > backward[src]:
            backward[src], out_of[src] = backward[dst] + score, arc
    return into, out_of, forward[-1] - (forward[lattice.src] + lattice.scores + backward[lattice.dst])


def _free_lane(taken: Dict[int, List[Tuple[float, float]]], begin: float, end: float) -> int:
    """The lane nearest to the best path's on which nothing stands between two places."""
    distance = 1
    while True:
        for lane in (distance, -distance):
            if all(end <= other_begin or other_end <= begin for other_begin, other_end in taken.get(lane, ())):
                return lane
        distance += 1


def _texts(lattice: WordLattice, words: SymbolTable) -> List[str]:
    return [words.symbols[word] if word != NO_WORD else "" for word in lattice.words.tolist()]


def _figure(lattice: WordLattice, words: SymbolTable, frame_shift: Optional[float]) -> "Figure":
    from matplotlib.figure import Figure

    plan = layout(lattice, words)
    left, right = -_MARGIN, plan.x.max() + _MARGIN
    bottom = _LANE * min(0, plan.arc_lane.min()) - _LANE - _MARGIN
    top = _LANE * max(0, plan.arc_lane.max()) + _LANE + _TITLE
    figure = Figure(figsize=((right - left) / 72, (top - bottom) / 72), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(left, right), ylim=(bottom, top))
    axes.set_axis_off()
    rows = zip(_texts(lattice, words), lattice.phrases.tolist(), lattice.scores.tolist())
    for arc, (text, phrase, score) in enumerate(rows):
        style = _ArcStyle(is_best=arc in plan.best, is_phrase=phrase != NO_PHRASE)
        _draw_arc(axes, plan.curve(lattice, arc), style, f"phrase-{arc}")
        _label_arc(axes, plan.middle(lattice, arc), text, score, style)
    y = _LANE * plan.lane
    axes.scatter(plan.x, y, s=14, color="white", edgecolors=_BEST_COLOR, linewidths=1.0, zorder=3)
    axes.scatter(plan.x[-1:], y[-1:], s=50, color="none", edgecolors=_BEST_COLOR, linewidths=1.0, zorder=3)
    _draw_times(axes, lattice, plan, frame_shift, (bottom, top))
    unit = "seconds" if frame_shift else "frames"
    title = f"{lattice.name}   scores in nats, times in {unit}; colored: phrases of the list"
    axes.text(left + 8, top - 8, escape_formulas(title), size=8, color=_QUIET_COLOR, va="top")
    return figure


@dataclass(frozen=True)
class _ArcStyle:
    """How an arc is drawn: whether it is on the best path, and whether its word came by a list."""

    is_best: bool
    is_phrase: bool

    def color(self, other: str) -> str:
        """The color of the arc or of its word, ``other`` where it is neither of the best path nor of a list."""
        return _PHRASE_COLOR if self.is_phrase else _BEST_COLOR if self.is_best else other


def _draw_arc(axes: "Axes", points: List[Tuple[float, float]], style: _ArcStyle, identifier: str) -> None:
    """Draw an arc through the points of :meth:`Layout.curve`."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Curve

    codes = [Curve.MOVETO, *[Curve.CURVE4] * 3, Curve.LINETO, *[Curve.CURVE4] * 3]
    line = PathPatch(
        Curve(points, codes),
        facecolor="none",
        edgecolor=style.color(_OTHER_COLOR),
        linewidth=2.6 if style.is_best else 1.2,
        zorder=1 + style.is_best,
    )
    if style.is_phrase:
        line.set_gid(identifier)
    axes.add_patch(line)


def _label_arc(axes: "Axes", middle: Tuple[float, float], text: str, score: float, style: _ArcStyle) -> None:
    """Write the word above an arc and its score below."""
    x, y = middle
    axes.text(
        x,
        y + 3.5,
        escape_formulas(text),
        size=_WORD_SIZE,
        weight="bold" if style.is_best else "normal",
        color=style.color(_TEXT_COLOR),
        ha="center",
        va="bottom",
        zorder=4,
    )
    axes.text(x, y - 3.0, f"{score:.1f}", size=_SCORE_SIZE, color=_QUIET_COLOR, ha="center", va="top", zorder=4)


def _draw_times(
    axes: "Axes", lattice: WordLattice, plan: Layout, frame_shift: Optional[float], height: Tuple[float, float]
) -> None:
    """Write the times of the best path's states below them.

    Args:
      height: lowest and highest point of the picture.
    """
    bottom, top = height
    times = lattice.times
    for state in [0, *(int(lattice.dst[arc]) for arc in plan.best)]:
        time = f"{lattice.start + times[state] * frame_shift:.2f} s" if frame_shift else f"{times[state]}"
        axes.plot([plan.x[state]] * 2, [bottom + 30, top - _TITLE], color="#e2e8f0", linewidth=0.6, zorder=0)
        axes.text(plan.x[state], bottom + 26, time, size=_SCORE_SIZE, color=_QUIET_COLOR, ha="center", va="top")
