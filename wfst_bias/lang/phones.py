"""The phones of English in ARPAbet, as CMUdict writes them; :mod:`wfst_bias.lang.ipa` folds IPA into them."""

from typing import Dict, Tuple, TypeVar

from wfst_bias.core.errors import InputError

PHONES = tuple(
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH".split()
)

# symbols of TIMIT and of other dictionaries of English that CMUdict does not have
_OTHERS: Dict[str, Tuple[str, ...]] = {
    symbol: tuple(phones.split("+"))
    for symbol, phones in map(
        str.split,
        ("AX AH", "AXR ER", "IX IH", "UX UW", "HV HH", "DX D", "NX N", "EL AH+L", "EM AH+M", "EN AH+N"),
    )
}


T = TypeVar("T")

_SIBILANTS = frozenset("S Z SH ZH CH JH s z ʃ ʒ tʃ dʒ t͡ʃ d͡ʒ ʧ ʤ".split())
_VOICELESS = frozenset("P T K F TH p t k f θ".split())


def s_ending(unit: str, after_sibilant: T, after_voiceless: T, after_others: T) -> T:
    """Return the sound of the English endings *s* and *'s* behind a unit of ARPAbet or IPA, one of three that are given."""
    return after_sibilant if unit in _SIBILANTS else after_voiceless if unit in _VOICELESS else after_others


def phone_of(symbol: str) -> str:
    """Return the phone that an ARPAbet symbol names, without its stress digit.

    Raises:
      InputError: the symbol names none.
    """
    phone = symbol.rstrip("012").upper()
    if phone not in PHONES:
        raise InputError(f"{symbol!r} is no ARPAbet phone; write {' '.join(PHONES[:4])} ... {PHONES[-1]}")
    return phone


def phones_of(symbol: str) -> Tuple[str, ...]:
    """Return the phones that a symbol of ARPAbet names, TIMIT's additional ones among them.

    Raises:
      InputError: the symbol names none.
    """
    return _OTHERS.get(symbol.rstrip("012").upper()) or (phone_of(symbol),)
