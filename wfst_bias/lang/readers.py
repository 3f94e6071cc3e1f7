"""How the words of a list are said in the units of a model, where no lexicon has them."""

from typing import Dict, Iterable, Tuple

from wfst_bias.lang.g2p import HamaG2P, Reader
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.phones import PHONES
from wfst_bias.lang.spellers import CharSpeller, PieceSpeller
from wfst_bias.lang.units import CHARS, SUBWORDS

_SEGMENTATIONS = 4  # of a word of a list, in subwords


def reader_of(lang: Lang) -> Reader:
    """The reader of a lang: a G2P for phones, else the speller of its characters or subwords."""
    if lang.units.kind == CHARS:
        return CharSpeller(lang.units)
    if lang.units.kind == SUBWORDS:
        return PieceSpeller(lang.piece_model, lang.units, _SEGMENTATIONS)
    if all(phone in lang.tokens for phone in PHONES):
        return HamaG2P()
    return LexiconOnly()


class LexiconOnly:
    """For phones that no G2P of ours knows: what is not in the lexicon cannot be said."""

    spells = False

    def pronounce(self, words: Iterable[str]) -> Dict[str, Tuple[Pronunciation, ...]]:
        """See :class:`wfst_bias.lang.g2p.Reader`."""
        return {word: () for word in words}
