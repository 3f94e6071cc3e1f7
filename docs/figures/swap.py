"""The picture of a swap on the page "How it works": which arcs of the default base three lists write, and which ones stay.

python docs/figures/swap.py [OUT]     # OUT is this folder where none is given; the first call builds the default base
"""

import sys
from dataclasses import replace
from pathlib import Path

from matplotlib.figure import Figure

from wfst_bias.core.figures import render_figure
from wfst_bias.core.files import publish_file
from wfst_bias.core.symbols import CLASS
from wfst_bias.entities.lists import read_entities
from wfst_bias.fst.columns import ColumnLayout
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.compile_list import compile_lists
from wfst_bias.graph.frontier import spliced_arcs
from wfst_bias.graph.listed import OPEN
from wfst_bias.graph.store import read_base
from wfst_bias.recognize.transcribe import default_base

DOMAIN, SIZES = "medicine", (10, 1000, 3324)
# widths of the parts, not to scale
PARTS = (
    ("start state", "#fdba74", 1.5),
    ("all other states", "#e2e8f0", 6.0),
    ("class states", "#fdba74", 1.5),
    ("biasing trie", "#c2410c", 2.2),
)


def arcs_of_parts(base, phrases):
    """The arcs of each of the parts with a list: of the start, those that stay, of the class states, of the trie."""
    compiled = compile_lists(base, speller_of(base).spell(phrases))
    gates = (OPEN,) * len(compiled)
    layout = ColumnLayout.of_lists(len(base.lang.tokens), gates, base.lang.units.marks_words)
    expansions = base.expansions(compiled, gates, layout)
    frontier = base.frontier
    table = spliced_arcs(frontier, expansions, frontier.num_base_states, layout.num_tokens, base.topology)
    num_class_states = frontier.num_base_states - frontier.first_class_state
    of_start, up_to_classes = (int(table.splits[state]) for state in (1, 1 + num_class_states))
    kept = int(base.table.splits[frontier.first_class_state] - base.table.splits[1])
    return of_start, kept, up_to_classes - of_start, table.num_arcs - up_to_classes


def swap_figure(rows):
    """A bar for each list, by the number of its phrases: its parts with their arcs."""
    figure = Figure(figsize=(9.0, 2.9))
    axes = figure.add_subplot()
    for place, counts in enumerate(rows.values()):
        left = 0.0
        for (_, color, width), count in zip(PARTS, counts):
            written = color != "#e2e8f0"
            axes.barh(place, width, 0.62, left, color=color, edgecolor="white", linewidth=1.5)
            dark = color == "#c2410c"
            axes.text(
                left + width / 2,
                place,
                f"{count:,}",
                ha="center",
                va="center",
                fontsize=9,
                color="white" if dark else "#1e293b",
                weight="bold" if written else "normal",
            )
            left += width
    left = 0.0
    for name, _, width in PARTS:
        axes.text(left + width / 2, -0.62, name, ha="center", va="center", fontsize=9, color="#475569")
        left += width
    axes.set_yticks(range(len(rows)), [f"{size:,} phrases" for size in rows])
    axes.set_ylim(len(rows) - 0.5, -0.95)
    axes.set_xticks([])
    axes.set_xlabel(
        "arcs in the order in which they stand in memory (widths are not to scale); gray ones are never written again"
    )
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0)
    figure.tight_layout()
    return figure


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    base = read_base(default_base(progress=True))
    phrases = [replace(entity, entity_class=CLASS) for entity in read_entities(DOMAIN)]
    rows = {size: arcs_of_parts(base, phrases[:size]) for size in SIZES}
    for size, counts in rows.items():
        print(size, *(f"{name}: {count:,}" for (name, _, _), count in zip(PARTS, counts)), sep="; ")
    publish_file(out / "swap.svg", render_figure(lambda: swap_figure(rows), ".svg", "swap"))


if __name__ == "__main__":
    main()
