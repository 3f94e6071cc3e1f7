"""Folders of graphs and langs, and graphs of other programs."""

import tempfile
from functools import lru_cache
from pathlib import Path

from click.testing import CliRunner

from fuzz.mutations import BINARY_TOKENS, TEXT_TOKENS
from fuzz.target import Target
from helpers.phone_bases import phones_folder
from wfst_bias.cli.main import main
from wfst_bias.core.symbols import EPS, SymbolTable
from wfst_bias.graph.exchange import FORMATS, K2, KALDI, OPENFST, import_graph
from wfst_bias.graph.store import (
    folder_key,
    graph_facts,
    graph_g2g,
    graph_list,
    is_base,
    is_current,
    read_base,
    read_decoding,
    read_token_graph,
    report_rows,
)
from wfst_bias.lang.lang import read_lang

_LIST = "manor\nmano man\t1.5\nred dent\ntree\n"
_TOKENS = (*TEXT_TOKENS, *BINARY_TOKENS, b'"num_phrases": 3', b'"lists": null', b"{}", b'"kind"')


def files_in(folder):
    """The files of a folder, by their paths in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=False)


@lru_cache(None)
def made():
    """The files of a small lang, a base, a graph with a list, and the graph as others have it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        phones_folder(_run, folder, "standard")
        (folder / "list.txt").write_text(_LIST)
        assert _run("graph", "compile", folder / "base", folder / "list.txt", folder / "graph").exit_code == 0
        for form in FORMATS:
            out = folder / form / ("." if form == KALDI else "graph")
            result = _run("graph", "export", folder / "base", out, "--format", form)
            assert result.exit_code == 0, result.output
            SymbolTable.read(folder / "base" / "words.txt", EPS).write(folder / form / "words.txt")
        return {part: files_in(folder / part) for part in ("lang", "base", "graph", *FORMATS)}


@lru_cache(None)
def _lang():
    with tempfile.TemporaryDirectory() as name:
        for file, content in made()["lang"].items():
            Path(name, file).write_bytes(content)
        return read_lang(Path(name))


def _base(folder):
    base = read_base(folder)
    read_token_graph(folder)
    return base.key, is_base(folder), is_current(folder, folder_key(folder)), graph_facts(folder)


def _graph(folder):
    graph = read_decoding(folder)
    assert len(graph.arcs) == len(graph.olabels)
    return graph_list(folder).report, report_rows(folder), graph_g2g(folder), graph_facts(folder)


def _imported(form):
    def read(folder):
        words = None if form == KALDI else SymbolTable.read(folder / "words.txt", EPS)
        return import_graph(folder if form == KALDI else folder / "graph", form, _lang(), words)

    return read


def _seeds(part):
    return lambda: [made()[part]]


TARGETS = (
    Target("graph/lang", read_lang, _seeds("lang"), tokens=_TOKENS),
    Target("graph/base", _base, _seeds("base"), tokens=_TOKENS, share=0.2),
    Target("graph/compiled", _graph, _seeds("graph"), tokens=_TOKENS, share=0.3),
    Target(
        "graph/compiled-text",
        _graph,
        _seeds("graph"),
        changes=("meta.json", "entities.jsonl", "spelled.jsonl", "report.tsv", "partial_phrases.txt"),
        tokens=_TOKENS,
        share=0.3,
    ),
    Target("graph/k2", _imported(K2), _seeds(K2), tokens=_TOKENS, share=0.3),
    # OpenFst reads in a process of its own
    *(Target(f"graph/{form}", _imported(form), _seeds(form), tokens=_TOKENS, share=0.01) for form in (OPENFST, KALDI)),
)
