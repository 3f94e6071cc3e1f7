"""Recipes: nested dataclasses of training settings, as TOML files and in experiment folders."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Iterator, Tuple, TypeVar

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_file, read_json, read_toml

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

RECIPE = "recipe.json"
_LIMITS = ("max_steps", "max_minutes", "num_workers", "strength")  # may change when a run goes on

Recipe = TypeVar("Recipe", bound="DataclassInstance")


def read_recipe(path: Path, default: Recipe) -> Recipe:
    """Read the recipe of a TOML file; see :func:`recipe_of`."""
    return recipe_of(read_toml(path), default, Path(path))


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
