"""IPA to ARPAbet, for English pronunciations in foreign lists."""

import unicodedata
from typing import Tuple

_IGNORED = set("ˈˌ'ː.‿|͡ ˑʰʲ̩̯̃")

# the longest match counts; sounds that English does not have are heard as their neighbours
_PHONES = {
    "tʃ": "CH", "ʧ": "CH", "dʒ": "JH", "ʤ": "JH", "aɪ": "AY", "aʊ": "AW", "eɪ": "EY", "oʊ": "OW", "əʊ": "OW",
    "ɔɪ": "OY", "ɜr": "ER", "ɝ": "ER", "ɚ": "ER", "ər": "ER", "ɜ": "ER", "ɪə": "IH R", "eə": "EH R", "ʊə": "UH R",
    "ts": "T S", "b": "B", "d": "D", "f": "F", "g": "G", "ɡ": "G", "h": "HH", "j": "Y", "k": "K", "l": "L", "ɫ": "L",
    "m": "M", "n": "N", "ŋ": "NG", "ɲ": "N Y", "p": "P", "r": "R", "ɹ": "R", "ɾ": "D", "ʁ": "R", "s": "S",
    "ʃ": "SH", "t": "T", "θ": "TH", "ð": "DH", "v": "V", "w": "W", "x": "K", "ç": "HH", "z": "Z", "ʒ": "ZH",
    "ʔ": "T", "i": "IY", "ɪ": "IH", "e": "EY", "ɛ": "EH", "æ": "AE", "a": "AA", "ɑ": "AA", "ɒ": "AA", "ɔ": "AO",
    "o": "OW", "ʊ": "UH", "u": "UW", "ʌ": "AH", "ə": "AH", "ɐ": "AH", "ɘ": "AH", "y": "UW", "ø": "ER", "œ": "ER",
}  # fmt: skip
_LONGEST = max(map(len, _PHONES))


def arpabet_of_ipa(ipa: str) -> Tuple[str, ...]:
    """The phones of a word in IPA, stress and length left out.

    Raises:
      ValueError: a sign is not known.
    """
    signs = [sign for sign in unicodedata.normalize("NFC", ipa) if sign not in _IGNORED]
    phones, at = [], 0
    while at < len(signs):
        for length in range(min(_LONGEST, len(signs) - at), 0, -1):
            found = _PHONES.get("".join(signs[at : at + length]))
            if found:
                phones += found.split()
                at += length
                break
        else:
            raise ValueError(f"the sign {signs[at]!r} is not known")
    return tuple(phones)
