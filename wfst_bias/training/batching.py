"""Batches of items of like length."""

from typing import List

import numpy as np

_JITTER = 0.1  # of the length by which items are sorted, so that other ones meet in every epoch


def length_batches(lengths: np.ndarray, most: float, chance: np.random.Generator, fixed: bool) -> List[np.ndarray]:
    """Items of like length together, padded to their longest, in any order; always the same ones where ``fixed``.

    Args:
      lengths: of each item ``(U,)``.
      most: of a batch, padding included, in the same measure.
    """
    jitter = 1.0 if fixed else chance.uniform(1.0 - _JITTER, 1.0 + _JITTER, len(lengths))
    order = np.argsort(lengths * jitter, kind="stable")
    batches = np.split(order, batch_ends(lengths[order], most)[:-1])
    return batches if fixed else [batches[i] for i in chance.permutation(len(batches))]


def batch_ends(seconds: np.ndarray, most: float) -> List[int]:
    """Where each batch ends, when utterances are taken in order and padded to their longest.

    The samplers of lhotse would do the same, but those of lhotse 1.33 cannot be made with torch 1.13.

    Args:
      seconds: of each utterance, about rising ``(U,)``.
      most: seconds of a batch, padding included; an utterance that is longer is a batch of its own.
    """
    ends, start, longest = [], 0, 0.0
    for i, length in enumerate(seconds):
        longest = max(longest, length)
        if i > start and longest * (i + 1 - start) > most:
            ends.append(i)
            start, longest = i, length
    return [*ends, len(seconds)]
