"""The example of the page "How it works": what the page says of its graphs is what the compiler makes."""

import re
import sys

import numpy as np
import pytest

from helpers.doc_blocks import ROOT

PAGE = (ROOT / "docs" / "how_it_works.md").read_text(encoding="utf-8")
FIGURES = ROOT / "docs" / "figures"


@pytest.fixture(scope="module")
def graphs():
    sys.path.insert(0, str(FIGURES))
    try:
        import graphs

        yield graphs
    finally:
        sys.path.remove(str(FIGURES))


@pytest.fixture(scope="module")
def compiled(graphs):
    """The token graph, the base and the list of the example."""
    lang, grammar, words = graphs.example()
    token_graph = graphs.compile_token_graph(lang, grammar, words, (graphs.CLASS,))
    base = graphs.base_graph(lang, words, token_graph, "standard")
    return token_graph, base, graphs.compiled_list(base)


def test_the_page_counts_states_and_arcs(graphs, compiled):
    _, base, phrases = compiled
    sizes = [
        (machine.num_states, machine.num_arcs)
        for machine in map(graphs.plain_machine, (base.plain, base.with_entities(phrases)))
    ]
    (without, with_list) = sizes
    sentence = (
        f"has {without[0]} states and {without[1]} arcs without the list, and {with_list[0]} and {with_list[1]} with it"
    )
    assert sentence in " ".join(PAGE.split())


def test_class_states_are_the_last_ones(compiled):
    token_graph, _, _ = compiled
    last = range(token_graph.fst.num_states - token_graph.num_class_states, token_graph.fst.num_states)
    assert "{}, {} and {} here".format(*last) in " ".join(PAGE.split())


def test_the_entry_into_the_trie_costs_what_the_page_says(compiled):
    _, _, phrases = compiled
    entry = phrases.trie.score[phrases.trie.src == phrases.trie.start]
    (paid,) = entry.tolist()
    cost, left = re.search(r"that is ([\d.]+) nats for two phrases.*?= ([\d.]+)\.", PAGE, re.DOTALL).groups()
    assert -phrases.entry_score == pytest.approx(float(cost), abs=0.05)
    assert paid + phrases.entry_score == pytest.approx(float(left), abs=0.05)


def test_a_blank_stands_between_equal_tokens(graphs):
    dot = graphs.topology_picture()
    names = dict(re.findall(r'^(\d+) \[label = "([^"]+)"', dot, re.MULTILINE))
    arcs = {(names[src], names[dst]) for src, dst in re.findall(r"^(\d+) -> (\d+)", dot, re.MULTILINE)}
    assert ("1, t", "2, o") in arcs and ("2, o", "3, o") not in arcs and ("2, –", "3, o") in arcs


def test_every_figure_is_named_on_the_page_and_there():
    shown = set(re.findall(r"\]\(figures/([\w.]+)\)", PAGE))
    assert shown == {path.name for path in FIGURES.glob("*.svg")}
    assert np.all([f"docs/figures/{name}" in PAGE for name in ("graphs.py", "speech.py", "swap.py", "evidence.py")])
