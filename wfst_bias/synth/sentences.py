"""Sentences rich in rare words: a text in which some words are exchanged for words of a list."""

import random
import re
from typing import Iterable, Iterator, List, Sequence

from wfst_bias.lang.default_lexicons import cmudict_lexicon
from wfst_bias.lm.default import common_words

_PLAIN = re.compile(r"[A-Za-z',;:.?!\" -]+")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Dr|St|Co|No|Jr|Sr|vs|etc|Capt|Col|Gen|Lt|Rev|Hon|[A-Z])\.|\b[A-Z]{2,}\b")
_CLAUSE = re.compile(r"(?<=[,;:.?!])\s+")
_EXCHANGED = re.compile(r"[A-Za-z']{4,}")


def clauses(lines: Iterable[str], fewest: int = 4, most: int = 16) -> Iterator[str]:
    """Yield stretches of ``fewest`` to ``most`` words, cut where there is punctuation.

    Sentences with figures or abbreviations are left out: voices do not read them as they are written.
    """
    for line in lines:
        if not _PLAIN.fullmatch(line) or _ABBREVIATION.search(line):
            continue
        stretch: List[str] = []
        for part in _CLAUSE.split(line):
            words = part.split()
            if len(stretch) + len(words) > most:
                yield from _whole(stretch, fewest, most)
                stretch = []
            stretch += words
        yield from _whole(stretch, fewest, most)


def _whole(words: List[str], fewest: int, most: int) -> Iterator[str]:
    if fewest <= len(words) <= most:
        yield " ".join(words)


def with_rare_words(sentences: Iterable[str], rare: Sequence[str], mean: float, seed: int) -> Iterator[str]:
    """Yield each sentence with some of its longer words exchanged for rare ones.

    Args:
      sentences: of a text.
      rare: the words to put in, drawn without a word coming twice before all have come.
      mean: how many of them a sentence gets, on average; a third of its longer words at most.
      seed: of the random choices.
    """
    rng = random.Random(seed)
    pool: List[str] = []
    for sentence in sentences:
        spans = [match.span() for match in _EXCHANGED.finditer(sentence)]
        count = min(sum(rng.random() < mean / 4 for _ in range(4)), max(1, len(spans) // 3), len(spans))
        for start, end in sorted(rng.sample(spans, count), reverse=True):
            if not pool:
                pool = rng.sample(list(rare), len(rare))
            sentence = sentence[:start] + pool.pop() + sentence[end:]
        yield sentence


def rare_words() -> List[str]:
    """Return the words of CMUdict, 3 to 14 letters, that are not among the most common ones."""
    common = set(common_words())
    return [w for w in cmudict_lexicon().entries if 3 <= len(w) <= 14 and w.isalpha() and w not in common]
