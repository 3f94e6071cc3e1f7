"""Spellings of words that were only heard, behind one small interface."""

from pathlib import Path
from typing import Dict, Iterable, Protocol

from wfst_bias.g2p.graphones import MODEL_FILE
from wfst_bias.g2p.joint import JointModel
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.phones import phone_of


class P2G(Protocol):
    """Anything that writes down what it hears."""

    def spell(self, pronunciations: Iterable[Pronunciation]) -> Dict[Pronunciation, str]:
        """The most likely spelling of each pronunciation, in small letters and apostrophes.

        Every pronunciation has one; that of an empty pronunciation is empty.

        Raises:
          InputError: a phone is not in ARPAbet.
        """


class GraphoneP2G:
    """The best path through the n-grams of graphones; under a millisecond a word.

    A stress digit of a phone is taken off. There is no lexicon in it: a word of CMUdict may come out otherwise, and
    of homophones one spelling only.

    Args:
      model_file: see :mod:`wfst_bias.g2p.graphones`; it is read when the first word is spelled.
    """

    def __init__(self, model_file: Path = MODEL_FILE):
        self._model = JointModel(model_file)

    def spell(self, pronunciations: Iterable[Pronunciation]) -> Dict[Pronunciation, str]:
        return {p: self._spell(p) if p else "" for p in dict.fromkeys(pronunciations)}

    def _spell(self, pronunciation: Pronunciation) -> str:
        best = self._model.of_sound(tuple(map(phone_of, pronunciation)))[:1]
        spelling = "".join(letters for graphones, _ in best for _, letters in graphones)
        return spelling.lstrip("'")  # a Z that may be the end of any word is no word
