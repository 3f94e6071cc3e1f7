"""Graph folders: written whole, known by their content, mapped into memory when read.

A base folder is a graph folder (it decodes, without a list) that also keeps what a list is compiled
into: the token graph under ``token_graph/`` and the lexicon.
"""

import hashlib
import json
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Dict, FrozenSet, Sequence

import numpy as np

from wfst_bias.entities.entity import Entity
from wfst_bias.entities.spelling import Outcome
from wfst_bias.errors import InputError
from wfst_bias.files import lines_of, publish_folder, read_json
from wfst_bias.graph.base import TokenGraph
from wfst_bias.graph.branch import ClassArcs
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import read_lexicon
from wfst_bias.symbols import BLANK, EPS, SymbolTable
from wfst_bias.wfst import Wfst

FORMAT = 1  # a change of the files or of what the compilers make of the same input raises it
_META = "meta.json"
_ARRAYS = ("arcs", "olabels")
_FST_ARRAYS = ("src", "dst", "ilabel", "olabel", "score", "final")


def content_key(*parts: Any) -> str:
    """SHA-256 over what a folder is made from; paths stand for the bytes of their files."""
    digest = hashlib.sha256(str(FORMAT).encode())
    for part in parts:
        digest.update(b"\0")
        if isinstance(part, Path):
            with _open_binary(part) as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
        else:
            digest.update(json.dumps(part, sort_keys=True).encode())
    return digest.hexdigest()


def _open_binary(path: Path):
    try:
        return open(path, "rb")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}); check the path", path) from None


def is_current(path: Path, key: str) -> bool:
    """Whether the folder was made from exactly this content, and is still whole."""
    path = Path(path)
    files = [path / name for name in (_META, "words.txt", "tokens.txt", *(f"{array}.npy" for array in _ARRAYS))]
    return all(file.is_file() for file in files) and read_json(path / _META).get("key") == key


@dataclass(frozen=True)
class Base:
    """What a base folder holds beside its decoding graph."""

    lang: Lang
    token_graph: TokenGraph
    key: str

    @cached_property
    def known_words(self) -> FrozenSet[str]:
        """The words of the language model."""
        spoken = np.zeros(len(self.lang.words), bool)
        spoken[self.token_graph.fst.olabel] = True
        spoken[0] = False
        return frozenset(self.lang.words.symbols[i] for i in np.flatnonzero(spoken).tolist())


def write_base(path: Path, base: Base, decoding: DecodingGraph, notes: Dict[str, Any]) -> None:
    with publish_folder(path, "base") as folder:
        _write_decoding(folder, decoding)
        (folder / "lexicon.txt").write_text(base.lang.lexicon.text(), encoding="utf-8")
        graph = folder / "token_graph"
        graph.mkdir()
        for name in _FST_ARRAYS:
            np.save(graph / f"{name}.npy", getattr(base.token_graph.fst, name))
        for field in fields(ClassArcs):
            np.save(graph / f"class_{field.name}.npy", getattr(base.token_graph.class_arcs, field.name))
        _write_meta(folder, decoding, base.key, kind="base", unit=base.lang.unit, **notes)


def write_graph(
    path: Path, decoding: DecodingGraph, outcomes: Sequence[Outcome], key: str, notes: Dict[str, Any]
) -> None:
    with publish_folder(path, "graph") as folder:
        _write_decoding(folder, decoding)
        report = "".join(outcome.row() for outcome in outcomes)
        (folder / "report.tsv").write_text(Outcome.HEADER + report, encoding="utf-8")
        _write_meta(folder, decoding, key, kind="graph", **notes)


def _write_decoding(folder: Path, decoding: DecodingGraph) -> None:
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(decoding, name))
    decoding.tokens.write(folder / "tokens.txt")
    decoding.words.write(folder / "words.txt")
    (folder / "entities.jsonl").write_text("".join(e.to_json() + "\n" for e in decoding.entities), encoding="utf-8")


def _write_meta(folder: Path, decoding: DecodingGraph, key: str, **notes: Any) -> None:
    meta = {
        "format": FORMAT,
        "key": key,
        "boundary": decoding.boundary,
        "tokens": decoding.tokens.checksum,
        "num_arcs": decoding.num_arcs,
        "num_words": len(decoding.words),
        "num_phrases": len(decoding.entities),
        **notes,
    }
    (folder / _META).write_text(json.dumps(meta, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_decoding(path: Path) -> DecodingGraph:
    """The decoding graph of a graph or base folder; its arrays stay on disk until they are used."""
    path = Path(path)
    meta = _read_meta(path)
    tokens = SymbolTable.read(path / "tokens.txt", first=BLANK)
    if tokens.checksum != meta["tokens"]:
        raise InputError(
            "is not the token table that this graph was made for; compile the graph again", path / "tokens.txt"
        )
    entities = tuple(Entity(**json.loads(line)) for _, line in lines_of(path / "entities.jsonl"))
    if len(entities) != meta["num_phrases"]:
        raise InputError(
            f"has {len(entities)} of {meta['num_phrases']} phrases; compile the graph again", path / "entities.jsonl"
        )
    return DecodingGraph(
        arcs=_mapped(path / "arcs.npy"),
        olabels=_mapped(path / "olabels.npy"),
        tokens=tokens,
        words=SymbolTable.read(path / "words.txt", first=EPS),
        boundary=meta["boundary"],
        entities=entities,
    )


def read_base(path: Path) -> Base:
    """What a list is compiled into."""
    path = Path(path)
    meta = _read_meta(path)
    if meta["kind"] != "base":
        raise InputError("is a compiled graph, not a base; name the folder of 'wfst-bias graph base'", path)
    tokens = SymbolTable.read(path / "tokens.txt", first=BLANK)
    graph = path / "token_graph"
    arrays = {name: _mapped(graph / f"{name}.npy") for name in _FST_ARRAYS}
    class_arcs = ClassArcs(**{f.name: _mapped(graph / f"class_{f.name}.npy") for f in fields(ClassArcs)})
    lang = Lang(meta["unit"], meta["boundary"], tokens, read_lexicon(path / "lexicon.txt", str))
    return Base(lang, TokenGraph(Wfst(start=0, **arrays), class_arcs), meta["key"])


def _read_meta(path: Path) -> Dict[str, Any]:
    if not (path / _META).is_file():
        raise InputError(
            f"is no graph folder (no {_META}); make one with 'wfst-bias graph base' or 'graph compile'", path
        )
    meta = read_json(path / _META)
    if meta.get("format") != FORMAT:
        raise InputError(f"was made by another version of wfst-bias (format {meta.get('format')}); make it anew", path)
    return meta


def _mapped(path: Path) -> np.ndarray:
    try:
        return np.load(path, mmap_mode="c", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise InputError(f"is missing or damaged ({error}); make the graph folder anew", path) from None
