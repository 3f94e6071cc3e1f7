"""Spellings of words that were only heard, behind one small interface."""

from functools import cached_property
from pathlib import Path
from typing import Dict, Iterable, Protocol, Tuple

import numpy as np
import pynini

from wfst_bias.lang.graphones import MODEL_FILE, read_graphones, sound_and_letters
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.phones import PHONES, phone_of
from wfst_bias.lm.arpa import BOS, EOS
from wfst_bias.lm.ngrams import Ngrams
from wfst_bias.wfst import NO_SCORE, Wfst, from_arcs, to_openfst

_PHONE_ID = {phone: i for i, phone in enumerate(PHONES, 1)}


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
      model_file: see :mod:`wfst_bias.lang.graphones`; it is read when the first word is spelled.
    """

    def __init__(self, model_file: Path = MODEL_FILE):
        self._model_file = model_file

    @cached_property
    def _model(self) -> Ngrams:
        return read_graphones(self._model_file)

    @cached_property
    def _graphones(self) -> Dict[int, Tuple[Pronunciation, str]]:
        """Sound and letters of each label of the grammar."""
        names = enumerate(self._model.words, 1)
        return {label: sound_and_letters(name) for label, name in names if name not in (BOS, EOS)}

    @cached_property
    def _cuts(self) -> pynini.Fst:
        """From phones to the graphones that they can be cut into."""
        return to_openfst(_cut_fst({label: phones for label, (phones, _) in self._graphones.items()})).arcsort("ilabel")

    @cached_property
    def _grammar(self) -> pynini.Fst:
        return to_openfst(self._model.acceptor()).arcsort("ilabel")

    def spell(self, pronunciations: Iterable[Pronunciation]) -> Dict[Pronunciation, str]:
        return {p: self._spell(p) if p else "" for p in dict.fromkeys(pronunciations)}

    def _spell(self, pronunciation: Pronunciation) -> str:
        word = to_openfst(_chain([_PHONE_ID[phone_of(phone)] for phone in pronunciation]))
        cuts = pynini.compose(word, self._cuts).arcsort("olabel")
        path = pynini.shortestpath(pynini.compose(cuts, self._grammar)).paths()
        spelling = "".join(self._graphones[label][1] for label in path.olabels() if label)
        return spelling.lstrip("'")  # a Z that may be the end of any word is no word


def _chain(labels) -> Wfst:
    """The acceptor of one sequence of labels."""
    places, scores = np.arange(len(labels) + 1), np.zeros(len(labels))
    final = np.where(places == len(labels), np.float32(0.0), NO_SCORE)
    return from_arcs(0, places[:-1], places[1:], labels, labels, scores, final)


def _cut_fst(graphones: Dict[int, Pronunciation]) -> Wfst:
    """One loop on state 0 for each graphone: its first phone to the graphone, a second phone to nothing."""
    arcs, num_states = [], 1
    for graphone, phones in graphones.items():
        first, *second = (_PHONE_ID[phone] for phone in phones)
        if second:
            arcs += [(0, num_states, first, graphone), (num_states, 0, second[0], 0)]
            num_states += 1
        else:
            arcs.append((0, 0, first, graphone))
    src, dst, phone_ids, graphones = zip(*arcs)
    final = np.where(np.arange(num_states) == 0, np.float32(0.0), NO_SCORE)
    return from_arcs(0, src, dst, phone_ids, graphones, np.zeros(len(arcs)), final)
