"""Recipes: nested dataclasses of training settings, as files of options and in experiment folders."""

import dataclasses
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Tuple, TypeVar

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of, publish_file, read_json, read_toml
from wfst_bias.core.option_files import OptionLine, check_repeated, closest, read_option_lines

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

RECIPE = "recipe.json"
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_LIMITS = ("max_steps", "max_minutes", "num_workers", "strength")  # may change when a run goes on

_LOGGER = logging.getLogger(__name__)

Recipe = TypeVar("Recipe", bound="DataclassInstance")


def read_recipe(path: Path, default: Recipe) -> Recipe:
    """Read a recipe: lines ``--KEY=VALUE``, and ``--PART-KEY=VALUE`` for a key of a part; several integers have commas.

    TOML, in which older recipes are written, is read as well.

    Raises:
      InputError: an option is not known, stands twice, or has a value of the wrong type or out of range.
    """
    path = Path(path)
    first = next((line for _, line in lines_of(path) if line.strip() and line.lstrip()[0] != "#"), "--")
    if first.lstrip().startswith("--"):
        return recipe_of(_table(read_option_lines(path), default), default, path)
    _LOGGER.info("%s: TOML is the old form; write '[training] max_steps = 5' as '--training-max-steps=5'", path)
    return recipe_of(read_toml(path), default, path)


def _table(lines: List[OptionLine], default: "DataclassInstance") -> Dict[str, Any]:
    """The table that a TOML file with the same values would have."""
    places = dict(_places(default))
    check_repeated(lines, ())
    table: Dict[str, Any] = {}
    for line in lines:
        if line.name not in places:
            raise line.error(f"no recipe of this kind has this option{closest(line.name, places)}")
        part, key, value = places[line.name]
        (table.setdefault(part, {}) if part else table)[key] = _value(line, value)
    return table


def _places(default: "DataclassInstance", part: str = "") -> Iterator[Tuple[str, Tuple[str, str, Any]]]:
    """The options of a recipe: part, key and default value of each."""
    for field in dataclasses.fields(default):
        value = getattr(default, field.name)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            yield from _places(value, field.name)
        else:
            yield f"--{'-'.join(filter(None, (part, field.name))).replace('_', '-')}", (part, field.name, value)


def _value(line: OptionLine, default: Any) -> Any:
    """The value of a line, of the type of the default one."""
    kind = type(default)
    if kind is bool and line.value is None:
        return True
    text = line.one_value
    try:
        if kind is bool:
            return _TRUTH[text.lower()]
        return [int(number) for number in text.split(",") if text] if kind is tuple else kind(text)
    except (ValueError, KeyError):
        expected = {bool: "true or false", tuple: "integers with commas between them"}.get(kind, f"a {kind.__name__}")
        raise line.error(f"{expected} was expected") from None


def recipe_of(table: Dict[str, Any], default: Recipe, where: Path, name: str = "") -> Recipe:
    """Return the recipe with the values of a table; its tables are the recipe's parts.

    Raises:
      InputError: a table or a key is not known, a value is of the wrong type or out of range.
    """
    of = f"[{name}] " if name else ""
    given = {field.name: getattr(default, field.name) for field in dataclasses.fields(default)}
    parts = [key for key, value in given.items() if dataclasses.is_dataclass(value)]
    values: Dict[str, Any] = {}
    for key, value in table.items():
        if key in parts and isinstance(value, dict):
            values[key] = recipe_of(value, given[key], where, key)
            continue
        if key in parts or isinstance(value, dict):
            raise InputError(f"{key!r} is no table of a recipe; [{'], ['.join(parts)}] were expected", where)
        if key not in given:
            raise InputError(f"{of}has no key {key!r}; it has {', '.join(given)}", where)
        kind = type(given[key])
        fits: Any = {float: (int, float), tuple: list}.get(kind, kind)
        if not isinstance(value, fits) or (isinstance(value, bool) and kind is not bool):
            raise InputError(f"{of}{key} is {value!r}; a {kind.__name__} was expected", where)
        values[key] = value
    try:
        return dataclasses.replace(default, **values)
    except InputError as error:
        raise InputError(f"{of}{error}", where) from None


def describe_run(exp: Path, description: Dict[str, Any]) -> None:
    """Describe a new run in its folder; one that goes on must be described as it was, but for its limits.

    Args:
      description: the recipe's tables, and checksums of what else the run depends on.

    Raises:
      InputError: the folder is of another run, or of none.
    """
    description = json.loads(json.dumps(description))  # as it is read again: tuples are lists
    path = exp / RECIPE
    if path.is_file():
        known = dict(_flat(read_json(path)))
        for name, value in _flat(description):
            if name.split(".")[-1] not in _LIMITS and known.get(name) != value:
                raise InputError(
                    f"is of another training ({_difference(name, known.get(name), value)}); name another folder", exp
                )
    elif exp.exists() and any(exp.iterdir()):
        raise InputError("exists and is no experiment folder of ours; name another", exp)
    publish_file(path, json.dumps(description, indent=2) + "\n")


def _flat(table: Dict[str, Any], prefix: str = "") -> Iterator[Tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _difference(name: str, known: Any, found: Any) -> str:
    if "." in name:
        return f"{name} was {known!r} and is {found!r}"
    return f"its {name} are others"
