"""A word lattice as a picture: the best path a straight line, what else it could have been on lanes beside it.

The nearer a lane, the closer to the best path is the way that first took it. Words are as far from each other as they
need to be read; the frames or seconds behind each word of the best path stand below it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Tuple

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.figures import check_picture_name, escape_formulas, render_figure
from wfst_bias.core.files import publish_file
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.lattice.word_lattice import NO_PHRASE, NO_WORD, WordLattice

MOST_DRAWN = 400  # arcs; a larger picture shows nothing
FORMS = (".svg", ".pdf", ".png")
_PHRASE_COLOUR, _BEST_COLOUR, _OTHER_COLOUR = "#c2410c", "#1e293b", "#94a3b8"
_TEXT_COLOUR, _QUIET_COLOUR = "#334155", "#64748b"
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

    x: np.ndarray
    lane: np.ndarray
    arc_lane: np.ndarray
    best: Tuple[int, ...]


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
    """Where states and arcs stand: ways are taken closest first, each on the nearest lane that is free for it."""
    width = [_AROUND + _LETTER * len(text) for text in _texts(lattice, words)]
    x = lattice.longest_way(np.round(width).astype(np.int64)).astype(float)
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
        way = [arc]
        while src[way[0]] not in placed_states:
            way.insert(0, into[src[way[0]]])
        while dst[way[-1]] not in placed_states and dst[way[-1]] in out_of:
            way.append(out_of[dst[way[-1]]])
        begin, end = x[src[way[0]]], x[dst[way[-1]]]
        own = _BEST_LANE if not best else _free_lane(taken, begin, end)
        best = best or tuple(way)
        taken.setdefault(own, []).append((begin, end))
        arc_lane[way] = own
        inner = [dst[step] for step in way if dst[step] not in placed_states]
        lane[inner] = own
        placed_states.update(inner)
        placed.update(way)
    return Layout(x, lane, arc_lane, best)


def _best_arcs(lattice: WordLattice) -> Tuple[Dict[int, int], Dict[int, int], np.ndarray]:
    """The arc of the best way into each state and out of it, and what each arc loses against the best path, nats."""
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


def _figure(lattice: WordLattice, words: SymbolTable, frame_shift: Optional[float]):
    from matplotlib.figure import Figure
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Curve

    plan = layout(lattice, words)
    x, y = plan.x, _LANE * plan.lane
    left, right = -_MARGIN, x.max() + _MARGIN
    bottom = _LANE * min(0, plan.arc_lane.min()) - _LANE - _MARGIN
    top = _LANE * max(0, plan.arc_lane.max()) + _LANE + _TITLE
    figure = Figure(figsize=((right - left) / 72, (top - bottom) / 72), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(left, right), ylim=(bottom, top))
    axes.set_axis_off()
    on_best = set(plan.best)
    rows = zip(
        lattice.src.tolist(),
        lattice.dst.tolist(),
        _texts(lattice, words),
        lattice.phrases.tolist(),
        lattice.scores.tolist(),
        plan.arc_lane.tolist(),
    )
    for arc, (src, dst, text, phrase, score, lane) in enumerate(rows):
        height = _LANE * lane
        level = (x[src] + (_BEND if y[src] != height else 0.0), x[dst] - (_BEND if y[dst] != height else 0.0))
        is_best, is_phrase = arc in on_best, phrase != NO_PHRASE
        colour = _PHRASE_COLOUR if is_phrase else _BEST_COLOUR if is_best else _OTHER_COLOUR
        points = [(x[src], y[src]), (level[0], y[src]), (x[src], height), (level[0], height), (level[1], height)]
        points += [(x[dst], height), (level[1], y[dst]), (x[dst], y[dst])]
        codes = [Curve.MOVETO, *[Curve.CURVE4] * 3, Curve.LINETO, *[Curve.CURVE4] * 3]
        line = PathPatch(
            Curve(points, codes),
            facecolor="none",
            edgecolor=colour,
            linewidth=2.6 if is_best else 1.2,
            zorder=1 + is_best,
        )
        if is_phrase:
            line.set_gid(f"phrase-{arc}")
        axes.add_patch(line)
        middle = sum(level) / 2
        axes.text(
            middle,
            height + 3.5,
            escape_formulas(text),
            size=_WORD_SIZE,
            weight="bold" if is_best else "normal",
            color=_PHRASE_COLOUR if is_phrase else _BEST_COLOUR if is_best else _TEXT_COLOUR,
            ha="center",
            va="bottom",
            zorder=4,
        )
        axes.text(
            middle, height - 3.0, f"{score:.1f}", size=_SCORE_SIZE, color=_QUIET_COLOUR, ha="center", va="top", zorder=4
        )
    axes.scatter(x, y, s=14, color="white", edgecolors=_BEST_COLOUR, linewidths=1.0, zorder=3)
    axes.scatter(x[-1:], y[-1:], s=50, color="none", edgecolors=_BEST_COLOUR, linewidths=1.0, zorder=3)
    times = lattice.times
    for state in [0, *(int(lattice.dst[arc]) for arc in plan.best)]:
        time = f"{times[state] * frame_shift:.2f} s" if frame_shift else f"{times[state]}"
        axes.plot([x[state]] * 2, [bottom + 30, top - _TITLE], color="#e2e8f0", linewidth=0.6, zorder=0)
        axes.text(x[state], bottom + 26, time, size=_SCORE_SIZE, color=_QUIET_COLOUR, ha="center", va="top")
    unit = "seconds" if frame_shift else "frames"
    axes.text(
        left + 8,
        top - 8,
        escape_formulas(f"{lattice.name}   scores in nats, times in {unit}; coloured: phrases of the list"),
        size=8,
        color=_QUIET_COLOUR,
        va="top",
    )
    return figure
