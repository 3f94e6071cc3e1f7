"""Error counts of an utterance: words in and outside the list, entities found, missed and invented.

A word of the reference is *biased* where it is part of a phrase of the list (B-WER), else *unbiased*
(U-WER); an inserted word is biased where it is part of a phrase of the list in the hypothesis (Le et al.
2021, arXiv 2104.02194). A phrase is found where it stands in both, aligned word for word; one that is
recognised as another phrase is a miss and a false alarm.
"""

from dataclasses import astuple, dataclass, fields
from typing import Dict, Tuple

import kaldialign

from wfst_bias.entities.phrases import PhraseList

Words = Tuple[str, ...]
_GAP = "\0"  # no word


@dataclass(frozen=True)
class Counts:
    """What was counted; counts of utterances add up.

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


def count_errors(reference: Words, hypothesis: Words, phrases: PhraseList) -> Counts:
    """Counts of one utterance, from the alignment with the fewest errors."""
    pairs = kaldialign.align(reference, hypothesis, _GAP)
    in_reference = phrases.occurrences(reference)
    in_hypothesis = phrases.occurrences(hypothesis)
    biased_reference = {i for first, end in in_reference for i in range(first, end)}
    biased_hypothesis = {i for first, end in in_hypothesis for i in range(first, end)}
    words, errors = [0, 0], [0, 0]  # [unbiased, biased]
    partner: Dict[int, int] = {}  # of each word of the reference that was recognised
    i = j = 0
    for said, heard in pairs:
        biased = i in biased_reference if said != _GAP else j in biased_hypothesis
        words[biased] += said != _GAP
        errors[biased] += said != heard
        if said == heard:
            partner[i] = j
        i += said != _GAP
        j += heard != _GAP
    aligned = {tuple(partner.get(k, -1) for k in range(first, end)) for first, end in in_reference}
    hits = sum(tuple(range(first, end)) in aligned for first, end in in_hypothesis)
    return Counts(
        biased_words=words[True],
        unbiased_words=words[False],
        biased_errors=errors[True],
        unbiased_errors=errors[False],
        hits=hits,
        misses=len(in_reference) - hits,
        false_alarms=len(in_hypothesis) - hits,
    )
