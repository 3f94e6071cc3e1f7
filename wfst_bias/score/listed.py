"""The phrases of a list as they may stand in references and hypotheses: written, spoken, inflected."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Dict, FrozenSet, Iterable, List, Sequence, Set, Tuple

from wfst_bias.core.text import comparable, words_of
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.inflections import inflected_words
from wfst_bias.entities.phrases import PhraseList

Words = Tuple[str, ...]
Span = Tuple[int, int]


@dataclass(frozen=True)
class Occurrence:
    """Words of a text that are a phrase of the list.

    Args:
      first, end: position of the first word, and of the one behind the last.
      phrases: those of which the words are a form; more than one where phrases share it.
      is_inflected: whether it is their possessive or plural.
    """

    first: int
    end: int
    phrases: FrozenSet[Words]
    is_inflected: bool = False

    @property
    def span(self) -> Span:
        return self.first, self.end


@dataclass(frozen=True)
class Alternative:
    """Other words for a part of a text.

    Args:
      first, end: position of the first word of the part, and of the one behind the last.
      words: that it may be replaced by.
    """

    first: int
    end: int
    words: Words


def keys_of(words: Sequence[str]) -> Words:
    """Return the words as they are compared, see :func:`wfst_bias.core.text.comparable`."""
    return tuple(map(comparable, words))


class ScoredPhrases:
    """The phrases of a list, and what counts as the same words.

    A phrase as it is written or displayed (``a380``) equals each of its spoken forms (``a three eighty``), and so do
    their possessives and plurals; two spoken forms are different words of the same phrase.

    Args:
      phrases: words of those that are spoken as they are written.
      has_inflections: whether the possessive and plural of a phrase are that phrase, too.
    """

    def __init__(self, phrases: Iterable[Words], has_inflections: bool = True):
        self._set_up(map(keys_of, phrases), {}, {}, has_inflections)

    @classmethod
    def of(cls, entities: Iterable[Entity], has_inflections: bool = True) -> "ScoredPhrases":
        """Return the phrases of a list with their written, displayed and spoken forms."""
        forms: List[Words] = []
        phrases_of: Dict[Words, Set[Words]] = {}
        others: Dict[Words, Dict[Words, None]] = {}
        for entity in entities:
            written, every = _forms(entity)
            if not written:
                continue
            forms += every
            if len(every) == 1:
                continue
            for form in every:
                phrases_of.setdefault(form, set()).add(written[0])
            for form in written:
                others.setdefault(form, {}).update(dict.fromkeys(other for other in every if other != form))
        listed = cls.__new__(cls)
        listed._set_up(forms, phrases_of, others, has_inflections)
        return listed

    def _set_up(
        self,
        forms: Iterable[Words],
        phrases_of: Dict[Words, Set[Words]],
        others: Dict[Words, Dict[Words, None]],
        has_inflections: bool,
    ) -> None:
        """Keep all forms; those that are phrases by themselves are in no table."""
        self._forms = PhraseList(forms)
        self._phrases_of = {form: frozenset({form, *phrases}) for form, phrases in phrases_of.items()}
        self._others = {form: tuple(words) for form, words in others.items()}
        self._replaceable = PhraseList(others)
        self._has_inflections = has_inflections

    def occurrences(self, words: Sequence[str]) -> List[Occurrence]:
        """The phrases in a text, from left to right, none overlapping; the longest wins, an inflected one last."""
        words = keys_of(words)
        exact = self._forms.occurrences(words)
        found = [Occurrence(*span, self._phrases(words[slice(*span)])) for span in exact]
        return sorted([*found, *self._inflected(words, exact)], key=lambda one: one.first)

    def exact_spans(self, words: Sequence[str]) -> List[Span]:
        """First word and word behind the last of each phrase that is not inflected."""
        return self._forms.occurrences(keys_of(words))

    def alternatives(self, words: Sequence[str]) -> List[Alternative]:
        """Return the words that may stand in place of each written phrase of a text, those that overlap, too."""
        words = keys_of(words)
        found = [
            Alternative(first, end, other)
            for first, end in self._replaceable.all_occurrences(words)
            for other in self._others[words[first:end]]
        ]
        for first, end, bases in self._replaceable.inflected(words) if self._has_inflections else ():
            others = dict.fromkeys(other for base in sorted(bases) for other in self._others[base])
            forms = dict.fromkeys(form for other in others for form in sorted(inflected_words(other)))
            own = words[end - 1]
            found += (
                Alternative(first, end, form) for form in forms if _is_possessive(form[-1]) == _is_possessive(own)
            )
        return found

    def _inflected(self, words: Words, exact: Sequence[Span]) -> List[Occurrence]:
        """The inflected phrases among words that are no phrase."""
        taken = {position for span in exact for position in range(*span)}
        found = []
        inflected = self._forms.inflected(words) if self._has_inflections else []
        for first, end, forms in sorted(inflected, key=lambda one: (one[0] - one[1], one[0])):
            if taken.isdisjoint(range(first, end)):
                phrases: FrozenSet[Words] = frozenset().union(*map(self._phrases, forms))
                found.append(Occurrence(first, end, phrases, True))
                taken.update(range(first, end))
        return found

    def _phrases(self, form: Words) -> FrozenSet[Words]:
        return self._phrases_of.get(form) or frozenset({form})


def _is_possessive(inflected: str) -> bool:
    return inflected.endswith(("'s", "'"))


@lru_cache(maxsize=1 << 17)  # the same phrase is in the lists of many utterances
def _forms(entity: Entity) -> Tuple[Tuple[Words, ...], Tuple[Words, ...]]:
    """Return the words of a phrase as it is written and displayed, and all of its forms, each once."""
    written = dict.fromkeys(map(keys_of, filter(None, (entity.words, words_of(entity.display)))))
    spoken = ((part for word in form for part in word.split("-") if part) for form in entity.forms)
    return tuple(written), tuple(dict.fromkeys((*written, *filter(None, map(keys_of, map(tuple, spoken))))))
