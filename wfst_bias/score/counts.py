"""Error counts of an utterance: words in and outside the list, entities found, missed and inserted.

A word of the reference is *biased* where it is part of a phrase of the list (B-WER), else *unbiased*
(U-WER); an inserted word is biased where it is part of a phrase of the list in the hypothesis (Le et al.
2021, arXiv 2104.02194). A phrase is found where both texts have it, aligned word for word; one that is
recognized as another phrase is a miss and a false alarm.
"""

from dataclasses import astuple, dataclass, fields
from typing import Any, Dict, List, Optional, Sequence, Tuple

import kaldialign

from wfst_bias.entities.phrases import PhraseList

Words = Tuple[str, ...]
Span = Tuple[int, int]
_GAP = "\0"  # no word


@dataclass(frozen=True)
class Counts:
    """Words, errors and entities that were counted; counts of utterances add up.

    Args:
      biased_words, unbiased_words: in the reference.
      biased_errors, unbiased_errors: substitutions, deletions and insertions.
      hits, misses, false_alarms: entities.
    """

    biased_words: int = 0
    unbiased_words: int = 0
    biased_errors: int = 0
    unbiased_errors: int = 0
    hits: int = 0
    misses: int = 0
    false_alarms: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(a + b for a, b in zip(astuple(self), astuple(other))))


COUNT_NAMES = tuple(field.name for field in fields(Counts))


@dataclass(frozen=True)
class Matches:
    """Phrases of the list in an utterance, each the position of its first word and one past its last, from left to right.

    Args:
      hits: in the hypothesis, by their position in the reference.
      misses: in the reference.
      false_alarms: in the hypothesis.
    """

    hits: Dict[Span, Span]
    misses: Tuple[Span, ...]
    false_alarms: Tuple[Span, ...]


def align_words(reference: Words, hypothesis: Words) -> List[Tuple[Optional[int], Optional[int]]]:
    """Align words with the fewest errors; return pairs of positions, None where the other text has a word more."""
    pairs: List[Tuple[Optional[int], Optional[int]]] = []
    i = j = 0
    for one, other in kaldialign.align(reference, hypothesis, _GAP):
        pairs.append((None if one == _GAP else i, None if other == _GAP else j))
        i += one != _GAP
        j += other != _GAP
    return pairs


def match_phrases(reference: Words, hypothesis: Words, phrases: PhraseList) -> Matches:
    """Match the phrases in the texts of one utterance."""
    return _matched(reference, hypothesis, align_words(reference, hypothesis), phrases)


def _matched(reference: Words, hypothesis: Words, pairs: Sequence[Tuple[Any, Any]], phrases: PhraseList) -> Matches:
    partner = {i: j for i, j in pairs if None not in (i, j) and reference[i] == hypothesis[j]}
    expected, found = phrases.occurrences(reference), dict.fromkeys(phrases.occurrences(hypothesis))
    hits = {}
    for first, end in expected:
        start = partner.get(first, -1)
        own = (start, start + end - first)
        if own in found and [partner.get(i) for i in range(first, end)] == list(range(*own)):
            hits[first, end] = own
    right = set(hits.values())
    return Matches(hits, tuple(s for s in expected if s not in hits), tuple(s for s in found if s not in right))


def count_errors(reference: Words, hypothesis: Words, phrases: PhraseList) -> Counts:
    """Count the errors of one utterance, from the alignment with the fewest errors."""
    pairs = align_words(reference, hypothesis)
    biased_reference = {i for span in phrases.occurrences(reference) for i in range(*span)}
    biased_hypothesis = {j for span in phrases.occurrences(hypothesis) for j in range(*span)}
    words, errors = [0, 0], [0, 0]  # [unbiased, biased]
    for i, j in pairs:
        biased = i in biased_reference if i is not None else j in biased_hypothesis
        words[biased] += i is not None
        errors[biased] += i is None or j is None or reference[i] != hypothesis[j]
    matches = _matched(reference, hypothesis, pairs, phrases)
    return Counts(
        biased_words=words[True],
        unbiased_words=words[False],
        biased_errors=errors[True],
        unbiased_errors=errors[False],
        hits=len(matches.hits),
        misses=len(matches.misses),
        false_alarms=len(matches.false_alarms),
    )
