"""The requirements and the extras that the metadata of the installed package declare."""

import re
from dataclasses import dataclass
from importlib import metadata
from typing import Dict, List, Optional, Tuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGE = "wfst-bias"


@dataclass(frozen=True)
class Needed:
    """A distribution that is needed.

    Args:
      name: of the distribution.
      specifier: versions that will do, such as ``>=1.23,<2``; any where it is empty.
    """

    name: str
    specifier: str = ""

    def __str__(self) -> str:
        return f"{self.name}{self.specifier}"

    @property
    def version(self) -> Optional[str]:
        """The version that is installed."""
        try:
            return metadata.version(self.name)
        except metadata.PackageNotFoundError:
            return None

    @property
    def problem(self) -> Optional[str]:
        """Why the installed version will not do; nothing where it does."""
        if self.version is None:
            return "not installed"
        allowed = Requirement(str(self)).specifier
        return None if allowed.contains(self.version, prereleases=True) else f"{self.version} is installed"

    @property
    def modules(self) -> Tuple[str, ...]:
        """The module by which it is imported, where its files tell: the one whose name is most like its own."""
        names = set()
        for file in metadata.files(self.name) or ():
            top, *below = file.parts
            if (below and below[-1].endswith((".py", ".so"))) or top.endswith(".py"):
                names.add(top.partition(".")[0])
        public = sorted(name for name in names if re.fullmatch(r"[a-zA-Z]\w*", name))
        own = canonicalize_name(self.name)
        alike = [name for name in public if canonicalize_name(name) == own] or [
            name for name in public if own.startswith(canonicalize_name(name)) or own.endswith(canonicalize_name(name))
        ]
        return tuple(alike[:1])


def declared_needs() -> Optional[Dict[str, List[Needed]]]:
    """The requirements of the package for this interpreter: those that are always needed by ``""``, others by their extra.

    Nothing where the package is not installed. An extra that names others of the package has their requirements.
    """
    try:
        distribution = metadata.distribution(PACKAGE)
    except metadata.PackageNotFoundError:
        return None
    requirements = [Requirement(line) for line in distribution.requires or ()]
    extras = distribution.metadata.get_all("Provides-Extra") or []
    return {extra: list(dict.fromkeys(_needs(requirements, extra, ()))) for extra in ["", *extras]}


def _needs(requirements: List[Requirement], extra: str, above: Tuple[str, ...]) -> List[Needed]:
    """The requirements of an extra alone; ``above`` are the extras that name it."""
    found: List[Needed] = []
    for requirement in requirements:
        marker = requirement.marker
        if extra and marker and marker.evaluate({"extra": ""}) or marker and not marker.evaluate({"extra": extra}):
            continue
        if extra and not marker:
            continue
        if canonicalize_name(requirement.name) == PACKAGE:
            for other in sorted(requirement.extras - {extra, *above}):
                found += _needs(requirements, other, (*above, extra))
        else:
            found.append(Needed(requirement.name, str(requirement.specifier)))
    return found
