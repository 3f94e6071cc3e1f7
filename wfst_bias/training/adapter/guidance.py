"""Guided attention: the unit of a phrase that each frame learns to attend to."""

from typing import List, Mapping, Optional, Sequence, Set

import numpy as np
import torch

from wfst_bias.adapter.shortlist import Candidates
from wfst_bias.core.types import IntArray
from wfst_bias.training.adapter.speech import Spoken, TokenIds, Utterance

NO_BIAS, UNGUIDED = 0, -1  # targets of the attention


class Guide:
    """Targets of the attention.

    Args:
      edge: units at both ends of every pronunciation, a boundary or nothing.
      listed: the words that can be in a list.
    """

    def __init__(self, edge: TokenIds, listed: Set[str]):
        self._edge, self._listed = edge, listed

    def attention(self, utterance: Utterance, candidates: Candidates, n: int) -> torch.Tensor:
        """Return the target of each frame of the ``n``-th utterance: :data:`NO_BIAS`, 1 + k J + j, or :data:`UNGUIDED`.

        A blank inside a listed word belongs to the unit before it; one after the word is unguided.
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

    def _keys(self, utterance: Utterance, candidates: Candidates, n: int) -> IntArray:
        """Return the key of each position of the target; boundaries next to listed words are theirs; int64 ``(U,)``."""
        J, edge = candidates.units.shape[2], len(self._edge)
        slots = {tuple(_units(candidates, n, k)): k for k in reversed(range(candidates.lengths.shape[1]))}
        keys = np.full(len(utterance.target), NO_BIAS, np.int64)
        for count in (1, 2):  # a phrase of two words has the last word
            for words in zip(*(utterance.words[i:] for i in range(count))):
                slot = self._slot(words, slots)
                if slot is None:
                    continue
                start, end = words[0].start, words[-1].start + len(words[-1].pronunciation)
                first = 1 + slot * J + edge
                keys[start:end] = np.arange(first, first + end - start)
                for neighbor, key in ((start - 1, first - 1), (end, first + end - start)):
                    if edge and 0 <= neighbor < len(keys):
                        keys[neighbor] = key
        return keys

    def _slot(self, words: Sequence[Spoken], slots: Mapping[TokenIds, int]) -> Optional[int]:
        if len(words) == 1 and words[0].word not in self._listed:
            return None
        return slots.get((*self._edge, *joined([word.pronunciation for word in words], self._edge), *self._edge))


def joined(pronunciations: Sequence[TokenIds], edge: TokenIds) -> TokenIds:
    """Join the pronunciations of words to that of a phrase."""
    phrase = pronunciations[0]
    for pronunciation in pronunciations[1:]:
        phrase = (*phrase, *edge, *pronunciation)
    return phrase


def _units(candidates: Candidates, n: int, k: int) -> List[int]:
    units: List[int] = candidates.units[n, k, : int(candidates.lengths[n, k])].tolist()
    return units
