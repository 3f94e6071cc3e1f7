"""Pronunciations of texts in the phones of a network: of their words, and of the phrases of a list among them."""

from dataclasses import dataclass
from functools import cached_property
from typing import AbstractSet, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from wfst_bias.entities.entity import Entity, Phrases
from wfst_bias.entities.outcome import Outcome
from wfst_bias.entities.phrases import PhraseList
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.entities.speller import Speller
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.g2p.g2g import ScoredPronunciation
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.pronounce import G2P

Words = Tuple[str, ...]


@dataclass(frozen=True)
class Piece:
    """A word of a text, or a phrase of the list.

    Args:
      first, end: its first word and the word after its last.
      pronunciations: with their scores, nats; none where it has none.
    """

    first: int
    end: int
    pronunciations: Tuple[ScoredPronunciation, ...]


@dataclass(frozen=True)
class ListPronunciations:
    """Pronunciations of the phrases of a list.

    Args:
      outcomes: of the phrases that have any.
      pronunciations: of each of these, by its words.
    """

    outcomes: Tuple[Outcome, ...]
    pronunciations: Mapping[Words, Tuple[ScoredPronunciation, ...]]

    @cached_property
    def phrases(self) -> PhraseList:
        """The phrases, to find them in texts."""
        return PhraseList(self.pronunciations)


class Pronunciations:
    """Pronounces words and phrases, each once.

    Args:
      lang: of the phone network.
      entities: list of the texts that have none of their own; a phrase has the pronunciations of its list and of its
        words.
      known_words: those of the language model; the outcome of a phrase names its homophones among them.
      g2g: variants of the phrases.
      g2p: for words that the lexicon does not have; that of the lang where it is not given.
      spelled: list of the graph, whose pronunciations are taken over where they are those of the lang.
    """

    def __init__(
        self,
        lang: Lang,
        entities: Sequence[Entity] = (),
        known_words: AbstractSet[str] = frozenset(),
        g2g: G2GConfig = G2GConfig(variants=0),
        g2p: Optional[G2P] = None,
        spelled: Optional[SpelledList] = None,
    ):
        self.lang = lang
        self._speller = Speller(lang, known_words, g2g, g2p)
        if spelled is not None:
            self._speller.remember(spelled)
        self._entities = tuple(entities)
        self._lists: Dict[int, Tuple[Phrases, ListPronunciations]] = {}  # by the identity of the list
        self._words: Dict[str, Tuple[ScoredPronunciation, ...]] = {}

    def of_lists(self, lists: Sequence[Phrases], count: int) -> List[ListPronunciations]:
        """Return the pronunciations of each list; those of the own list ``count`` times where none is given."""
        assert len(lists) in (0, count)
        return [self._of(phrases) for phrases in lists or [self._entities] * count]

    def _of(self, phrases: Phrases) -> ListPronunciations:
        if id(phrases) not in self._lists:
            used = self._speller.spell(phrases).used
            found: Dict[Words, Tuple[ScoredPronunciation, ...]] = {}
            for outcome in used:
                found[outcome.entity.words] = (*found.get(outcome.entity.words, ()), *self._pronunciations_of(outcome))
            distinct = {words: tuple(dict(some).items()) for words, some in found.items()}
            self._lists[id(phrases)] = phrases, ListPronunciations(used, distinct)
        return self._lists[id(phrases)][1]

    def _pronunciations_of(self, outcome: Outcome) -> Tuple[ScoredPronunciation, ...]:
        """Return the pronunciations of a phrase and of the same word: "us" in a text may be US, or the pronoun."""
        words, lexicon = outcome.entity.words, self.lang.lexicon
        as_word = lexicon[words[0]] if len(words) == 1 and words[0] in lexicon else ()
        return tuple({**dict(zip(outcome.pronunciations, outcome.scores)), **dict.fromkeys(as_word, 0.0)}.items())

    def pieces(self, texts: Sequence[Sequence[str]], lists: Sequence[Phrases] = ()) -> List[List[Piece]]:
        """Return the pieces of each text, the phrases of its list before words, the longest phrase first.

        Args:
          lists: of each text.
        """
        owns = self.of_lists(lists, len(texts))
        cuts = [_cut(text, own.phrases) for text, own in zip(texts, owns)]
        self._learn(text[first] for text, some in zip(texts, cuts) for first, end in some if end - first == 1)
        return [
            [Piece(*cut, self._known(tuple(text[slice(*cut)]), own)) for cut in some]
            for text, some, own in zip(texts, cuts, owns)
        ]

    def _known(self, words: Words, own: ListPronunciations) -> Tuple[ScoredPronunciation, ...]:
        return own.pronunciations.get(words) or self._words[words[0]]

    def _learn(self, words: Iterable[str]) -> None:
        """Pronounce the words that are new."""
        new = [word for word in dict.fromkeys(words) if word not in self._words]
        lexicon = self.lang.lexicon
        unknown = [word for word in new if word not in lexicon]
        spelled = {o.entity.written: o for o in self._speller.spell([Entity(word) for word in unknown])}
        for word in new:
            known = lexicon[word] if word in lexicon else spelled[word].pronunciations
            scores = spelled[word].scores if word in spelled else [0.0] * len(known)
            self._words[word] = tuple(zip(known, scores))


def _cut(text: Sequence[str], phrases: PhraseList) -> List[Tuple[int, int]]:
    """Return where each piece of a text begins and ends."""
    found = phrases.occurrences(text)
    taken = {word for first, end in found for word in range(first, end)}
    return sorted(found + [(word, word + 1) for word in range(len(text)) if word not in taken])
