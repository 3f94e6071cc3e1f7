"""Guided attention: which unit of which phrase each frame is taught to attend to."""

from typing import Optional, Sequence, Set, Tuple

import numpy as np
import torch

from wfst_bias.adapter.shortlist import Candidates
from wfst_bias.training.adapter.speech import Spoken, Utterance, Way

NO_BIAS, UNGUIDED = 0, -1  # targets of the attention


class Guide:
    """Targets of the attention.

    Args:
      edge: what stands at both ends of every way, a boundary or nothing.
      listed: the words that can be in a list.
    """

    def __init__(self, edge: Way, listed: Set[str]):
        self._edge, self._listed = edge, listed

    def attention(self, utterance: Utterance, candidates: Candidates, n: int) -> torch.Tensor:
        """Of each frame of an utterance, the ``n``-th of a batch: :data:`NO_BIAS`, 1 + k J + j, or :data:`UNGUIDED`.

        A blank inside a listed word belongs to the unit before it; one behind the word may go either way.
        """
        J = candidates.units.shape[2]
        key = self._keys(utterance, candidates, n)
        position = utterance.position
        target = np.where(position >= 0, key[np.maximum(position, 0)], NO_BIAS)
        before = np.maximum.accumulate(np.where(position >= 0, position, -1))
        after = np.minimum.accumulate(np.where(position >= 0, position, len(key))[::-1])[::-1]
        of_unit = key[np.maximum(before, 0)]
        listed = (position < 0) & (before >= 0) & (of_unit != NO_BIAS)
        inside = listed & (after < len(key)) & ((key[np.minimum(after, len(key) - 1)] - 1) // J == (of_unit - 1) // J)
        return torch.from_numpy(np.where(inside, of_unit, np.where(listed, UNGUIDED, target)))

    def _keys(self, utterance: Utterance, candidates: Candidates, n: int) -> np.ndarray:
        """Of each position of the target its key; boundaries beside listed words are theirs; int64 ``(U,)``."""
        J, edge = candidates.units.shape[2], len(self._edge)
        slots = {tuple(_units(candidates, n, k)): k for k in reversed(range(candidates.lengths.shape[1]))}
        keys = np.full(len(utterance.target), NO_BIAS, np.int64)
        for count in (1, 2):  # a phrase of two words has the last word
            for words in zip(*(utterance.words[i:] for i in range(count))):
                slot = self._slot(words, slots)
                if slot is None:
                    continue
                start, end = words[0].start, words[-1].start + len(words[-1].way)
                first = 1 + slot * J + edge
                keys[start:end] = np.arange(first, first + end - start)
                for beside, at in ((start - 1, first - 1), (end, first + end - start)):
                    if edge and 0 <= beside < len(keys):
                        keys[beside] = at
        return keys

    def _slot(self, words: Sequence[Spoken], slots) -> Optional[int]:
        if len(words) == 1 and words[0].word not in self._listed:
            return None
        return slots.get((*self._edge, *joined([word.way for word in words], self._edge), *self._edge))


def joined(ways: Sequence[Way], edge: Way) -> Way:
    """The ways of some words as that of a phrase."""
    phrase: Tuple[int, ...] = ways[0]
    for way in ways[1:]:
        phrase = (*phrase, *edge, *way)
    return phrase


def _units(candidates: Candidates, n: int, k: int):
    return candidates.units[n, k, : int(candidates.lengths[n, k])].tolist()
