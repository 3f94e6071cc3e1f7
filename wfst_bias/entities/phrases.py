"""Phrases of a list in running text."""

from typing import Dict, Iterable, List, Sequence, Set, Tuple


class PhraseList:
    """The phrases of a list, for finding them in transcripts; the longest one wins.

    Args:
      phrases: each a tuple of words.
    """

    def __init__(self, phrases: Iterable[Tuple[str, ...]]):
        self._by_first: Dict[str, Set[Tuple[str, ...]]] = {}
        for phrase in phrases:
            self._by_first.setdefault(phrase[0], set()).add(phrase)

    def occurrences(self, words: Sequence[str]) -> List[Tuple[int, int]]:
        """First word and word behind the last of each phrase, from left to right, none overlapping."""
        found, position = [], 0
        while position < len(words):
            lengths = [
                len(phrase)
                for phrase in self._by_first.get(words[position], ())
                if tuple(words[position : position + len(phrase)]) == phrase
            ]
            if lengths:
                found.append((position, position + max(lengths)))
            position += max(lengths, default=1)
        return found
