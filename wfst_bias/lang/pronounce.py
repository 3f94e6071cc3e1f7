"""The interface of everything that pronounces words."""

from typing import Dict, Iterable, Protocol, Tuple

from wfst_bias.lang.lexicon import Pronunciation


class G2P(Protocol):
    """Anything that says words in the units of a model.

    Args:
      spells: whether it spells, so that no lexicon knows better.
    """

    spells: bool

    def pronounce(self, words: Iterable[str]) -> Dict[str, Tuple[Pronunciation, ...]]:
        """The ways to say each word, the likeliest first; none where it cannot be read."""
