"""Map from IPA to ARPAbet, for pronunciations in lists and for the symbols of the phone network.

A sound that English does not have becomes the nearest one that it has:

* ``ɾ`` is R. Broad transcriptions of English write the tap of *water* as t or d; a written tap is a foreign r.
* ``x`` is HH, as are the other voiceless fricatives of the back of the mouth (``χ``, ``ç``, ``ħ``): *José*.
* ``ɜ`` is ER: in English it stands in *nurse* only, where British dictionaries write ``ɜː``.
* ``ø`` and ``œ`` are ER, as in English dictionaries' *Goethe*: the nearest rounded front vowel.
* ``ɲ`` is N Y (*canyon*); ``ɪə``, ``eə``, ``ʊə`` are IH R, EH R, UH R (*near*, *square*, *cure*).

A frame has one phone: a symbol of two phones gives its frames to the first.
"""

import unicodedata
from typing import Dict, Mapping, Tuple

from wfst_bias.core.errors import InputError
from wfst_bias.lang.phones import PHONES, phone_of

_IGNORED = set("ˈˌ'ː.‿|͡ ˑʰʲ̩̯͈̃")

# phones and their symbols; what is in no row (tones, diacritics) has no English phone
_ROWS = """
AA    ɑ a ɒ ä ã å à
AE    æ
AH    ə ʌ ɐ ɘ ɵ ɨ ɤ ᵊ
AO    ɔ
AW    aʊ
AY    aɪ
B     b ɓ ʙ
CH    t͡ʃ t͡ɕ t͡ɕʰ t͡ɕ͈ ʧ
D     d ɖ ɗ
DH    ð
EH    ɛ
EH+R  eə
ER    ɝ ɚ ɜ ɜr ər ø œ
EY    eɪ e ẽ
F     f ɸ
G     g ɡ ɣ
HH    h ħ ɦ x χ ç
IH    ɪ ʏ
IH+R  ɪə
IY    i ĩ ì ǐ
JH    d͡ʒ ɟ ʝ ʑ ʤ
K     k kʰ k͈ c
L     l ɫ ɮ ʎ
M     m ɱ
N     n ɴ ñ
N+Y   ɲ
NG    ŋ
OW    oʊ əʊ o õ
OY    ɔɪ
P     p pʰ p͈
R     ɹ r ɾ ɻ ɽ ʀ ʁ
S     s s͈ ʂ ɕ
SH    ʃ
T     t tʰ t͈ ʈ ʔ
T+S   ts
TH    θ
UH    ʊ
UH+R  ʊə
UW    u y ʉ ɯ ũ
V     v β ʋ
W     w ɰ ɥ
Y     j
Z     z ẑ ʐ
ZH    ʒ
"""

# Korean diphthongs that are one symbol of the network, with the phone of its frames; in text they are two symbols
_DIPHTHONGS = "EY je we|IY wi|OW jo|UW ju ɯi|W wa wʌ|Y ja jʌ"

_ARPABET_PAIRS = frozenset(phone for phone in PHONES if len(phone) > 1)

# diphthongs as MFA's dictionaries write them, each one symbol
_OF_MFA = {"aj": "AY", "aw": "AW", "ej": "EY", "ow": "OW", "əw": "OW", "ɔj": "OY"}


def _parse(rows: str, separator: str) -> Dict[str, Tuple[str, ...]]:
    split = [row.split() for row in rows.strip().split(separator)]
    return {symbol: tuple(phones.split("+")) for phones, *symbols in split for symbol in symbols}


def _signs(ipa: str) -> str:
    """Remove stress, length and other marks that English does not distinguish."""
    return "".join(sign for sign in unicodedata.normalize("NFC", ipa) if sign not in _IGNORED)


_PHONES: Mapping[str, Tuple[str, ...]] = _parse(_ROWS, "\n")
IPA_TO_PHONE: Mapping[str, str] = {
    symbol: phones[0] for symbol, phones in {**_PHONES, **_parse(_DIPHTHONGS, "|")}.items()
}
"""The phone of the frames of each symbol of the network."""

_IN_TEXT = {_signs(symbol): phones for symbol, phones in _PHONES.items()}
_LONGEST = max(map(len, _IN_TEXT))


def arpabet_of_ipa(ipa: str) -> Tuple[str, ...]:
    """Return the phones of a word in IPA without stress and length; the longest match counts.

    Raises:
      ValueError: a sign is not known.
    """
    signs = _signs(ipa)
    phones: Tuple[str, ...] = ()
    at = 0
    while at < len(signs):
        for length in range(min(_LONGEST, len(signs) - at), 0, -1):
            found = _IN_TEXT.get(signs[at : at + length])
            if found:
                phones += found
                at += length
                break
        else:
            raise ValueError(f"the sign {signs[at]!r} is not known")
    return phones


def phones_of_ipa(symbol: str) -> Tuple[str, ...]:
    """Return the phones of one symbol of a lexicon in IPA.

    A symbol of ARPAbet in capitals, or of more than one letter, is taken for that: ``ih`` is no sound of IPA.

    Raises:
      InputError: the symbol names none.
    """
    if symbol.isascii() and (symbol.isupper() or symbol.rstrip("012").upper() in _ARPABET_PAIRS):
        return (phone_of(symbol),)
    if symbol.isascii() and len(symbol) > 2:
        raise InputError(f"{symbol!r} is no symbol of IPA; write a symbol for each sound, with blanks between them")
    mfa = _OF_MFA.get(_signs(symbol))
    try:
        phones = (mfa,) if mfa else arpabet_of_ipa(symbol)
    except ValueError as error:
        raise InputError(f"{symbol!r} is no symbol of IPA: {error}; write IPA, or ARPAbet in capitals") from None
    if not phones:
        raise InputError(f"{symbol!r} is no sound; join it to the one that it belongs to")
    return phones
