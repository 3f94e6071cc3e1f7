"""Batches of items of like length."""

from typing import List

import numpy as np

from wfst_bias.core.types import FloatArray, IntArray

_JITTER = 0.1  # of the length by which items are sorted, so that batches differ in every epoch


def length_batches(lengths: FloatArray, most: float, rng: np.random.Generator, fixed: bool) -> List[IntArray]:
    """Return batches of items of like length, in random order; always the same ones where ``fixed``.

    Args:
      lengths: of the items ``(U,)``.
      most: length of a batch, padding included.
    """
    jitter = 1.0 if fixed else rng.uniform(1.0 - _JITTER, 1.0 + _JITTER, len(lengths))
    order = np.argsort(lengths * jitter, kind="stable")
    batches = np.split(order, batch_ends(lengths[order], most)[:-1])
    return batches if fixed else [batches[i] for i in rng.permutation(len(batches))]


def equal_batches(lengths: IntArray, most: int, step: int, rng: np.random.Generator) -> List[IntArray]:
    """Return batches of few different shapes, in random order: time goes into code for each new shape on a CPU.

    The items of a batch are padded to the same multiple of ``step``, and as many as fit into ``most`` are in it; those that
    are too few are put to the next longer ones.

    Args:
      lengths: of the items ``(U,)``.
      most: length of a batch, padding included.
    """
    order = rng.permutation(len(lengths))
    steps = -(-lengths // step)
    batches: List[IntArray] = []
    left = order[:0]
    for padded in np.unique(steps):
        some = np.concatenate([left, order[steps[order] == padded]])
        size = max(1, most // int(padded * step))
        whole = len(some) // size * size
        batches += np.split(some[:whole], whole // size) if whole else []
        left = some[whole:]
    batches += [left] if len(left) else []
    return [batches[i] for i in rng.permutation(len(batches))]


def batch_ends(seconds: FloatArray, most: float) -> List[int]:
    """Return the end of each batch, when utterances are taken in order and padded to their longest.

    The samplers of lhotse would do the same, but those of lhotse 1.33 cannot be made with torch 1.13.

    Args:
      seconds: of each utterance, about rising ``(U,)``.
      most: seconds of a batch, padding included; an utterance that is longer is a batch of its own.
    """
    ends: List[int] = []
    start, longest = 0, 0.0
    for i, length in enumerate(seconds):
        longest = max(longest, length)
        if i > start and longest * (i + 1 - start) > most:
            ends.append(i)
            start, longest = i, length
    return [*ends, len(seconds)]
