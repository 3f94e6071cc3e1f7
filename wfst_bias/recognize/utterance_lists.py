"""Which list each utterance of a corpus has: by its name, its speaker, its recording or a field of its cut."""

import os
from functools import lru_cache, partial
from pathlib import Path
from typing import Callable, Collection, Dict, Iterator, List, Tuple

from lhotse import MonoCut

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.core.symbols import CLASS
from wfst_bias.entities.biasing import read_biasing
from wfst_bias.entities.entity import Entity, Phrases
from wfst_bias.entities.lists import AUTO, read_classed_entities
from wfst_bias.entities.verbalize.phrases import is_all_caps

_NO_LIST = "-"  # in a map


def lists_of_utterances(path: Path) -> Tuple[List[Phrases], Callable[[MonoCut], Phrases]]:
    """The lists of a biasing TSV, and which of them a cut has."""
    rows = read_biasing(path)
    all_caps = is_all_caps({phrase for row in rows.values() for phrase in row.phrases})
    entity_of = lru_cache(None)(partial(Entity, all_caps=all_caps))  # the same phrase is in many lists
    lists = {key: tuple(entity_of(phrase) for phrase in row.phrases) for key, row in rows.items()}

    def list_of(cut: MonoCut) -> Phrases:
        if cut.id not in lists:
            raise InputError(f"has no row for utterance {cut.id!r}; add it, with '[]' where it has no list", path)
        return lists[cut.id]

    return list(lists.values()), list_of


def lists_by_field(
    field: str, path: Path, classes: Collection[str] = (CLASS,), format_name: str = AUTO
) -> Tuple[List[Phrases], Callable[[MonoCut], Phrases]]:
    """The lists of a map from values of a field to list files, and which of them a cut has.

    Args:
      field: ``speaker``, ``recording``, ``utterance``, or a custom field of a lhotse cut (``meeting``).
      path: ``VALUE LIST`` lines; the list's path is relative to the map, ``-`` is no list.
      classes, format_name: see :func:`wfst_bias.entities.lists.read_classed_entities`.
    """
    lists: Dict[str, Phrases] = {}
    for number, line, value, name in _rows_of_map(path):
        if not name or value in lists:
            problem = f"{value!r} has a list already" if value in lists else f"found {line!r}"
            raise InputError(f"{problem}; expected 'VALUE LIST', each {field} once ('-' is no list)", path, number)
        file = path.parent / name
        if name != _NO_LIST and not os.path.isfile(file):
            raise InputError(
                f"names the list {str(file)!r}, which is not there; its path is relative to this file", path, number
            )
        lists[value] = () if name == _NO_LIST else tuple(read_classed_entities(file, classes, format_name))
    if not lists:
        raise InputError(f"is empty; write a line 'VALUE LIST' for each {field}", path)

    def list_of(cut: MonoCut) -> Phrases:
        value = _field(cut, field)
        if not value:
            raise InputError(
                f"utterance {cut.id!r} has no {field!r}; lists go by speaker, recording, utterance or a custom field of the cuts"
            )
        if value not in lists:
            raise InputError(f"has no line for {field} {value!r} of utterance {cut.id!r}; add it", path)
        return lists[value]

    return list(lists.values()), list_of


def lists_of_map(path: Path) -> List[Path]:
    """The list files that a map names, see :func:`lists_by_field`."""
    return [path.parent / name for *_, name in _rows_of_map(path) if name and name != _NO_LIST]


def _rows_of_map(path: Path) -> Iterator[Tuple[int, str, str, str]]:
    """Number, text, value and name of each line of a map; the name is empty where there is none."""
    for number, line in lines_of(path):
        value, _, name = line.strip().partition(" ")
        yield number, line, value, name.strip()


def _field(cut: MonoCut, name: str) -> str:
    """A field of a cut as text; empty where it has none."""
    if name == "utterance":
        return str(cut.id)
    if name == "recording":
        return str(getattr(cut, "recording_id", ""))  # a mix has none
    if name == "speaker":
        return next((s.speaker for s in cut.supervisions if s.speaker), "")
    return str((getattr(cut, "custom", None) or {}).get(name, ""))
