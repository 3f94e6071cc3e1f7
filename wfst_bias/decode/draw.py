"""A word lattice as a picture: its phrases of the list coloured, its best path bold."""

from typing import Sequence

import numpy as np

from wfst_bias.decode.nbest import nbest_of
from wfst_bias.decode.word_lattice import NO_PHRASE, NO_WORD, WordLattice
from wfst_bias.errors import InputError
from wfst_bias.symbols import SymbolTable

MOST_DRAWN = 400  # arcs; a larger picture shows nothing
_PHRASE_COLOUR = "#c2410c"


def dot_of_lattice(lattice: WordLattice, words: SymbolTable, phrases: Sequence[str]) -> str:
    """A lattice in graphviz's language: on each arc its word and its score, nats.

    Raises:
      InputError: it has more than :data:`MOST_DRAWN` arcs.
    """
    if lattice.num_arcs > MOST_DRAWN:
        raise InputError(
            f"the lattice of {lattice.name!r} has {lattice.num_arcs:,} arcs; up to {MOST_DRAWN} can be drawn, give a "
            "narrower --beam"
        )
    quoted = lambda text: text.replace("\\", "\\\\").replace('"', '\\"')
    best = {arc for hypothesis in nbest_of(lattice, 1, words).hypotheses for arc in hypothesis.arcs}
    lines = [f'digraph "{quoted(lattice.name)}" {{', "rankdir = LR", 'node [shape = circle, label = "", width = 0.15]']
    if lattice.num_arcs:
        lines.append(f"{lattice.num_states - 1} [shape = doublecircle]")
    scores = np.round(lattice.scores, 1).tolist()
    rows = zip(lattice.src.tolist(), lattice.dst.tolist(), lattice.words.tolist(), lattice.phrases.tolist(), scores)
    for arc, (src, dst, word, phrase, score) in enumerate(rows):
        text = words.symbols[word] if word != NO_WORD else ""
        style = ["fontsize = 10", f'label = "{quoted(text)}\\n{score:.1f}"']
        if phrase != NO_PHRASE:
            style += [
                f'color = "{_PHRASE_COLOUR}"',
                f'fontcolor = "{_PHRASE_COLOUR}"',
                f'tooltip = "{quoted(phrases[phrase])}"',
            ]
        if arc in best:
            style.append("penwidth = 3")
        lines.append(f"{src} -> {dst} [{', '.join(style)}]")
    return "\n".join([*lines, "}", ""])
