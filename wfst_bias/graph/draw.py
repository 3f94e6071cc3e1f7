"""Small graphs as pictures."""

import shutil
import subprocess
from pathlib import Path

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_file
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.graph.exchange import plain_machine

MOST_DRAWN = 300  # states; a larger picture shows nothing


def dot_of(graph: DecodingGraph) -> str:
    """A small graph in graphviz's language, with its tokens and words.

    Raises:
      InputError: it has more than :data:`MOST_DRAWN` states.
    """
    if graph.num_arcs > 100 * MOST_DRAWN:
        machine = None
    else:
        machine = plain_machine(graph)
    if machine is None or machine.num_states > MOST_DRAWN:
        raise InputError(
            f"the graph has {graph.num_states:,} states; up to {MOST_DRAWN} can be drawn, take a smaller list or model"
        )
    lines = ["digraph graph_of_tokens {", "rankdir = LR", 'node [shape = circle, fontsize = 10, label = "\\N"]']
    ends = np.flatnonzero(np.isfinite(machine.final)).tolist()
    lines += [f'{s} [shape = doublecircle, label = "{s}/{machine.final[s]:.2f}"]' for s in ends]
    for src, dst, column, label, score in zip(
        *(c.tolist() for c in (machine.src, machine.dst, machine.ilabel, machine.olabel, machine.score))
    ):
        output = f":{_output(graph, label)}" if label else ""
        text = f"{_token(graph, column)}{output}/{score:.2f}".replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'{src} -> {dst} [label = "{text}", fontsize = 9]')
    return "\n".join([*lines, "}", ""])


def _token(graph: DecodingGraph, column: int) -> str:
    """The token of a column, with a prime for columns of other blocks than the plain one."""
    return graph.tokens.symbols[graph.layout.token(column)] + "'" * (not graph.layout.is_plain(column))


def _output(graph: DecodingGraph, label: int) -> str:
    """The word or phrase of an output label."""
    if label < graph.first_phrase:
        return graph.words.symbols[label]
    if label < graph.first_inflected:
        return graph.entities[label - graph.first_phrase].written
    return " ".join(graph.phrases[label - graph.first_phrase])


def draw_graph(graph: DecodingGraph, path: Path) -> None:
    """Write a picture of a graph; see :func:`draw`."""
    draw(dot_of(graph), path)


def draw(dot: str, path: Path) -> None:
    """Write a picture: graphviz's language for ``.dot``, else what ``dot -T`` makes of it (svg, pdf, png)."""
    text, form = dot.encode(), Path(path).suffix.lstrip(".")
    if form == "dot":
        publish_file(path, text)
        return
    if not shutil.which("dot"):
        raise InputError("needs graphviz: install it ('apt install graphviz'), or write a .dot file", path)
    drawn = subprocess.run(["dot", f"-T{form}"], input=text, capture_output=True)
    if drawn.returncode:
        reason = (drawn.stderr.decode().strip().splitlines() or ["no reason given"])[0]
        raise InputError(f"graphviz cannot make it ({reason}); name a .svg or .pdf", path)
    publish_file(path, drawn.stdout)
