"""How texts are said in the phones of a network: their words, and the phrases of a list among them."""

from dataclasses import dataclass
from typing import AbstractSet, Dict, Iterable, List, Optional, Sequence, Tuple

from wfst_bias.entities.entity import Entity, Phrases
from wfst_bias.entities.phrases import PhraseList
from wfst_bias.entities.spelling import USED, Outcome, Speller
from wfst_bias.lang.config import G2GConfig
from wfst_bias.lang.g2g import Way
from wfst_bias.lang.g2p import Reader
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.readers import reader_of, variants_of

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
      entities: of all lists; a phrase is said as its list and its words tell.
      known_words: those of the language model; one that sounds like a phrase is told in its outcome.
      g2g: variants of the phrases.
      reader: says the words that the lexicon does not have; that of the lang where it is not given.
    """

    def __init__(
        self,
        lang: Lang,
        entities: Sequence[Entity] = (),
        known_words: AbstractSet[str] = frozenset(),
        g2g: G2GConfig = G2GConfig(variants=0),
        reader: Optional[Reader] = None,
    ):
        self.lang = lang
        self._speller = Speller(
            lang.lexicon, known_words, reader or reader_of(lang), lang.boundary, variants_of(lang, g2g), g2g.variants
        )
        self.entities = tuple(entities)
        used = [outcome for outcome in self._speller.outcomes(entities) if outcome.status == USED]
        self._outcomes = {outcome.entity.words: outcome for outcome in used}
        self._phrases = {outcome.entity.words: self._ways_of(outcome) for outcome in used}
        self._list = PhraseList(self._phrases)
        self._words: Dict[str, Tuple[Way, ...]] = {}

    def _ways_of(self, outcome: Outcome) -> Tuple[Way, ...]:
        """How a phrase is said; "us" in a text may be US, or the pronoun."""
        words, lexicon = outcome.entity.words, self.lang.lexicon
        as_word = lexicon[words[0]] if len(words) == 1 and words[0] in lexicon else ()
        return tuple({**dict(zip(outcome.pronunciations, outcome.scores)), **dict.fromkeys(as_word, 0.0)}.items())

    def outcomes_of(self, phrases: Phrases) -> List[Outcome]:
        """How those phrases of a list are said that can be, each once."""
        words = dict.fromkeys(entity.words for entity in phrases)
        return [self._outcomes[some] for some in words if some in self._outcomes]

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
        said = {o.entity.written: o for o in self._speller.outcomes([Entity(word) for word in unknown])}
        for word in new:
            known = lexicon[word] if word in lexicon else said[word].pronunciations
            scores = said[word].scores if word in said else [0.0] * len(known)
            self._words[word] = tuple(zip(known, scores))
