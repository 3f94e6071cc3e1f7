"""Spellings of recognized phones: the interface and a model of graphones."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Dict, Iterable, Optional, Protocol

from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.phones import phone_of

if TYPE_CHECKING:
    from wfst_bias.g2p.joint import JointModel


class P2G(Protocol):
    """A phoneme-to-grapheme model."""

    def spell(self, pronunciations: Iterable[Pronunciation]) -> Dict[Pronunciation, str]:
        """Return the most likely spelling of each pronunciation, in small letters and apostrophes.

        Every pronunciation has one; that of an empty pronunciation is empty.

        Raises:
          InputError: a phone is not in ARPAbet.
        """


class GraphoneP2G:
    """The best path through the n-grams of graphones; under a millisecond a word.

    Stress digits of phones are removed. It has no lexicon: the spelling of a word of CMUdict may come out otherwise,
    and homophones get one spelling.

    Args:
      model_file: see :mod:`wfst_bias.g2p.graphones`, that of the package where not given; it is read when the first word
        is spelled.
    """

    def __init__(self, model_file: Optional[Path] = None):
        self._model_file = model_file

    @cached_property
    def _model(self) -> "JointModel":
        from wfst_bias.g2p.joint import JointModel

        return JointModel(self._model_file) if self._model_file else JointModel()

    def spell(self, pronunciations: Iterable[Pronunciation]) -> Dict[Pronunciation, str]:
        return {p: self._spell(p) if p else "" for p in dict.fromkeys(pronunciations)}

    def _spell(self, pronunciation: Pronunciation) -> str:
        best = self._model.of_phones(tuple(map(phone_of, pronunciation)))[:1]
        spelling = "".join(letters for graphones, _ in best for _, letters in graphones)
        return spelling.lstrip("'")  # a Z alone is spelled as a possessive ending, which is no word
