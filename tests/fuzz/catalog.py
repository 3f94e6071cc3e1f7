"""All targets, by their names."""

from typing import Dict

from fuzz import archives, biasing, data, graphs, lists, models, options
from fuzz.target import Target

_FAMILIES = (archives, biasing, data, graphs, lists, models, options)


def targets() -> Dict[str, Target]:
    """All targets; their seeds are made when they are first used."""
    found = [target for family in _FAMILIES for target in family.TARGETS]
    assert len({target.name for target in found}) == len(found)
    return {target.name: target for target in found}
