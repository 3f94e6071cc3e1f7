"""Phrases of a list in running text, and their inflected forms there."""

from typing import Dict, FrozenSet, Iterable, List, Sequence, Set, Tuple

from wfst_bias.entities.inflections import inflected_words

_Words = Tuple[str, ...]


def _bases(word: str) -> Set[str]:
    """Return the words that a word may be an inflected form of, and others."""
    found = {word[: -len(ending)] for ending in ("'s", "'", "s", "es") if word.endswith(ending)}
    return found | ({word[:-3] + "y"} if word.endswith("ies") else set())


class PhraseList:
    """The phrases of a list, for finding them in transcripts.

    Args:
      phrases: each a tuple of words.
    """

    def __init__(self, phrases: Iterable[_Words]):
        self._by_first: Dict[str, Set[_Words]] = {}
        for phrase in phrases:
            self._by_first.setdefault(phrase[0], set()).add(phrase)

    def occurrences(self, words: Sequence[str]) -> List[Tuple[int, int]]:
        """First word and word behind the last of each phrase, from left to right, none overlapping; the longest one wins."""
        found, position = [], 0
        while position < len(words):
            longest = max(self._lengths_at(words, position), default=0)
            if longest:
                found.append((position, position + longest))
            position += longest or 1
        return found

    def all_occurrences(self, words: Sequence[str]) -> List[Tuple[int, int]]:
        """First word and word behind the last of each phrase, those that overlap, too; sorted."""
        return [
            (position, position + length)
            for position in range(len(words))
            for length in sorted(self._lengths_at(words, position))
        ]

    def inflected(self, words: Sequence[str]) -> List[Tuple[int, int, FrozenSet[_Words]]]:
        """First word, word behind the last, and the phrases of which :func:`inflected_words` has what stands there; sorted."""
        found: Dict[Tuple[int, int], Set[_Words]] = {}
        for position, word in enumerate(words):
            longer = (phrase for phrase in self._by_first.get(word, ()) if len(phrase) > 1)
            single = ((base,) for base in _bases(word) if (base,) in self._by_first.get(base, ()))
            for phrase in (*longer, *single):
                end = position + len(phrase)
                if tuple(words[position:end]) in inflected_words(phrase):
                    found.setdefault((position, end), set()).add(phrase)
        return [(first, end, frozenset(phrases)) for (first, end), phrases in sorted(found.items())]

    def _lengths_at(self, words: Sequence[str], position: int) -> Set[int]:
        """The numbers of words of the phrases that begin at a position."""
        return {
            len(phrase)
            for phrase in self._by_first.get(words[position], ())
            if tuple(words[position : position + len(phrase)]) == phrase
        }
