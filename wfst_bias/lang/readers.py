"""How the words of a list are said in the units of a model, where no lexicon has them."""

from wfst_bias.lang.g2p import HamaG2P, Reader
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.units import PHONES


def reader_of(lang: Lang) -> Reader:
    """The reader of a lang: a G2P for phones, else the speller of its characters or subwords."""
    assert lang.units.kind == PHONES
    return HamaG2P()
