"""How texts are said in the phones of a network: their words, and the phrases of a list among them."""

from dataclasses import dataclass
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

from wfst_bias.entities.entity import Entity
from wfst_bias.entities.phrases import PhraseList
from wfst_bias.entities.spelling import USED, Outcome, Speller
from wfst_bias.lang.g2g import Way
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.readers import reader_of

Words = Tuple[str, ...]


@dataclass(frozen=True)
class Piece:
    """A word of a text, or a phrase of the list.

    Args:
      first, end: its first word and the word behind its last.
      ways: to say it, with their scores, nats; none where nobody can.
    """

    first: int
    end: int
    ways: Tuple[Way, ...]


class Sayings:
    """Knows how words and phrases are said, and remembers it.

    Args:
      lang: of the phone network.
      outcomes: how the phrases of a list are said in its phones, by :meth:`Speller.outcomes`: a phrase is said as its
        list and its words tell.
      speller: for words that the lexicon does not have; else the reader of the lang says them.
    """

    def __init__(self, lang: Lang, outcomes: Sequence[Outcome] = (), speller: Optional[Speller] = None):
        self.lang = lang
        self._speller = speller or Speller(lang.lexicon, set(), reader_of(lang), lang.boundary)
        self._phrases: Dict[Words, Tuple[Way, ...]] = {}
        for outcome in outcomes:
            if outcome.status == USED:
                known = self._phrases.get(outcome.entity.words, ())
                self._phrases[outcome.entity.words] = _merged(known, zip(outcome.pronunciations, outcome.scores))
        self._list = PhraseList(self._phrases)
        self._words: Dict[str, Tuple[Way, ...]] = {}

    def pieces(self, texts: Sequence[Sequence[str]]) -> List[List[Piece]]:
        """The pieces of each text, phrases before words, the longest phrase first."""
        cuts = [self._cut(text) for text in texts]
        self._learn(text[first] for text, some in zip(texts, cuts) for first, end in some if end - first == 1)
        return [[Piece(*cut, self._ways(tuple(text[slice(*cut)]))) for cut in some] for text, some in zip(texts, cuts)]

    def _cut(self, text: Sequence[str]) -> List[Tuple[int, int]]:
        phrases = self._list.occurrences(text)
        taken = {word for first, end in phrases for word in range(first, end)}
        return sorted(phrases + [(word, word + 1) for word in range(len(text)) if word not in taken])

    def _ways(self, words: Words) -> Tuple[Way, ...]:
        return self._phrases.get(words) or self._words[words[0]]

    def _learn(self, words: Iterable[str]) -> None:
        """Find out how words are said that are no phrases."""
        new = [word for word in dict.fromkeys(words) if word not in self._words and (word,) not in self._phrases]
        lexicon = self.lang.lexicon
        unknown = [word for word in new if word not in lexicon]
        said = {o.entity.written: o.pronunciations for o in self._speller.outcomes([Entity(word) for word in unknown])}
        for word in new:
            ways: Sequence[Pronunciation] = lexicon[word] if word in lexicon else said[word]
            self._words[word] = tuple((way, 0.0) for way in ways)


def _merged(known: Iterable[Way], more: Iterable[Way]) -> Tuple[Way, ...]:
    """The ways of both, each with the better score."""
    scores: Dict[Pronunciation, float] = {}
    for way, score in [*known, *more]:
        scores[way] = max(score, scores.get(way, score))
    return tuple(scores.items())
