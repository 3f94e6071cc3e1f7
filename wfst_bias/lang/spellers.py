"""Spellers for models whose units are characters, or subwords of a sentencepiece model."""

import heapq
from functools import cached_property, lru_cache
from typing import Any, Dict, Iterable, List, Tuple

from wfst_bias.core.errors import InputError
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.units import Units

WORD_START = "\u2581"  # sentencepiece's mark of a word's beginning
_UNKNOWN = "<unk>"


class CharSpeller:
    """Spells words in characters; a letter that is no token takes its other case.

    Args:
      units: of the model.
    """

    spells = True

    def __init__(self, units: Units):
        self._units = units

    def pronounce(self, words: Iterable[str]) -> Dict[str, Tuple[Pronunciation, ...]]:
        """See :class:`wfst_bias.lang.pronounce.G2P`; one spelling for each word."""
        spelled = {word: tuple(map(self._unit, word)) for word in words}
        return {word: (units,) if units and all(units) else () for word, units in spelled.items()}

    def _unit(self, char: str) -> str:
        found = (form for form in (char, char.upper(), char.lower()) if form in self._units.tokens)
        return next(found, "")


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
        for form in (word, word.upper()):
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
