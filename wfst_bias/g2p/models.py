"""The G2P and the variants that suit the units of a lang."""

from typing import Dict, Iterable, Optional, Tuple

from wfst_bias.g2p.cached import CachedHama
from wfst_bias.g2p.config import AUTO, G2GConfig
from wfst_bias.g2p.g2g import PhoneVariants, SpellingVariants, Variants
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.phones import PHONES
from wfst_bias.lang.pronounce import G2P
from wfst_bias.lang.spellers import CharSpeller, PieceSpeller
from wfst_bias.lang.units import CHARS, SUBWORDS

_HAMA = CachedHama()
_SEGMENTATIONS = 2  # of a word of a list, in subwords, the second being a variant; more bring false alarms, and no hits


def g2p_of(lang: Lang) -> G2P:
    """Return the G2P of a lang: of hama for phones, else the speller of its characters or subwords."""
    if lang.units.kind == CHARS:
        return CharSpeller(lang.units)
    if lang.units.kind == SUBWORDS:
        return PieceSpeller(lang.piece_model, lang.units)
    if _is_arpabet(lang):
        return _HAMA
    return LexiconOnly()


def variants_of(lang: Lang, config: G2GConfig) -> Optional[Variants]:
    """Return the variants for a lang; none for phones other than those of ARPAbet."""
    if config.sources == AUTO and lang.units.kind in (CHARS, SUBWORDS):
        return None
    if lang.units.kind == CHARS:
        return SpellingVariants(config, CharSpeller(lang.units))
    if lang.units.kind == SUBWORDS:
        return SpellingVariants(config, PieceSpeller(lang.piece_model, lang.units, _SEGMENTATIONS))
    return PhoneVariants(config) if _is_arpabet(lang) else None


def _is_arpabet(lang: Lang) -> bool:
    return all(phone in lang.tokens for phone in PHONES)


class LexiconOnly:
    """A G2P for phones other than those of ARPAbet: words that are not in the lexicon are unpronounceable."""

    spells = False

    def pronounce(self, words: Iterable[str]) -> Dict[str, Tuple[Pronunciation, ...]]:
        """See :class:`wfst_bias.lang.pronounce.G2P`."""
        return {word: () for word in words}
