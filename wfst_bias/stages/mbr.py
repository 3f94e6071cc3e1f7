"""Minimum Bayes risk: the hypothesis with the least expected word errors, not the likeliest one.

After Goel and Byrne, *Minimum Bayes-risk automatic speech recognition*, Computer Speech and Language 2000, over an n-best
list: ``argmin_h sum_r P(r) errors(h, r)``, ``P(r)`` proportional to ``exp(scale * total(r))``.
"""

from os.path import commonprefix
from typing import Optional, Sequence, Tuple

import numpy as np

from wfst_bias.lattice.nbest import Hypothesis, NBest
from wfst_bias.stages.config import MbrConfig

Words = Tuple[str, ...]
_NO_WORD = -1


def least_risk(nbest: NBest, config: MbrConfig = MbrConfig()) -> Optional[Hypothesis]:
    """The hypothesis of an n-best list with the least expected word errors; none where the list is empty.

    Of hypotheses with the same risk it is the likeliest one.
    """
    hypotheses = nbest.hypotheses[: config.num_best]
    if not hypotheses:
        return None
    risks = expected_errors([h.words for h in hypotheses], np.array([h.total for h in hypotheses]), config.scale)
    return hypotheses[int(risks.round(6).argmin())]


def expected_errors(texts: Sequence[Words], totals: np.ndarray, scale: float) -> np.ndarray:
    """Of each text, were the others said with the posteriors that their scores make, ``(N,)``.

    Args:
      totals: scores of the texts, nats ``(N,)``.
      scale: weight of the scores.
    """
    posteriors = np.exp(scale * (totals - totals.max()))
    return edit_distances(texts) @ (posteriors / posteriors.sum())


def edit_distances(texts: Sequence[Words]) -> np.ndarray:
    """Words to exchange, insert and delete between each two of some texts, ``(N, N)``; all pairs at once."""
    texts = _without_ends([tuple(text) for text in texts])
    number = {word: i for i, word in enumerate({word: None for text in texts for word in text})}
    lengths = np.array([len(text) for text in texts])
    ids = np.full((len(texts), lengths.max()), _NO_WORD, np.int16 if len(number) < 1 << 15 else np.int32)
    for row, text in zip(ids, texts):
        row[: len(text)] = [number[word] for word in text]
    one, other = np.triu_indices(len(texts), 1)
    left, right = np.ascontiguousarray(ids[one].T), np.ascontiguousarray(ids[other].T)  # (L, P)
    # The table of Wagner and Fischer, a diagonal at a time, of all pairs together: its cells do not depend on each other.
    # ``last[i]`` compares the first i words of the left text with the first ones of the right text, (L + 1, P).
    longest, num_steps = len(left), lengths[one] + lengths[other]
    older = last = np.zeros((longest + 1, len(one)), np.int16)
    found = np.zeros(len(one), np.int64)
    for step in range(1, num_steps.max(initial=0) + 1):
        new = np.full_like(last, step)
        first, end = max(1, step - longest), min(step, longest + 1)
        if first < end:
            exchanged = left[first - 1 : end - 1] != right[step - end : step - first][::-1]
            new[first:end] = np.minimum(last[first - 1 : end - 1], last[first:end]) + 1
            np.minimum(new[first:end], older[first - 1 : end - 1] + exchanged, out=new[first:end])
        ended = np.flatnonzero(num_steps == step)
        found[ended] = new[lengths[one[ended]], ended]
        older, last = last, new
    distances = np.zeros((len(texts), len(texts)), np.int64)
    distances[one, other] = distances[other, one] = found
    return distances


def _without_ends(texts: Sequence[Words]) -> Sequence[Words]:
    """The texts without the words that all of them begin or end with: these are no errors."""
    first = len(commonprefix(texts))
    texts = [text[first:] for text in texts]
    last = len(commonprefix([text[::-1] for text in texts]))
    return [text[: len(text) - last] for text in texts]
