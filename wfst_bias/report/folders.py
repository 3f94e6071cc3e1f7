"""The decode folders of a report, and the lists that they are scored by."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Collection, Dict, Hashable, List, Mapping, Optional, Sequence, Tuple

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import read_json
from wfst_bias.entities.biasing import read_biasing
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.lists import AUTO, read_entities
from wfst_bias.graph.store import folder_key, graph_list, has_spelled_list, report_rows
from wfst_bias.score.counting import RareWords
from wfst_bias.score.ladder import Rung, ladder_with
from wfst_bias.score.listed import ScoredPhrases
from wfst_bias.score.phrase_lists import phrase_lists, rare_words
from wfst_bias.second_pass.config import SEARCH


@dataclass(frozen=True)
class DecodeFolder:
    """A decode folder.

    Args:
      path: where it is.
      label: its last name, or the whole path where another one ends in the same.
      meta: content of its ``meta.json``.
    """

    path: Path
    label: str
    meta: Mapping[str, Any]

    @property
    def has_adapter(self) -> bool:
        return bool(self.meta.get("adapter", "none") != "none")


@dataclass(frozen=True)
class ScoringList:
    """A list whose phrases are scored.

    Args:
      name: of the list.
      num_phrases: of it; where each utterance has its own, their mean.
      phrases: of each utterance that is scored.
      rare: the words of each that are biased by the public definitions, where it is these that count.
    """

    name: str
    num_phrases: int
    phrases: Mapping[str, ScoredPhrases]
    rare: Optional[RareWords] = None


@dataclass(frozen=True)
class Comparison:
    """Folders that are scored by the same list.

    Args:
      scored_by: the list.
      folders: in their order.
      rungs: of the ladder.
    """

    scored_by: ScoringList
    folders: Tuple[DecodeFolder, ...]
    rungs: Tuple[Rung, ...]

    def folder_of(self, rung: Rung) -> DecodeFolder:
        return next(folder for folder in self.folders if str(folder.path) == rung.name)

    def label(self, rung: Rung) -> str:
        """Return the label of a folder, and of a stage of its second pass."""
        label = self.folder_of(rung).label
        return f"{label} + {rung.stage}" if is_stage(rung) else label


def is_stage(rung: Rung) -> bool:
    """Whether a rung is a stage of a second pass."""
    return rung.stage not in ("", SEARCH)


def read_folders(paths: Sequence[Path]) -> List[DecodeFolder]:
    """Read decode folders, in their order.

    Raises:
      InputError: one is no decode folder, or is given twice.
    """
    names = Counter(path.name for path in paths)
    if len(set(paths)) < len(paths):
        raise InputError("is given twice; name each folder once", next(p for p in paths if paths.count(p) > 1))
    return [DecodeFolder(path, path.name if names[path.name] == 1 else str(path), _meta_of(path)) for path in paths]


def _meta_of(path: Path) -> Mapping[str, Any]:
    file = path / "meta.json"
    if not file.is_file():
        what = "is no decode folder: it has no meta.json" if path.exists() else "no such decode folder"
        raise InputError(f"{what}; make one with 'wfst-bias decode', and name data with --data", path)
    meta = read_json(file)
    if not isinstance(meta, dict) or meta.get("kind") != "decode":
        raise InputError("is not of a decode folder; make one with 'wfst-bias decode'", file)
    return meta


def data_of(folders: Sequence[DecodeFolder]) -> Path:
    """Return the data that all folders were decoded from.

    Raises:
      InputError: they are not the same, are not known or are gone.
    """
    found: Dict[str, DecodeFolder] = {}
    for folder in folders:
        if not folder.meta.get("data"):
            raise InputError(
                "does not have the data that was decoded; name the data with --data", folder.path / "meta.json"
            )
        found.setdefault(str(Path(folder.meta["data"]).resolve()), folder)
    if len(found) > 1:
        one, other = list(found.values())[:2]
        raise InputError(
            f"was decoded from {other.meta['data']}, {one.path} from {one.meta['data']}; give folders of the same data, "
            "or name it with --data",
            other.path,
        )
    data = Path(folders[0].meta["data"])
    if not data.exists():
        raise InputError("is not there any more; name its path with --data", data)
    return data


def comparisons(
    texts: Mapping[str, str],
    folders: Sequence[DecodeFolder],
    names: Collection[str],
    entities: Optional[Path] = None,
    biasing: Optional[Path] = None,
    format_name: str = AUTO,
    librispeech: bool = False,
) -> List[Comparison]:
    """Score folders: all by the list that is given or, without one, each by the list that it was decoded with.

    A folder that was decoded without a list is scored by each of the others' lists.

    Args:
      texts: reference of each utterance.
      names: of the utterances that are scored.
      entities, biasing, format_name, librispeech: see :func:`wfst_bias.score.report.score_decoding`.

    Raises:
      InputError: there is no list, or not one for each utterance (``librispeech``), or utterances are missing on one side.
    """
    public = texts if librispeech else None
    if biasing is not None:
        return [_compared(texts, folders, _own_lists(biasing, names, public))]
    if entities is not None:
        lists = phrase_lists(names, entities, format_name=format_name)
        return [_compared(texts, folders, ScoringList(entities.name, len(read_entities(entities, format_name)), lists))]
    own = [_own_list(folder, names, public) for folder in folders]
    by_key = {key: scored_by for key, scored_by in filter(None, own)}
    if not by_key:
        raise InputError(
            "no folder was decoded with a list, so there is no entity to find; name a list with --entities"
        )
    found = []
    for key, scored_by in by_key.items():
        some = [folder for folder, pair in zip(folders, own) if pair is None or pair[0] == key]
        found.append(_compared(texts, some, scored_by))
    return found


def _compared(texts: Mapping[str, str], folders: Sequence[DecodeFolder], scored_by: ScoringList) -> Comparison:
    rungs = ladder_with(texts, [folder.path for folder in folders], scored_by.phrases, scored_by.rare)
    return Comparison(scored_by, tuple(folders), tuple(rungs))


def _own_list(
    folder: DecodeFolder, names: Collection[str], public: Optional[Mapping[str, str]]
) -> Optional[Tuple[Hashable, ScoringList]]:
    """Return the list that a folder was decoded with, and a key of its content; None where it had none."""
    meta = folder.meta
    if meta.get("entities_by"):
        raise InputError(
            f"has a list for each {meta['entities_by'][0]}; name what to score with --entities or --biasing",
            folder.path,
        )
    if meta.get("biasing"):
        path = _there(Path(meta["biasing"]), "--biasing")
        return str(path.resolve()), _own_lists(path, names, public)
    if meta.get("num_phrases"):
        graph = _there(Path(meta["graph"]), "--entities")
        if "graph_key" in meta and folder_key(graph) != meta["graph_key"]:
            raise InputError(
                f"is not the graph that {folder.path} was decoded with; name the list to score with --entities", graph
            )
        # with those that could not be used
        name, listed = graph.name, [outcome.entity for outcome in graph_list(graph)]
        if not has_spelled_list(graph):
            listed = [Entity(row.phrase) for row in report_rows(graph)]
    elif side_list := meta.get("beside") or meta.get("adapter_list"):
        path = _there(Path(side_list), "--entities")
        name, listed = path.name, read_entities(path, meta.get("list_format", AUTO))
    else:
        return None
    if public is not None:
        raise InputError("has one list for all: without --librispeech, or name lists with --biasing", folder.path)
    phrases = frozenset(entity.words for entity in listed if entity.words)
    return phrases, ScoringList(name, len(phrases), dict.fromkeys(names, ScoredPhrases.of(listed)))


def _there(path: Path, option: str) -> Path:
    if not path.exists():
        raise InputError(f"is not there any more; name the list to score with {option}", path)
    return path


def _own_lists(biasing: Path, names: Collection[str], public: Optional[Mapping[str, str]]) -> ScoringList:
    """Read a list for each utterance, and its rare words where the references are given."""
    rows = read_biasing(biasing)
    mean = round(sum(len(rows[name].phrases) for name in names if name in rows) / max(1, len(names)))
    lists = phrase_lists(names, biasing=biasing)
    return ScoringList(biasing.name, mean, lists, None if public is None else rare_words(public, names, biasing))
