"""Spellers for models whose units are characters, or subwords of a sentencepiece model."""

import heapq
import re
import unicodedata
from functools import cached_property, lru_cache
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple

from wfst_bias.core.errors import InputError
from wfst_bias.core.text import comparable, marks
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.units import Units

WORD_START = "\u2581"  # sentencepiece's mark of a word's beginning
_UNKNOWN = "<unk>"
# joiners, apostrophe, middle dot, gershayim, tatweel; points of Hebrew and Arabic
_SILENT = re.compile("[\u200c\u200d'\u00b7\u05f4\u0640]|[\u0591-\u05bd\u05bf-\u05c7\u064b-\u0652\u0670]")


class CharSpeller:
    """Spells words in characters, whatever the case and the form of Unicode of the tokens.

    A letter that is no token takes its other case, then its parts: a letter and its marks, the jamo of a syllable of
    Hangul. Apostrophes, joiners and the vowel points of Arabic and Hebrew are left out where they are no tokens.

    Args:
      units: of the model.
    """

    spells = True

    def __init__(self, units: Units):
        self._token = {unicodedata.normalize("NFC", symbol): symbol for symbol in units.tokens.symbols}
        self._token.update({symbol: symbol for symbol in units.tokens.symbols})
        self._spelled: Dict[str, Optional[Pronunciation]] = {}  # letters that were seen; None where it is impossible

    def pronounce(self, words: Iterable[str]) -> Dict[str, Tuple[Pronunciation, ...]]:
        """See :class:`wfst_bias.lang.pronounce.G2P`; one spelling for each word."""
        spelled = {word: self._in_row(_letters().findall(word), self._letter) for word in words}
        return {word: (units,) if units else () for word, units in spelled.items()}

    def _letter(self, letter: str) -> Optional[Pronunciation]:
        """Spell a letter with its marks: as it is, in its characters, in their parts, in plainer letters."""
        if letter not in self._spelled:
            forms = (letter,), letter, unicodedata.normalize("NFD", letter), comparable(letter)
            found = (self._in_row(form, self._char) for form in forms)
            self._spelled[letter] = next((units for units in found if units is not None), None)
        return self._spelled[letter]

    def _char(self, char: str) -> Optional[Pronunciation]:
        for form in (char, char.upper(), char.lower(), _jamo(char)):
            if form in self._token:
                return (self._token[form],)
        return () if _SILENT.fullmatch(char) else None

    @staticmethod
    def _in_row(letters: Iterable[str], spell: Callable[[str], Optional[Pronunciation]]) -> Optional[Pronunciation]:
        """Return the units of letters in a row, None where one of them has none."""
        units: List[str] = []
        for spelled in map(spell, letters):
            if spelled is None:
                return None
            units += spelled
        return tuple(units)


class PieceSpeller:
    """Spells words in the pieces of a sentencepiece model.

    Args:
      model: the bytes of the model.
      units: the pieces that the acoustic model emits.
      num_best: segmentations of a word; the model's own is the first.
    """

    spells = True

    def __init__(self, model: bytes, units: Units, num_best: int = 1):
        self._bytes = model
        self._units = units
        self._num_best = num_best

    @cached_property
    def model(self) -> Any:
        """The sentencepiece processor."""
        return piece_processor(self._bytes)

    def pronounce(self, words: Iterable[str]) -> Dict[str, Tuple[Pronunciation, ...]]:
        """See :class:`wfst_bias.lang.pronounce.G2P`."""
        return {word: self._segmentations(word) for word in words}

    def _segmentations(self, word: str) -> Tuple[Pronunciation, ...]:
        bare = _SILENT.sub("", word)
        for form in dict.fromkeys([word, word.upper(), unicodedata.normalize("NFD", word), bare, bare.upper()]):
            best = tuple(self.model.encode(form, out_type=str))
            if best and all(piece in self._units.tokens for piece in best) and _UNKNOWN not in best:
                others = self._by_length(WORD_START + form) if self._num_best > 1 else []
                return tuple(dict.fromkeys([best, *others]))[: self._num_best]
        return ()

    def _by_length(self, text: str) -> List[Pronunciation]:
        """Return the segmentations with the fewest pieces; sentencepiece has no n-best of its BPE models."""
        shortest: List[List[Pronunciation]] = [[()], *([] for _ in text)]
        for end in range(1, len(text) + 1):
            longer = (
                (*head, text[start:end])
                for start in range(end)
                if text[start:end] in self._units.tokens
                for head in shortest[start]
            )
            shortest[end] = heapq.nsmallest(self._num_best, longer, key=len)
        return shortest[-1]


@lru_cache(maxsize=4)
def piece_processor(model: bytes) -> Any:
    """Return a sentencepiece processor of a model's bytes."""
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor()
    try:
        processor.LoadFromSerializedProto(model)
    except RuntimeError:
        raise InputError("is no sentencepiece model; a file such as bpe.model was expected") from None
    return processor


@lru_cache(maxsize=None)
def _letters() -> "re.Pattern[str]":
    return re.compile(f".[{marks()}]*", re.DOTALL)


@lru_cache(maxsize=None)
def _jamo(char: str) -> str:
    """Return a part of a syllable of Hangul as the letter that keyboards have; another character as it is."""
    name = re.fullmatch(
        "HANGUL (?:CHOSEONG|JUNGSEONG|JONGSEONG) (.+)", unicodedata.name(char, "") if len(char) == 1 else ""
    )
    try:
        return unicodedata.lookup(f"HANGUL LETTER {name[1]}") if name else char
    except KeyError:
        return char
