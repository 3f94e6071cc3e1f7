"""Graph folders: written whole, known by their content, mapped into memory when read.

A base folder is a graph folder (it decodes, without a list) that also keeps what a list is compiled
into: the frontier, the lexicon and, for those who want to build it otherwise, the token graph.
"""

import hashlib
import json
from dataclasses import asdict, replace
from itertools import groupby, islice
from pathlib import Path
from typing import Any, BinaryIO, Dict, Iterator, List, Tuple

import torch

from wfst_bias.core.errors import InputError, content_errors
from wfst_bias.core.files import lines_of, publish_folder, read_json
from wfst_bias.core.records import read_record, write_record
from wfst_bias.core.symbols import EPS, SymbolTable
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.inflections import InflectedForm
from wfst_bias.entities.report import ReportRow, read_old_report
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.fst.ctc import ArcTable
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.base import BaseGraph
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.decoding import DecodingGraph, decoding_graph
from wfst_bias.graph.frontier import Frontier
from wfst_bias.graph.listed import ListInGraph
from wfst_bias.graph.token_graph import EntityClass, TokenGraph
from wfst_bias.graph.unigrams import read_unigrams, write_unigrams
from wfst_bias.lang.lang import read_lang_files, read_units, units_meta

FORMAT = 4  # a change of the files or of what the compilers make of the same input raises it
_META = "meta.json"
_SPELLED, _REPORT, _PARTIAL, _INFLECTED = "spelled.jsonl", "report.tsv", "partial_phrases.txt", "inflected_forms.txt"


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


def _open_binary(path: Path) -> BinaryIO:
    try:
        return open(path, "rb")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}); check the path", path) from None


def is_current(path: Path, key: str) -> bool:
    """Whether the folder was made from exactly this content, and is still whole."""
    path = Path(path)
    if not (path / _META).is_file():
        return False
    meta = read_json(path / _META)
    with content_errors(path / _META):
        return bool(meta.get("key") == key) and all((path / name).is_file() for name in meta["files"])


def write_base(path: Path, base: BaseGraph, token_graph: TokenGraph, notes: Dict[str, Any]) -> None:
    with publish_folder(path, "base") as folder:
        _write_decoding(folder, base.plain)
        base.lang.write_files(folder)
        write_record(folder / "frontier", base.frontier)
        write_record(folder / "token_graph", token_graph)
        _write_meta(
            folder,
            base.plain,
            base.key,
            kind="base",
            classes=list(map(asdict, base.classes)),
            num_class_states=base.frontier.num_class_states,
            num_base_states=base.frontier.num_base_states,
            num_token_arcs=token_graph.fst.num_arcs,
            **notes,
        )


def write_graph(
    path: Path, decoding: DecodingGraph, spelled: SpelledList, key: str, notes: Dict[str, Any], report: str = ""
) -> None:
    """Write a graph folder; ``report`` is what ``report.tsv`` has, that of ``spelled`` where not given."""
    with publish_folder(path, "graph") as folder:
        _write_decoding(folder, decoding)
        spelled.write(folder / _SPELLED)
        (folder / _REPORT).write_text(report or spelled.report, encoding="utf-8")
        _write_meta(folder, decoding, key, kind="graph", **notes)


def _write_decoding(folder: Path, decoding: DecodingGraph) -> None:
    write_record(folder, ArcTable(decoding.arcs.cpu().numpy(), decoding.olabels, decoding.splits.cpu().numpy()))
    write_unigrams(folder, decoding.unigrams)
    decoding.tokens.write(folder / "tokens.txt")
    decoding.words.write(folder / "words.txt")
    (folder / "entities.jsonl").write_text("".join(e.to_json() + "\n" for e in decoding.entities), encoding="utf-8")
    partial = (words for part in decoding.lists for words in part.partial_phrases)
    (folder / _PARTIAL).write_text("".join(f"{' '.join(words)}\n" for words in partial), encoding="utf-8")
    forms = (f"{form.to_line()}\n" for part in decoding.lists for form in part.inflected)
    (folder / _INFLECTED).write_text("".join(forms), encoding="utf-8")


def _write_meta(folder: Path, decoding: DecodingGraph, key: str, **notes: Any) -> None:
    meta = {
        "format": FORMAT,
        "key": key,
        "units": units_meta(decoding.units),
        "num_arcs": decoding.num_arcs,
        "num_states": decoding.num_states,
        "num_words": len(decoding.words),
        "first_phrase": decoding.first_phrase,
        "num_phrases": len(decoding.entities),
        "has_lists": bool(decoding.lists),
        "lists": [
            {
                "num_phrases": len(part.entities),
                "num_partial_phrases": len(part.partial_phrases),
                "num_inflected_forms": len(part.inflected),
                "gate": part.gate,
                "costs": asdict(part.costs),
            }
            for part in decoding.lists
        ],
        "topology": decoding.topology,
        **({"lowered_words": dict(decoding.lowered_words)} if decoding.lowered_words else {}),
        "files": sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()),
        **notes,
    }
    (folder / _META).write_text(json.dumps(meta, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_decoding(path: Path) -> DecodingGraph:
    """The decoding graph of a graph or base folder; its arrays stay on disk until they are used."""
    path = Path(path)
    meta = _read_meta(path)
    entities = tuple(_entities(path / "entities.jsonl"))
    with content_errors(path / _META):
        if len(entities) != meta["num_phrases"]:
            problem = f"has {len(entities)} of {meta['num_phrases']} phrases; compile the graph again"
            raise InputError(problem, path / "entities.jsonl")
        graph = decoding_graph(
            read_record(path, ArcTable),
            read_units(path, meta["units"]),
            SymbolTable.mapped(path / "words.txt", first=EPS),
            int(meta["first_phrase"]),
            _lists(meta, entities, path) if meta["has_lists"] else [],
            str(meta["topology"]),
        )
        return replace(graph, unigrams=read_unigrams(path), lowered_words=dict(meta.get("lowered_words", {})))


def _entities(path: Path) -> Iterator[Entity]:
    for number, line in lines_of(path):
        with content_errors(path, number, "compile the graph again"):
            yield Entity.from_json(line)


def _lists(meta: Dict[str, Any], entities: Tuple[Entity, ...], path: Path) -> List[ListInGraph]:
    """The lists of a graph folder; older folders have costs of each class instead of each list, or none."""
    if "lists" in meta:
        lists, following = [], iter(entities)
        # folders of older versions have neither partial phrases nor inflected forms
        partial, forms = (
            (line for _, line in lines_of(path / name)) if (path / name).is_file() else iter(())
            for name in (_PARTIAL, _INFLECTED)
        )
        for part in meta["lists"]:
            phrases = tuple(islice(following, part["num_phrases"]))
            partial_phrases = tuple(tuple(line.split()) for line in islice(partial, part.get("num_partial_phrases", 0)))
            inflected = tuple(map(InflectedForm.from_line, islice(forms, part.get("num_inflected_forms", 0))))
            lists.append(ListInGraph(phrases, part["gate"], ClassConfig(**part["costs"]), partial_phrases, inflected))
        return lists
    classes = meta.get("classes") or {}
    parts = [(name, tuple(part)) for name, part in groupby(entities, key=lambda entity: entity.entity_class)]
    lists = [ListInGraph(part, costs=ClassConfig(**classes.get(name, {}))) for name, part in parts]
    return lists or [ListInGraph(entities)]


def read_base(path: Path, device: str = "cpu") -> BaseGraph:
    """Read a base folder; its arrays stay on disk until they are used.

    Args:
      device: where the graphs with lists are to be.
    """
    path = Path(path)
    meta = _read_base_meta(path)
    with content_errors(path / _META):
        sizes = {"num_class_states": _num_class_states(meta), "num_base_states": int(meta["num_base_states"])}
        return BaseGraph(
            lang=read_lang_files(path, read_units(path, meta["units"])),
            words=SymbolTable.mapped(path / "words.txt", first=EPS),
            classes=_classes(meta),
            topology=meta["topology"],
            table=read_record(path, ArcTable),
            frontier=read_record(path / "frontier", Frontier, **sizes, start=0),
            key=meta["key"],
            device=torch.device(device),
            unigrams=read_unigrams(path),
        )


def read_token_graph(path: Path) -> TokenGraph:
    """The token graph of a base folder: what its decoding graph is the CTC product of."""
    path = Path(path)
    meta = _read_base_meta(path)
    with content_errors(path / _META):
        others = {"num_class_states": _num_class_states(meta), "classes": _classes(meta)}
        return read_record(path / "token_graph", TokenGraph, **others, start=0)  # type: ignore[no-any-return]


def _num_class_states(meta: Dict[str, Any]) -> int:
    name = "num_class_states" if "num_class_states" in meta else "num_doors"  # bases made by earlier versions
    return int(meta[name])


def _classes(meta: Dict[str, Any]) -> Tuple[EntityClass, ...]:
    return tuple(EntityClass(**entity_class) for entity_class in meta["classes"])


def folder_key(path: Path) -> str:
    """Checksum of the content of a base or graph folder."""
    return str(_read_meta(Path(path))["key"])


def is_base(path: Path) -> bool:
    """Whether a base or graph folder takes lists."""
    return bool(_read_meta(Path(path))["kind"] == "base")


def graph_g2g(path: Path) -> G2GConfig:
    """The variants that a graph was compiled with; none in a base or where it was made otherwise."""
    with content_errors(Path(path) / _META):
        return G2GConfig(**(_read_meta(Path(path)).get("g2g") or {"variants": 0}))


def has_spelled_list(path: Path) -> bool:
    """Whether a graph folder keeps the list that it was compiled from; those of older versions do not."""
    return (Path(path) / _SPELLED).is_file()


def graph_list(path: Path) -> SpelledList:
    """The list of a graph, with the outcome of each phrase; empty where the folder does not keep it."""
    return SpelledList.read(Path(path) / _SPELLED) if has_spelled_list(path) else SpelledList()


def report_rows(path: Path) -> List[ReportRow]:
    """The outcomes of the phrases of a graph as ``explain`` and ``report`` show them, in the order of the list."""
    if has_spelled_list(path):
        return list(map(ReportRow.of, graph_list(path)))
    return read_old_report(Path(path) / _REPORT)


def graph_facts(path: Path) -> List[Tuple[str, str]]:
    """Facts about a base or graph folder, as names and values."""
    path = Path(path)
    meta = _read_meta(path)
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    with content_errors(path / _META):
        units, start = meta["units"], meta["units"]["word_start"]
        facts = {"folder": path, "megabytes": f"{size / 1e6:,.1f}", "units": units["kind"]}
        facts["between words"] = units["boundary"] or (f"a token with {start}" if start else "-")
        del meta["files"], meta["units"]
    for name, value in meta.items():
        if isinstance(value, int):
            value = f"{value:,}"
        elif isinstance(value, (dict, list)):
            value = json.dumps(value, ensure_ascii=False)
        facts[name.replace("_", " ")] = value
    return [(name, str(value)) for name, value in facts.items()]


def _read_base_meta(path: Path) -> Dict[str, Any]:
    meta = _read_meta(path)
    if meta.get("kind") != "base":
        raise InputError("is a compiled graph, not a base; name the folder of 'wfst-bias graph base'", path)
    return meta


def _read_meta(path: Path) -> Dict[str, Any]:
    if not (path / _META).is_file():
        raise InputError(
            f"is no graph folder (no {_META}); make one with 'wfst-bias graph base' or 'graph compile'", path
        )
    meta: Dict[str, Any] = read_json(path / _META)
    found = meta.get("format") if isinstance(meta, dict) else None
    if found != FORMAT:
        raise InputError(f"was made by another version of wfst-bias (format {found}); make it anew", path)
    if missing := {"key", "kind", "units"} - meta.keys():
        raise InputError(f"has no {min(missing)!r}; make the folder anew", path / _META)
    return meta
