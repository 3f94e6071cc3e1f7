"""The phones of English in ARPAbet, as CMUdict writes them, and the IPA symbols that fold into them.

The pretrained phone network knows the symbols of several languages. Each row below is one ARPAbet
phone and the IPA symbols whose probability it takes: its own first, then the foreign ones that stand
nearest to it (a tapped or trilled r is an R, a bilabial fricative a V). What is in no row (tones,
diacritics, characters that are no phones) has no English reading and folds into blank.
"""

from typing import Dict, Tuple

from wfst_bias.core.errors import InputError

_IPA = """
AA  ɑ a ɒ ä ã å à
AE  æ
AH  ə ʌ ɐ ɘ ɵ ɜ ɨ ɤ ᵊ
AO  ɔ
AW  aʊ
AY  aɪ
B   b ɓ ʙ
CH  t͡ʃ t͡ɕ t͡ɕʰ t͡ɕ͈
D   d ɖ ɗ
DH  ð
EH  ɛ œ eə
ER  ɝ ɚ
EY  eɪ e ẽ je we
F   f ɸ
G   g ɡ ɣ
HH  h ħ ɦ x χ ç
IH  ɪ ʏ ɪə
IY  i ĩ ì ǐ wi
JH  d͡ʒ ɟ ʝ ʑ
K   k kʰ k͈ c
L   l ɫ ɮ ʎ
M   m ɱ
N   n ɲ ɴ ñ
NG  ŋ
OW  oʊ o õ ø jo
OY  ɔɪ
P   p pʰ p͈
R   ɹ r ɾ ɻ ɽ ʀ ʁ
S   s s͈ ʂ ɕ
SH  ʃ
T   t tʰ t͈ ʈ ʔ
TH  θ
UH  ʊ
UW  u y ʉ ɯ ũ ju ɯi
V   v β ʋ
W   w ɰ ɥ wa wʌ
Y   j ja jʌ
Z   z ẑ ʐ
ZH  ʒ
"""

IPA_TO_PHONE: Dict[str, str] = {
    symbol: row.split()[0] for row in _IPA.strip().splitlines() for symbol in row.split()[1:]
}
PHONES: Tuple[str, ...] = tuple(row.split()[0] for row in _IPA.strip().splitlines())


def phone_of(symbol: str) -> str:
    """The phone that an ARPAbet symbol names, its stress digit taken off.

    Raises:
      InputError: it names none.
    """
    phone = symbol.rstrip("012").upper()
    if phone not in PHONES:
        raise InputError(f"{symbol!r} is no ARPAbet phone; write {' '.join(PHONES[:4])} ... {PHONES[-1]}")
    return phone
