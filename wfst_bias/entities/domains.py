"""Domains: folders of lists that go together, the project's own ones known by name (``graphs/medicine``).

A folder is a domain by its ``domain.toml``::

    lexicon = "lexicon.txt"   # pronunciations of words that the model's lexicon does not have; may be left out

    [[lists]]
    file = "drugs.txt"      # in the same folder, of any format
    class = "$DRUG"         # where the base has such a class; left out, or without one, the general class
    weight = -1.0           # added to that of each phrase, nats; 0 where left out
    format = "plain"        # found by the content where left out
    origin = "..."          # where the phrases are from
    license = "CC0-1.0"     # and on what terms
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, FrozenSet, Optional, Tuple, Type, Union

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import GRAPHS, read_toml
from wfst_bias.core.symbols import CLASS
from wfst_bias.entities.entity import MAX_WEIGHT
from wfst_bias.lang.ipa import phones_of_ipa
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.lexicon_files import read_lexicon
from wfst_bias.lang.phones import phones_of

DOMAIN = "domain.toml"
_TYPES: Dict[str, Union[Type[Any], Tuple[Type[Any], ...]]] = {
    "file": str,
    "class": str,
    "weight": (int, float),
    "format": str,
    "origin": str,
    "license": str,
    "licence": str,  # of earlier versions
}


@dataclass(frozen=True)
class DomainList:
    """One list of a domain.

    Args:
      path: of the list.
      entity_class: that its phrases belong to.
      weight: added to that of each phrase, nats.
      format_name: see :func:`wfst_bias.entities.lists.read_entities`; found by the content where there is none.
      origin: where the phrases are from.
      licence: of the list.
    """

    path: Path
    entity_class: str = CLASS
    weight: float = 0.0
    format_name: Optional[str] = None
    origin: str = ""
    licence: str = ""


@dataclass(frozen=True)
class Domain:
    """Lists that go together.

    Args:
      lists: at least one.
      lexicon: file of ``WORD PHONE PHONE ...`` lines for words that the lexicon of the model does not have; None for none.
    """

    lists: Tuple[DomainList, ...]
    lexicon: Optional[Path] = None

    def pronunciations(self) -> Dict[str, Tuple[Pronunciation, ...]]:
        """The entries of its lexicon."""
        return read_lexicon(self.lexicon, phones_of, phones_of_ipa).entries if self.lexicon else {}

    @property
    def classes(self) -> FrozenSet[str]:
        """The classes of its lists, but for the general one."""
        return frozenset(part.entity_class for part in self.lists) - {CLASS}


def domain_names() -> Tuple[str, ...]:
    """The domains that come with the project."""
    return tuple(sorted(path.parent.name for path in GRAPHS.glob(f"*/{DOMAIN}")))


def find_domain(path: Path) -> Optional[Domain]:
    """The domain that stands where a list may: a folder, or the name of one of :func:`domain_names`.

    Returns:
      None where it is a file's path; a file of the name of a domain is the file.

    Raises:
      InputError: it is neither, or the domain cannot be read.
    """
    path = Path(path)
    if path.is_dir() and (path / DOMAIN).is_file():
        return read_domain(path)
    if path.is_file() or path.name != str(path) or path.suffix:
        return None
    if path.name in domain_names():
        return read_domain(GRAPHS / path.name)
    raise InputError(f"is no file and no domain; the domains are {', '.join(domain_names())}", path)


def read_domain(folder: Path) -> Domain:
    """The domain of a folder.

    Raises:
      InputError: ``domain.toml`` is not as described above.
    """
    path = Path(folder) / DOMAIN
    table = read_toml(path)
    unknown = table.keys() - {"lists", "lexicon"}
    if unknown:
        raise InputError(f"has no key {min(unknown)!r}; write [[lists]] above each list", path)
    tables = table.get("lists")
    if not isinstance(tables, list) or not tables or not all(isinstance(part, dict) for part in tables):
        raise InputError('names no list; write [[lists]] and below it file = "names.txt"', path)
    lexicon = table.get("lexicon")
    if not isinstance(lexicon, (str, type(None))):
        raise InputError(f"lexicon is {lexicon!r}; the name of a file was expected", path)
    return Domain(tuple(_list_of(part, path) for part in tables), path.parent / lexicon if lexicon else None)


def _list_of(table: Dict[str, Any], path: Path) -> DomainList:
    for key, value in table.items():
        if key not in _TYPES:
            raise InputError(f"[[lists]] has no key {key!r}; it has {', '.join(_TYPES)}", path)
        if not isinstance(value, _TYPES[key]) or isinstance(value, bool):
            what = "a number of nats" if key == "weight" else "a text"
            raise InputError(f"[[lists]] {key} is {value!r}; {what} was expected", path)
    if not table.get("file"):
        raise InputError('a list has no file; write file = "names.txt"', path)
    weight = table.get("weight", 0.0)
    if not abs(weight) <= MAX_WEIGHT:
        shown = f"{weight:g}" if isinstance(weight, float) else str(weight)[:20]
        raise InputError(
            f"[[lists]] weight is {shown}; nats from -{MAX_WEIGHT:g} to {MAX_WEIGHT:g} were expected", path
        )
    return DomainList(
        path.parent / table["file"],
        table.get("class", CLASS),
        float(weight),
        table.get("format"),
        table.get("origin", ""),
        table.get("license", table.get("licence", "")),
    )
