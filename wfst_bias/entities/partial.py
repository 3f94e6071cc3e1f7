"""Partial phrases: what a speaker has said who says some words of a phrase and not the others."""

from itertools import groupby
from typing import AbstractSet, Callable, Dict, Iterable, List, Sequence, Tuple

from wfst_bias.entities.outcome import PartialPhrase
from wfst_bias.g2p.g2g import ScoredPronunciation
from wfst_bias.lang.lexicon import Pronunciation

WORD_BREAK = "\0"  # between the words of a pronunciation, whether a token stands there or not


def partial_phrases(
    forms: Iterable[Tuple[Sequence[str], Pronunciation]],
    boundary: str,
    phrase: Sequence[str],
    pronunciations: Callable[[str], List[ScoredPronunciation]],
    known_words: AbstractSet[str],
) -> Tuple[PartialPhrase, ...]:
    """The first words of a phrase, and each of its other words that the language model does not know.

    Each pronunciation is there once, with the likeliest words.

    Args:
      forms: the words of the phrase as they are spoken, and a pronunciation with :data:`WORD_BREAK` between them.
      boundary: token between words; empty for none.
      phrase: its words as they are written.
      pronunciations: of each word of the forms, with scores.
      known_words: of the language model.
    """
    found: Dict[Pronunciation, PartialPhrase] = {}
    score_of: Dict[str, Dict[Pronunciation, float]] = {}
    between = (boundary,) * bool(boundary)

    def add(words: Tuple[str, ...], units: Pronunciation, score: float) -> None:
        if units not in found or score > found[units].score:
            found[units] = PartialPhrase(words, units, score)

    for spoken, marked in forms:
        first_words: Tuple[str, ...] = ()
        first_units: Pronunciation = ()
        first_score = 0.0
        last = len(spoken) - 1
        for number, (word, units) in enumerate(zip(spoken, _parts(marked))):
            if word not in score_of:
                score_of[word] = dict(pronunciations(word))
            words, score = _written(word, phrase), score_of[word][units]
            first_words, first_score = first_words + words, first_score + score
            first_units += between * (number > 0) + units
            if number < last:
                add(first_words, first_units, first_score)
            if number > 0 and not all(word in known_words for word in words):
                add(words, units, score)
    return tuple(found.values())


def _parts(marked: Pronunciation) -> List[Pronunciation]:
    """The pronunciation of each word."""
    return [tuple(part) for is_break, part in groupby(marked, WORD_BREAK.__eq__) if not is_break]


def _written(word: str, phrase: Sequence[str]) -> Tuple[str, ...]:
    """The words of a spoken one: ``f-b-i`` is *fbi* where the phrase has that, and its letters where it does not."""
    together = word.replace("-", "")
    return (together,) if together in phrase else tuple(filter(None, word.split("-")))
