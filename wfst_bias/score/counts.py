"""Error counts of an utterance: words in and outside the list, entities found, missed and inserted.

A word of the reference is *biased* where it is part of a phrase of the list (B-WER), else *unbiased*
(U-WER); an inserted word is biased where it is part of a phrase of the list in the hypothesis (Le et al.
2021, arXiv 2104.02194). A phrase is found where both texts have it, aligned word for word; one that is
recognized as another phrase is a miss and a false alarm.

A phrase as the list writes or displays it equals its spoken forms: where one text has the one and the other
text the other, the words are right. Of all such choices the one with the fewest errors counts. The words of the
reference are counted as they stand there, whatever is chosen, so that all systems are divided by the same number.

The possessive or plural of a phrase is another word (an error, unbiased, where the other text has the phrase) but the
same entity: it is found, missed or a false alarm as the phrase is, and counted among the inflected hits, too.
"""

from dataclasses import astuple, dataclass, fields
from typing import Dict, FrozenSet, List, Tuple

from wfst_bias.score.alignment import Alignment, align
from wfst_bias.score.listed import Occurrence, ScoredPhrases, Span, Words, keys_of


@dataclass(frozen=True)
class Counts:
    """Words, errors and entities that were counted; counts of utterances add up.

    Args:
      biased_words, unbiased_words: in the reference.
      biased_errors, unbiased_errors: substitutions, deletions and insertions.
      hits, misses, false_alarms: entities.
      inflected: hits that are possessives or plurals in one text or in both.
    """

    biased_words: int = 0
    unbiased_words: int = 0
    biased_errors: int = 0
    unbiased_errors: int = 0
    hits: int = 0
    misses: int = 0
    false_alarms: int = 0
    inflected: int = 0

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
      inflected: the hits that are possessives or plurals in one text or in both, by their position in the reference.
    """

    hits: Dict[Span, Span]
    misses: Tuple[Span, ...]
    false_alarms: Tuple[Span, ...]
    inflected: FrozenSet[Span] = frozenset()


def match_phrases(reference: Words, hypothesis: Words, phrases: ScoredPhrases) -> Matches:
    """Match the phrases in the texts of one utterance."""
    return matched(align(reference, hypothesis, phrases), reference, hypothesis, phrases)


def matched(alignment: Alignment, reference: Words, hypothesis: Words, phrases: ScoredPhrases) -> Matches:
    """Match the phrases in aligned texts: equal words first, then forms of a phrase in the same place."""
    reference, hypothesis = keys_of(reference), keys_of(hypothesis)
    expected, found = phrases.occurrences(reference), phrases.occurrences(hypothesis)
    by_phrase: Dict[Words, List[Occurrence]] = {}
    for one in found:
        for phrase in sorted(one.phrases):
            by_phrase.setdefault(phrase, []).append(one)
    pairs: Dict[Occurrence, Occurrence] = {}
    for is_same in (True, False):
        right = set(pairs.values())
        for one in expected:
            others = (other for phrase in sorted(one.phrases) for other in by_phrase.get(phrase, ()))
            own = reference[slice(*one.span)]
            match = next(
                (
                    other
                    for other in others
                    if one not in pairs
                    and other not in right
                    and (own == hypothesis[slice(*other.span)]) == is_same
                    and _is_in_place(alignment, one, other, is_same)
                ),
                None,
            )
            if match is not None:
                pairs[one] = match
                right.add(match)
    return Matches(
        {one.span: pairs[one].span for one in expected if one in pairs},
        tuple(one.span for one in expected if one not in pairs),
        tuple(one.span for one in found if one not in right),
        frozenset(one.span for one, other in pairs.items() if one.is_inflected or other.is_inflected),
    )


def _is_in_place(alignment: Alignment, one: Occurrence, other: Occurrence, is_same: bool) -> bool:
    """Whether two occurrences are aligned: equal words one by one, others anywhere in the same columns with errors."""
    own, found = alignment.reference_columns(one.span), alignment.hypothesis_columns(other.span)
    if is_same:
        return own == found and bool(alignment.is_right[slice(*own)].all())
    first, end = alignment.with_errors_around(own)
    return first < found[1] and found[0] < end


def count_errors(reference: Words, hypothesis: Words, phrases: ScoredPhrases) -> Counts:
    """Count the errors of one utterance, from the alignment with the fewest errors."""
    alignment = align(reference, hypothesis, phrases)
    spans = phrases.exact_spans(reference), phrases.exact_spans(hypothesis)
    biased_reference, biased_hypothesis = (
        text.covers(own) for text, own in zip((alignment.reference, alignment.hypothesis), spans)
    )
    wrong = [pair for pair, is_right in zip(alignment.pairs, alignment.is_right) if not is_right]
    biased = [biased_reference[i] if i is not None else biased_hypothesis[j] for i, j in wrong]
    biased_errors = int(sum(biased))
    biased_words = sum(end - first for first, end in spans[0])
    matches = matched(alignment, reference, hypothesis, phrases)
    return Counts(
        biased_words=biased_words,
        unbiased_words=len(reference) - biased_words,
        biased_errors=biased_errors,
        unbiased_errors=len(wrong) - biased_errors,
        hits=len(matches.hits),
        misses=len(matches.misses),
        false_alarms=len(matches.false_alarms),
        inflected=len(matches.inflected),
    )
