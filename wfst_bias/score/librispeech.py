"""Words as the public ``score.py`` of the LibriSpeech biasing lists counts them (Le et al. 2021, arXiv 2104.02194).

The same letters, WER, U-WER and B-WER, for other counts than those of :mod:`wfst_bias.score.counts`:

* Biased are the rare words of the utterance's own text, one by one. An inserted distractor counts in U-WER; by our
  own counts it is a biased error, as all that the list inserts.
* The alignment is the cheapest one where an insertion or a deletion costs 3 and a substitution 4. It may have more
  errors than the one with the fewest, and of equally cheap ones it takes, from the last word to the first, a pair of
  words before an insertion before a deletion. (kaldialign knows these prices, but chooses otherwise among equals.)
"""

from dataclasses import replace
from typing import AbstractSet, List, Optional, Tuple

import numpy as np

from wfst_bias.core.types import IntArray
from wfst_bias.score.counts import Counts, count_errors
from wfst_bias.score.listed import ScoredPhrases, Words

_GAP_COST, _SUBSTITUTION_COST = 3, 4


def count_rare_errors(reference: Words, hypothesis: Words, rare: AbstractSet[str], phrases: ScoredPhrases) -> Counts:
    """Count one utterance: words by the public definitions, entities by ours.

    Args:
      rare: the words that are biased.
      phrases: the list, for the entities.
    """
    words, errors = [0, 0], [0, 0]  # [unbiased, biased]
    for i, j in align(reference, hypothesis):
        word = hypothesis[j] if i is None else reference[i]  # type: ignore[index]
        biased = word in rare
        words[biased] += i is not None
        errors[biased] += i is None or j is None or reference[i] != hypothesis[j]
    return replace(
        count_errors(reference, hypothesis, phrases),
        biased_words=words[True],
        unbiased_words=words[False],
        biased_errors=errors[True],
        unbiased_errors=errors[False],
    )


def align(reference: Words, hypothesis: Words) -> List[Tuple[Optional[int], Optional[int]]]:
    """Align words at the least cost; return pairs of positions, None where the other text has a word more."""
    equal = np.array(reference, object)[:, None] == np.array(hypothesis, object)  # (R, H)
    costs = _costs(np.where(equal, 0, _SUBSTITUTION_COST))
    pairs: List[Tuple[Optional[int], Optional[int]]] = []
    i, j = equal.shape
    while i or j:
        cost = costs[i, j]
        if i and j and cost == costs[i - 1, j - 1] + (0 if equal[i - 1, j - 1] else _SUBSTITUTION_COST):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif j and cost == costs[i, j - 1] + _GAP_COST:
            j -= 1
            pairs.append((None, j))
        else:
            i -= 1
            pairs.append((i, None))
    return pairs[::-1]


def _costs(pair_costs: IntArray) -> IntArray:
    """Return the costs of the cheapest alignments of the first i words with the first j ones ``(R + 1, H + 1)``.

    Args:
      pair_costs: of pairing each word of the reference with each of the hypothesis ``(R, H)``.
    """
    inserted = _GAP_COST * np.arange(pair_costs.shape[1] + 1)
    rows = [inserted]
    for row in pair_costs:
        before = rows[-1]
        cheapest = before + _GAP_COST
        cheapest[1:] = np.minimum(cheapest[1:], before[:-1] + row)
        rows.append(inserted + np.minimum.accumulate(cheapest - inserted))
    return np.stack(rows)
