"""The interface of grapheme-to-phoneme models and spellers."""

from typing import Dict, Iterable, Protocol, Tuple

from wfst_bias.lang.lexicon import Pronunciation


class G2P(Protocol):
    """A source of pronunciations in the units of a model.

    Args:
      spells: whether pronunciations are spellings, which a lexicon cannot improve.
    """

    spells: bool

    def pronounce(self, words: Iterable[str]) -> Dict[str, Tuple[Pronunciation, ...]]:
        """Return the pronunciations of each word, the likeliest first; none where it is unpronounceable."""
