"""Words that are kept from the training of models of spelling, to measure these on."""

from typing import Iterable, Set

_ONE_IN = 20


def family_of(word: str) -> str:
    """Return what "abbott", "abbott's" and "abbotts" have in common; they are kept out together."""
    return word.rstrip("'s")


def kept_out_families(words: Iterable[str]) -> Set[str]:
    """Return one family in twenty of the words."""
    return set(sorted({family_of(word) for word in words})[::_ONE_IN])
