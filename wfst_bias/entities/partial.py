"""Partial phrases: what a speaker has said who says some words of a phrase and not the others."""

from dataclasses import dataclass
from typing import AbstractSet, Callable, Dict, Iterable, List, Sequence, Tuple

from wfst_bias.entities.outcome import PartialPhrase
from wfst_bias.g2p.g2g import ScoredPronunciation
from wfst_bias.lang.lexicon import Pronunciation

WORD_BREAK = "\0"  # between the words of a pronunciation, whether a token stands there or not


@dataclass(frozen=True)
class SpokenForm:
    """A pronunciation of a phrase, word by word.

    Args:
      words: that are spoken.
      parts: the units of each.
      boundary: unit between words; empty for none.
    """

    words: Tuple[str, ...]
    parts: Tuple[Pronunciation, ...]
    boundary: str

    @classmethod
    def of_marked(cls, words: Tuple[str, ...], marked: Sequence[str], boundary: str) -> "SpokenForm":
        """The form of a pronunciation with :data:`WORD_BREAK` between its words."""
        parts: List[List[str]] = [[]]
        for unit in marked:
            if unit == WORD_BREAK:
                parts.append([])
            else:
                parts[-1].append(unit)
        return cls(words, tuple(map(tuple, parts)), boundary)

    @property
    def units(self) -> Pronunciation:
        return self.first(len(self.parts))

    def first(self, num_words: int) -> Pronunciation:
        """The units of its first words."""
        between = (self.boundary,) * bool(self.boundary)
        units = self.parts[0]
        for part in self.parts[1:num_words]:
            units += between + part
        return units


def partial_phrases(
    forms: Iterable[SpokenForm],
    phrase: Sequence[str],
    pronunciations: Callable[[str], List[ScoredPronunciation]],
    known_words: AbstractSet[str],
) -> Tuple[PartialPhrase, ...]:
    """The first words of a phrase, and each of its other words that the language model does not know.

    Each pronunciation is there once, with the likeliest words.

    Args:
      forms: the pronunciations of the phrase.
      phrase: its words as they are written.
      pronunciations: of each word of the forms, with scores.
      known_words: of the language model.
    """
    found: Dict[Pronunciation, PartialPhrase] = {}

    def add(words: Tuple[str, ...], units: Pronunciation, score: float) -> None:
        if units not in found or score > found[units].score:
            found[units] = PartialPhrase(words, units, score)

    for form in forms:
        first_words: Tuple[str, ...] = ()
        first_score = 0.0
        last = len(form.words) - 1
        for number, (word, part) in enumerate(zip(form.words, form.parts)):
            words, score = _written(word, phrase), dict(pronunciations(word))[part]
            first_words, first_score = first_words + words, first_score + score
            if number < last:
                add(first_words, form.first(number + 1), first_score)
            if number > 0 and not known_words.issuperset(words):
                add(words, part, score)
    return tuple(found.values())


def _written(word: str, phrase: Sequence[str]) -> Tuple[str, ...]:
    """The words of a spoken one: ``f-b-i`` is *fbi* where the phrase has that, and its letters where it does not."""
    together = word.replace("-", "")
    return (together,) if together in phrase else tuple(filter(None, word.split("-")))
