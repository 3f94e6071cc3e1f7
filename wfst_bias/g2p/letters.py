"""The letters that the letter network reads, as numbers."""

from typing import Sequence

import numpy as np
import torch
from torch import Tensor

SLOTS = 2
"""Outputs of the letter network for each letter."""
REACH = 2
"""Letters on each side that the first layer of the letter network and each later one see."""
EDGE = 0
"""Code of what stands before the first letter and behind the last one."""
LETTERS = "abcdefghijklmnopqrstuvwxyz'"
NUM_LETTERS = len(LETTERS)

_CODES = np.zeros(256, np.uint8)
_CODES[np.frombuffer(LETTERS.encode(), np.uint8)] = np.arange(1, NUM_LETTERS + 1)


def trigrams_of(letters: Tensor) -> Tensor:
    """Return the code of each three letters in a row, ``(N, L - 2)``, of codes ``(N, L)``."""
    size = NUM_LETTERS + 1
    codes: Tensor = (letters[:, :-2] * size + letters[:, 1:-1]) * size + letters[:, 2:]
    return codes


def coded(words: Sequence[str], edges: int) -> Tensor:
    """Return the letters of words of one length, with edges on each side, int64 ``(N, L + 2 * edges)``."""
    length = len(words[0])
    codes = np.full((len(words), length + 2 * edges), EDGE, np.int64)
    characters = np.frombuffer("".join(words).encode(), np.uint8).reshape(len(words), length)
    codes[:, edges : edges + length] = _CODES[characters]
    return torch.from_numpy(codes)
